"""Content of a question's card, and the channel that shows such cards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bot.delivery.messages import ReplyAddress
from bot.jobs.job import FailureReason, Job, JobState
from bot.jobs.request_facts import origin_of_job, shows_spicy
from bot.moderation.words.findings import NO_FINDINGS, WordFindings
from bot.reviews.report_store import Report
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.texts.moderation import Record


@dataclass(frozen=True)
class VideoMessage:
    """The message in which a video is shown."""

    channel_id: int
    message_id: int


def message_of(review: Review) -> VideoMessage | None:
    """Return the message with the video that a question about a report is about."""
    if review.shown_channel_id is None or review.shown_message_id is None:
        return None
    return VideoMessage(review.shown_channel_id, review.shown_message_id)


def address_of(job: Job, shown: VideoMessage) -> ReplyAddress:
    """Return the address by which the bot changes the message with a job's video.

    Of a job that is nobody's the address of its reply is deleted; the server of the request is known still.
    """
    same = shown.channel_id == job.reply.channel_id
    return replace(
        job.reply,
        token=None,
        channel_id=shown.channel_id,
        message_id=shown.message_id,
        guild_id=job.guild_id if job.is_nobodys else job.reply.guild_id,
        rules_channel_id=job.reply.rules_channel_id if same else None,
    )


@dataclass(frozen=True)
class ReviewCase:
    """Everything that a question's card shows."""

    review: Review
    job: Job
    record: Record
    quorum: int
    video: Path | None = None
    """The finished video, while the question is if it may be posted."""
    reports: Sequence[Report] = ()
    """Users' reports of the video, if the question is about these."""
    words: WordFindings = NO_FINDINGS
    """Terms that matched in the prompt."""

    @property
    def hidden_where_open(self) -> bool:
        """True if a video or a picture of it is shown in age-restricted channels alone."""
        if self.review.subject is ReviewSubject.REPORT:
            return False
        return self.has_spicy_frame or (self.video is not None and shows_spicy(self.job))

    @property
    def has_spicy_frame(self) -> bool:
        """True if one of the request's pictures is the last frame of a spicy video."""
        return origin_of_job(self.job).continues_spicy

    @property
    def is_over(self) -> bool:
        """True if its user had their data deleted while moderators were asked, which ended the request."""
        review, job = self.review, self.job
        if (
            review.subject is ReviewSubject.REPORT
            or review.state is ReviewState.WITHDRAWN
            or job.ended_at is None
        ):
            return False
        by_owner = job.failure is not None and job.failure.reason is FailureReason.DELETED_BY_OWNER
        before = review.decided_at is None or review.decided_at >= job.ended_at
        return before and (by_owner or job.state is JobState.CANCELLED)


class CardRefusedError(Exception):
    """Discord does not take the card of this very question: another one may be shown."""


class ReviewChannel(Protocol):
    """Shows questions to a server's moderators."""

    async def put(self, case: ReviewCase) -> tuple[int, int] | None:
        """Post a question in the review channel, or else send it to the server's owner.

        Repeated calls post once.

        Returns:
            The ids of its channel and message, or None if it could be shown to no moderator.

        Raises:
            CardRefusedError: So it is, for what the card itself holds.
        """
        ...

    async def update(self, case: ReviewCase) -> bool:
        """Change a question's card to how the question stands now.

        Returns:
            False if it may work later: Discord is away, does not say that the bot is in the server, or takes no
            edit in a closed thread. What was deleted with its user's data is shown until Discord says otherwise.
        """
        ...

    async def is_deleted(self, channel_id: int) -> bool:
        """Return True if Discord says that there is no such channel; False if it cannot be told."""
        ...
