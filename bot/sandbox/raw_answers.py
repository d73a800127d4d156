"""Answers written to the socket by hand, for what no HTTP library would send."""

from collections.abc import Mapping

from aiohttp import web


def send_raw(request: web.Request, status: int, headers: Mapping[str, str], body: bytes) -> web.Response:
    """Send an answer as it stands and end the connection.

    What is returned goes nowhere; it tells the request log the status.
    """
    lines = [f"HTTP/1.1 {status} Answer", *(f"{name}: {value}" for name, value in headers.items())]
    if request.transport is not None:
        request.transport.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        request.transport.close()
    return web.Response(status=status)
