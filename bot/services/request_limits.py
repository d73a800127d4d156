"""Limits of requests that are counted in the transaction that stores one more, so that no two pass together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import Job, JobState
from bot.jobs.request_counts import count_waiting, moments_of_requests
from bot.moderation.rules import ServerRules
from bot.quota.allowance import Allowance, Shortage, ShortageOf, day_after, day_of, judge
from bot.quota.use import seconds_used
from bot.texts import explanations, refusals
from bot.texts.explanations import Explanation
from bot.texts.jobs import moment

HELD_PER_SERVER: Final = 30
"""Requests of a server that wait for its moderators: more than these nobody looks through."""


class OverLimitError(Exception):
    """A request is one too many, as `explanation` says."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(explanation.english)
        self.explanation = explanation


@dataclass(frozen=True)
class CountedLimits:
    """Limits of bought seconds, of what may wait for moderators, and of what new members may ask for."""

    allowance: Allowance
    held_per_person: int

    def hold_for(self, job: Job, new_member: ServerRules | None = None) -> bool:
        """Return True if there is anything to `check` for such a job."""
        waits = job.state is JobState.HELD or job.awaits_posting
        return self.allowance != Allowance() or (
            job.guild_id is not None and (new_member is not None or waits)
        )

    async def check(
        self, connection: AsyncConnection, job: Job, new_member: ServerRules | None = None
    ) -> None:
        """Raise `OverLimitError` if a job is one too many that was stored in this transaction.

        With several processes, too: a transaction that has stored a job is followed, not accompanied, by the next
        one that does (`bot.storage.quota_tables`).

        Args:
            connection: The transaction.
            job: The job.
            new_member: The server's rules, if its user is a new member.
        """
        await self._check_allowance(connection, job)
        if new_member is not None and job.guild_id is not None:
            await _check_new_member(connection, job, job.guild_id, new_member)
        if job.guild_id is None or not (job.state is JobState.HELD or job.awaits_posting):
            return
        if await count_waiting(connection, job.guild_id, job.reply.person_id) > self.held_per_person:
            raise OverLimitError(refusals.too_many_held(self.held_per_person))
        if await count_waiting(connection, job.guild_id) > HELD_PER_SERVER:
            raise OverLimitError(refusals.SERVER_HOLDS_TOO_MANY)

    async def _check_allowance(self, connection: AsyncConnection, job: Job) -> None:
        if self.allowance == Allowance():
            return
        used, asked_s = (
            await seconds_used(connection, job.reply.person_id, job.created_at),
            job.request.seconds,
        )
        shortage = judge(
            self.allowance,
            asked_s=int(asked_s),
            used_by_bot_s=used.by_bot_s - int(asked_s),
            used_by_person_s=used.by_person_s - int(asked_s),
        )
        if shortage is not None:
            raise OverLimitError(_explain(shortage, job.created_at))


async def _check_new_member(connection: AsyncConnection, job: Job, guild_id: int, rules: ServerRules) -> None:
    now, pause = job.created_at, timedelta(minutes=rules.new_member_pause_minutes)
    today = day_of(now)
    made = await moments_of_requests(
        connection, guild_id, job.reply.person_id, since=min(today, now - pause), but_for=job.id
    )
    if sum(one >= today for one in made) >= rules.new_member_daily:
        raise OverLimitError(refusals.new_member_daily(rules.new_member_daily, moment(day_after(now))))
    if made and made[-1] + pause > now:
        raise OverLimitError(refusals.new_member_pause(moment(made[-1] + pause)))


def _explain(shortage: Shortage, now: datetime) -> Explanation:
    renewed = moment(day_after(now))
    match shortage.of:
        case ShortageOf.BOT:
            return explanations.over_budget(shortage.left_s, renewed)
        case ShortageOf.PERSON:
            return explanations.over_allowance(shortage.left_s, renewed)
