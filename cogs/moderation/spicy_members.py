"""`/spicy user`, `trust` and `suspend`: the record of a user in a server, and moderators' decisions about it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discord import ui

from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus, Strike
from bot.moderation.members.member_changes import MemberChange, MemberChanges
from bot.reviews.questions import Questions
from bot.reviews.store import ReviewStore
from bot.texts import log_entries
from bot.texts import spicy as words
from bot.texts.jobs import day
from bot.texts.messages import Language, Message
from bot.texts.moderation import record_line
from cogs.moderation.spicy_page import DISCORD_ID, page_view
from cogs.moderation.spicy_queue import expiry, question_line
from cogs.shared.buttons import PlainButton

MUTE_ID: Final = re.compile(rf"sm-mute:(?P<person>{DISCORD_ID}):(?P<muted>[01])")

_NEITHER: Final = "neither"
"""Choice beside those of `ListStatus`."""
_STRIKES_SHOWN: Final = 8
_QUESTIONS_SHOWN: Final = 5


@dataclass(frozen=True, eq=False, repr=False)
class MemberPages:
    """Draws and changes records. Methods raise `bot.storage.errors.StorageError`, and then nothing has changed."""

    caches: ModerationCaches
    questions: Questions
    reviews: ReviewStore
    changes: MemberChanges
    now: Callable[[], datetime]

    async def list_as(self, guild_id: int, person_id: int, choice: str, *, by: int) -> Message:
        """Put a user on a list or on neither, and return the answer to the moderator."""
        listed = ListStatus(choice) if choice != _NEITHER else None
        change = await self.changes.list_as(guild_id, person_id, listed, by=by)
        return words.UNCHANGED if change is MemberChange.UNCHANGED else words.LISTED[choice]

    async def suspend(self, guild_id: int, person_id: int, *, hours: int, reason: str, by: int) -> Message:
        """Suspend a user, or with no hours lift the suspension, and return the answer to the moderator."""
        if hours:
            ends = await self.changes.suspend(guild_id, person_id, hours=hours, reason=reason, by=by)
            if ends is None:
                return self._suspended_for_longer(guild_id, person_id)
            return words.suspended(person_id, day(ends))
        change = await self.changes.lift(guild_id, person_id, reason=reason, by=by)
        return words.UNCHANGED if change is MemberChange.UNCHANGED else words.LIFTED

    def _suspended_for_longer(self, guild_id: int, person_id: int) -> Message:
        member = self.caches.members.of(guild_id, person_id)
        until = day(member.suspended_until) if member.suspended_until is not None else "—"
        told = words.suspension(until, member.suspended_by, member.suspended_for)
        return words.suspended_for_longer(told)

    async def mute(self, guild_id: int, person_id: int, *, muted: bool, by: int) -> None:
        """Decide if a user's reports count."""
        await self.changes.mute_reports(guild_id, person_id, muted=muted, by=by)

    async def page(self, guild_id: int, person_id: int, language: Language) -> ui.LayoutView:
        """Draw a user's record, with a button for the user's reports."""
        caches, now = self.caches, self.now()
        member = caches.members.of(guild_id, person_id)
        record = await self.questions.record(guild_id, person_id)
        strikes = await caches.members.strikes(guild_id, person_id, caches.rules.of(guild_id), now)
        waiting = await self.reviews.open_of(guild_id, person_id)
        facts = [record_line(record), words.LIST_NAMES[member.listed or _NEITHER]]
        if member.suspended_until is not None and member.is_suspended(now):
            until = day(member.suspended_until)
            facts.append(words.suspension(until, member.suspended_by, member.suspended_for))
        muted = member.reports_muted
        facts.append(words.REPORTS_MUTED if muted else words.REPORTS_COUNT)
        struck = [_strike(one, language) for one in reversed(strikes)]
        asked = [f"{question_line(one, language)} · {expiry(one, language)}" for one in waiting]
        texts = (
            "\n".join([f"<@{person_id}>", *(fact.in_language(language) for fact in facts)]),
            _section(words.STRIKES_TITLE, struck, _STRIKES_SHOWN, language),
            _section(words.QUEUE_TITLE, asked, _QUESTIONS_SHOWN, language),
        )
        label = (words.UNMUTE if muted else words.MUTE).in_language(language)
        button = PlainButton(label, f"sm-mute:{person_id}:{int(not muted)}")
        return page_view(words.USER_TITLE, texts, language, [button])


def _strike(strike: Strike, language: Language) -> str:
    said = log_entries.reason(strike.reason, words.REASON_SHOWN_CHARS).in_language(language)
    reason = said if strike.reason.strip() else ""
    return " · ".join(part for part in (day(strike.given_at), f"<@{strike.given_by}>", reason) if part)


def _section(title: Message, lines: Sequence[str], most: int, language: Language) -> str:
    shown = [f"**{title.in_language(language)}**", *lines[:most]]
    if not lines:
        shown.append(words.NONE.in_language(language))
    if len(lines) > most:
        shown.append(words.and_more(len(lines) - most).in_language(language))
    return "\n".join(shown)
