"""HTTP applications on loopback sockets that can go away and come back on the same port."""

import socket

from aiohttp import web

LOCALHOST = "127.0.0.1"


class LoopbackSite:
    """Serves one application on 127.0.0.1.

    Args:
        app: What is served.
        port: The port to listen on; 0 takes a free one, which is kept from then on.
        shutdown_timeout_s: How long `close` waits for requests in progress.
    """

    def __init__(self, app: web.Application, *, port: int = 0, shutdown_timeout_s: float = 0.5) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=False, shutdown_timeout=shutdown_timeout_s
        )
        self._port = port
        self._site: web.SockSite | None = None

    @property
    def host(self) -> str:
        """Address and port, once it listens."""
        return f"{LOCALHOST}:{self._port}"

    async def open(self) -> None:
        """Start to listen."""
        await self._runner.setup()
        await self.resume()

    async def pause(self) -> None:
        """Refuse new connections until `resume`, and cut the open ones."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        if self._runner.server is not None:
            for connection in self._runner.server.connections:
                connection.force_close()

    async def resume(self) -> None:
        """Take connections again, on the same port."""
        if self._site is None:
            listening = socket.socket()
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((LOCALHOST, self._port))
            self._port = listening.getsockname()[1]
            self._site = web.SockSite(self._runner, listening)
            await self._site.start()

    async def close(self) -> None:
        """Stop for good."""
        await self._runner.cleanup()
