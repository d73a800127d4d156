"""Answers: the vendor's shapes, and what comes instead of them when something goes wrong."""

import functools
import json
from collections.abc import Mapping

from aiohttp import web

from bot.sandbox.dimilinks.faults import DropBeforeReading, Fault, Html, HttpError, Redirect

_SERVER_ERRORS_FROM = 500
_HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def plain_fault(request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
    """The answer of a fault that needs no more than itself."""
    match fault:
        case HttpError(status, code, message, headers):
            return error(status, code, message, headers)
        case Html(status):
            return web.Response(status=status, text=_HTML, content_type="text/html")
        case Redirect(location, status):
            return web.Response(status=status, headers={"Location": location})
        case DropBeforeReading():
            return dropped(request)
        case _:
            return None


def cut(request: web.Request) -> None:
    """End the connection at once."""
    if request.transport is not None:
        request.transport.abort()


def dropped(request: web.Request) -> web.Response:
    """End the connection without an answer; what is returned goes nowhere."""
    cut(request)
    return web.Response(status=500)


_dump = functools.partial(json.dumps, ensure_ascii=False)


def json_answer(value: object) -> web.Response:
    """`value` as JSON, with Chinese left as it is."""
    return web.json_response(value, dumps=_dump)


def error(
    status: int, code: str | int | None, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An error in the OpenAI style."""
    told: dict[str, str | int] = {
        "message": message,
        "type": "invalid_request_error" if status < _SERVER_ERRORS_FROM else "server_error",
    }
    told = told if code is None else told | {"code": code}
    return web.json_response({"error": told}, status=status, headers=headers, dumps=_dump)
