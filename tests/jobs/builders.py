"""Jobs for tests, with everything filled in that a test does not care about."""

from datetime import UTC, datetime

from pydantic import SecretStr

from bot.delivery.messages import ReplyAddress
from bot.jobs.job import Job, JobState
from bot.video import VideoRequest

MOMENT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def an_address(
    *,
    created_at: datetime = MOMENT,
    private: bool = False,
    channel_id: int | None = 3,
    message_id: int | None = 4,
) -> ReplyAddress:
    """Where a reply lives."""
    return ReplyAddress(
        application_id=1,
        token=SecretStr("interaction-token"),
        person_id=2,
        channel_id=channel_id,
        message_id=message_id,
        created_at=created_at,
        upload_limit_bytes=10_485_760,
        private=private,
    )


def a_job(*, state: JobState = JobState.QUEUED, job_id: str = "job-1") -> Job:
    """A job without pictures."""
    return Job(
        id=job_id,
        request=VideoRequest(prompt="a boat"),
        sources=(),
        reply=an_address(),
        guild_id=5,
        state=state,
        created_at=MOMENT,
    )
