"""The other side of the relay benchmark, in a process of its own: a video API and a Discord that read and forget.

`python -m tests.bench.relay_services VIDEO` prints the port of both.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from aiohttp import web

_MESSAGE: Final[dict[str, object]] = {
    "id": "1",
    "channel_id": "2",
    "type": 0,
    "content": "",
    "author": {"id": "3", "username": "bench", "discriminator": "0000", "avatar": None, "bot": True},
    "attachments": [],
    "embeds": [],
    "mentions": [],
    "mention_roles": [],
    "mention_everyone": False,
    "pinned": False,
    "tts": False,
    "timestamp": "2026-11-28T12:00:00+00:00",
    "edited_timestamp": None,
    "components": [],
}
"""A message as Discord answers an edit with."""
RECEIVED = "X-Received-Bytes"
"""Header of the answer to an edit: how large its body was."""


async def _edited(request: web.Request) -> web.Response:
    received = 0
    async for piece in request.content.iter_any():
        received += len(piece)
    # With a charset behind it the library takes the answer for text.
    headers = {"Content-Type": "application/json", RECEIVED: str(received)}
    return web.Response(body=json.dumps(_MESSAGE).encode(), headers=headers)


async def serve(video: Path) -> None:
    """Serve until the process is ended."""

    async def content(_: web.Request) -> web.FileResponse:
        return web.FileResponse(video, headers={"Content-Type": "video/mp4"})

    app = web.Application()
    app.router.add_get("/v1/videos/{task}/content", content)
    app.router.add_patch("/webhooks/{tail:.*}", _edited)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
