"""Sixteen relays at once, from the video API to the disk and from there to Discord, in a process of their own.

`python -m tests.bench.delivery_relay PORT FOLDER` prints their cost as JSON.
"""

import asyncio
import dataclasses
import json
import logging
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import aiohttp
import discord
import structlog
from discord.http import Route
from pydantic import SecretStr
from yarl import URL

from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.card import Card, Tone
from bot.delivery.discord_messages import DiscordMessages
from bot.delivery.messages import Post, ReplyAddress
from bot.dimilinks import DimiLinks
from bot.interpreter import let_threads_in
from bot.jobs.job import Job, JobState
from bot.jobs.shown_video import video_file_of
from bot.video import VideoRequest
from cogs.shared.card_layout import card_layout
from tests.bench.figures import Figure
from tests.bench.measuring import Cost, cost_of
from tests.bench.relay_services import RECEIVED
from tests.dimilinks.videos import whole_mp4

RELAYS: Final = 16
VIDEO_BYTES: Final = 50_000_000
_ROUNDS: Final = 3
_TIMEOUT_S: Final = 300.0


async def run() -> list[Figure]:
    """Measure some rounds, each in a fresh process; medians."""
    costs: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        video = Path(scratch, "video.mp4")
        await asyncio.to_thread(video.write_bytes, whole_mp4(VIDEO_BYTES))
        async with _services(video) as port:
            for number in range(_ROUNDS):
                folder = Path(scratch, str(number))
                folder.mkdir()
                costs.append(await _measured(port, folder))
    return [
        Figure(
            "delivery.rss_mb",
            statistics.median(cost.rss_mb for cost in costs),
            f"the bot's peak memory above idle, {RELAYS} relays of {VIDEO_BYTES:,} bytes at once",
            at_most=48,
        ),
        Figure(
            "delivery.stall_ms",
            statistics.median(cost.stall_ms for cost in costs),
            "longest event-loop stall meanwhile",
            at_most=20,
        ),
        Figure(
            "delivery.relay_s", statistics.median(cost.wall_s for cost in costs), "seconds that they take"
        ),
    ]


@asynccontextmanager
async def _services(video: Path) -> AsyncGenerator[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.relay_services", str(video)), stdout=PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("started without a pipe")
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def _measured(port: int, folder: Path) -> Cost:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.delivery_relay", str(port), str(folder)), stdout=PIPE
    )
    async with asyncio.timeout(_TIMEOUT_S):
        out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the relays failed")
    return Cost(**json.loads(out))


class _Relay:
    """The bot's own way of a video, without a job's row around it."""

    def __init__(self, api: DimiLinks, messages: DiscordMessages, folder: Path) -> None:
        self._api = api
        self._messages = messages
        self._folder = folder

    async def relay(self, number: int) -> None:
        """Fetch a video and post it."""
        path = self._folder / f"{number}.mp4"
        await self._api.download(f"video_{number}", path)
        job = _job(number)
        card = Card(Tone.DONE, "Here is your video", "a boat", "6 s", job_id=job.id)
        await self._messages.edit_by_token(job.reply, Post(card, video_file_of(job, path)))
        await asyncio.to_thread(path.unlink)

    async def relay_all(self) -> None:
        """Relay all at once."""
        async with asyncio.TaskGroup() as group:
            for number in range(RELAYS):
                group.create_task(self.relay(number))


def _job(number: int) -> Job:
    moment = datetime.now(UTC)
    reply = ReplyAddress(
        application_id=1,
        token=SecretStr(f"token-{number}"),
        person_id=2,
        channel_id=3,
        message_id=4,
        created_at=moment,
        upload_limit_bytes=2 * VIDEO_BYTES,
        private=False,
    )
    job_id = f"{number:032x}"
    return Job(job_id, VideoRequest(prompt="a boat"), (), reply, 5, JobState.DELIVERING, moment)


async def measure(port: int, folder: Path) -> Cost:
    """Return the cost of the relays in a process that has relayed one video before."""
    base = f"http://127.0.0.1:{port}"
    Route.BASE = base
    received: list[int] = []

    async def ended(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        received.append(int(end.response.headers[RECEIVED]))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    async with (
        aiohttp.ClientSession(auto_decompress=False) as api_session,
        aiohttp.ClientSession(trace_configs=[trace]) as uploads,
        discord.Client(intents=discord.Intents.none()) as client,
    ):
        api = DimiLinks(api_session, base_url=URL(f"{base}/v1"), api_key=SecretStr("bench-key"))
        breaker = InvalidRequestBreaker(asyncio.get_running_loop().time)
        relay = _Relay(api, DiscordMessages(client, uploads, card_layout, breaker), folder)
        await relay.relay(RELAYS)
        cost = await cost_of(relay.relay_all)
    if len(received) != RELAYS + 1 or min(received) < VIDEO_BYTES:
        raise RuntimeError(f"not all of it arrived: {received}")
    return cost


if __name__ == "__main__":
    let_threads_in()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(json.dumps(dataclasses.asdict(asyncio.run(measure(int(sys.argv[1]), Path(sys.argv[2]))))))
