"""Meaning of the answers to free questions: the state of a task, and the models that there are.

Source: the vendor's page *Retrieve video task*. Reading is tolerant where that page is silent: gateways of this
kind wrap a task in various ways, send numbers as text, and put reasons into various fields.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from bot.dimilinks.answers import Answer, is_list, is_record, number_from, read_json, unfolded, word_from
from bot.dimilinks.errors import DimiLinksError, TaskAbsentError, UnreadableAnswerError
from bot.dimilinks.refusals import error_from, is_success, says_no_error
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task import Task, TaskError, TaskStatus
from bot.dimilinks.task_ids import usable_id
from bot.dimilinks.verdicts import FaultReason

# Anything outside is a unit mix-up or garbage, and no time anybody should be shown.
_EARLIEST_S: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST_S: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()

_WRAPPERS: Final = ("data", "task")
_OTHER_WRAPPERS: Final = (
    "result",
    "results",
    "response",
    "output",
    "video",
    "videos",
    "job",
    "items",
    "tasks",
)
_LEVELS_MAX: Final = 4
_ENDS: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.UNKNOWN})

_REASON_FIELDS: Final = ("error", "fail_reason", "failure_reason", "error_message", "message", "detail")

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


def task_from(answer: Answer, asked_id: str, scrubber: Scrubber, now: datetime) -> Task:
    """The task that an answer describes.

    Raises:
        TaskAbsentError: The API itself says that it does not know the task, in whatever shape.
        UnreadableAnswerError: A 2xx answer tells no status.
        DimiLinksError: Any other error that the answer stands for.
    """
    value = read_json(answer.body) if is_success(answer.status) else None
    record = next((each for each in _records_in(value) if _status_of(each, scrubber)), None)
    if record is None:
        error = _error_of(answer, scrubber, now, "the answer tells no status")
        if _says_absent(error) or (not error.in_own_voice and _route_says_absent(answer, scrubber)):
            raise TaskAbsentError(
                error.message, http_status=error.http_status, code=error.code, in_own_voice=True
            )
        raise error
    raw_status = _status_of(record, scrubber)
    status = TaskStatus.from_word(raw_status)
    return Task(
        task_id=usable_id(record.get("task_id")) or usable_id(record.get("id")) or asked_id,
        status=status,
        raw_status=raw_status,
        progress=_progress_from(record.get("progress")),
        created_at=_time_from(record.get("created_at")),
        completed_at=_time_from(record.get("completed_at")),
        error=_reason_in(record, status, scrubber),
    )


def models_from(answer: Answer, scrubber: Scrubber, now: datetime) -> tuple[str, ...]:
    """The models' ids in an answer to that question; raises `DimiLinksError` when it holds no list."""
    value = read_json(answer.body) if is_success(answer.status) else None
    listed: object = value
    if is_record(value):
        listed = next((value[name] for name in ("data", "models") if is_list(value.get(name))), None)
    if not is_list(listed):
        raise _error_of(answer, scrubber, now, "the answer holds no list of models")
    names = (each.get("id") or each.get("name") if is_record(each) else each for each in listed)
    return tuple(word for name in names if isinstance(name, str) and (word := word_from(name, scrubber)))


def _error_of(answer: Answer, scrubber: Scrubber, now: datetime, lacking: str) -> DimiLinksError:
    error = error_from(answer, scrubber, now)
    if error.in_own_voice or not is_success(answer.status):
        return error
    told = answer.interruption.message if answer.interruption is not None else lacking
    return UnreadableAnswerError(
        f"{told}: {scrubber.excerpt(answer.body) or '(empty)'}",
        http_status=answer.status,
        content_type=error.content_type,
        verdict=error.verdict,
    )


def _says_absent(error: DimiLinksError) -> bool:
    if not error.in_own_voice or error.verdict.reason not in _ABSENT_REASONS:
        return False
    words = f"{error.code or ''} {error.message}".lower()
    if error.http_status in _GONE:
        return not any(word in words for word in _NO_ROUTE_WORDS)
    may_be = error.http_status == _PERHAPS_GONE or is_success(error.http_status or 0)
    return may_be and any(word in words for word in _ABSENT_WORDS)


def _route_says_absent(answer: Answer, scrubber: Scrubber) -> bool:
    """Return True for the absence of a task in another shape than that of the API's errors.

    The gateway new-api answers `{"code": "task_not_exist", "message": …, "data": null}`, others `{"detail": …}`.
    What stands in front of the API sends JSON too: so it must name the task, or be a success that has nothing to
    tell.
    """
    value = read_json(answer.body)
    if not is_record(value) or not (is_success(answer.status) or answer.status in _ABSENT_STATUSES):
        return False
    said = (
        word_from(value.get(name), scrubber).lower() for name in ("code", "message", "msg", "detail", "error")
    )
    code, *_ = words = tuple(said)
    if is_success(answer.status) and code and says_no_error(code):
        return value.get("data", "") in (None, [], {})
    return all(any(word in " ".join(words) for word in known) for known in (_ABSENT_WORDS, _TASK_WORDS))


def _records_in(value: object) -> Iterator[dict[str, Any]]:
    """The records that may describe the task, the likeliest first.

    What is wrapped comes before its wrapper, whose `status` may speak of the answer alone: it ends no task without
    the task's id beside. But a task comes before what it holds itself, since some gateways keep the
    maker's own answer in a task's `data`.
    """
    outer = _first_record(value)
    if outer is None:
        return
    inner = next(_wrapped_in(outer, _WRAPPERS), None)
    if inner is not None and (_names_itself(inner) or not _names_itself(outer)):
        yield inner
        yield from _below(inner)
    if _names_itself(outer) or not any(name in outer for name in _WRAPPERS) or _is_under_way(outer):
        yield outer
    yield from _below(outer)


def _below(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records that a record wraps, the nearest first."""
    level = [record]
    for _ in range(_LEVELS_MAX):
        level = [found for each in level for found in _wrapped_in(each, _WRAPPERS + _OTHER_WRAPPERS)]
        yield from level


def _wrapped_in(record: dict[str, Any], names: Iterable[str]) -> Iterator[dict[str, Any]]:
    return (found for name in names if (found := _first_record(record.get(name))) is not None)


def _names_itself(record: dict[str, Any]) -> bool:
    return any(usable_id(record.get(name)) is not None for name in ("task_id", "id"))


def _is_under_way(record: dict[str, Any]) -> bool:
    status: object = record.get("status")
    return isinstance(status, str) and TaskStatus.from_word(status) not in _ENDS


def _first_record(value: object) -> dict[str, Any] | None:
    value = unfolded(value)
    if is_list(value):
        value = value[0] if value else None
    return value if is_record(value) else None


def _status_of(record: dict[str, Any], scrubber: Scrubber) -> str:
    return word_from(record.get("status"), scrubber)


def _progress_from(value: object) -> int | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%").rstrip()
    number = number_from(value)
    return None if number is None else int(min(max(number, 0.0), 100.0))


def _time_from(value: object) -> datetime | None:
    seconds = number_from(value)
    if seconds is None or not _EARLIEST_S <= seconds < _LATEST_S:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _reason_in(record: dict[str, Any], status: TaskStatus, scrubber: Scrubber) -> TaskError | None:
    """Return why a task ended badly. Beside success only `error` counts: other fields then hold other things."""
    fields = _REASON_FIELDS if status is TaskStatus.FAILED else _REASON_FIELDS[:1]
    found = [reason for name in fields if (reason := _task_error_from(record.get(name), scrubber))]
    if not found:
        return None
    code = next((reason.code for reason in found if reason.code), "")
    message = next((reason.message for reason in found if reason.message), "")
    return TaskError(code, message)


def _task_error_from(value: object, scrubber: Scrubber) -> TaskError | None:
    """The reason that a field holds; None for empty ones and for those that say that there is no error."""
    if is_list(value):
        reasons = [
            reason for each in value if not is_list(each) and (reason := _task_error_from(each, scrubber))
        ]
        if not reasons:
            return None
        message = "; ".join(reason.message for reason in reasons if reason.message)
        return TaskError(reasons[0].code, scrubber.clean(message))
    if is_record(value):
        code = word_from(value.get("code"), scrubber) or word_from(value.get("type"), scrubber)
        texts = (value.get(name) for name in ("message", "msg", "detail", "reason"))
        message = next((scrubber.clean(text) for text in texts if isinstance(text, str) and text), "")
    else:
        code, message = "", scrubber.clean(value) if isinstance(value, str) else ""
    # Some services send an error with every success. Its code decides, where it has one.
    nothing = says_no_error(code) if code else says_no_error(message)
    return None if nothing else TaskError(code, message)
