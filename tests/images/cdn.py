"""A local CDN on a real socket."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.images.model import ImageSource

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Cdn:
    """Serves bytes, or whatever a handler does, and counts the requests."""

    origin: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    handlers: dict[str, Handler] = field(default_factory=dict[str, Handler])
    requests: list[str] = field(default_factory=list[str])

    def source(self, name: str, content: bytes | Handler, *, size_bytes: int | None = None) -> ImageSource:
        """A picture that the CDN has."""
        if isinstance(content, bytes):
            self.files[name] = content
        else:
            self.handlers[name] = content
        return ImageSource(f"{self.origin}/{name}", name, size_bytes)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.requests.append(name)
        if name in self.handlers:
            return await self.handlers[name](request)
        if name in self.files:
            return web.Response(body=self.files[name])
        return web.Response(status=404)
