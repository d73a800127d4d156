"""Meaning of the answer to a submission: a task, or an error with what it proves about the purchase."""

from datetime import datetime
from typing import Final

from bot.dimilinks.answers import Answer, is_list, is_record, read_json, read_whole_or_torn, word_from
from bot.dimilinks.errors import DimiLinksError, Purchase, UnreadableAnswerError
from bot.dimilinks.refusals import error_answer_in, error_from, is_success, purchase_after, refusal_in
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task import Submission
from bot.dimilinks.task_ids import IdTrust, find_task_id
from bot.dimilinks.verdicts import FaultReason, FaultScope, FaultVerdict, judge_error

_TORN: Final = FaultVerdict(FaultScope.TRANSPORT, FaultReason.TORN)


def submission_from(answer: Answer, scrubber: Scrubber, now: datetime) -> Submission:
    """The task that an answer to a submission names, whatever its status and shape, whole or torn.

    Raises:
        DimiLinksError: It names none. `purchase` says what that proves, `raw_answer` what was answered.
    """
    raw_answer = scrubber.raw(answer.body)
    task_id = _task_id_in(answer, scrubber)
    if task_id is not None:
        return Submission(task_id, _status_in(answer, scrubber), raw_answer)
    error = _error_of(answer, scrubber, now)
    error.purchase = purchase_after(answer, in_own_voice=error.in_own_voice)
    error.raw_answer = raw_answer
    raise error


def _task_id_in(answer: Answer, scrubber: Scrubber) -> str | None:
    if is_success(answer.status):
        refusal = refusal_in(read_whole_or_torn(answer.body), scrubber)
        return find_task_id(answer.body, IdTrust.TAKEN if refusal is None else IdTrust.PERHAPS_TAKEN)
    # The API's own refusal bought nothing, and the ids in it are those of requests. Whatever else fails after
    # the API took the request (a gateway's own time limit, say) may still name the task that is being paid for.
    error = error_answer_in(read_json(answer.body), scrubber)
    refused = error is not None and purchase_after(answer, in_own_voice=True) is Purchase.NOT_BOUGHT
    return None if refused else find_task_id(answer.body, IdTrust.FAILED)


def _status_in(answer: Answer, scrubber: Scrubber) -> str:
    value = read_json(answer.body)
    inner: object = value.get("data") if is_record(value) else value
    if is_list(inner) and inner:
        inner = inner[0]
    record = inner if is_record(inner) else value
    return word_from(record.get("status"), scrubber) if is_record(record) else ""


def _error_of(answer: Answer, scrubber: Scrubber, now: datetime) -> DimiLinksError:
    error = error_from(answer, scrubber, now)
    if error.in_own_voice or not is_success(answer.status):
        return error
    if answer.interruption is not None:
        told, verdict = f"the answer broke off: {answer.interruption.message}", _TORN
    else:
        refusal = refusal_in(read_json(answer.body), scrubber)
        told = "the answer names no task"
        verdict = (
            error.verdict if refusal is None else _careful(judge_error(answer.status, refusal), error.verdict)
        )
    return UnreadableAnswerError(
        f"{told}: {scrubber.excerpt(answer.body) or '(empty)'}",
        http_status=answer.status,
        content_type=error.content_type,
        verdict=verdict,
    )


def _careful(judged: FaultVerdict, otherwise: FaultVerdict) -> FaultVerdict:
    """Only what speaks of the whole bot counts of a refusal in another shape: more requests may be lost to it."""
    return judged if judged.closes_after_doubt else otherwise
