"""The shapes in which gateways of this kind tell a submission's task id and a task's state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

STATUS_WORDS: Mapping[str, tuple[str, ...]] = {
    "queued": ("not_start", "queued", "pending", "submitted", "waiting", "in_queue", "unknown"),
    "processing": ("in_progress", "processing", "running", "generating"),
    "completed": ("completed", "succeeded", "success", "done", "finished"),
    "failed": ("failed", "failure", "error", "cancelled", "canceled", "expired", "rejected"),
}
"""The words that gateways send, by the word that the vendor's page has for the state."""


class SubmitShape(StrEnum):
    """The answers to a submission. The last one lacks the id."""

    DATA_BOTH_IDS = "data_both_ids"
    DATA_TASK_ID = "data_task_id"
    BARE_BOTH_IDS = "bare_both_ids"
    TASK_ID = "task_id"
    ID = "id"
    REQUEST_ID = "request_id"
    DATA_TEXT = "data_text"
    DATA_LIST = "data_list"
    CODE_DATA_CAMEL = "code_data_camel"
    CODE_DATA_TASK = "code_data_task"
    NO_ID = "no_id"


def submit_body(shape: SubmitShape, task_id: str) -> object:
    """The JSON answer of this shape."""
    both: dict[str, object] = {"id": task_id, "task_id": task_id, "status": "queued"}
    bodies: dict[SubmitShape, object] = {
        SubmitShape.DATA_BOTH_IDS: {"data": both},
        SubmitShape.DATA_TASK_ID: {"data": {"task_id": task_id}},
        SubmitShape.BARE_BOTH_IDS: both,
        SubmitShape.TASK_ID: {"task_id": task_id},
        SubmitShape.ID: {"id": task_id},
        SubmitShape.REQUEST_ID: {"request_id": task_id},
        SubmitShape.DATA_TEXT: {"data": task_id},
        SubmitShape.DATA_LIST: {"data": [{"task_id": task_id}]},
        SubmitShape.CODE_DATA_CAMEL: {"code": 0, "data": {"taskId": task_id}},
        SubmitShape.CODE_DATA_TASK: {"code": 0, "data": {"task": {"id": task_id}}},
        SubmitShape.NO_ID: {"data": {"status": "queued"}},
    }
    return bodies[shape]


class Wrapper(StrEnum):
    """What stands around a task: `data`, nothing, `code`, `message` and `data`, `result`, or text in `data`."""

    DATA = "data"
    BARE = "bare"
    CODE = "code"
    RESULT = "result"
    TEXT = "text"


class ProgressForm(StrEnum):
    """The ways in which progress is told."""

    NUMBER = "number"
    PERCENT_TEXT = "percent_text"
    TEXT = "text"
    MISSING = "missing"
    BACKWARDS = "backwards"
    ABOVE_100 = "above_100"


class ReasonForm(StrEnum):
    """The ways in which a failure tells its reason."""

    ERROR_OBJECT = "error_object"
    ERROR_TEXT = "error_text"
    FAIL_REASON = "fail_reason"
    MESSAGE = "message"
    DETAIL_TEXT = "detail_text"
    DETAIL_LIST = "detail_list"


NO_ERRORS: tuple[object, ...] = (
    {"code": 0},
    {"code": "success"},
    {"code": 0, "message": "success"},
    "none",
    "",
    None,
)
"""Values of `error` that say that there was none."""


@dataclass(frozen=True)
class TaskShape:
    """One way to tell a task's state; as a fault, it shapes the answer to one poll.

    Attributes:
        number_id: Send a number as `id`; `task_id` stays as it is.
        words: Status words to send, by the vendor's word. `{"completed": "failed"}` makes a poll lie.
        extra: Fields put into the task, or over its own: an `error` beside `completed`, for example.
        extra_on: The vendor's status word that `extra` is limited to; None for every state.
    """

    wrapper: Wrapper = Wrapper.DATA
    number_id: bool = False
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    progress: ProgressForm = ProgressForm.NUMBER
    reason: ReasonForm = ReasonForm.ERROR_OBJECT
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    extra_on: str | None = None

    def body(self, state: Mapping[str, object]) -> object:
        """The JSON answer that tells `state`, which is in the vendor's own words."""
        task = dict(state)
        status = str(state["status"])
        if self.number_id:
            task["id"] = sum(str(state["id"]).encode())
        task["status"] = self.words.get(status, status)
        if "progress" in task:
            task |= _progress(self.progress, int(str(task.pop("progress"))))
        if "error" in task:
            task |= _reason(self.reason, task.pop("error"))
        if self.extra_on in {None, status}:
            task |= self.extra
        match self.wrapper:
            case Wrapper.DATA:
                return {"data": task}
            case Wrapper.BARE:
                return task
            case Wrapper.CODE:
                return {"code": "success", "message": "", "data": task}
            case Wrapper.RESULT:
                return {"code": 0, "result": {"task": task}}
            case Wrapper.TEXT:
                return {"status": "success", "data": json.dumps(task)}


def status_shape(word: str) -> TaskShape:
    """The shape that tells a state by this word, in any case, of `STATUS_WORDS`."""
    known = next(state for state, words in STATUS_WORDS.items() if word.lower() in words)
    return TaskShape(words={known: word})


def _progress(form: ProgressForm, percent: int) -> dict[str, object]:
    match form:
        case ProgressForm.NUMBER:
            return {"progress": percent}
        case ProgressForm.PERCENT_TEXT:
            return {"progress": f"{percent}%"}
        case ProgressForm.TEXT:
            return {"progress": str(percent)}
        case ProgressForm.MISSING:
            return {}
        case ProgressForm.BACKWARDS:
            return {"progress": 100 - percent}
        case ProgressForm.ABOVE_100:
            return {"progress": 100 + percent}


def _reason(form: ReasonForm, error: object) -> dict[str, object]:
    text = str(error["message"]) if isinstance(error, dict) else str(error)  # pyright: ignore[reportUnknownArgumentType]  # JSON
    match form:
        case ReasonForm.ERROR_OBJECT:
            return {"error": error}
        case ReasonForm.ERROR_TEXT:
            return {"error": text}
        case ReasonForm.FAIL_REASON:
            return {"fail_reason": text}
        case ReasonForm.MESSAGE:
            return {"message": text}
        case ReasonForm.DETAIL_TEXT:
            return {"detail": text}
        case ReasonForm.DETAIL_LIST:
            return {"detail": [text]}
