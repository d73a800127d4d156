"""Limits of requests that are counted in the transaction that stores one more, so that no two pass together."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import Job, JobState
from bot.jobs.request_counts import count_waiting
from bot.texts import moderation
from bot.texts.explanations import Explanation

HELD_PER_SERVER: Final = 30
"""Requests of a server that wait for its moderators: more than these nobody looks through."""


class OverLimitError(Exception):
    """A request is one too many, as `explanation` says."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(explanation.english)
        self.explanation = explanation


@dataclass(frozen=True)
class CountedLimits:
    """Limits of what may wait for moderators."""

    held_per_person: int

    async def check(self, connection: AsyncConnection, job: Job) -> None:
        """Raise `OverLimitError` if a job is one too many that was stored in this transaction."""
        if job.guild_id is None or not (job.state is JobState.HELD or job.awaits_posting):
            return
        if await count_waiting(connection, job.guild_id, job.reply.person_id) > self.held_per_person:
            raise OverLimitError(moderation.too_many_held(self.held_per_person))
        if await count_waiting(connection, job.guild_id) > HELD_PER_SERVER:
            raise OverLimitError(moderation.SERVER_HOLDS_TOO_MANY)
