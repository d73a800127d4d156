"""`/spicy log`: the audit log of a server in pages, filtered, and as a file."""

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from discord import ui

from bot.delivery.messages import FileLabel
from bot.moderation.audit.entries import ACTIONS_BY_GROUP, ActionGroup, RecordedEntry
from bot.moderation.audit.export import ExportFormat
from bot.moderation.audit.export_file import export_log
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.audit.store import AuditFilter
from bot.storage.errors import StorageError
from bot.texts import spicy as words
from bot.texts.descriptions import AUDIT_EXPORT
from bot.texts.messages import Language, Message
from bot.texts.quoting import units_of
from cogs.moderation.audit_line import line_of
from cogs.moderation.spicy_page import DISCORD_ID, page_view
from cogs.shared.buttons import PlainButton
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.layout import TEXT_UNITS, fitting
from cogs.shared.respond import answer, show_file

log: Final = structlog.get_logger(__name__)

_A_PAGE: Final = 10
_ROOM_UNITS: Final = TEXT_UNITS - 300
"""Beside title and small print."""
_ANY_GROUP: Final = "all"
LOG_ID: Final = re.compile(
    rf"sm-log:(?P<before>[0-9]{{1,15}}):(?P<person>{DISCORD_ID})"
    rf":(?P<group>{'|'.join([_ANY_GROUP, *ActionGroup])}):(?P<days>[0-9]{{1,4}})"
)


@dataclass(frozen=True)
class LogPage:
    """The page of a filtered log that ends before an entry; 0 stands for no condition."""

    before: int = 0
    person_id: int = 0
    group: ActionGroup | None = None
    days: int = 0

    @property
    def custom_id(self) -> str:
        """At most 67 of the 100 characters that Discord allows."""
        return f"sm-log:{self.before}:{self.person_id}:{self.group or _ANY_GROUP}:{self.days}"

    @classmethod
    def of(cls, match: re.Match[str]) -> "LogPage":
        """Read a custom id that `LOG_ID` matched."""
        group = ActionGroup(match["group"]) if match["group"] != _ANY_GROUP else None
        return cls(int(match["before"]), int(match["person"]), group, int(match["days"]))

    def chosen(self, guild_id: int, now: datetime) -> AuditFilter:
        """Return the same conditions in the terms of the log."""
        return AuditFilter(
            guild_id=guild_id,
            actions=ACTIONS_BY_GROUP[self.group] if self.group is not None else frozenset(),
            person_id=self.person_id or None,
            since=now - timedelta(days=self.days) if self.days else None,
        )


@dataclass(frozen=True, eq=False, repr=False)
class LogPages:
    """Reads and draws the log, and exports it."""

    audit_log: AuditLog
    now: Callable[[], datetime]

    async def page(self, guild_id: int, wanted: LogPage, language: Language) -> ui.LayoutView:
        """Draw a page. Raises `bot.storage.errors.StorageError`."""
        chosen = wanted.chosen(guild_id, self.now())
        found = await self.audit_log.store.read(chosen, before=wanted.before or None, limit=_A_PAGE + 1)
        lines = [line_of(entry, language, words.REASON_SHOWN_CHARS) for entry in found[:_A_PAGE]]
        lines = lines[: fitting((units_of(line) + 1 for line in lines), _ROOM_UNITS)]
        return _view(found[: len(lines)], lines, wanted, language, more=len(found) > len(lines))

    async def export(
        self, interaction: Interaction, guild_id: int, wanted: LogPage, format_: ExportFormat
    ) -> None:
        """Fill in the answer that was announced with a file of all entries, or with why there is none."""
        now = self.now()
        with tempfile.TemporaryDirectory(prefix="stillmotion-log-") as folder:
            try:
                exported = await export_log(
                    self.audit_log,
                    wanted.chosen(guild_id, now),
                    format_,
                    Path(folder),
                    by=interaction.user.id,
                    limit_bytes=interaction.filesize_limit,
                    now=now,
                )
            except (StorageError, OSError) as error:
                log.warning("log_not_exported", guild=guild_id, reason=str(error))
                await answer(interaction, unread(error))
                return
            if exported is None:
                await answer(interaction, words.LOG_EMPTY)
                return
            told = words.exported(exported.entries, exported.left_out, exported.sha256)
            described = AUDIT_EXPORT.in_language(language_of(interaction, private=True))
            label = FileLabel(exported.path.name, described)
            if not await show_file(interaction, told, exported.path, label):
                log.warning("log_not_handed_out", guild=guild_id)


def unread(error: StorageError | OSError) -> Message:
    """Return the answer of a moderator whose look into the records failed."""
    return words.unreadable(error.number) if isinstance(error, UnreadableEntryError) else words.NOT_READ


def _view(
    entries: Sequence[RecordedEntry], lines: Sequence[str], shown: LogPage, language: Language, *, more: bool
) -> ui.LayoutView:
    text = "\n".join(lines)
    buttons: list[PlainButton] = []
    if shown.before:
        newest = replace(shown, before=0)
        buttons.append(PlainButton(words.NEWEST.in_language(language), newest.custom_id))
    if more:
        older = replace(shown, before=entries[-1].number)
        buttons.append(PlainButton(words.OLDER.in_language(language), older.custom_id))
    return page_view(words.LOG_TITLE, [text or words.LOG_EMPTY.in_language(language)], language, buttons)
