"""Answers: the vendor's shapes, and the answers that faults put in their place."""

import functools
import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from bot.sandbox.dimilinks.faults import (
    BareShape,
    DropBeforeReading,
    Fault,
    Html,
    HttpError,
    NoTaskId,
    RawAnswer,
    Redirect,
    ShapedAnswer,
    TornAnswer,
)
from bot.sandbox.dimilinks.shapes import SubmitShape, TaskShape, Wrapper, submit_body
from bot.sandbox.raw_answers import send_raw

_dump = functools.partial(json.dumps, ensure_ascii=False)


class NoAnswer(web.Response):
    """Stands for the answer that a cut connection never carried."""


def plain_fault(request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
    """The answer of a fault that needs no more than itself; None for every other."""
    match fault:
        case HttpError(status, code, message, headers):
            return error(status, code, message, headers)
        case Html(status, page, headers):
            return web.Response(status=status, text=page.value, content_type="text/html", headers=headers)
        case Redirect(location, status):
            return web.Response(status=status, headers={"Location": location})
        case DropBeforeReading():
            return dropped(request)
        case _:
            return None


def purchase_answer(request: web.Request, task_id: str, fault: Fault | None) -> web.StreamResponse:
    """The answer to an accepted submission."""
    match fault:
        case NoTaskId():
            return json_answer(submit_body(SubmitShape.NO_ID, task_id))
        case BareShape():
            return json_answer(submit_body(SubmitShape.BARE_BOTH_IDS, task_id))
        case ShapedAnswer(shape, status):
            return json_answer(submit_body(shape, task_id), status)
        case RawAnswer():
            return _raw(fault, task_id)
        case TornAnswer(_, shape):
            return torn(request, submit_body(shape, task_id), task_id, fault)
        case _:
            return plain_fault(request, fault) or json_answer(submit_body(SubmitShape.DATA_BOTH_IDS, task_id))


def poll_answer(request: web.Request, state: Mapping[str, object], fault: Fault | None) -> web.StreamResponse:
    """The answer to a poll of a task in this state."""
    match fault:
        case TaskShape():
            return json_answer(fault.body(state))
        case BareShape():
            return json_answer(TaskShape(wrapper=Wrapper.BARE).body(state))
        case RawAnswer():
            return _raw(fault, str(state["task_id"]))
        case TornAnswer():
            return torn(request, TaskShape().body(state), str(state["task_id"]), fault)
        case _:
            return json_answer(TaskShape().body(state))


def absent_task_answer(status: int, shape: RawAnswer | None) -> web.Response:
    """The answer to a poll of a task that is not known."""
    return error(status, "task_not_found", "任务不存在") if shape is None else _raw(shape, "")


def _raw(fault: RawAnswer, task_id: str) -> web.Response:
    body = fault.body.replace(b"TASK_ID", task_id.encode())
    headers = {"Content-Type": "application/json", **fault.headers}
    return web.Response(status=fault.status, body=body, headers=headers)


def cut(request: web.Request) -> None:
    """End the connection at once."""
    if request.transport is not None:
        request.transport.abort()


def dropped(request: web.Request) -> NoAnswer:
    """End the connection without an answer."""
    cut(request)
    return NoAnswer(status=HTTPStatus.INTERNAL_SERVER_ERROR)


def torn(request: web.Request, body: object, task_id: str, fault: TornAnswer) -> web.Response:
    """Send the JSON up to the task's id, with the length of the whole, and end the connection."""
    whole = _dump(body).encode()
    behind_id = whole.index(task_id.encode()) + len(task_id.encode()) + 1
    sent = whole[: behind_id if fault.after_id else behind_id - len(task_id) // 2]
    headers = {"Content-Type": "application/json", "Content-Length": str(len(whole))}
    return send_raw(request, HTTPStatus.OK, headers, sent)


def json_answer(value: object, status: int = HTTPStatus.OK) -> web.Response:
    """`value` as JSON, with Chinese left as it is."""
    return web.json_response(value, status=status, dumps=_dump)


def error(
    status: int, code: str | int | None, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An error in the OpenAI style."""
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    told: dict[str, str | int] = {"message": message, "type": kind}
    told = told if code is None else told | {"code": code}
    return web.json_response({"error": told}, status=status, headers=headers, dumps=_dump)
