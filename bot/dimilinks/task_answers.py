"""Meaning of the answers to free questions: the state of a task, and the models that there are.

Source: the vendor's page *Retrieve video task*. Reading is tolerant where that page is silent: gateways of this
kind wrap a task in various ways, send numbers as text, and put reasons into various fields.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from bot.dimilinks.absences import route_says_absent, says_absent
from bot.dimilinks.answers import Answer, is_list, is_record, number_from, read_json, unfolded, word_from
from bot.dimilinks.errors import DimiLinksError, TaskAbsentError, UnreadableAnswerError
from bot.dimilinks.refusals import error_from, is_success, says_no_error
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task import Task, TaskError, TaskStatus
from bot.dimilinks.task_ids import usable_id

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
_ID_FIELDS: Final = ("task_id", "id")
_TASK_FIELDS: Final = ("progress", "created_at", "completed_at", "fail_reason", "failure_reason")

_REASON_FIELDS: Final = ("error", "fail_reason", "failure_reason", "error_message", "message", "detail")


def task_from(answer: Answer, asked_id: str, scrubber: Scrubber, now: datetime) -> Task:
    """The task that an answer describes.

    Raises:
        TaskAbsentError: The API itself says that it does not know the task, in whatever shape.
        UnreadableAnswerError: A 2xx answer tells no status.
        DimiLinksError: Any other error that the answer stands for.
    """
    value = read_json(answer.body) if is_success(answer.status) else None
    record = next(
        (each for each in _records_in(value, asked_id, scrubber) if _status_of(each, scrubber)), None
    )
    if record is None:
        error = _error_of(answer, scrubber, now, "the answer tells no status")
        if says_absent(error) or (not error.in_own_voice and route_says_absent(answer, scrubber)):
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


def _records_in(value: object, asked_id: str, scrubber: Scrubber) -> Iterator[dict[str, Any]]:
    """The records that may describe the task, the likeliest first.

    What is wrapped comes before its wrapper, whose `status` may speak of the answer alone: it ends no task unless
    it is surely the task's. But a task comes before what it holds itself, since some gateways keep the
    maker's own answer in a task's `data`.
    """
    outer = _record_in(value, asked_id)
    if outer is None:
        return
    inner = next(_wrapped_in(outer, _WRAPPERS, asked_id), None)
    if inner is not None and (_names_itself(inner) or not _names_itself(outer)):
        yield inner
        yield from _below(inner, asked_id)
    if not _is_end(outer) or _names(outer, asked_id) or _tells_of_task(outer, scrubber):
        yield outer
    yield from _below(outer, asked_id)


def _below(record: dict[str, Any], asked_id: str) -> Iterator[dict[str, Any]]:
    """The records that a record wraps, the nearest first."""
    level = [record]
    for _ in range(_LEVELS_MAX):
        level = [
            found for each in level for found in _wrapped_in(each, _WRAPPERS + _OTHER_WRAPPERS, asked_id)
        ]
        yield from level


def _wrapped_in(record: dict[str, Any], names: Iterable[str], asked_id: str) -> Iterator[dict[str, Any]]:
    return (found for name in names if (found := _record_in(record.get(name), asked_id)) is not None)


def _record_in(value: object, asked_id: str) -> dict[str, Any] | None:
    """A record; of a list the one that names the task, or the only one if it names none."""
    value = unfolded(value)
    if not is_list(value):
        return value if is_record(value) else None
    records = [each for each in value if is_record(each)]
    named = next((each for each in records if _names(each, asked_id)), None)
    if named is None and len(records) == 1 and not _names_itself(records[0]):
        return records[0]
    return named


def _names_itself(record: dict[str, Any]) -> bool:
    return any(usable_id(record.get(name)) is not None for name in _ID_FIELDS)


def _names(record: dict[str, Any], asked_id: str) -> bool:
    """Return True if the record names the task: by whichever name its id was found when it was bought."""
    return any(usable_id(value) == asked_id for name, value in record.items() if "id" in name.lower())


def _is_end(record: dict[str, Any]) -> bool:
    status: object = record.get("status")
    return not isinstance(status, str) or TaskStatus.from_word(status) in _ENDS


def _tells_of_task(record: dict[str, Any], scrubber: Scrubber) -> bool:
    """Return True if a record without an id and without a wrapper tells what only a task has.

    An answer that failed itself (`{"status": "error", "message": "service busy"}`) has none of it.
    """
    if _names_itself(record) or any(name in record for name in _WRAPPERS):
        return False
    reason = _reason_in(record, TaskStatus.FAILED, scrubber)
    refused = reason is not None and reason.is_content_refusal
    return refused or any(record.get(name) not in (None, "") for name in _TASK_FIELDS)


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
