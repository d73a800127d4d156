"""Store of reviews and votes: every SQL statement about the tables `reviews` and `votes`."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import NOBODY
from bot.moderation.audit.log import AuditedTransaction
from bot.reviews.review import (
    NO_DOUBTS,
    Outstanding,
    Review,
    ReviewState,
    ReviewSubject,
    Vote,
    VoterDoubts,
    outstanding_after,
    tally,
)
from bot.storage.advisory_locks import SoleWork
from bot.storage.backend import Confirm
from bot.storage.database import Database
from bot.storage.moderation_tables import reviews, votes
from bot.storage.reading import read_one, read_rows

_OPEN: Final = reviews.c.state == ReviewState.OPEN.value
_KEY: Final = (reviews.c.id,)
_MOMENT: Final = timedelta(microseconds=1)
_FIELDS: Final = {"stage": "subject"}
"""Fields of `Review` by the columns that have another name."""


class ReviewStore:
    """Stores reviews. Every method raises `bot.storage.errors.StorageUnavailableError`.

    Of several questions, one that cannot be read is left out. A method that returns one raises
    `bot.storage.errors.UnreadableRowError` instead: it may have been denied.

    Questions and decisions are written in the caller's transaction, together with their entries in the audit log.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def alone(self, work: SoleWork, to: str) -> AbstractAsyncContextManager[Confirm]:
        """Keep other processes from doing this to the same thing until the block ends (`Database.alone`)."""
        return self._database.alone(work, to)

    async def add(self, within: AuditedTransaction, review: Review) -> bool:
        """Store a new question. Returns False if one about the same job is open already."""
        values = {column.name: getattr(review, _FIELDS.get(column.name, column.name)) for column in reviews.c}
        if await self._one(within.connection, _open_about(review.job_id)) is not None:
            return False
        same = and_(reviews.c.job_id == review.job_id, reviews.c.stage == review.subject.value)
        last_at = (
            await within.connection.execute(select(func.max(reviews.c.created_at)).where(same))
        ).scalar()
        if last_at is not None:
            # The newest one counts, also where a clock was set back, or another process's is behind.
            values["created_at"] = max(review.created_at, last_at + _MOMENT)
        await within.connection.execute(reviews.insert().values(values))
        return True

    async def get(self, review_id: str) -> Review | None:
        """Return a question with its votes, or None."""
        async with self._database.read() as connection:
            return await self._one(connection, reviews.c.id == review_id)

    async def latest(self, job_id: str, subject: ReviewSubject) -> Review | None:
        """Return the newest question about a job and a subject, or None."""
        condition = and_(reviews.c.job_id == job_id, reviews.c.stage == subject.value)
        async with self._database.read() as connection:
            return await self._one(connection, condition)

    async def open_about(self, job_id: str) -> Review | None:
        """Return the open question about a job, or None."""
        async with self._database.read() as connection:
            return await self._one(connection, _open_about(job_id))

    async def pending_in(self, guild_id: int, limit: int) -> Sequence[Review]:
        """Return at most `limit` questions of a server that are open or not carried out, oldest first."""
        pending = or_(_OPEN, reviews.c.outstanding.is_not(None))
        return await self._where(and_(reviews.c.guild_id == guild_id, pending), limit)

    async def open_of(self, guild_id: int, person_id: int) -> Sequence[Review]:
        """Return the open questions about a user's requests in a server."""
        condition = and_(reviews.c.guild_id == guild_id, reviews.c.person_id == person_id, _OPEN)
        return await self._where(condition, 1000)

    async def overdue(self, now: datetime) -> Sequence[Review]:
        """Return the open questions whose time is over."""
        return await self._where(and_(_OPEN, reviews.c.expires_at <= now), 1000)

    async def outstanding(self) -> Sequence[Review]:
        """Return the questions about reports with a change of a message that is still to be made, oldest first."""
        return await self._where(reviews.c.outstanding.is_not(None), 1000)

    async def done(self, within: AuditedTransaction, review_id: str, what: Outstanding) -> bool:
        """Store that a change of a message was made. Returns False if another one is to be made by now."""
        same = and_(reviews.c.id == review_id, reviews.c.outstanding == what.value)
        values = {"outstanding": None, "refused_at": None}
        return (await within.connection.execute(update(reviews).where(same).values(values))).rowcount > 0

    async def refused(self, review_id: str, now: datetime) -> None:
        """Store that a change of a message was tried in vain."""
        async with self._database.write() as connection:
            await connection.execute(update(reviews).where(reviews.c.id == review_id).values(refused_at=now))

    async def emptied(self, but_for: Collection[str], limit: int) -> Sequence[Review]:
        """Return at most `limit` ended questions, oldest first, whose cards still show what was deleted.

        Args:
            but_for: Ids of questions that are left out.
            limit: The number.
        """
        nobodys = and_(reviews.c.person_id == NOBODY, ~_OPEN, reviews.c.outstanding.is_(None))
        shown = and_(reviews.c.message_id.is_not(None), reviews.c.id.not_in(but_for))
        return await self._where(and_(nobodys, shown), limit)

    async def forget_card(self, review_id: str) -> None:
        """Forget the message of an ended question's card."""
        nowhere = {"channel_id": None, "message_id": None}
        async with self._database.write() as connection:
            await connection.execute(update(reviews).where(reviews.c.id == review_id).values(nowhere))

    async def unplaced(self, guild_id: int | None = None) -> Sequence[Review]:
        """Return the open questions, of all servers or of one, that were shown to no moderator."""
        return await self._where(and_(_OPEN, _in(guild_id), reviews.c.message_id.is_(None)), 1000)

    async def card_channels(self, guild_id: int | None = None) -> Sequence[int]:
        """Return the channels with cards of open questions, of all servers or of one."""
        placed = and_(_OPEN, _in(guild_id), reviews.c.channel_id.is_not(None))
        async with self._database.read() as connection:
            return (
                (await connection.execute(select(reviews.c.channel_id).where(placed).distinct()))
                .scalars()
                .all()
            )

    async def of_person(self, guild_id: int, person_id: int, limit: int) -> Sequence[Review]:
        """Return at most `limit` questions about a user's requests in a server, newest first."""
        condition = and_(reviews.c.guild_id == guild_id, reviews.c.person_id == person_id)
        return await self._where(condition, limit, newest_first=True)

    async def place(self, review_id: str, channel_id: int, message_id: int) -> None:
        """Store the message of a question's card."""
        values = {"channel_id": channel_id, "message_id": message_id}
        async with self._database.write() as connection:
            await connection.execute(update(reviews).where(reviews.c.id == review_id).values(values))

    async def displace(self, channel_id: int) -> int:
        """Store that the cards of open questions are gone with their channel. Returns their number."""
        there = and_(_OPEN, reviews.c.channel_id == channel_id)
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(reviews).where(there).values(channel_id=None, message_id=None)
            )
        return changed.rowcount

    async def vote(
        self,
        within: AuditedTransaction,
        review_id: str,
        vote: Vote,
        quorum: int,
        doubts: VoterDoubts = NO_DOUBTS,
    ) -> Review | None:
        """Store a vote in place of the same moderator's earlier one, and close the question if it decides.

        Of two votes at the same moment only one decides. Votes of lapsed voters are removed.

        Returns:
            The question with the vote, or None if it is closed already.
        """
        connection = within.connection
        found = await self._still_open(connection, review_id)
        if found is None:
            return None
        await _remove_vote(connection, review_id, vote.person_id)
        await connection.execute(votes.insert().values(review_id=review_id, **vars(vote)))
        for lapsed in doubts.lapsed:
            await _remove_vote(connection, review_id, lapsed)
        gone = doubts.lapsed | {vote.person_id}
        cast = tuple(one for one in found.votes if one.person_id not in gone)
        counted = replace(found, votes=(*cast, vote))
        outcome = tally([one for one in counted.votes if one.person_id not in doubts.unknown], quorum)
        if outcome is None:
            return counted
        state = ReviewState.APPROVED if outcome else ReviewState.DENIED
        decided = replace(
            counted, state=state, decided_at=vote.cast_at, decided_by=vote.person_id, reason=vote.reason
        )
        return await _close(connection, decided)

    async def take_back(self, within: AuditedTransaction, review_id: str, person_id: int) -> Review | None:
        """Remove a moderator's vote. Returns None if the question is closed or has no vote of that moderator."""
        found = await self._still_open(within.connection, review_id)
        if found is None or not await _remove_vote(within.connection, review_id, person_id):
            return None
        return replace(found, votes=tuple(one for one in found.votes if one.person_id != person_id))

    async def close(
        self,
        within: AuditedTransaction,
        review_id: str,
        state: ReviewState,
        now: datetime,
        *,
        by: int | None = None,
        reason: str = "",
    ) -> Review | None:
        """Close a question without a vote; `by` is who decided it alone. Returns None if it is closed already."""
        found = await self._still_open(within.connection, review_id)
        if found is None:
            return None
        closed = replace(found, state=state, decided_at=now, decided_by=by, reason=reason)
        return await _close(within.connection, closed)

    async def _where(
        self, condition: ColumnElement[bool], limit: int, *, newest_first: bool = False
    ) -> Sequence[Review]:
        order = reviews.c.created_at.desc() if newest_first else reviews.c.created_at
        chosen = select(reviews).where(condition).order_by(order).limit(limit)
        async with self._database.read() as connection:
            found = await read_rows(connection, chosen, _review, keys=_KEY, alarms=self._database.alarms)
            return [await self._with_votes(connection, review) for review in found]

    async def _one(self, connection: AsyncConnection, condition: ColumnElement[bool]) -> Review | None:
        chosen = select(reviews).where(condition).order_by(reviews.c.created_at.desc()).limit(1)
        found = await read_one(connection, chosen, _review, keys=_KEY, alarms=self._database.alarms)
        return await self._with_votes(connection, found) if found is not None else None

    async def _still_open(self, connection: AsyncConnection, review_id: str) -> Review | None:
        found = await self._one(connection, reviews.c.id == review_id)
        return found if found is not None and found.state is ReviewState.OPEN else None

    async def _with_votes(self, connection: AsyncConnection, review: Review) -> Review:
        chosen = select(votes).where(votes.c.review_id == review.id).order_by(votes.c.cast_at)
        keys, alarms = (votes.c.review_id, votes.c.person_id), self._database.alarms
        return replace(
            review, votes=tuple(await read_rows(connection, chosen, _vote, keys=keys, alarms=alarms))
        )


def _in(guild_id: int | None) -> ColumnElement[bool]:
    return reviews.c.guild_id == guild_id if guild_id is not None else true()


def _open_about(job_id: str) -> ColumnElement[bool]:
    return and_(reviews.c.job_id == job_id, _OPEN)


async def _remove_vote(connection: AsyncConnection, review_id: str, person_id: int) -> bool:
    mine = and_(votes.c.review_id == review_id, votes.c.person_id == person_id)
    return (await connection.execute(delete(votes).where(mine))).rowcount > 0


async def _close(connection: AsyncConnection, review: Review) -> Review | None:
    """Store how an open question was closed, with what is to be done now.

    Returns it as it is stored, or None if it is closed already.
    """
    closed = replace(review, outstanding=outstanding_after(review), refused_at=None)
    values = {
        "state": closed.state.value,
        "decided_at": closed.decided_at,
        "decided_by": closed.decided_by,
        "reason": closed.reason,
        "outstanding": closed.outstanding,
        "refused_at": None,
    }
    this = and_(reviews.c.id == closed.id, _OPEN)
    found = await connection.execute(update(reviews).where(this).values(values))
    return closed if found.rowcount else None


def _review(row: RowMapping) -> Review:
    columns = {column.name: row[column.name] for column in reviews.c}
    fields: dict[str, Any] = {_FIELDS.get(name, name): value for name, value in columns.items()}
    fields |= {
        "subject": ReviewSubject(row["stage"]),
        "state": ReviewState(row["state"]),
        "reason": row["reason"] or "",
        "outstanding": Outstanding(row["outstanding"]) if row["outstanding"] is not None else None,
    }
    return Review(**fields)


def _vote(row: RowMapping) -> Vote:
    return Vote(row["person_id"], row["approves"], row["reason"] or "", row["cast_at"])
