"""Jobs: requests on their way to videos, and the states that they pass through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from bot.delivery.fallbacks import Fallback
from bot.delivery.final_post import Attempt
from bot.delivery.messages import ReplyAddress
from bot.images.model import ImageSource, Reference
from bot.images.problems import ImageProblem
from bot.jobs.file_facts import FileFacts
from bot.jobs.mismatch import Mismatch
from bot.jobs.posted_file import PostedFile
from bot.moderation.rules import ReviewStage
from bot.video import VideoRequest

NOBODY: Final = 0
"""Stands for the user of a job whose data was deleted."""


class JobState(StrEnum):
    """State of a job. Every arrow between states is in `TRANSITIONS`."""

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
    # Unknown without a POST of this row: the database was put back from a copy that is older than the reply, which
    # shows that the request was handed over since. So does `found_delivered`.
    JobState.HELD: frozenset(
        {JobState.DENIED, JobState.QUEUED, JobState.FAILED, JobState.CANCELLED, JobState.UNKNOWN}
    ),
    JobState.DENIED: frozenset(),
    # Back to held: the rules became stricter while it waited.
    JobState.QUEUED: frozenset(
        {JobState.SUBMITTING, JobState.HELD, JobState.FAILED, JobState.CANCELLED, JobState.UNKNOWN}
    ),
    # Back to queued: the request provably bought nothing and may be made again.
    JobState.SUBMITTING: frozenset({JobState.GENERATING, JobState.QUEUED, JobState.FAILED, JobState.UNKNOWN}),
    JobState.GENERATING: frozenset({JobState.READY, JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED}),
    JobState.READY: frozenset({JobState.DELIVERING, JobState.FAILED}),
    JobState.DELIVERING: frozenset({JobState.DELIVERED, JobState.FAILED}),
    JobState.DELIVERED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.EXPIRED: frozenset(),
    # Over for its user, open for the operator, who may find its task or that nothing was bought.
    JobState.UNKNOWN: frozenset({JobState.GENERATING, JobState.FAILED}),
    JobState.CANCELLED: frozenset(),
}

TERMINAL: Final = frozenset(
    {
        JobState.DENIED,
        JobState.DELIVERED,
        JobState.FAILED,
        JobState.EXPIRED,
        JobState.UNKNOWN,
        JobState.CANCELLED,
    }
)
"""States in which a job is over for its user."""


class FailureReason(StrEnum):
    """Reason why there is no video in a job's reply."""

    PICTURE_REFUSED = "picture_refused"
    REQUEST_REJECTED = "request_rejected"
    REFERENCE_REJECTED = "reference_rejected"
    REFUSED_UNREAD = "refused_unread"
    """Something in front of the service refused it before it had arrived whole."""
    TOO_DEAR = "too_dear"
    """The balance of the bot's account is too small for this video."""
    SERVICE_BUSY = "service_busy"
    """The service refused it for a limit of requests."""
    SERVICE_UNREACHABLE = "service_unreachable"
    """Time was up before the service took it: the service was away, or this request's turn did not come."""
    PURCHASE_UNKNOWN = "purchase_unknown"
    NOT_BOUGHT = "not_bought"
    """The operator found that a request whose purchase was unknown bought nothing."""
    GENERATION_FAILED = "generation_failed"
    BLOCKED_BY_SERVICE = "blocked_by_service"
    EXPIRED = "expired"
    TASK_GONE = "task_gone"
    """The service no longer knows the task of a bought video."""
    VIDEO_ABSENT = "video_absent"
    """The service says that the video is finished, and has none."""
    VIDEO_BROKEN = "video_broken"
    """Bytes of the video were missing at the last try."""
    VIDEO_UNUSABLE = "video_unusable"
    """All that was sent arrived, and is no video."""
    VIDEO_UNREACHABLE = "video_unreachable"
    """The service did not hand the finished video out."""
    VIDEO_NOT_STORED = "video_not_stored"
    """The disk here did not take it."""
    NOT_STORED = "not_stored"
    """The store of files was away."""
    UPLOAD_TOO_LARGE = "upload_too_large"
    NOT_FITTED = "not_fitted"
    """It is larger than Discord allows there, and making it smaller failed here."""
    UPLOAD_REFUSED = "upload_refused"
    UPLOAD_DOUBTFUL = "upload_doubtful"
    BEFORE_RESTORE = "before_restore"
    """It was bought before a backup was put back, and its reply cannot be seen: it may have been posted since."""
    UNCOLLECTED = "uncollected"
    UNANSWERED = "unanswered"
    """Its user did not say that the video is still wanted."""
    NOT_ALLOWED = "not_allowed"
    """The rules no longer allowed it when it was to be bought."""
    NOT_TOLD = "not_told"
    """Discord did not tell what a rule needed to know when it was to be bought or posted."""
    DENIED = "denied"
    """By moderators; `detail` is their reason."""
    REVIEW_EXPIRED = "review_expired"
    REVIEW_WITHDRAWN = "review_withdrawn"
    NOT_POSTED_HERE = "not_posted_here"
    """The rules did not allow the finished video where it was to be posted."""
    HELD_BACK = "held_back"
    """Moderators keep the finished video from its user, or put it away before its delivery was stored."""
    POSTING_DENIED = "posting_denied"
    POSTING_EXPIRED = "posting_expired"
    PERSON_GONE = "person_gone"
    """Its user left the server, was thrown out, or was silenced there."""
    BROKE = "broke"
    INTERRUPTED = "interrupted"
    DELETED_BY_OWNER = "deleted_by_owner"
    """The video was delivered, and its owner deleted it."""
    DELETED_BY_MODERATOR = "deleted_by_moderator"


FORBIDDEN: Final = frozenset({FailureReason.NOT_POSTED_HERE, FailureReason.HELD_BACK})
"""Reasons by which a finished video must not stand in its reply: a card takes it away."""


@dataclass(frozen=True)
class Failure:
    """A reason with the facts that explain it.

    `detail` is the video service's message, or its code where that has a sentence, or the HTTP status of what
    stands before it; moderators' reason, the end of an undelivered video's wait, or what was found in a picture;
    `picture` is the user's name of the file, `picture_number` its place among the request's, from 1, and `problem`
    the fault in it.
    """

    reason: FailureReason
    detail: str = ""
    picture: str = ""
    problem: ImageProblem | None = None
    picture_number: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One request for a video and its progress. Times are aware and in UTC.

    With slots: a dictionary of so many fields takes 2 kB, and each job under way keeps two or three versions.
    """

    id: str
    request: VideoRequest
    sources: tuple[ImageSource, ...]
    reply: ReplyAddress
    guild_id: int | None
    state: JobState
    created_at: datetime
    pictures: tuple[Reference, ...] | None = None
    """Reference images in the spool; None until they were collected."""
    task_id: str | None = None
    submitted_at: datetime | None = None
    """Moment before the request that bought the video, or may have, left."""
    expires_at: datetime | None = None
    """Moment at which watching ends without a video."""
    ready_at: datetime | None = None
    ended_at: datetime | None = None
    settled_at: datetime | None = None
    """Moment from which nothing is left to do: the job had ended and its user was told."""
    undelivered_since: datetime | None = None
    """Moment from which a video that could not be delivered waits for its user to fetch it."""
    video_name: str | None = None
    """Name of the file in the media folder."""
    failure: Failure | None = None
    parent_id: str | None = None
    """The job that this one repeats or looks for again."""
    lookup: bool = False
    """True if this job buys nothing and only fetches what its parent bought."""
    parent_url: str | None = None
    """The message with the video that this one was made from, where that can be linked to."""
    ping: bool = False
    """True if the user wants to be mentioned when the video is done."""
    role_ids: frozenset[int] = frozenset()
    """Roles of the user at the time of the request."""
    fits_picture: bool = False
    """True while the frame's shape is that of the first picture, which is not prepared yet."""
    approved: Mapping[ReviewStage, datetime] = field(default_factory=dict[ReviewStage, datetime])
    """Stages at which moderators approved the job, with the moments of their decisions."""
    review_id: str | None = None
    """Open question to moderators, for whose answer the job waits."""
    attempt: Attempt | None = None
    """Route of the last post that was begun."""
    claim: int = 0
    """Number of the run that may write to this job; each run raises it."""
    claimed_by: str | None = None
    """The process of that run."""
    starts: int = 0
    """Number of starts of a step that works on bytes here and neither ended nor was stopped cleanly."""
    raw_answer: str | None = None
    """The answer to the POST, scrubbed, until the service has told of the task that it bought."""
    mismatch: Mismatch | None = None
    """Difference of the finished video from the request; None also until it was looked at."""
    pictures_percent: int | None = None
    """Score of the pictures in the image check; None until they were scored."""
    video_percent: int | None = None
    """Score of the finished video in the image check."""
    file_facts: FileFacts | None = None
    """Facts of the finished video's file; None until it was looked at."""
    fallback: Fallback | None = None
    """The fallback by which the last post came; None if it came as meant."""
    posted_file: PostedFile | None = None
    """The file by which the video was posted, or was to be; None until it was made."""
    original_name: str | None = None
    """Name of the file in the media folder with the delivered video as it came, while that is kept."""
    original_until: datetime | None = None
    """Moment until which it is kept."""
    had_flags: bool = False
    """True if the choice of a preset was taken out of the prompt."""
    from_people: bool = False
    """True if it builds on a job at whose beginning was a picture of people, which need not have come along."""
    awaits_posting: bool = False
    """True if moderators were to see the video before it is posted, by the rules of the request's moment."""
    ask_again_since: datetime | None = None
    """Moment from which the reply may show more than the row knows: the bot was away for long, or a backup was put
    back. The reply is looked at first, and the user of a request that waits is asked if it is still wanted."""
    may_be_bought: bool = False
    """True if an earlier bot, whose data was lost since, may have bought it: its user was promised nothing."""

    @property
    def known_pictures(self) -> Sequence[ImageSource | Reference]:
        """Its pictures as far as they are known: collected, or else as they are to be fetched."""
        return self.sources if self.pictures is None else self.pictures

    @property
    def bought(self) -> bool:
        """True if the video service accepted the request, which costs money whatever comes after."""
        return self.task_id is not None

    @property
    def is_nobodys(self) -> bool:
        """True if its user's data was deleted: it has no prompt, and nothing can be made from it."""
        return self.reply.person_id == NOBODY

    @property
    def is_public(self) -> bool:
        """True if its reply is for all in a channel of a server."""
        return self.reply.guild_id is not None and not self.reply.private

    @property
    def may_be_in_sight(self) -> bool:
        """True if its video waits to be fetched while a reply for all may show it: nobody could tell."""
        waits = self.state is JobState.DELIVERING and self.undelivered_since is not None
        return waits and self.posted_file is not None and self.is_public

    @property
    def at_rest(self) -> bool:
        """True if nothing happens to the job by itself: it is over, or waits for a user or for moderators."""
        waits = (self.settled_at, self.undelivered_since, self.review_id)
        return self.asks_again or any(one is not None for one in waits)

    @property
    def asks_again(self) -> bool:
        """True if it waits for its user to say that the video is still wanted."""
        return self.ask_again_since is not None and self.state is JobState.QUEUED

    @property
    def is_behind(self) -> bool:
        """True if its reply may show more than its row knows: it is looked at before anything is shown there."""
        return self.ask_again_since is not None

    @property
    def may_have_new_message(self) -> bool:
        """True if a new message with the finished video was begun, of which nobody may have seen the answer."""
        begun = self.attempt is not None and self.attempt.route.makes_new_message
        return begun and self.posted_file is not None and self.state is JobState.DELIVERING


def video_name_of(job: Job) -> str:
    """Return the name of the job's finished video in the media folder, as it came."""
    return f"{job.id}.mp4"


def postable_name_of(job: Job) -> str:
    """Return the name of the file that is posted, which is there while it is."""
    return f"{job.id}.post.mp4"


def full_name_of(job_id: str) -> str:
    """Return the name of a delivered video with its marks and in full quality, which is made when it is wanted."""
    return f"{job_id}.full.mp4"


def owner_of_file(name: str) -> str:
    """Return the id of the job that a file in the media folder belongs to."""
    return name.partition(".")[0]


def new_job_id() -> str:
    """Return a new random id of 32 hexadecimal digits."""
    return uuid4().hex


class ForbiddenTransitionError(Exception):
    """A job was to take an arrow that is not in `TRANSITIONS`."""


def advance(job: Job, to: JobState, **changes: Any) -> Job:  # noqa: ANN401 - the fields of Job, checked by replace()
    """Return `job` in its next state, with other fields changed too. Raises `ForbiddenTransitionError`."""
    if to not in TRANSITIONS[job.state]:
        raise ForbiddenTransitionError(f"{job.state} to {to}")
    return replace(job, state=to, **changes)


MAY_BE_SEEN: Final = frozenset({JobState.GENERATING, JobState.READY, JobState.DELIVERING})
"""States of a row whose video may stand in its reply: an answer of Discord was lost, or the row is older."""


def found_delivered(job: Job, at: datetime) -> Job:
    """Return the job as its reply was found: with its video, whatever the row says, which may be older.

    Also one that was ended since: a video that is in its reply has the buttons of a delivered one. Raises
    `ForbiddenTransitionError` for a job without a video, unless it is behind its reply.
    """
    if not (job.is_behind or job.state in MAY_BE_SEEN):
        raise ForbiddenTransitionError(f"{job.state} to {JobState.DELIVERED}")
    return replace(
        job,
        state=JobState.DELIVERED,
        ended_at=at,
        settled_at=at,
        video_name=None,
        failure=None,
        review_id=None,
        undelivered_since=None,
        ask_again_since=None,
        may_be_bought=False,
    )
