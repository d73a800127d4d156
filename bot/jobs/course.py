"""One job under way: its row, its reply, and the parts that carry it. The steps of the lifecycle share it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import structlog

from bot.delivery import (
    DiscordUnavailableError,
    LiveReply,
    Post,
    PostRefusedError,
    ReplyUnreachableError,
    UploadTooLargeError,
)
from bot.dimilinks import DimiLinks
from bot.images import ReferenceSpool
from bot.jobs import announce
from bot.jobs.job import ConvertedPicture, Failure, Job, JobState, advance
from bot.jobs.patience import Patience
from bot.jobs.polling import PollPace
from bot.jobs.store import JobStore
from bot.texts.cards import Stage

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parts:
    """What every job needs: connected once, in the composition root."""

    store: JobStore
    api: DimiLinks
    spool: ReferenceSpool
    media_dir: Path
    now: Callable[[], datetime]
    poll_pace: PollPace
    patience: Patience
    random: Random


class Course:
    """A job and its live reply. `move` commits before it returns, so a step may then touch the outside."""

    def __init__(self, parts: Parts, job: Job, reply: LiveReply) -> None:
        self.parts = parts
        self.job = job
        self._reply = reply

    def show(self, stage: Stage, *, progress: int = 0, rest_s: float | None = None) -> None:
        """Have the reply show where the job stands; never waits."""
        card = announce.working_card(self.job, stage, now=self.parts.now(), progress=progress, rest_s=rest_s)
        self._reply.show(card)

    def note_conversions(self, converted: tuple[ConvertedPicture, ...]) -> None:
        """Remember, for the card, which pictures had to be changed; kept with the next move."""
        self.job = replace(self.job, converted=converted)

    async def move(self, to: JobState, **changes: Any) -> None:  # noqa: ANN401 - as in advance()
        """Put the job into its next state, durably, with other fields changed too."""
        moved = advance(self.job, to, **changes)
        await self.parts.store.save(moved, moved_from=self.job.state)
        self.job = moved
        log.info("job_moved", job=moved.id, state=moved.state, task=moved.task_id)

    async def fail(self, to: JobState, failure: Failure) -> None:
        """End the job without a video in its reply, and tell the person."""
        log.warning("job_failed", job=self.job.id, reason=failure.reason, task=self.job.task_id)
        await self.move(to, failure=failure, ended_at=self.parts.now())
        try:
            await self._reply.finish(Post(announce.failed_card(self.job, failure)))
        except (
            DiscordUnavailableError,
            PostRefusedError,
            ReplyUnreachableError,
            UploadTooLargeError,
        ) as error:
            log.error("failure_not_announced", job=self.job.id, reason=str(error))

    async def post(self, post: Post) -> None:
        """Make the last post. Raises what `LiveReply.finish` raises."""
        route = await self._reply.finish(post)
        log.info("job_posted", job=self.job.id, route=route)
