"""The job: one request on its way to a video, and the states it may pass through."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bot.delivery import ReplyAddress
from bot.images import Conversion, ImageProblem, ImageSource
from bot.video import VideoRequest


class JobState(StrEnum):
    """Where a job stands. Every arrow between them is in `TRANSITIONS`."""

    HELD = "held"
    DENIED = "denied"
    QUEUED = "queued"
    SUBMITTING = "submitting"
    GENERATING = "generating"
    READY = "ready"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


TRANSITIONS: Final[Mapping[JobState, frozenset[JobState]]] = {
    JobState.HELD: frozenset({JobState.DENIED, JobState.QUEUED, JobState.CANCELLED}),
    JobState.DENIED: frozenset(),
    JobState.QUEUED: frozenset({JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED}),
    # Back to queued: the request provably bought nothing and may be made again.
    JobState.SUBMITTING: frozenset({JobState.GENERATING, JobState.QUEUED, JobState.FAILED, JobState.UNKNOWN}),
    JobState.GENERATING: frozenset({JobState.READY, JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED}),
    JobState.READY: frozenset({JobState.DELIVERING, JobState.FAILED}),
    JobState.DELIVERING: frozenset({JobState.DELIVERED, JobState.FAILED}),
    JobState.DELIVERED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.EXPIRED: frozenset(),
    JobState.UNKNOWN: frozenset(),
    JobState.CANCELLED: frozenset(),
}

TERMINAL: Final = frozenset(state for state, following in TRANSITIONS.items() if not following)


class FailureReason(StrEnum):
    """Why a job ended without a video in its reply."""

    PICTURE_REFUSED = "picture_refused"
    REQUEST_REJECTED = "request_rejected"
    REFERENCE_REJECTED = "reference_rejected"
    KEY_REJECTED = "key_rejected"
    OUT_OF_MONEY = "out_of_money"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    SERVICE_BUSY = "service_busy"
    SERVICE_UNREACHABLE = "service_unreachable"
    PURCHASE_UNKNOWN = "purchase_unknown"
    GENERATION_FAILED = "generation_failed"
    BLOCKED_BY_SERVICE = "blocked_by_service"
    EXPIRED = "expired"
    VIDEO_BROKEN = "video_broken"
    UPLOAD_TOO_LARGE = "upload_too_large"
    UPLOAD_REFUSED = "upload_refused"
    BROKE = "broke"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Failure:
    """A reason with what is needed to explain it.

    `detail` is the video service's message or, for a picture, what was found in it; `picture` is the person's
    name for the file and `problem` what is wrong with it.
    """

    reason: FailureReason
    detail: str = ""
    picture: str = ""
    problem: ImageProblem | None = None


@dataclass(frozen=True)
class ConvertedPicture:
    """A reference image that had to be changed before it was sent, for the person to be told."""

    name: str
    conversion: Conversion


@dataclass(frozen=True)
class Job:
    """One request and all that is known of it. Times are aware and in UTC."""

    id: str
    request: VideoRequest
    sources: tuple[ImageSource, ...]
    reply: ReplyAddress
    guild_id: int | None
    state: JobState
    created_at: datetime
    task_id: str | None = None
    submitted_at: datetime | None = None
    ended_at: datetime | None = None
    converted: tuple[ConvertedPicture, ...] = ()
    video_path: Path | None = None
    failure: Failure | None = None

    @property
    def bought(self) -> bool:
        """Whether the video service accepted the request, which costs money whatever comes after."""
        return self.task_id is not None


class ForbiddenTransitionError(Exception):
    """A job was to take an arrow that the diagram does not have."""


def advance(job: Job, to: JobState, **changes: Any) -> Job:  # noqa: ANN401 - the fields of Job, checked by replace()
    """`job` in its next state, with other fields changed too. Raises `ForbiddenTransitionError`."""
    if to not in TRANSITIONS[job.state]:
        raise ForbiddenTransitionError(f"{job.state} to {to}")
    return replace(job, state=to, **changes)
