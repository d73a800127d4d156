"""A TCP proxy in front of PostgreSQL, which breaks connections off at chosen moments."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from enum import Enum, auto
from typing import Final

_COMMIT: Final = b"COMMIT\x00"
_ROLLBACK: Final = b"ROLLBACK\x00"


class Break(Enum):
    """How the next connection that commits is broken off."""

    BEFORE_COMMIT = auto()
    """The server never reads the COMMIT, and sees the connection end."""
    AFTER_COMMIT = auto()
    """The server commits; its answer is lost."""
    SILENTLY = auto()
    """The client sees the connection end; the server neither the COMMIT nor the end."""


class Proxy:
    """Forwards connections. `breaking` holds for one connection and is None afterwards."""

    def __init__(self, port: int) -> None:
        self.breaking: Break | None = None
        self.wrote = b""
        """Only a commit of what holds these bytes is broken off."""
        self.broken = asyncio.Event()
        """Set once that is done, before the bot sees it."""
        self.refuses_afterwards = False
        """True if nobody is connected any more after that, until `refusing` is cleared."""
        self.refusing = asyncio.Event()
        self.port = 0
        self._to = port
        self._writers: list[asyncio.StreamWriter] = []

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until an end closes it."""
        if self.refusing.is_set():
            writer.close()
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except ConnectionError:
            writer.close()
            return
        back = asyncio.create_task(_forward(server_reader, writer))
        self._writers += (writer, server_writer)
        written = b""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                written += data
                is_due = _COMMIT in data and self.wrote in written
                if _COMMIT in data or _ROLLBACK in data:
                    written = b""
                if self.breaking is not None and is_due:
                    how, self.breaking = self.breaking, None
                    back.cancel()
                    await asyncio.wait([back])  # nobody else reads the server's answer then
                    if how is Break.AFTER_COMMIT:
                        server_writer.write(data)
                        await server_writer.drain()
                        await server_reader.read(65536)  # committed
                    self.broken.set()
                    if self.refuses_afterwards:
                        self.refusing.set()
                    if how is Break.SILENTLY:
                        writer.close()
                        return
                    break
                server_writer.write(data)
                await server_writer.drain()
        server_writer.close()
        writer.close()

    async def close(self) -> None:
        """Break off what is left."""
        for writer in self._writers:
            writer.close()
        for writer in self._writers:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def proxy_to(port: int) -> AsyncGenerator[Proxy]:
    """Run a proxy to a port of this machine until the block ends."""
    proxy = Proxy(port)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
