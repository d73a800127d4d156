"""What `/spicy` shows, and what the ids of its buttons say. They outlive the process and hold all they need."""

import asyncio
import re
import shutil
from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
import discord
import structlog
from discord import ui

from bot.moderation.audit.entries import AuditAction, RecordedEntry
from bot.moderation.audit.export import as_csv, as_json_lines
from bot.moderation.audit.store import AuditFilter
from bot.moderation.members.member import ListStatus, Member, Strike
from bot.moderation.words.matching import LONGEST_TERM, Effect, Term
from bot.moderation.words.store import StoredTerm
from bot.reviews.case import ReviewCase
from bot.reviews.review import Review, ReviewSubject
from bot.texts import jobs as job_words
from bot.texts import moderation
from bot.texts import spicy as words
from bot.texts.cards import options_line
from bot.texts.jobs import day, moment
from bot.texts.messages import Language, Message
from bot.texts.moderation import Record, record_line
from bot.texts.quoting import quote_prompt
from bot.texts.spicy import ExportForm, ListChoice, LogGroup
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.interactions import language_of
from cogs.shared.respond import answer

log: Final = structlog.get_logger(__name__)

# How many entries stay below the 4000 characters of a message when every character has to be escaped.
REVIEWS_A_PAGE: Final = 5
ENTRIES_A_PAGE: Final = 10
_TERMS_A_PAGE: Final = 12
_STRIKES_SHOWN: Final = 8
_REQUESTS_SHOWN: Final = 5
_BATCH: Final = 500
_UPLOAD_TIMEOUT_S: Final = 120.0

_GROUPS: Final[Mapping[LogGroup, frozenset[AuditAction]]] = {
    group: frozenset(map(AuditAction, names)) for group, names in words.DEEDS.items()
}
_ANY_GROUP: Final = "all"

_ID: Final = "(?:[0-8][0-9]{18}|[0-9]{1,18})"
"""One of Discord's numbers; none that SQLite would have no room for."""
_LIST: Final = re.compile(r"sm-(?P<of>queue|words):(?P<page>[0-9]{1,3})")
_LOG: Final = re.compile(
    rf"sm-log:(?P<before>[0-9]{{1,15}}):(?P<person>{_ID}):(?P<group>[a-z]{{1,20}}):(?P<days>[0-9]{{1,4}})"
)
_MUTE: Final = re.compile(rf"sm-mute:(?P<person>{_ID}):(?P<muted>[01])")
BUTTON_ID: Final = re.compile("sm-(?:queue|words|log|mute):.*")


@dataclass(frozen=True)
class ListPage:
    """A page, from 0, of the open questions or of the list of words."""

    of: str
    page: int


@dataclass(frozen=True)
class Mute:
    """Whether somebody's reports shall count for nothing."""

    person_id: int
    muted: bool


@dataclass(frozen=True)
class LogPage:
    """Which entries of the log are wanted; 0 stands for what does not matter."""

    before: int = 0
    person_id: int = 0
    group: LogGroup | None = None
    days: int = 0

    @property
    def custom_id(self) -> str:
        """At most 67 of the 100 characters that Discord allows."""
        return f"sm-log:{self.before}:{self.person_id}:{self.group or _ANY_GROUP}:{self.days}"

    def chosen(self, guild_id: int, now: datetime) -> AuditFilter:
        """The same in the terms of the log."""
        return AuditFilter(
            guild_id=guild_id,
            actions=_GROUPS[self.group] if self.group is not None else frozenset(),
            person_id=self.person_id or None,
            since=now - timedelta(days=self.days) if self.days else None,
        )


Press = ListPage | LogPage | Mute


def read_press(custom_id: str) -> Press:
    """Return what a button is for. Raises `ValueError` for those of another version."""
    if (match := _LIST.fullmatch(custom_id)) is not None:
        return ListPage(match["of"], int(match["page"]))
    if (match := _MUTE.fullmatch(custom_id)) is not None:
        return Mute(int(match["person"]), match["muted"] == "1")
    if (match := _LOG.fullmatch(custom_id)) is None:
        raise ValueError(custom_id)
    group = LogGroup(match["group"]) if match["group"] != _ANY_GROUP else None
    return LogPage(int(match["before"]), int(match["person"]), group, int(match["days"]))


def queue_view(
    asked: Sequence[tuple[Review, ReviewCase | None]], page: int, language: Language, *, more: bool
) -> ui.LayoutView:
    """A page of the open questions; the case is None where its job is known no more."""
    texts = [_question(review, case, language) for review, case in asked]
    buttons = _turning("sm-queue", page, language, more=more)
    return _view(words.QUEUE_TITLE, texts or [words.QUEUE_EMPTY.in_language(language)], language, buttons)


def log_view(
    entries: Sequence[RecordedEntry], shown: LogPage, language: Language, *, more: bool
) -> ui.LayoutView:
    """A page of the log."""
    lines = "\n".join(entry_line(entry, language) for entry in entries)
    buttons: list[PlainButton] = []
    if shown.before:
        newest = replace(shown, before=0)
        buttons.append(PlainButton(words.NEWEST.in_language(language), newest.custom_id))
    if more:
        older = replace(shown, before=entries[-1].number)
        buttons.append(PlainButton(job_words.OLDER.in_language(language), older.custom_id))
    return _view(words.LOG_TITLE, [lines or words.LOG_EMPTY.in_language(language)], language, buttons)


def words_view(listed: Sequence[StoredTerm], page: int, language: Language) -> ui.LayoutView:
    """A page of a server's list of words; the last one if there are no more so many."""
    last = max(0, -(-len(listed) // _TERMS_A_PAGE) - 1)
    page = min(page, last)
    shown = listed[page * _TERMS_A_PAGE : (page + 1) * _TERMS_A_PAGE]
    lines = "\n".join(_term(stored.term, stored.added_by, language) for stored in shown)
    buttons = _turning("sm-words", page, language, more=page < last)
    small = job_words.page(page + 1, last + 1).in_language(language) if buttons else ""
    texts = [lines or words.WORDS_EMPTY.in_language(language)]
    return _view(words.WORDS_TITLE, texts, language, buttons, small)


def profile_view(
    member: Member,
    record: Record,
    strikes: Sequence[Strike],
    waiting: Sequence[Review],
    *,
    now: datetime,
    language: Language,
) -> ui.LayoutView:
    """What is kept about somebody, with a button for their reports; `waiting` are questions about requests."""
    muted = member.reports_muted
    facts: list[Message] = [record_line(record), words.LIST_NAMES[_LISTED[member.listed]]]
    if member.suspended_until is not None and member.is_suspended(now):
        until = day(member.suspended_until)
        facts.append(words.suspension(until, member.suspended_by, member.suspended_for))
    facts.append(words.REPORTS_MUTED if muted else words.REPORTS_COUNT)
    struck = [_strike(one) for one in reversed(strikes)]
    asked = [f"{_subject(one, language)} · {_ending(one, language)}" for one in waiting]
    texts = (
        "\n".join([f"<@{member.person_id}>", *(fact.in_language(language) for fact in facts)]),
        _section(words.STRIKES_TITLE, struck, _STRIKES_SHOWN, language),
        _section(words.QUEUE_TITLE, asked, _REQUESTS_SHOWN, language),
    )
    label = words.UNMUTE if muted else words.MUTE
    button = PlainButton(label.in_language(language), f"sm-mute:{member.person_id}:{int(not muted)}")
    return _view(words.USER_TITLE, texts, language, [button])


class ExportFile:
    """A file of entries, oldest first. Methods raise `OSError`."""

    def __init__(self, path: Path, form: ExportForm) -> None:
        self.path = path
        self._form = form
        self._starts = array("Q")

    async def fill(self, found: AsyncGenerator[RecordedEntry]) -> RecordedEntry | None:
        """Write all of them, and say which is the last. Raises what looking for them raises."""
        batch: list[RecordedEntry] = []
        last: RecordedEntry | None = None
        async with aclosing(found):
            async for last in found:
                batch.append(last)
                if len(batch) >= _BATCH:
                    await asyncio.to_thread(self._add, batch)
                    batch = []
        await asyncio.to_thread(self._add, batch)
        return last

    def _add(self, entries: Sequence[RecordedEntry]) -> None:
        with self.path.open("ab") as file:
            lines = as_json_lines(entries)
            if self._form is ExportForm.CSV:
                lines = as_csv(entries)
                heading = next(lines)
                file.write(b"" if self._starts else heading.encode())
            for line in lines:
                self._starts.append(file.tell())
                file.write(line.encode())

    def cut(self, limit_bytes: int) -> tuple[int, int]:
        """Leave out the oldest entries that do not fit; how many are there, and how many are not. Blocks."""
        size, heading_bytes = self.path.stat().st_size, self._starts[0]
        if size <= limit_bytes:
            return len(self._starts), 0
        left_out = bisect_left(self._starts, size + heading_bytes - limit_bytes)
        with self.path.open("rb") as kept, self.path.open("r+b") as file:
            kept.seek(self._starts[left_out] if left_out < len(self._starts) else size)
            file.seek(heading_bytes)
            # What is read is always ahead of what is written.
            shutil.copyfileobj(kept, file)
            file.truncate()
        return len(self._starts) - left_out, left_out


async def hand_out(interaction: discord.Interaction[discord.Client], path: Path, told: Message) -> None:
    """Fill in the answer that was announced with a file, and say so if Discord does not take it."""
    shown, nobody = told.in_language(language_of(interaction, private=True)), discord.AllowedMentions.none()
    try:
        async with asyncio.timeout(_UPLOAD_TIMEOUT_S):
            await interaction.edit_original_response(
                content=shown, attachments=[discord.File(path)], allowed_mentions=nobody
            )
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("log_not_handed_out", error=type(error).__name__)
        await answer(interaction, words.EXPORT_REFUSED)


def term_of(text: str, effect: Effect, *, fragment: bool) -> Term | Message:
    """The term, or what is wrong with it."""
    if not text:
        return words.TERM_MISSING
    if len(text) > LONGEST_TERM:
        return words.term_too_long(LONGEST_TERM)
    try:
        return Term(text, effect, fragment)
    except ValueError:
        return words.TERM_TOO_SHORT


def entry_line(entry: RecordedEntry, language: Language) -> str:
    """When, who, what, about whom, why."""
    who = f"<@{entry.actor_id}>" if entry.actor_id is not None else words.THE_BOT.in_language(language)
    what = words.action(entry.action.value, entry.details).in_language(language)
    parts = [day(entry.at), who, f"**{what}**"]
    if entry.person_id is not None and entry.person_id != entry.actor_id:
        parts.append(words.about(entry.person_id).in_language(language))
    if entry.reason.strip():
        parts.append(quote_prompt(entry.reason, words.REASON_SHOWN_CHARS))
    return " · ".join(parts)


_SUBJECTS: Final[Mapping[ReviewSubject, Message]] = {
    ReviewSubject.SUBMISSION: moderation.REVIEW_SUBMISSION,
    ReviewSubject.POSTING: moderation.REVIEW_POSTING,
    ReviewSubject.REPORT: moderation.REVIEW_REPORT,
}
_LISTED: Final[Mapping[ListStatus | None, ListChoice]] = {
    ListStatus.TRUSTED: ListChoice.TRUSTED,
    ListStatus.BLOCKED: ListChoice.BLOCKED,
    None: ListChoice.NEITHER,
}


def _question(review: Review, case: ReviewCase | None, language: Language) -> str:
    if case is None:
        told = words.REQUEST_GONE.in_language(language)
        return f"{_subject(review, language)}\n<@{review.person_id}> · {told} · {_ending(review, language)}"
    request = case.job.request
    approvals = sum(vote.approves for vote in review.votes)
    votes = words.votes(approvals, len(review.votes) - approvals, case.quorum).in_language(language)
    return (
        f"{_subject(review, language)}\n<@{review.person_id}> · {options_line(request, language)}\n"
        f"> {quote_prompt(request.prompt, words.PROMPT_SHOWN_CHARS)}\n{votes} · {_ending(review, language)}"
    )


def _subject(review: Review, language: Language) -> str:
    """What is asked, and the way to where it can be answered."""
    told = f"**{_SUBJECTS[review.subject].in_language(language)}**"
    if review.channel_id is None or review.message_id is None:
        return f"{told} · {words.NO_CARD.in_language(language)}"
    address = f"https://discord.com/channels/{review.guild_id}/{review.channel_id}/{review.message_id}"
    return f"{told} · [{words.CARD.in_language(language)}]({address})"


def _ending(review: Review, language: Language) -> str:
    return words.ends(moment(review.expires_at)).in_language(language)


def _term(term: Term, added_by: int, language: Language) -> str:
    line = words.term_line(term.text, term.effect, fragment=term.fragment)
    return f"{line.in_language(language)} · <@{added_by}>"


def _strike(strike: Strike) -> str:
    reason = quote_prompt(strike.reason, words.REASON_SHOWN_CHARS)
    return " · ".join(part for part in (day(strike.given_at), f"<@{strike.given_by}>", reason) if part)


def _section(title: Message, lines: Sequence[str], most: int, language: Language) -> str:
    shown = [f"**{title.in_language(language)}**", *lines[:most]]
    if not lines:
        shown.append(words.NONE.in_language(language))
    if len(lines) > most:
        shown.append(words.and_more(len(lines) - most).in_language(language))
    return "\n".join(shown)


def _turning(prefix: str, page: int, language: Language, *, more: bool) -> list[PlainButton]:
    buttons: list[PlainButton] = []
    if page:
        buttons.append(PlainButton(words.BACK.in_language(language), f"{prefix}:{page - 1}"))
    if more:
        buttons.append(PlainButton(words.NEXT.in_language(language), f"{prefix}:{page + 1}"))
    return buttons


def _view(
    title: Message,
    texts: Iterable[str],
    language: Language,
    buttons: Sequence[PlainButton],
    small: str = "",
) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(f"### {title.in_language(language)}"))
    for text in texts:
        view.add_item(ui.TextDisplay(text))
    if buttons:
        view.add_item(row_of_plain(buttons))
    if small:
        view.add_item(ui.TextDisplay(f"-# {small}"))
    # Presses come back as interactions like any others, so the library need not remember the view.
    view.stop()
    return view
