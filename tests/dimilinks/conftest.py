import contextlib
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks import ApiTimeouts, DimiLinks, Pace
from tests.dimilinks.clients import KEY, QUICK, ClientFor, ServeRaw
from tests.dimilinks.servers import RawHandler, RawServer, RecordingServer


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.fixture
def client_for(session: aiohttp.ClientSession) -> ClientFor:
    def build(url: URL, timeouts: ApiTimeouts = QUICK, pace: Pace | None = None) -> DimiLinks:
        return DimiLinks(session, base_url=url / "v1", api_key=SecretStr(KEY), timeouts=timeouts, pace=pace)

    return build


@pytest.fixture
async def api() -> AsyncIterator[RecordingServer]:
    async with RecordingServer() as server:
        yield server


@pytest.fixture
async def elsewhere() -> AsyncIterator[RecordingServer]:
    async with RecordingServer() as server:
        yield server


@pytest.fixture
def client(api: RecordingServer, client_for: ClientFor) -> DimiLinks:
    return client_for(api.url)


@pytest.fixture
async def serve_raw() -> AsyncIterator[ServeRaw]:
    async with contextlib.AsyncExitStack() as stack:

        async def serve(handler: RawHandler) -> RawServer:
            return await stack.enter_async_context(RawServer(handler))

        yield serve


@pytest.fixture
def closed_port() -> int:
    """A port that refuses connections: bound a moment ago, and closed again."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
