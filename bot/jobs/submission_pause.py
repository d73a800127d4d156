"""Why submissions pause, and the pause as a row, by which several processes on one database have one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import String, and_, bindparam, delete, exists, or_, select, text, true, update
from sqlalchemy.exc import IntegrityError

from bot.jobs.job import JobState
from bot.storage.database import Database
from bot.storage.submission_tables import pause_news, submission_pauses
from bot.storage.tables import UtcMoment, jobs

_ID: Final = 1
_PROBE_ENDS_AFTER: Final = timedelta(minutes=30)
"""No submission lasts longer that gets anywhere: seven pictures of 10 MB, over a line that takes 40 kB a second.

It is for a probe whose process was killed and whose job nobody carries on. Whoever carries it on finds it out.
"""

_CLAIM_NEWS: Final = text(
    "INSERT INTO pause_news (reason, told_at, end_is_news)"
    " SELECT :reason, :now, TRUE WHERE EXISTS (SELECT 1 FROM submission_pauses)"
    " ON CONFLICT (reason) DO UPDATE SET told_at = excluded.told_at, end_is_news = TRUE"
    " WHERE pause_news.told_at NOT BETWEEN :silent_since AND :now"
).bindparams(
    bindparam("reason", type_=String),
    bindparam("now", type_=UtcMoment),
    bindparam("silent_since", type_=UtcMoment),
)


class PauseReason(StrEnum):
    """Reason why the service takes no request of this bot, or seems to take none."""

    KEY_REJECTED = "key_rejected"
    OUT_OF_MONEY = "out_of_money"
    MONEY_IN_DOUBT = "money_in_doubt"
    """Out of money, by an answer that does not prove that nothing was bought: each request may be lost to it."""
    MODEL_NOT_ALLOWED = "model_not_allowed"
    MISCONFIGURED = "misconfigured"
    SERVICE_AWAY = "service_away"
    """Something in front of the service answers in its place."""
    NO_CHANNEL = "no_channel"
    """The service has nobody at present who makes videos."""
    UNKNOWN = "unknown"
    """One that a newer version of the bot has written."""

    @property
    def is_transport(self) -> bool:
        """True for reasons that a free question can see the end of."""
        return self in {PauseReason.SERVICE_AWAY, PauseReason.NO_CHANNEL}


def _reason(stored: str) -> PauseReason:
    try:
        return PauseReason(stored)
    except ValueError:
        return PauseReason.UNKNOWN


@dataclass(frozen=True)
class StoredPause:
    """A pause as it is in the row. `next_at` is when the next job may be the probe."""

    reason: PauseReason
    behind: PauseReason | None
    interval_s: float
    next_at: datetime


class SharedPause:
    """Reads and changes the row. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def read(self) -> StoredPause | None:
        """Return the pause; None if submitting goes on."""
        columns = submission_pauses.c
        chosen = select(columns.reason, columns.behind, columns.interval_s, columns.next_at)
        async with self._database.read() as connection:
            row = (await connection.execute(chosen)).one_or_none()
        if row is None:
            return None
        behind = _reason(row.behind) if row.behind is not None else None
        return StoredPause(_reason(row.reason), behind, row.interval_s, row.next_at)

    async def take_probe(self, job_id: str, *, is_fresh: bool) -> bool:
        """Make a job the only one that may be submitted. Returns False if another is, or its time has not come.

        Args:
            job_id: The job.
            is_fresh: True if it need not wait until it is time for the next probe.
        """
        now, row = self._now(), submission_pauses.c
        at_it = (JobState.QUEUED.value, JobState.SUBMITTING.value)
        run = (jobs.c.id == row.probe_job_id, jobs.c.claim == row.probe_claim)
        over = ~exists().where(*run, jobs.c.state.in_(at_it))
        free = or_(row.probe_job_id.is_(None), row.probe_job_id == job_id, row.probe_until <= now, over)
        due = true() if is_fresh else row.next_at <= now
        taken = update(submission_pauses).where(and_(free, due))
        claim = select(jobs.c.claim).where(jobs.c.id == job_id).scalar_subquery()
        values = {"probe_job_id": job_id, "probe_claim": claim, "probe_until": now + _PROBE_ENDS_AFTER}
        return await self._database.write_one(taken.values(values)) == 1

    async def keep(self, pause: StoredPause, job_id: str) -> None:
        """Keep what an attempt to submit has found.

        Of a job that is no probe it is the reason alone: when the next probe is due, the last one has said.
        """
        why = {
            "reason": pause.reason.value,
            "behind": pause.behind.value if pause.behind is not None else None,
        }
        when = {"interval_s": pause.interval_s, "next_at": pause.next_at}
        probe = update(submission_pauses).where(submission_pauses.c.probe_job_id == job_id)
        ended = {"probe_job_id": None, "probe_claim": None, "probe_until": None}
        try:
            async with self._database.write() as connection:
                for change in (probe.values(why | when | ended), update(submission_pauses).values(why)):
                    if (await connection.execute(change)).rowcount:
                        return
                await connection.execute(submission_pauses.insert().values({"id": _ID} | why | when))
        except IntegrityError:
            return  # another process has paused at the same moment

    async def postpone(self, interval_s: float, next_at: datetime) -> None:
        """Have no process ask before `next_at`: a free question has told that a probe is of no use."""
        earlier = update(submission_pauses).where(submission_pauses.c.next_at < next_at)
        await self._database.write_one(earlier.values(interval_s=interval_s, next_at=next_at))

    async def end(self) -> bool:
        """Have submitting go on, in all processes. Returns True if this process has to tell the operator of it."""
        untold = update(pause_news).where(pause_news.c.end_is_news).values(end_is_news=False)
        async with self._database.write() as connection:
            await connection.execute(delete(submission_pauses))
            return (await connection.execute(untold)).rowcount > 0

    async def claim_news(self, reason: PauseReason, silence: timedelta) -> bool:
        """Make this process the one that tells the operator of a pause. Returns False if one did within `silence`.

        Of a pause that came back within that time, the end is no news either. One that is over is no news itself.
        """
        now = self._now()
        values = {"reason": reason.value, "now": now, "silent_since": now - silence}
        return await self._database.write_one(_CLAIM_NEWS, values) == 1

    async def last_taken(self, *, since: datetime) -> datetime | None:
        """Return when the last request that the service took was sent; None if that was not after `since`."""
        bought = (jobs.c.task_id.is_not(None), jobs.c.lookup.is_(False), jobs.c.submitted_at > since)
        last = select(jobs.c.submitted_at).where(*bought).order_by(jobs.c.submitted_at.desc()).limit(1)
        async with self._database.read() as connection:
            return (await connection.execute(last)).scalar_one_or_none()

    async def make_due(self) -> None:
        """Allow a probe at once: a process that was just started may have another key."""
        due = update(submission_pauses).where(submission_pauses.c.next_at > self._now())
        await self._database.write_one(due.values(next_at=self._now()))
