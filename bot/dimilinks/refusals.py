"""Makes errors of the API's answers, and tells what each proves about a purchase. Readers of answers call it.

Errors come as `{"error": {"message", "type", "code"}}`, where `code` is text or a number and any part may be
missing (source: the vendor's page *Errors*). Only such an answer, from the API's own origin, is a verdict on
a request or on this bot; a page or another program's error is a fault of the transport, whatever its status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from yarl import URL

from bot.dimilinks.answers import Answer, is_list, is_record, read_json, word_from
from bot.dimilinks.errors import (
    BadKeyError,
    ContentRefusedError,
    DimiLinksError,
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
from bot.dimilinks.retry_after import LONGEST_WAIT_S, retry_after_s
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.verdicts import ErrorAnswer, FaultReason, FaultScope, FaultVerdict, judge_error

_BY_REASON: Final[Mapping[FaultReason, type[DimiLinksError]]] = {
    FaultReason.PARAMETERS: InvalidRequestError,
    FaultReason.CONTENT: ContentRefusedError,
    FaultReason.REFERENCE: InvalidReferenceImageError,
    FaultReason.KEY: BadKeyError,
    FaultReason.MONEY: InsufficientBalanceError,
    FaultReason.MODEL: ModelNotAllowedError,
    FaultReason.MISCONFIGURED: NotFoundError,
    FaultReason.RATE_LIMIT: RateLimitedError,
    FaultReason.NO_CHANNEL: ServerError,
    FaultReason.SERVICE_FAILED: ServerError,
    FaultReason.REDIRECT: UnexpectedRedirectError,
}

# In the API's own words, these are given before anything is bought. Every other answer to a submission that
# left whole (408, 409, 425, 499 and 5xx above all) may come from a program that gave up waiting for one.
_PROVES_NOT_BOUGHT: Final = frozenset({400, 401, 402, 403, 404, 405, 413, 422, 429})

_NO_ERROR: Final = frozenset(
    {"", "0", "200", "201", "202", "none", "null", "nil", "ok", "success", "succeeded", "no error", "false"}
)


_FAULT_FIELDS: Final = ("error", "errors", "error_code", "error_message", "fail_reason")
_FAILED: Final = frozenset({"error", "fail", "failed", "failure", "rejected"})


@dataclass(frozen=True)
class _Meaning:
    """An error that an answer stands for, before it becomes an exception."""

    error: ErrorAnswer
    verdict: FaultVerdict
    in_own_voice: bool


def is_success(status: int) -> bool:
    """True for 2xx."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def says_no_error(word: str) -> bool:
    """True for the words that some gateways put into an error's place when there is none."""
    return word.strip().lower() in _NO_ERROR


def error_answer_in(value: object, scrubber: Scrubber) -> ErrorAnswer | None:
    """The error in the API's own shape that a JSON value holds; None for everything else."""
    error: object = value.get("error") if is_record(value) else None
    if not is_record(error):
        return None
    codes = (word_from(error.get("code"), scrubber), word_from(error.get("type"), scrubber))
    message: object = error.get("message")
    said = ErrorAnswer(
        tuple(code for code in codes if code), scrubber.clean(message) if isinstance(message, str) else ""
    )
    return None if all(says_no_error(word) for word in (*said.codes, said.message)) else said


def refusal_in(value: object, scrubber: Scrubber) -> ErrorAnswer | None:
    """Return the refusal that a JSON value tells in the place of a success, in whatever shape; None if it is none.

    In another shape than the API's it proves nothing, and tells what to be careful with.
    """
    said = error_answer_in(value, scrubber)
    if said is not None or not is_record(value):
        return said
    code = word_from(value.get("code"), scrubber)
    without_data = not value.get("data")
    refuses = (
        any(_is_fault(value.get(name), scrubber) for name in _FAULT_FIELDS)
        or any(value.get(name) is False for name in ("success", "ok"))
        or (without_data and not says_no_error(code))
        or (without_data and word_from(value.get("status"), scrubber).lower() in _FAILED)
    )
    return ErrorAnswer((code,) if code else (), _words_of(value, scrubber)) if refuses else None


def _is_fault(value: object, scrubber: Scrubber) -> bool:
    if is_record(value):
        return False  # one that says something is in the API's own shape
    return value is True or (is_list(value) and bool(value)) or not says_no_error(word_from(value, scrubber))


def error_from(
    answer: Answer, scrubber: Scrubber, now: datetime, *, own_origin: bool = True
) -> DimiLinksError:
    """The error that an answer stands for which is no success, or which is one only by its status.

    Args:
        answer: As it came.
        scrubber: Cleans what the server said.
        now: For a `Retry-After` given as a date.
        own_origin: False for an answer of another host, which is never the API's voice.
    """
    said = error_answer_in(read_json(answer.body), scrubber) if own_origin else None
    if said is not None and not _is_redirect(answer.status):
        meaning = _Meaning(said, judge_error(answer.status, said), in_own_voice=True)
    else:
        words = said or ErrorAnswer(message=_words_in(answer, scrubber))
        verdict = FaultVerdict(FaultScope.TRANSPORT, _reason_without_voice(answer))
        meaning = _Meaning(words, verdict, in_own_voice=False)
    wait_s = retry_after_s(answer.retry_after, now)
    return _class_for(answer.status, meaning.verdict)(
        meaning.error.message or _own_words(answer, scrubber),
        http_status=answer.status,
        code=next(iter(meaning.error.codes), None),
        retry_after_s=None if wait_s is None else min(wait_s, LONGEST_WAIT_S),
        content_type=scrubber.clean(answer.content_type),
        verdict=meaning.verdict,
        in_own_voice=meaning.in_own_voice,
    )


def purchase_after(answer: Answer, *, in_own_voice: bool) -> Purchase:
    """Return what an answer to a submission that names no task proves.

    An answer that came before the last byte of the request's body left speaks of a request that never arrived
    whole. Of an error with 2xx nobody can say if the request was taken all the same.
    """
    if answer.came_early:
        return Purchase.NOT_BOUGHT
    proves = in_own_voice and answer.status in _PROVES_NOT_BOUGHT
    return Purchase.NOT_BOUGHT if proves else Purchase.UNKNOWN


def _class_for(status: int, verdict: FaultVerdict) -> type[DimiLinksError]:
    named = _BY_REASON.get(verdict.reason)
    if named is not None:
        return named
    if verdict.scope is FaultScope.UNCERTAIN:
        return OtherRefusalError
    return ServerError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else UnreadableAnswerError


def _reason_without_voice(answer: Answer) -> FaultReason:
    if _is_redirect(answer.status):
        return FaultReason.REDIRECT
    if answer.is_page:
        return FaultReason.PAGE
    if answer.interruption is not None:
        return FaultReason.TORN
    return FaultReason.UNREADABLE if is_success(answer.status) else FaultReason.FOREIGN_ERROR


def _is_redirect(status: int) -> bool:
    return status // 100 == HTTPStatus.MULTIPLE_CHOICES // 100


def _words_in(answer: Answer, scrubber: Scrubber) -> str:
    """The message of an error of another shape, for people; it decides nothing."""
    value = read_json(answer.body)
    return _words_of(value, scrubber) if is_record(value) else ""


def _words_of(record: dict[str, Any], scrubber: Scrubber) -> str:
    said: object = next(
        (record[name] for name in ("error", "message", "msg", "detail") if record.get(name)), None
    )
    return scrubber.clean(said) if isinstance(said, str) else ""


def _own_words(answer: Answer, scrubber: Scrubber) -> str:
    if answer.location is None:
        return f"HTTP {answer.status} {'with a page' if answer.is_page else 'without a message'}"
    try:
        host = URL(answer.location).host
    except ValueError:
        host = None
    return scrubber.clean(f"HTTP {answer.status}, a redirect to {host or 'an address of the same host'}")
