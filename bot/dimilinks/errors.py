"""What can go wrong with the API, one class a meaning.

The meanings follow the vendor's page *Errors*; the transport faults below them are ours. No text here ever
holds the API key: everything a server said has been through `scrub.Scrubber` before it reaches an exception.
"""

from enum import StrEnum
from typing import ClassVar


class Purchase(StrEnum):
    """Whether a call that failed may have cost money."""

    NOT_BOUGHT = "not_bought"
    """Nothing was bought, provably: the request never arrived whole, or was refused."""
    UNKNOWN = "unknown"
    """The request may have been accepted. The API knows no idempotency key: never repeat it blindly."""


class ErrorKind(StrEnum):
    """Who can do something about an error."""

    REQUEST = "request"
    """The person who asked: something in the request must change."""
    REFERENCE = "reference"
    """The person who asked: a reference image must change."""
    OPERATOR = "operator"
    """The operator: the key, the account's balance, its rights or the configured address."""
    RATE_LIMIT = "rate_limit"
    """Nobody: too many requests, wait and come back."""
    TRANSPORT = "transport"
    """Nobody: the network or the service itself."""


class DimiLinksError(Exception):
    """Base of every error that this package raises for the outside world.

    `message` is short, cleaned text (the API's own words where it gave some, often Chinese); `http_status`
    and `code` are the answer's, where there was one; `retry_after_s` is how long the API asked to wait, in
    seconds; `content_type` is that of an answer that could not be read. `purchase` speaks of the call that
    raised: only submitting buys, so it is always NOT_BOUGHT for the others.
    """

    default_kind: ClassVar[ErrorKind] = ErrorKind.TRANSPORT

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        content_type: str | None = None,
        kind: ErrorKind | None = None,
        purchase: Purchase = Purchase.NOT_BOUGHT,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.retry_after_s = retry_after_s
        self.content_type = content_type
        self.kind = kind or self.default_kind
        self.purchase = purchase

    def __str__(self) -> str:
        origin = " ".join(str(part) for part in (self.http_status, self.code) if part is not None)
        return f"{origin}: {self.message}" if origin else self.message


class InvalidRequestError(DimiLinksError):
    """400: a parameter is wrong, or the prompt is empty."""

    default_kind = ErrorKind.REQUEST


class InvalidReferenceImageError(DimiLinksError):
    """400 `invalid_reference_image`: not PNG/JPEG/WebP, no Data URL, 10 MB or more, or more than seven."""

    default_kind = ErrorKind.REFERENCE


class BadKeyError(DimiLinksError):
    """401: the API key is missing or wrong."""

    default_kind = ErrorKind.OPERATOR


class InsufficientBalanceError(DimiLinksError):
    """402: the account is out of money."""

    default_kind = ErrorKind.OPERATOR


class ModelNotAllowedError(DimiLinksError):
    """403: this key may not use the model."""

    default_kind = ErrorKind.OPERATOR


class NotFoundError(DimiLinksError):
    """404: no such task, or, when submitting, no such route: then the configured address is wrong."""

    default_kind = ErrorKind.OPERATOR


class RateLimitedError(DimiLinksError):
    """429: too many requests; `retry_after_s` when the API said how long to wait."""

    default_kind = ErrorKind.RATE_LIMIT


class OtherRefusalError(DimiLinksError):
    """Any other 4xx. Repeating the same request would be refused again, so somebody must change it."""

    default_kind = ErrorKind.REQUEST


class ServerError(DimiLinksError):
    """5xx: the service or something in front of it failed."""


class UnreadableAnswerError(DimiLinksError):
    """An answer without the meaning it must have: HTML, no JSON, or JSON of another shape."""


class ConnectionFailedError(DimiLinksError):
    """No connection, or it was lost: refused, unknown host, TLS failure, reset, closed early."""


class TimedOutError(DimiLinksError):
    """One of the deadlines in `Timeouts` passed."""


class UnexpectedRedirectError(DimiLinksError):
    """A redirect where none may be followed: from an API route, too many, without a usable or safe target."""

    default_kind = ErrorKind.OPERATOR


class ReferenceBodyError(DimiLinksError):
    """A reference image could not be read, or was not as long as it promised; the request was broken off."""

    default_kind = ErrorKind.REFERENCE


class VideoMissingError(DimiLinksError):
    """A finished task has no video: its content answers 404, or with something that is no mp4."""


class TruncatedVideoError(DimiLinksError):
    """The video did not arrive whole; another download may."""


class VideoTooLargeError(DimiLinksError):
    """The video is larger than the caller's limit."""
