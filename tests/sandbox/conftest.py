"""A real discord.py bot against the sandbox."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import aiohttp
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox.dimilinks import DimiLinksSandbox, TaskPace
from bot.sandbox.video_factory import SampleVideoFactory
from tests.sandbox.dimilinks_client import PlainClient


@pytest.fixture(autouse=True)
def discord_py_addresses() -> Iterator[None]:
    """discord.py keeps its addresses on classes: put them back."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[PlainClient]:
    factory = SampleVideoFactory(tmp_path / "films")
    async with (
        DimiLinksSandbox(factory=factory, pace=TaskPace(queue_s=0.15, generate_s=0.5)) as service,
        aiohttp.ClientSession() as session,
    ):
        yield PlainClient(service, session)
