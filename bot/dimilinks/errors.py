"""Errors of the API, one class a meaning.

The meanings follow the vendor's page *Errors*; the transport faults below them are ours. No text here ever
holds the API key: everything a server said has been through `scrub.Scrubber` before it reaches an exception.
"""

from enum import StrEnum
from typing import ClassVar

from bot.dimilinks.verdicts import OUT_OF_MONEY, UNNAMED, FaultReason, FaultScope, FaultVerdict


class Purchase(StrEnum):
    """Tells if a call that failed may have cost money."""

    NOT_BOUGHT = "not_bought"
    """Nothing was bought, provably: the request never arrived whole, or was refused."""
    UNKNOWN = "unknown"
    """The request may have been accepted. The API knows no idempotency key: never repeat it blindly."""


class ErrorKind(StrEnum):
    """Party that can do something about an error."""

    REQUEST = "request"
    """The user who asked: something in the request must change."""
    REFERENCE = "reference"
    """The user who asked: a reference image must change."""
    OPERATOR = "operator"
    """The operator: the key, the account's balance, its rights or the configured address."""
    RATE_LIMIT = "rate_limit"
    """Nobody: too many requests, wait and come back."""
    TRANSPORT = "transport"
    """Nobody: the network or the service itself."""


class DimiLinksError(Exception):
    """Base of every error that this package raises for the outside world.

    Attributes:
        message: Short, cleaned text; the API's own words where it gave some, often Chinese.
        http_status: The answer's status, where there was an answer.
        code: The answer's error code, where it gave one.
        retry_after_s: How long the API asked to wait, in seconds, as far as that is obeyed: at most 60.
        content_type: That of an answer that was refused or could not be read.
        verdict: Whose fault it is, and what was seen.
        in_own_voice: True if the API itself answered, with an error of its own shape.
        purchase: What the failed call may have cost. Only submitting buys, so it is NOT_BOUGHT for all others.
        raw_answer: What the answer to a submission said, without the key, at most 4,096 bytes of UTF-8. It is
            for the operator alone and stands in no repr, message or log.
        video_began: True if a video had begun to arrive when its download failed.
    """

    default_verdict: ClassVar[FaultVerdict] = FaultVerdict(FaultScope.TRANSPORT, FaultReason.SERVICE_FAILED)

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        content_type: str | None = None,
        verdict: FaultVerdict | None = None,
        in_own_voice: bool = False,
        purchase: Purchase = Purchase.NOT_BOUGHT,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.retry_after_s = retry_after_s
        self.content_type = content_type
        self.verdict = verdict or self.default_verdict
        self.in_own_voice = in_own_voice
        self.purchase = purchase
        self.raw_answer = ""
        self.video_began = False

    def __str__(self) -> str:
        origin = " ".join(str(part) for part in (self.http_status, self.code) if part is not None)
        return f"{origin}: {self.message}" if origin else self.message

    @property
    def kind(self) -> ErrorKind:
        """Party that can do something about it, by the verdict alone."""
        match self.verdict.scope:
            case FaultScope.THIS_REQUEST:
                is_reference = self.verdict.reason is FaultReason.REFERENCE
                return ErrorKind.REFERENCE if is_reference else ErrorKind.REQUEST
            case FaultScope.WHOLE_BOT:
                return ErrorKind.OPERATOR
            case FaultScope.UNCERTAIN:
                return ErrorKind.REQUEST if self.verdict == UNNAMED else ErrorKind.OPERATOR
            case FaultScope.TRANSPORT:
                is_limit = self.verdict.reason is FaultReason.RATE_LIMIT
                return ErrorKind.RATE_LIMIT if is_limit else ErrorKind.TRANSPORT


class InvalidRequestError(DimiLinksError):
    """400 or 422: a parameter is wrong, the prompt is empty, or the account may not have so much."""

    default_verdict = FaultVerdict(FaultScope.THIS_REQUEST, FaultReason.PARAMETERS)


class ContentRefusedError(DimiLinksError):
    """A content rule of the service refuses the prompt or a picture, by the service's own words."""

    default_verdict = FaultVerdict(FaultScope.THIS_REQUEST, FaultReason.CONTENT)


class InvalidReferenceImageError(DimiLinksError):
    """`invalid_reference_image` or 413: no PNG/JPEG/WebP, no Data URL, 10 MB or more, or more than seven."""

    default_verdict = FaultVerdict(FaultScope.THIS_REQUEST, FaultReason.REFERENCE)


class BadKeyError(DimiLinksError):
    """401: the API key is missing or wrong."""

    default_verdict = FaultVerdict(FaultScope.WHOLE_BOT, FaultReason.KEY)


class InsufficientBalanceError(DimiLinksError):
    """402, or one of the codes for it: the account is out of money, or has too little for this request."""

    default_verdict = OUT_OF_MONEY


class ModelNotAllowedError(DimiLinksError):
    """403, or `model_not_found`: this key may not use the model, or, by a bare 403, perhaps something else."""

    default_verdict = FaultVerdict(FaultScope.WHOLE_BOT, FaultReason.MODEL)


class NotFoundError(DimiLinksError):
    """404 or 405 in the API's own words: no such route, so the configured address is wrong."""

    default_verdict = FaultVerdict(FaultScope.WHOLE_BOT, FaultReason.MISCONFIGURED)


class RateLimitedError(DimiLinksError):
    """429: too many requests; `retry_after_s` when the API said how long to wait."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.RATE_LIMIT)


class OtherRefusalError(DimiLinksError):
    """An error of the API that none of the other classes stands for."""

    default_verdict = UNNAMED


class ServerError(DimiLinksError):
    """5xx, or 408 and the like: the service or something in front of it failed."""


class UnreadableAnswerError(DimiLinksError):
    """An answer without the meaning it must have: a page, no JSON, JSON of another shape, or torn."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.UNREADABLE)


class ConnectionFailedError(DimiLinksError):
    """No connection, or lost before an answer: refused, unknown host, TLS failure, reset, closed early."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.NO_ANSWER)


class TimedOutError(DimiLinksError):
    """One of the deadlines in `Timeouts` passed."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.TIMED_OUT)


class UnexpectedRedirectError(DimiLinksError):
    """A redirect where none may be followed: from an API route, too many, without a usable or safe target."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.REDIRECT)


class ReferenceBodyError(DimiLinksError):
    """A reference image could not be read, or was not as long as it promised; the request was broken off."""

    default_verdict = FaultVerdict(FaultScope.THIS_REQUEST, FaultReason.REFERENCE)


class TaskAbsentError(DimiLinksError):
    """The API itself says that it does not know the task. It may be too early, or the task is gone."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.TASK_ABSENT)


class VideoMissingError(DimiLinksError):
    """The API itself says that a task has no video: not yet, not any more, or never."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.VIDEO_ABSENT)


class TruncatedVideoError(DimiLinksError):
    """Bytes of the video were missing; another download may have them."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.VIDEO_INCOMPLETE)


class BrokenVideoError(DimiLinksError):
    """All that was sent arrived, and it is no mp4."""

    default_verdict = FaultVerdict(FaultScope.TRANSPORT, FaultReason.VIDEO_BROKEN)


class VideoTooLargeError(DimiLinksError):
    """The video is larger than the caller's limit."""

    default_verdict = FaultVerdict(FaultScope.THIS_REQUEST, FaultReason.VIDEO_TOO_LARGE)
