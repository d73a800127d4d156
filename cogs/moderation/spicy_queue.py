"""`/spicy queue`: the open appeals, questions and reports of a server, page by page."""

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

from discord import ui

from bot.jobs.job import Job
from bot.reviews.appeals import Appeals, OpenAppeal
from bot.reviews.case import ReviewCase, message_of
from bot.reviews.questions import Questions
from bot.reviews.report_store import ReportedVideo, ReportStore
from bot.reviews.review import Review, ReviewState
from bot.reviews.store import ReviewStore
from bot.texts import moderation
from bot.texts import spicy as words
from bot.texts.cards import options_line
from bot.texts.jobs import moment
from bot.texts.messages import Language
from bot.texts.quoting import quote_prompt
from cogs.moderation.appeals import appeal_buttons, appeal_line_of
from cogs.moderation.review_card import (
    HEADLINES,
    ReviewAction,
    matched_lines,
    outstanding_lines,
    over_lines,
    reports_text,
    review_buttons,
    rows_of,
    score_lines,
)
from cogs.moderation.spicy_page import page_view
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.layout import TEXT_UNITS, fitting, units_in

_PREFIX: Final = "sm-queue"
QUEUE_ID: Final = re.compile(_PREFIX + r":(?P<offset>[0-9]{1,4})")

_TAKE_BACK: Final = ReviewAction.TAKE_BACK
_A_PAGE: Final = 5
"""Each has a text and a row of five buttons at most; with title and last row that makes 40 components, the most."""
_ROOM_UNITS: Final = TEXT_UNITS - 300
"""Beside the title and the line about a stop."""

_Parts: TypeAlias = list[str | ui.Item[ui.LayoutView]]


@dataclass(frozen=True, eq=False, repr=False)
class OpenQuestions:
    """Reads and draws the open questions. Methods raise `bot.storage.errors.StorageError`."""

    questions: Questions
    reviews: ReviewStore
    reports: ReportStore
    appeals: Appeals

    async def page(self, guild_id: int, offset: int, language: Language) -> ui.LayoutView:
        """Draw what waits behind the first `offset`, as much as has room, or else the last."""
        most = offset + _A_PAGE + 1
        found: list[Review | ReportedVideo | OpenAppeal] = [*await self.appeals.open_in(guild_id)]
        found += await self.reviews.pending_in(guild_id, most)
        found += (await self.reports.unasked_in(guild_id, most))[: max(0, most - len(found))]
        if offset >= len(found):
            offset = max(0, len(found) - _A_PAGE)
        drawn = [await self._parts(one, language) for one in found[offset:][:_A_PAGE]]
        drawn = drawn[: fitting(map(units_in, drawn), _ROOM_UNITS)]
        buttons = _turning(offset, offset + len(drawn), len(found), language)
        parts = [*chain.from_iterable(drawn)] or [words.QUEUE_EMPTY.in_language(language)]
        if self.questions.caches.rules.of(guild_id).spicy_stopped:
            parts.insert(0, words.STOPPED_NOW.in_language(language))
        return page_view(words.QUEUE_TITLE, parts, language, buttons)

    async def _parts(self, one: Review | ReportedVideo | OpenAppeal, language: Language) -> _Parts:
        """Draw a question, an appeal, or a reported video about which nothing is asked, with its buttons."""
        if isinstance(one, OpenAppeal):
            return [_appeal(one, language), row_of_plain(appeal_buttons(one.member, language))]
        if isinstance(one, Review):
            case = await self.questions.case(one)
            parts: _Parts = [_text(one, case, language)]
            if one.state is ReviewState.OPEN:
                has_frame = case is not None and case.has_spicy_frame
                rows = rows_of(one, shows_video=False, has_frame=has_frame)
                row = [action for action in chain.from_iterable(rows) if action is not _TAKE_BACK]
                parts.append(row_of_plain(review_buttons(one.id, row, language)))
            return parts
        job = await self.questions.jobs.find(one.job_id)
        return [_reported(one, job, language), row_of_plain(report_buttons(one.job_id, language))]


def _turning(first: int, next_: int, found: int, language: Language) -> list[PlainButton]:
    """Make *Back* and *Next* of a page that shows what is from `first` to before `next_`."""
    buttons: list[PlainButton] = []
    if first:
        buttons.append(PlainButton(words.BACK.in_language(language), f"{_PREFIX}:{max(0, first - _A_PAGE)}"))
    if next_ < found:
        buttons.append(PlainButton(words.NEXT.in_language(language), f"{_PREFIX}:{next_}"))
    return buttons


def report_buttons(job_id: str, language: Language) -> list[PlainButton]:
    """Make the buttons of a reported video that is still in sight."""
    return [
        PlainButton(label.in_language(language), f"sm-rep:{act}:{job_id}")
        for act, label in moderation.REPORT_LABELS.items()
    ]


def _appeal(appeal: OpenAppeal, language: Language) -> str:
    line = appeal_line_of(appeal.member, language, words.REASON_SHOWN_CHARS)
    told = f"**{moderation.APPEAL_HEADLINE.in_language(language)}**\n{line}"
    return f"{told}\n> {quote_prompt(appeal.said, words.PROMPT_SHOWN_CHARS)}" if appeal.said else told


def _reported(video: ReportedVideo, job: Job | None, language: Language) -> str:
    told = f"**{moderation.REPORTED_VIDEO.in_language(language)}**"
    if video.message is not None:
        told += f" · [{words.THE_VIDEO.in_language(language)}]({link(video.guild_id, *video.message)})"
    about = f"<@{job.reply.person_id}>" if job is not None else words.REQUEST_GONE.in_language(language)
    return f"{told}\n{about}\n{reports_text(video.reports, language, 1, words.REASON_SHOWN_CHARS)}"


def question_line(review: Review, language: Language) -> str:
    """Write what is asked, with a link to the message where it can be answered."""
    told = f"**{HEADLINES[review.subject].in_language(language)}**"
    if (shown := message_of(review)) is not None:
        address = link(review.guild_id, shown.channel_id, shown.message_id)
        told = f"{told} · [{words.THE_VIDEO.in_language(language)}]({address})"
    if review.channel_id is None or review.message_id is None:
        return f"{told} · {words.NO_CARD.in_language(language)}"
    address = link(review.guild_id, review.channel_id, review.message_id)
    return f"{told} · [{words.CARD.in_language(language)}]({address})"


def link(guild_id: int, channel_id: int, message_id: int) -> str:
    """Return the address of a message."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


def expiry(review: Review, language: Language) -> str:
    """Write the moment at which a question expires."""
    return words.ends(moment(review.expires_at)).in_language(language)


def _text(review: Review, case: ReviewCase | None, language: Language) -> str:
    line, ends = question_line(review, language), expiry(review, language)
    if case is None:  # its job is known no more
        return f"{line}\n<@{review.person_id}> · {words.REQUEST_GONE.in_language(language)} · {ends}"
    request = case.job.request
    approvals = sum(vote.approves for vote in review.votes)
    votes = words.votes(approvals, len(review.votes) - approvals, case.quorum).in_language(language)
    line = "\n".join([line, *outstanding_lines(review, language), *over_lines(case, language)])
    found = (*matched_lines(case, language), *score_lines(case, language))
    matched = "".join(f"-# {one}\n" for one in found)
    return (
        f"{line}\n<@{review.person_id}> · {options_line(request, language)}\n"
        f"> {quote_prompt(request.prompt, words.PROMPT_SHOWN_CHARS)}\n{matched}{votes} · {ends}"
    )
