"""From the bytes of an answer to its meaning: a submission or a task.

Sources: the vendor's pages *Create video generation* and *Retrieve video task*. Reading is tolerant where
those pages are silent: the `data` wrapper may be missing (image tasks of the same routes come without),
unknown fields and statuses are no fault, and values of odd types count as absent rather than as broken.
"""

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

from bot.dimilinks.errors import DimiLinksError, UnreadableAnswerError
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task import Submission, Task, TaskError, TaskStatus

_WORD_LIMIT_CHARS: Final = 100
_TASK_ID_LIMIT_CHARS: Final = 500

# Anything outside is a unit mix-up or garbage, and no time anybody should be shown.
_EARLIEST_S: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST_S: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Answer:
    """What came back, as it came, read up to a bound. `interruption` says why reading ended early, if it did.

    Its repr shows the status alone, because a server may have put anything into the rest, the key included.
    """

    status: int
    content_type: str = field(repr=False)
    retry_after: str | None = field(repr=False)
    location: str | None = field(repr=False)
    body: bytes = field(repr=False)
    interruption: DimiLinksError | None = None


def read_json(body: bytes) -> object | None:
    """The JSON value of a body; None for whatever is no JSON, too deep or not UTF-8 included."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def is_record(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def word_from(value: object, scrubber: Scrubber, limit_chars: int = _WORD_LIMIT_CHARS) -> str:
    """A string or number as clean text; empty for anything else."""
    if isinstance(value, str):
        return scrubber.clean(value, limit_chars)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return scrubber.clean(str(value), limit_chars)
    return ""


def submission_from(answer: Answer, scrubber: Scrubber) -> Submission:
    """The task that a 2xx answer to a submission names.

    Raises `UnreadableAnswerError`, or what interrupted the answer, when it names none.
    """
    record = _record_from(answer, scrubber)
    task_id = _task_id_from(record)
    if task_id is None:
        raise _unreadable(answer, scrubber, "the answer names no task")
    return Submission(task_id, word_from(record.get("status"), scrubber))


def task_from(answer: Answer, asked_id: str, scrubber: Scrubber) -> Task:
    """The task that a 2xx answer describes; raises as `submission_from` does when it tells no status."""
    record = _record_from(answer, scrubber)
    raw_status = word_from(record.get("status"), scrubber)
    if not raw_status:
        raise _unreadable(answer, scrubber, "the answer tells no status")
    return Task(
        task_id=_task_id_from(record) or asked_id,
        status=TaskStatus.from_word(raw_status),
        raw_status=raw_status,
        progress=_progress_from(record.get("progress")),
        created_at=_time_from(record.get("created_at")),
        completed_at=_time_from(record.get("completed_at")),
        error=_task_error_from(record.get("error"), scrubber),
    )


def _record_from(answer: Answer, scrubber: Scrubber) -> dict[str, Any]:
    value = read_json(answer.body)
    if not is_record(value):
        raise answer.interruption or _unreadable(answer, scrubber, "the answer is no JSON object")
    inner: object = value.get("data")
    return inner if is_record(inner) else value


def _unreadable(answer: Answer, scrubber: Scrubber, what: str) -> UnreadableAnswerError:
    return UnreadableAnswerError(
        f"{what}: {scrubber.excerpt(answer.body) or '(empty)'}",
        http_status=answer.status,
        content_type=scrubber.clean(answer.content_type),
    )


def _task_id_from(record: dict[str, Any]) -> str | None:
    for name in ("task_id", "id"):
        value: object = record.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        # Only what can be put into an address and a database as it is; cleaning would make another id of it.
        if isinstance(value, str) and 0 < len(value) <= _TASK_ID_LIMIT_CHARS and value.isprintable():
            return value
    return None


def _number_from(value: object) -> float | None:
    """A finite number, also where it was sent as text; None for everything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _progress_from(value: object) -> int | None:
    number = _number_from(value)
    return None if number is None else int(min(max(number, 0.0), 100.0))


def _time_from(value: object) -> datetime | None:
    seconds = _number_from(value)
    if seconds is None or not _EARLIEST_S <= seconds < _LATEST_S:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _task_error_from(value: object, scrubber: Scrubber) -> TaskError | None:
    if is_record(value):
        code = word_from(value.get("code"), scrubber)
        message = scrubber.clean(text) if isinstance(text := value.get("message"), str) else ""
    else:
        code, message = "", scrubber.clean(value) if isinstance(value, str) else ""
    # Some services send an empty error with every success; it says nothing.
    return TaskError(code, message) if code or message else None
