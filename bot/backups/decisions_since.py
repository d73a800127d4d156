"""Decisions of moderators that came after a backup, as the database tells that it is to replace.

Only what restricts is taken over: suspensions, blocks, strikes, trust that ended, muted reports, words, stricter
rules, denied requests, hidden and removed videos. What moderators allowed since is not: a backup may have been put
back because of it. Each decision that is taken over gets an entry of its own in the audit log, by the bot: the
entries of then stay in the database that is kept aside, as a log cannot be continued from two copies.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from bot.moderation.audit import chain, rows
from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.members.member import ListStatus, Member
from bot.moderation.rules import USUAL_RULES, Gate, ServerRules
from bot.moderation.servers.changes import Field, Setting
from bot.moderation.stricter import stricter_member, stricter_rules
from bot.moderation.words.matching import Effect
from bot.reviews.review import ReviewState, ReviewSubject
from bot.storage.moderation_tables import members

TAKEN_OVER: Final = "taken_over"
"""Detail of entries about decisions that were taken over."""
_AN_HOUR: Final = timedelta(hours=1)
_UNREADABLE: Final = (ValueError, TypeError, OverflowError, RecursionError)
"""Errors of a row that holds what the bot never writes."""
_LATER_ENTRIES: Final = (
    "SELECT EXISTS (SELECT 1 FROM current.audit AS later WHERE NOT EXISTS "
    "(SELECT 1 FROM main.audit AS saved WHERE saved.number = later.number AND saved.sha256 = later.sha256))"
)
"""True if decisions were made that the backup does not know: each has its entry in the log."""
_MEMBER: Final = tuple(column.name for column in members.c)
_STRIKE: Final = "guild_id, person_id, given_at, given_by, reason, job_id"
_STRIKES: Final = (
    f"SELECT {_STRIKE} FROM current.strikes AS later WHERE NOT EXISTS (SELECT 1 FROM main.strikes AS saved WHERE "  # noqa: S608 - constants
    "saved.guild_id = later.guild_id AND saved.person_id = later.person_id AND saved.given_at = later.given_at "
    "AND saved.given_by = later.given_by) ORDER BY id"
)
_TERMS: Final = (
    "SELECT later.guild_id, later.term, later.effect, later.fragment, later.added_by, later.added_at, "
    "saved.effect, saved.fragment FROM current.terms AS later LEFT JOIN main.terms AS saved "
    "ON saved.guild_id = later.guild_id AND saved.term = later.term ORDER BY later.guild_id, later.term"
)
_REVIEWS: Final = (
    "SELECT later.id, later.guild_id, later.person_id, later.job_id, later.stage, later.state, later.outstanding, "  # noqa: S608 - constants
    "later.reason FROM current.reviews AS later LEFT JOIN main.reviews AS saved ON saved.id = later.id "
    f"WHERE (later.state = '{ReviewState.DENIED}' OR (later.stage = '{ReviewSubject.REPORT}' "
    f"AND later.state <> '{ReviewState.APPROVED}')) AND (saved.id IS NULL OR (saved.state = '{ReviewState.OPEN}' "
    f"AND later.state <> '{ReviewState.OPEN}')) AND EXISTS (SELECT 1 FROM main.jobs WHERE id = later.job_id) "
    "ORDER BY later.created_at"
)
"""Videos that reports hid or moderators removed, and requests and videos that moderators denied."""


@dataclass(frozen=True)
class _Place:
    """The two databases, and the moment at which decisions are taken over."""

    connection: sqlite3.Connection
    now: datetime
    unread: set[str] = field(default_factory=set[str])
    """Tables of which rows could not be read."""

    def read(self, statement: str, *values: object) -> Sequence[Any]:
        return self.connection.execute(statement, values).fetchall()

    def write(self, statement: str, *values: object) -> None:
        self.connection.execute(statement, values)

    def entry(
        self,
        guild_id: int,
        action: AuditAction,
        person_id: int | None = None,
        *,
        job_id: str | None = None,
        reason: str | None = "",
        details: Mapping[str, Detail] | None = None,
    ) -> AuditEntry:
        named: dict[str, Detail] = {**(details or {}), TAKEN_OVER: True}
        return AuditEntry(guild_id, self.now, action, None, person_id, job_id, reason or "", named)


def take_over_decisions(connection: sqlite3.Connection, now: datetime) -> tuple[int, str | None]:
    """Bring what moderators decided since into a backup's database. Purchases since are in it already.

    Args:
        connection: The backup's database as `main`, and the one that it replaces as `current`.
        now: The moment of the entries in the log.

    Returns:
        The number of decisions that were taken over, and which of them may be missing, if some cannot be read.

    Raises:
        sqlite3.Error: The backup's database cannot be written.
    """
    place, entries = _Place(connection, now), list[AuditEntry]()
    # A reason with spoiled letters is better than no suspension.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        if not place.read(_LATER_ENTRIES)[0][0]:
            return 0, None
    except sqlite3.DatabaseError:
        place.unread.add("audit")
    for name, take_over in _KINDS.items():
        connection.execute("SAVEPOINT deciding")
        try:
            entries += take_over(place)
        except sqlite3.DatabaseError:  # a page that cannot be read
            connection.execute("ROLLBACK TO deciding")
            place.unread.add(name)
        finally:
            connection.execute("RELEASE deciding")
    _append(place, entries)
    return len(entries), ", ".join(sorted(place.unread)) or None


def _members(place: _Place) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    columns = ", ".join(_MEMBER)
    for row in place.read(f"SELECT {columns} FROM current.members"):  # noqa: S608 - our columns
        key = row[:2]
        found = place.read(f"SELECT {columns} FROM main.members WHERE guild_id = ? AND person_id = ?", *key)  # noqa: S608 - our columns
        try:
            later, saved = _member(row), _member(found[0]) if found else Member(*key)
        except _UNREADABLE:
            place.unread.add("members")
            continue
        record = stricter_member(saved, later, place.now)
        if record != saved:
            values = (_stored(getattr(record, name)) for name in _MEMBER)
            marks = ", ".join("?" for _ in _MEMBER)
            place.write(f"INSERT OR REPLACE INTO main.members ({columns}) VALUES ({marks})", *values)  # noqa: S608 - our columns
            entries += _member_entries(place, saved, record)
    return entries


def _member_entries(place: _Place, saved: Member, record: Member) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    guild_id, person_id = record.guild_id, record.person_id
    if record.listed is not saved.listed:
        action = AuditAction.BLOCKED if record.listed is ListStatus.BLOCKED else AuditAction.UNLISTED
        entries.append(place.entry(guild_id, action, person_id))
    until = record.suspended_until
    if until is not None and until != saved.suspended_until:
        details = {"hours": -(-(until - place.now) // _AN_HOUR)}
        reason = record.suspended_for
        entries.append(
            place.entry(guild_id, AuditAction.SUSPENDED, person_id, reason=reason, details=details)
        )
    if record.reports_muted and not saved.reports_muted:
        entries.append(place.entry(guild_id, AuditAction.REPORTS_MUTED, person_id, details={"muted": True}))
    return entries


def _member(row: Sequence[Any]) -> Member:
    """Read a record. Raises `ValueError`."""
    fields: dict[str, Any] = dict(zip(_MEMBER, row, strict=True))
    for name in ("suspended_until", "appealed_at"):
        fields[name] = chain.moment(fields[name]) if fields[name] is not None else None
    fields |= {name: bool(fields[name]) for name in ("reports_muted", "end_is_told")}
    fields["listed"] = ListStatus(fields["listed"]) if fields["listed"] is not None else None
    fields["suspended_for"] = fields["suspended_for"] or ""
    return Member(**fields)


def _stored(value: object) -> object:
    return chain.microseconds(value) if isinstance(value, datetime) else value


def _strikes(place: _Place) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for row in place.read(_STRIKES):
        place.write(f"INSERT INTO main.strikes ({_STRIKE}) VALUES (?, ?, ?, ?, ?, ?)", *row)  # noqa: S608 - our columns
        guild_id, person_id, _, _, reason, job_id = row
        entries.append(
            place.entry(guild_id, AuditAction.STRIKE_GIVEN, person_id, job_id=job_id, reason=reason)
        )
    return entries


def _terms(place: _Place) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for guild_id, term, said, inside, added_by, added_at, saved, was_inside in place.read(_TERMS):
        try:
            effects = [Effect(one) for one in (said, saved) if one is not None]
        except _UNREADABLE:
            place.unread.add("terms")
            continue
        effect, fragment = max(effects, key=lambda one: one.strength), bool(inside or was_inside)
        if (effect.value, fragment) == (saved, bool(was_inside)):
            continue
        place.write(
            "INSERT INTO main.terms (guild_id, term, effect, fragment, added_by, added_at) "
            "VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (guild_id, term) DO UPDATE SET effect = excluded.effect, fragment = excluded.fragment",
            *(guild_id, term, effect.value, fragment, added_by, added_at),
        )
        details: dict[str, Detail] = {"term": term, "effect": effect.value, "fragment": fragment}
        entries.append(place.entry(guild_id, AuditAction.TERM_ADDED, details=details))
    return entries


def _rules(place: _Place) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for guild_id, text in place.read("SELECT guild_id, rules FROM current.servers"):
        found = place.read("SELECT rules FROM main.servers WHERE guild_id = ?", guild_id)
        try:
            later = ServerRules.model_validate(json.loads(text))
            saved = ServerRules.model_validate(json.loads(found[0][0])) if found else USUAL_RULES
        except _UNREADABLE:
            place.unread.add("servers")
            continue
        rules = stricter_rules(saved, later)
        if rules != saved:
            place.write(
                "INSERT OR REPLACE INTO main.servers (guild_id, changed_at, rules) VALUES (?, ?, ?)",
                *(guild_id, chain.microseconds(place.now), json.dumps(rules.model_dump(mode="json"))),
            )
            entries += _rule_entries(place, guild_id, saved, rules)
    return entries


def _rule_entries(place: _Place, guild_id: int, saved: ServerRules, rules: ServerRules) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    if rules.spicy_stopped and not saved.spicy_stopped:
        entries.append(place.entry(guild_id, AuditAction.SPICY_STOPPED))
    for name, before, after in _settings(saved, rules):
        spicy = name == Setting(Field.MODES, Gate.SPICY).key
        off = spicy and saved.spicy_confirmed_by is not None and rules.spicy_confirmed_by is None
        if before != after or off:
            action = AuditAction.SPICY_SWITCHED_OFF if off else AuditAction.RULES_CHANGED
            details: dict[str, Detail] = {"field": name, "from": before, "to": after}
            entries.append(place.entry(guild_id, action, details=details))
    return entries


def _settings(saved: ServerRules, rules: ServerRules) -> list[tuple[str, Detail, Detail]]:
    """Return every setting of a server as the log names it, with its values in both."""
    named: list[tuple[str, int, Setting]] = []
    for one in Field:
        match one:
            case Field.MODES:
                named += [(f"{one}.{gate}", 0, Setting(one, gate)) for gate in Gate]
            case Field.CHANNEL_MODES:
                places = [(channel_id, gate) for channel_id in rules.channel_modes for gate in Gate]
                named += [(f"{one}.{place}.{gate}", place, Setting(one, gate)) for place, gate in places]
            case _:
                named.append((one.value, 0, Setting(one)))
    found = [
        (name, setting.value(saved, place), setting.value(rules, place)) for name, place, setting in named
    ]
    exempt = ("word_exempt_roles", "word_exempt_channels")
    return found + [(name, sorted(getattr(saved, name)), sorted(getattr(rules, name))) for name in exempt]


def _reviews(place: _Place) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    columns = {table: _shared_columns(place, table) for table in ("reviews", "votes", "reports")}
    for review_id, guild_id, person_id, job_id, stage, state, outstanding, reason in place.read(_REVIEWS):
        # An open question about the same job goes by this: there is one at a time, and this one is younger.
        for table, key, value in (
            ("reviews", "id", review_id),
            ("votes", "review_id", review_id),
            ("reports", "job_id", job_id),
        ):
            names = columns[table]
            place.write(
                f"INSERT OR REPLACE INTO main.{table} ({names}) "  # noqa: S608 - our columns
                f"SELECT {names} FROM current.{table} WHERE {key} = ?",
                value,
            )
        if outstanding is None:  # else it is logged when Discord has done it
            details: dict[str, Detail] = {"review": review_id, "subject": stage}
            action = _review_action(ReviewSubject(stage), ReviewState(state))
            entries.append(
                place.entry(
                    guild_id, action, person_id or None, job_id=job_id, reason=reason, details=details
                )
            )
    return entries


def _review_action(subject: ReviewSubject, state: ReviewState) -> AuditAction:
    if subject is not ReviewSubject.REPORT:
        return AuditAction.REQUEST_DENIED
    return AuditAction.VIDEO_HIDDEN if state is ReviewState.OPEN else AuditAction.VIDEO_REMOVED


def _shared_columns(place: _Place, table: str) -> str:
    ours, theirs = (
        [str(column[1]) for column in place.read(f"PRAGMA {schema}.table_info({table})")]
        for schema in ("main", "current")
    )
    return ", ".join(name for name in ours if name in theirs)


_KINDS: Final[Mapping[str, Callable[[_Place], list[AuditEntry]]]] = {
    "members": _members,
    "strikes": _strikes,
    "terms": _terms,
    "servers": _rules,
    "reviews": _reviews,
}
"""What decisions are about, by the names of the tables."""


def _append(place: _Place, entries: Sequence[AuditEntry]) -> None:
    newest = place.read("SELECT number, sha256 FROM main.audit ORDER BY number DESC LIMIT 1")
    number, previous = newest[0] if newest else (chain.FIRST_NUMBER - 1, chain.FIRST_PREVIOUS)
    for entry in entries:
        number += 1
        recorded = rows.recorded_after(previous, entry, number)
        previous = recorded.sha256
        row = dict(rows.values(recorded))
        row["details"] = row.pop("written")
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        place.write(f"INSERT INTO main.audit ({names}) VALUES ({marks})", *map(_stored, row.values()))  # noqa: S608 - our columns
