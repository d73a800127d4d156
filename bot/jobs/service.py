"""The door to the jobs: what a way in hands over, and what happens to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

import structlog

from bot.delivery import ReplyAddress
from bot.images import ImageSource
from bot.jobs.engine import Engine
from bot.jobs.intake import Ask, examine
from bot.jobs.job import Job, JobState
from bot.jobs.store import JobStore
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.video import VideoRequest

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Order:
    """A request that was checked and acknowledged, with where its answer goes."""

    request: VideoRequest
    sources: tuple[ImageSource, ...]
    reply: ReplyAddress
    guild_id: int | None


class VideoService:
    """Accepts orders. `stopping` is set when the process is about to end and takes no more."""

    def __init__(
        self,
        store: JobStore,
        engine: Engine,
        now: Callable[[], datetime],
        *,
        allowed_hosts: Sequence[str],
    ) -> None:
        self._store = store
        self._engine = engine
        self._now = now
        self._allowed_hosts = allowed_hosts
        self.stopping = False

    def examine(self, ask: Ask) -> VideoRequest | Explanation:
        """The valid request, or why there will be none. Needs no I/O, so it may come before the answer."""
        if self.stopping:
            return explanations.STOPPING
        return examine(ask, allowed_hosts=self._allowed_hosts)

    async def accept(self, order: Order) -> Job:
        """Keep the order as a job, then start it; returns before anything was asked of the outside."""
        job = Job(
            id=uuid4().hex,
            request=order.request,
            sources=order.sources,
            reply=order.reply,
            guild_id=order.guild_id,
            state=JobState.QUEUED,
            created_at=self._now(),
        )
        await self._store.add(job)
        log.info(
            "job_accepted",
            job=job.id,
            person=order.reply.person_id,
            guild=order.guild_id,
            seconds=job.request.seconds,
            resolution=job.request.resolution,
            preset=job.request.preset,
            references=len(job.sources),
        )
        self._engine.start(job.id)
        return job
