"""Which error an answer without success stands for. Source: the vendor's page *Errors*.

Errors come as `{"error": {"message", "type", "code"}}`, where `code` is text or a number and any part may be
missing; a proxy in front of the API may answer with HTML or with nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from yarl import URL

from bot.dimilinks.answers import Answer, is_record, read_json, word_from
from bot.dimilinks.errors import (
    BadKeyError,
    DimiLinksError,
    ErrorKind,
    InsufficientBalanceError,
    InvalidReferenceImageError,
    InvalidRequestError,
    ModelNotAllowedError,
    NotFoundError,
    OtherRefusalError,
    Purchase,
    RateLimitedError,
    ServerError,
    UnexpectedRedirectError,
    UnreadableAnswerError,
)
from bot.dimilinks.scrub import Scrubber

_BY_STATUS_AND_CODE: Final[Mapping[tuple[int, str], type[DimiLinksError]]] = {
    (400, "invalid_request_error"): InvalidRequestError,
    (400, "invalid_reference_image"): InvalidReferenceImageError,
    (401, "missing_api_key"): BadKeyError,
    (401, "invalid_api_key"): BadKeyError,
    (402, "insufficient_balance"): InsufficientBalanceError,
}
_BY_STATUS: Final[Mapping[int, type[DimiLinksError]]] = {
    400: InvalidRequestError,
    401: BadKeyError,
    402: InsufficientBalanceError,
    403: ModelNotAllowedError,
    404: NotFoundError,
    429: RateLimitedError,
}
_BY_HUNDRED: Final[Mapping[int, type[DimiLinksError]]] = {
    3: UnexpectedRedirectError,
    4: OtherRefusalError,
    5: ServerError,
}
# Refusals that somebody other than the person who asked can end: RFC 9110 and, for 425, RFC 8470.
_KIND_BY_STATUS: Final[Mapping[int, ErrorKind]] = {
    405: ErrorKind.OPERATOR,
    407: ErrorKind.OPERATOR,
    408: ErrorKind.TRANSPORT,
    413: ErrorKind.REFERENCE,
    425: ErrorKind.TRANSPORT,
}
# "Ask there instead, with the same method": whoever answers so has not processed the request (RFC 9110,
# 15.4). 302 and 303 may as well mean "done, look there".
_NOT_PROCESSED: Final = frozenset({301, 307, 308})

_RETRY_AFTER_LONGEST_S: Final = 86_400.0


@dataclass(frozen=True)
class _Complaint:
    codes: tuple[str, ...] = ()
    message: str = ""


def is_success(status: int) -> bool:
    """Whether a status is 2xx."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def is_refusal(status: int) -> bool:
    """Whether a status is 4xx."""
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def purchase_after(status: int) -> Purchase:
    """Whether a submission that was answered with `status`, and no task, may have been bought."""
    if is_refusal(status) or status in _NOT_PROCESSED:
        return Purchase.NOT_BOUGHT
    return Purchase.UNKNOWN


def error_from(answer: Answer, scrubber: Scrubber, now: datetime) -> DimiLinksError:
    """The error that an answer other than 2xx stands for. `now` is for `Retry-After` given as a date."""
    complaint = complaint_in(answer, scrubber)
    meaning = _meaning(answer.status, complaint.codes)
    return meaning(
        complaint.message or _own_words(answer, scrubber),
        http_status=answer.status,
        code=next(iter(complaint.codes), None),
        retry_after_s=retry_after_s(answer.retry_after, now),
        content_type=scrubber.clean(answer.content_type),
        kind=_KIND_BY_STATUS.get(answer.status),
    )


def complaint_in(answer: Answer, scrubber: Scrubber) -> _Complaint:
    """Codes (most specific first) and message of an error body; both empty when it holds neither."""
    value = read_json(answer.body)
    if not is_record(value):
        return _Complaint()
    error: object = value.get("error", value)
    if isinstance(error, str):
        return _Complaint(message=scrubber.clean(error))
    if not is_record(error):
        return _Complaint()
    codes = (word_from(error.get("code"), scrubber), word_from(error.get("type"), scrubber))
    message: object = error.get("message")
    return _Complaint(
        tuple(code for code in codes if code), scrubber.clean(message) if isinstance(message, str) else ""
    )


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header, as a number or a date (RFC 9110, 10.2.3); 0 to one day.

    None when the header is missing or says neither.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), _RETRY_AFTER_LONGEST_S)


def _meaning(status: int, codes: tuple[str, ...]) -> type[DimiLinksError]:
    for code in codes:
        if (meaning := _BY_STATUS_AND_CODE.get((status, code.lower()))) is not None:
            return meaning
    return _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, UnreadableAnswerError)


def _own_words(answer: Answer, scrubber: Scrubber) -> str:
    if answer.location is None:
        return f"HTTP {answer.status} without a message"
    try:
        host = URL(answer.location).host
    except ValueError:
        host = None
    return scrubber.clean(f"HTTP {answer.status}, a redirect to {host or 'an address of the same host'}")
