"""Requests of the policy machine: jobs whose writes and posts stay in memory, and moderators who are asked."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.delivery.final_post import Posted
from bot.delivery.messages import Messages, PermissionUntoldError, Post
from bot.delivery.routes import Route
from bot.jobs.job import FailureReason, Job, JobState, advance
from bot.lifecycle.context import JobContext
from bot.lifecycle.post_permission import PostPermission
from bot.lifecycle.timeouts import Timeouts
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.rules import ReviewStage
from bot.reviews.review import Review, ReviewState, ReviewSubject

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

UNPOSTED = {FailureReason.NOT_POSTED_HERE, FailureReason.HELD_BACK, FailureReason.NOT_TOLD}
"""Reasons for which a finished video is not posted."""


class DetachedJob(JobContext):
    """A job under way without anything outside: no row, no reply, and moderators who can be asked at once."""

    def __init__(self, gatekeeper: Gatekeeper, now: Callable[[], datetime], job: Job) -> None:
        nothing: Any = None  # nothing was seen, nothing decided
        self._permission = PostPermission(nothing, gatekeeper, nothing)
        self._timeouts = Timeouts()
        self.now = now
        self.job = job

    @property
    def messages(self) -> Messages:
        nothing: Any = None  # nothing is posted as a new message
        return nothing

    async def move(self, to: JobState, **changes: Any) -> None:
        self.job = advance(self.job, to, **changes)

    async def amend(self, **changes: Any) -> None:
        self.job = replace(self.job, **changes)

    async def may_post(self) -> bool | None:
        """Return if the rules allow to post the video; None while Discord does not tell."""
        try:
            return await self._may_post(maybe_seen=False)
        except PermissionUntoldError:
            return None

    async def post(self, post: Post) -> Posted:
        assert post.video is None
        return Posted(Route.TOKEN, 1)


@dataclass
class TrackedRequest:
    """A request as far as the rules are asked about it."""

    context: DetachedJob
    at: str
    """One of `MOVING` or `WAITING`, `aside`, `posted` or `over`."""
    agreed: set[ReviewStage] = field(default_factory=set[ReviewStage])
    """What moderators said yes to, by themselves."""

    @property
    def job(self) -> Job:
        return self.context.job


class Moderators:
    """Are asked, and wait for the machine to have them answer."""

    def __init__(self) -> None:
        self.asked: dict[str, ReviewSubject] = {}

    async def ask(self, job: Job, subject: ReviewSubject) -> Review:
        assert job.guild_id is not None
        review_id = f"{job.id}-{subject}-{len(self.asked)}"
        self.asked[review_id] = subject
        return Review(
            review_id, job.id, job.guild_id, job.reply.person_id, subject, ReviewState.OPEN, NOW, NOW
        )

    async def present(self, review: Review, job: Job) -> bool:  # noqa: ARG002
        return True
