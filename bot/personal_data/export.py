"""Export of what is stored about a user, as one JSON file.

Of others it names nobody: a moderator is "a moderator", and what others wrote about the user to each other is left
out. Pictures and videos are named, with their sizes; their bytes are not in it. The token of a reply is left out,
which is a password of Discord.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOBase
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, RowMapping, Table, or_, select

from bot.moderation.audit.entries import AuditAction
from bot.storage.database import Database
from bot.storage.moderation_tables import audit, members, person_news, reviews, strikes, terms, votes
from bot.storage.privacy_tables import deletions
from bot.storage.tables import drafts, jobs, people, reports

FORMAT: Final = "stillmotion-personal-data"
VERSION: Final = 1
_A_PAGE: Final = 100
"""Rows that are read and written at once: more would keep the event loop busy for too long."""
A_MODERATOR: Final = "a moderator"
SOMEBODY_ELSE: Final = "another member"
_NOT_OF_JOBS: Final = frozenset({"token", "person_id", "claim", "claimed_by", "starts", "charged_to"})
_WORDS_OF_JOBS: Final = frozenset({"prompt", "sources", "pictures", "parent_url", "raw_answer"})
_OF_AUDIT: Final = (
    "number",
    "at",
    "guild_id",
    "action",
    "job_id",
    "prompt",
    "reason",
    "actor_id",
    "person_id",
)

_OF_CHARGES: Final = ("created_at", "submitted_at", "guild_id", "seconds", "resolution", "state")
"""Of requests that are nobody's and for two days count against the caps of whom they were."""

_Record = Mapping[str, Any]
_Shape = Callable[[RowMapping, int], _Record]


@dataclass(frozen=True)
class _Section:
    """A list in the file: the rows of a table that are the user's, in which order, and how one is shown."""

    name: str
    table: Table
    mine: Callable[[int], ColumnElement[bool]]
    columns: Sequence[str]
    order: Sequence[str]
    shape: _Shape


def _plain(row: RowMapping, _person_id: int) -> _Record:
    return dict(row)


def _requested(row: RowMapping, _person_id: int) -> _Record:
    """Show a request. One that looks for a video has the words of the request that bought it: not these."""
    return {name: None if row["lookup"] and name in _WORDS_OF_JOBS else value for name, value in row.items()}


def _decided(row: RowMapping, person_id: int) -> _Record:
    """Show a row about a decision, with a word in place of who made it."""
    named = {"given_by", "suspended_by", "decided_by"}
    return {name: _who(value, person_id) if name in named else value for name, value in row.items()}


def _logged(row: RowMapping, person_id: int) -> _Record:
    """Show an entry of the log: the user's own words, and of others what they did."""
    mine, about_me = row["actor_id"] == person_id, row["person_id"] == person_id
    reported = row["action"] == AuditAction.VIDEO_REPORTED.value
    others = SOMEBODY_ELSE if reported else A_MODERATOR
    written = about_me or (row["person_id"] is None and mine)
    return {
        "number": row["number"],
        "at": row["at"],
        "guild_id": row["guild_id"],
        "action": row["action"],
        "by": "you" if mine else others if row["actor_id"] is not None else "the bot",
        "about": "you" if about_me else SOMEBODY_ELSE if row["person_id"] is not None else None,
        "job_id": row["job_id"] if about_me else None,
        "text": (row["prompt"] or "").partition(":")[2] or None if written else None,
        "reason": row["reason"] if mine else "",
    }


def _who(person: int | None, person_id: int) -> str | None:
    if person is None:
        return None
    return "you" if person == person_id else A_MODERATOR


def _all(table: Table, but: frozenset[str] = frozenset({"person_id"})) -> Sequence[str]:
    return [column.name for column in table.c if column.name not in but]


_SECTIONS: Final = (
    _Section(
        "requests",
        jobs,
        lambda me: jobs.c.person_id == me,
        _all(jobs, _NOT_OF_JOBS),
        ["created_at"],
        _requested,
    ),
    _Section("defaults", people, lambda me: people.c.person_id == me, _all(people), ["changed_at"], _plain),
    _Section("forms", drafts, lambda me: drafts.c.person_id == me, _all(drafts), ["created_at"], _plain),
    _Section("reports", reports, lambda me: reports.c.person_id == me, _all(reports), ["created_at"], _plain),
    _Section(
        "server_records", members, lambda me: members.c.person_id == me, _all(members), ["guild_id"], _decided
    ),
    _Section("strikes", strikes, lambda me: strikes.c.person_id == me, _all(strikes), ["id"], _decided),
    _Section(
        "questions",
        reviews,
        lambda me: reviews.c.person_id == me,
        ["id", "job_id", "guild_id", "stage", "state", "created_at", "decided_at", "decided_by", "reason"],
        ["created_at"],
        _decided,
    ),
    _Section(
        "news", person_news, lambda me: person_news.c.person_id == me, _all(person_news), ["id"], _plain
    ),
    _Section("votes", votes, lambda me: votes.c.person_id == me, _all(votes), ["cast_at"], _plain),
    _Section("charges", jobs, lambda me: jobs.c.charged_to == me, _OF_CHARGES, ["created_at"], _plain),
    _Section("deletion", deletions, lambda me: deletions.c.person_id == me, _all(deletions), [], _plain),
    _Section(
        "words_added",
        terms,
        lambda me: terms.c.added_by == me,
        ["guild_id", "term", "effect", "added_at"],
        ["added_at"],
        _plain,
    ),
    _Section(
        "log",
        audit,
        lambda me: or_(audit.c.person_id == me, audit.c.actor_id == me),
        _OF_AUDIT,
        ["number"],
        _logged,
    ),
)


class PersonExport:
    """Writes exports, page by page, so that nothing else waits for one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, person_id: int, path: Path, now: datetime) -> int:
        """Write everything about a user to a new file. Returns the number of records.

        Raises:
            StorageUnavailableError: The database cannot be read.
            OSError: The file cannot be written.
        """
        head = {"format": FORMAT, "version": VERSION, "person_id": str(person_id), "exported_at": now}
        count = 0
        file = await asyncio.to_thread(path.open, "w", encoding="utf-8")
        try:
            await asyncio.to_thread(file.write, _dumped(head)[:-1])
            for section in _SECTIONS:
                count += await self._write_section(file, section, person_id)
            await asyncio.to_thread(file.write, "\n}\n")
        finally:
            await asyncio.to_thread(file.close)
        return count

    async def _write_section(self, file: TextIOBase, section: _Section, person_id: int) -> int:
        await asyncio.to_thread(file.write, f",\n{json.dumps(section.name)}: [")
        columns = [section.table.c[name] for name in section.columns]
        order = [section.table.c[name] for name in section.order]
        keys = [*section.table.primary_key.columns]
        chosen = select(*columns).where(section.mine(person_id)).order_by(*order, *keys)
        count = 0
        while True:
            async with self._database.read() as connection:
                page = (await connection.execute(chosen.limit(_A_PAGE).offset(count))).mappings().all()
            records = [section.shape(row, person_id) for row in page]
            await asyncio.to_thread(_write_records, file, records, first=count == 0)
            count += len(page)
            if len(page) < _A_PAGE:
                break
        await asyncio.to_thread(file.write, "\n]" if count else "]")
        return count


def _write_records(file: TextIOBase, records: Sequence[_Record], *, first: bool) -> None:
    for record in records:
        file.write("\n" if first else ",\n")
        file.write(_dumped(record))
        first = False


def _dumped(record: _Record) -> str:
    exact = {name: _exact(name, value) for name, value in record.items()}
    return json.dumps(exact, ensure_ascii=False, default=_written)


def _exact(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """Return a value with the ids in it as texts; `name` says if it is one."""
    if isinstance(value, int):
        return str(value) if name.endswith(("_id", "_ids")) else value
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        return {key: _exact(key, one) for key, one in inner.items()}
    if isinstance(value, list):
        return [_exact(name, one) for one in cast("list[Any]", value)]
    return value


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"an export cannot hold a {type(value).__name__}")
