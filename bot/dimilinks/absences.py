"""Reads from answers that the service does not know a task, or has no video of it any more, in whatever shape."""

from typing import Final

from bot.dimilinks.answers import Answer, is_record, read_json, word_from
from bot.dimilinks.errors import DimiLinksError
from bot.dimilinks.refusals import is_success, says_no_error
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.verdicts import FaultReason

_ABSENT_REASONS: Final = frozenset({FaultReason.MISCONFIGURED, FaultReason.PARAMETERS, FaultReason.UNNAMED})
_GONE: Final = frozenset({404, 410})
_PERHAPS_GONE: Final = 400
_ABSENT_STATUSES: Final = _GONE | {_PERHAPS_GONE}
_ABSENT_WORDS: Final = (
    "not found",
    "not_found",
    "not exist",
    "not_exist",
    "no such task",
    "不存在",
    "未找到",
    "找不到",
)
_TASK_WORDS: Final = ("task", "job", "video", "record", "generation", "任务", "视频", "记录")
_NO_ROUTE_WORDS: Final = ("invalid url", "no route", "接口不存在")


def says_absent(error: DimiLinksError) -> bool:
    """Return True for an error in the API's own shape that says that there is no such task."""
    if not error.in_own_voice or error.verdict.reason not in _ABSENT_REASONS:
        return False
    words = f"{error.code or ''} {error.message}".lower()
    if error.http_status in _GONE:
        return not any(word in words for word in _NO_ROUTE_WORDS)
    may_be = error.http_status == _PERHAPS_GONE or is_success(error.http_status or 0)
    return may_be and any(word in words for word in _ABSENT_WORDS)


def route_says_absent(
    answer: Answer, scrubber: Scrubber, statuses: frozenset[int] = _ABSENT_STATUSES
) -> bool:
    """Return True for the absence of a task, or of its video, in another shape than that of the API's errors.

    The gateway new-api answers `{"code": "task_not_exist", "message": …, "data": null}`, others `{"detail": …}`.
    What stands in front of the API sends JSON too: so it must name the task, or be a success that has nothing to
    tell.
    """
    value = read_json(answer.body)
    if not is_record(value) or not (is_success(answer.status) or answer.status in statuses):
        return False
    said = (
        word_from(value.get(name), scrubber).lower() for name in ("code", "message", "msg", "detail", "error")
    )
    code, *_ = words = tuple(said)
    if is_success(answer.status) and code and says_no_error(code):
        return value.get("data", "") in (None, [], {})
    return all(any(word in " ".join(words) for word in known) for known in (_ABSENT_WORDS, _TASK_WORDS))
