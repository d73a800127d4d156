"""Transfers of seven pictures from the CDN into the submission, each measured in a process of its own.

`python -m tests.bench.transfers TRANSFER CDN_PORT API_PORT FOLDER` prints a `Cost` as JSON.
"""

import asyncio
import base64
import contextlib
import dataclasses
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import structlog
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks import DimiLinks
from bot.files.local_files import LocalFiles
from bot.images.data_url import DataUrl
from bot.images.model import ImageRefusedError, ImageSource
from bot.images.preparation import PicturePreparation, picture_pool
from bot.images.spool import ReferenceSpool
from bot.video import VideoRequest
from bot.video_files.frames import VideoFrames, video_pool
from tests.bench.measuring import Cost, cost_of

PICTURES = 7
JOBS_AT_ONCE = 8
BOMBS = 10
_CHILD_BYTES = 768 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclasses.dataclass(frozen=True)
class Ports:
    """Where both services listen."""

    cdn: int
    api: int


class Transfer:
    """One transfer, its services and its folder."""

    def __init__(
        self, session: aiohttp.ClientSession, ports: Ports, folder: Path, spool: ReferenceSpool
    ) -> None:
        self.session = session
        self.cdn = f"http://127.0.0.1:{ports.cdn}/attachments"
        self.base = f"http://127.0.0.1:{ports.api}/v1"
        self.folder = folder
        self.api = DimiLinks(session, base_url=URL(self.base), api_key=SecretStr("bench-key"))
        self.spool = spool

    def picture(self, number: int, name: str = "large") -> str:
        """The address of a picture."""
        return f"{self.cdn}/{name}{number}.jpg"

    async def floor(self, name: str = "large") -> None:
        """The same bytes through a file into a POST, not encoded."""
        paths: list[Path] = []
        for number in range(PICTURES):
            path = self.folder / f"floor-{number}"
            async with self.session.get(self.picture(number, name)) as response:
                with path.open("wb") as file:
                    async for piece in response.content.iter_chunked(_CHUNK_BYTES):
                        file.write(piece)
            paths.append(path)

        async def body() -> AsyncIterator[bytes]:
            for path in paths:
                with path.open("rb") as file:
                    while piece := file.read(_CHUNK_BYTES):
                        yield piece

        length = sum(path.stat().st_size for path in paths)
        async with self.session.post(
            f"{self.base}/videos/generations", data=body(), headers={"Content-Length": str(length)}
        ) as response:
            await response.read()

    async def naive(self, name: str = "large") -> None:
        """What everybody writes."""
        images: list[str] = []
        for number in range(PICTURES):
            async with self.session.get(self.picture(number, name)) as response:
                data = await response.read()
            images.append(f"data:image/jpeg;base64,{base64.b64encode(data).decode()}")
        body = {"model": "grok-imagine-video", "prompt": "a boat", "image_urls": images}
        async with self.session.post(f"{self.base}/videos/generations", json=body) as response:
            await response.read()

    async def ours(self, name: str = "large", job: str = "job") -> None:
        """The bot's own: spool, preparation, streamed Data URLs."""
        sources = [ImageSource(self.picture(number, name), f"{number}.jpg") for number in range(PICTURES)]
        references = await self.spool.collect(job, sources, job)
        bodies = [DataUrl(reference.path, reference.mime) for reference in references]
        await self.api.submit(VideoRequest(prompt="a boat", reference_count=PICTURES), bodies)
        await self.spool.discard(job)

    async def stripped(self, name: str = "large") -> None:
        """The same with pictures that lose what cameras write beside them."""
        await self.ours(f"{name}-private")

    async def hostile(self, name: str = "large") -> None:
        """Ten pictures that are nothing but headers, each a job of its own, one after the other."""
        if name != "large":
            await self.ours(name)
            return

        for number in range(BOMBS):
            source = ImageSource(f"{self.cdn}/bomb{number}", f"bomb{number}")
            with contextlib.suppress(ImageRefusedError):
                await self.spool.collect(f"bomb-{number}", [source], f"user-{number}")

    async def ours8(self, name: str = "large") -> None:
        """Eight such jobs at once."""
        async with asyncio.TaskGroup() as group:
            for number in range(JOBS_AT_ONCE):
                group.create_task(self.ours(name, f"job-{number}"))


async def measure(name: str, ports: Ports, folder: Path) -> Cost:
    """The cost of one job in a process that has done a small one before, as a bot that people use now and then."""
    pictures, videos = picture_pool(_CHILD_BYTES), video_pool(_CHILD_BYTES)
    async with aiohttp.ClientSession() as session, pictures, videos:
        spool = ReferenceSpool(
            session,
            files=LocalFiles(folder),
            allowed_hosts=["127.0.0.1"],
            pictures=PicturePreparation(pictures),
            frames=VideoFrames(videos),
        )
        transfer = Transfer(session, ports, folder, spool)
        work: Callable[[str], Awaitable[None]] = getattr(transfer, name)
        await work("small")
        return await cost_of(lambda: work("large"))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found = asyncio.run(measure(sys.argv[1], Ports(int(sys.argv[2]), int(sys.argv[3])), Path(sys.argv[4])))
    print(json.dumps(dataclasses.asdict(found)))
