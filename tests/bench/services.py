"""The other side of the image benchmark, in a process of its own: a CDN, and an API that reads and forgets.

Both cost as little as they can, so that what is measured is the client: the CDN hands files to the kernel, the API
receives into one fixed buffer. `python -m tests.bench.services FOLDER` prints both ports.
"""

import asyncio
import re
import sys
from pathlib import Path

from aiohttp import web

_BODY = b'{"code": 200, "data": {"status": "queued", "task_id": "video_bench"}}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    + f"Content-Length: {len(_BODY)}\r\n\r\n".encode()
    + _BODY
)
_BUFFER_BYTES = 1024 * 1024
_HEAD_END = b"\r\n\r\n"


class DiscardProtocol(asyncio.BufferedProtocol):
    """Takes one request of a known length, answers it, closes."""

    def __init__(self) -> None:
        self._buffer = bytearray(_BUFFER_BYTES)
        self._head = b""
        self._left_bytes: int | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, to answer on it."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's signature
        """Where the next bytes go: over the last ones."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Count what came, and answer the whole request."""
        if self._left_bytes is None:
            self._head += self._buffer[:nbytes]
            head, separator, body = self._head.partition(_HEAD_END)
            if not separator:
                return
            found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            if found is None:
                raise ValueError("a request without Content-Length")
            self._left_bytes = int(found[1]) - len(body)
        else:
            self._left_bytes -= nbytes
        if self._left_bytes <= 0 and self._transport is not None:
            self._transport.write(_ANSWER)
            self._transport.close()


async def serve(folder: Path) -> None:
    """Serve until the process is ended."""
    cdn = web.Application()
    cdn.router.add_static("/attachments", folder)
    runner = web.AppRunner(cdn, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api = await asyncio.get_running_loop().create_server(DiscardProtocol, "127.0.0.1", 0)
    print(runner.addresses[0][1], api.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
