"""A gateway's client, whose shards change while it runs."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox.discord import DiscordFault, DiscordSandbox, Guild
from bot.sandbox.discord.snowflakes import shard_of
from cogs.gateway_client import GatewayClient

SHARDS = 2
WITHIN_S = 60.0


@asynccontextmanager
async def gateway(sandbox: DiscordSandbox, folder: Path) -> AsyncGenerator[GatewayClient]:
    async with GatewayClient(folder, aiohttp.TraceConfig()) as client:
        await client.log_in(sandbox.token, lambda _: None)
        connected = asyncio.create_task(client.connect())
        try:
            yield client
        finally:
            await client.close()
            await connected


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordSandbox]:
    async with DiscordSandbox(shards=SHARDS) as running:
        monkeypatch.setattr(Route, "BASE", running.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
        yield running


def guild_of_each(sandbox: DiscordSandbox) -> list[Guild]:
    found: dict[int, Guild] = {}
    while len(found) < SHARDS:
        guild = sandbox.add_guild("Server")
        found.setdefault(shard_of(guild.id, SHARDS), guild)
    return [found[shard] for shard in range(SHARDS)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 - the client tells nobody
            await asyncio.sleep(0.02)


async def test_a_server_of_another_gateway_was_not_left(sandbox: DiscordSandbox, tmp_path: Path) -> None:
    here, elsewhere = guild_of_each(sandbox)
    foreign = sandbox.add_guild("Foreign", bot_installed=False)
    async with gateway(sandbox, tmp_path) as client:
        assert client.connected, "in reserve"
        await client.serve_shards(frozenset({0}), SHARDS)
        await until(lambda: client.is_told_of(here.id))
        assert client.connected
        assert client.get_guild(here.id) is not None
        assert client.get_guild(elsewhere.id) is None
        assert [await client.is_in_server(one.id) for one in (here, elsewhere, foreign)] == [
            True,
            True,
            False,
        ]
        found = await client.look_up_guild(elsewhere.id)
        assert isinstance(found, discord.Guild)
        sandbox.faults.append(DiscordFault("GET /guilds/*", status=503, times=10))
        assert await client.is_in_server(elsewhere.id) is None, "nobody can tell"
        assert await client.is_in_server(here.id)


async def test_shards_come_and_go_while_it_runs(sandbox: DiscordSandbox, tmp_path: Path) -> None:
    first, second = guild_of_each(sandbox)
    ready = sandbox.gateway.ready_shards
    async with gateway(sandbox, tmp_path) as client:
        await client.serve_shards(frozenset({0}), SHARDS)
        await until(lambda: client.is_told_of(first.id))
        await client.serve_shards(frozenset({0, 1}), SHARDS)
        await until(lambda: client.is_told_of(second.id))
        assert ready() == {0, 1}
        await client.serve_shards(frozenset({1}), SHARDS)
        assert not client.is_told_of(first.id)
        assert first.id not in {guild.id for guild in client.guilds}
        await until(lambda: ready() == {1})
        await sandbox.drop_gateway(resumable=False)
        await until(lambda: ready() == {1} and client.connected)
        await client.serve_shards(frozenset({0, 1}), SHARDS)
        await until(lambda: client.is_told_of(first.id))
        assert ready() == {0, 1}
        assert {first.id, second.id} <= {guild.id for guild in client.guilds}
    assert sandbox.violations == []


async def test_the_late_end_of_an_earlier_connection_says_nothing_of_the_present_one(
    sandbox: DiscordSandbox, tmp_path: Path
) -> None:
    first, _ = guild_of_each(sandbox)
    async with gateway(sandbox, tmp_path) as client:
        await client.serve_shards(frozenset({0}), SHARDS)
        await until(lambda: client.is_told_of(first.id))
        # As the library tells of it once a farewell was not answered for 30 seconds.
        client.dispatch("shard_disconnect", 0)
        lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.05, lost.set_result, None)
        await lost
        assert client.is_told_of(first.id)
        assert client.connected


async def test_events_of_a_shard_that_another_has_are_not_handled(
    sandbox: DiscordSandbox, tmp_path: Path
) -> None:
    first, _ = guild_of_each(sandbox)
    joined: list[int] = []
    async with gateway(sandbox, tmp_path) as client:
        held = True

        async def is_held(_shard_id: int) -> bool:
            return held

        async def on_guild_channel_create(channel: discord.abc.GuildChannel) -> None:
            joined.append(channel.id)

        client.is_held = is_held
        client.add_listener(on_guild_channel_create)
        await client.serve_shards(frozenset({0, 1}), SHARDS)
        await until(lambda: client.is_told_of(first.id))
        seen = first.add_channel("seen")
        await until(lambda: joined == [seen.id])
        held = False
        first.add_channel("unseen")
        sequence = sandbox.gateway.sessions.values()
        await until(lambda: all(session.outbox is None or session.outbox.empty() for session in sequence))
        held = True
        last = first.add_channel("last")
        await until(lambda: last.id in joined)
        assert joined == [seen.id, last.id]


async def test_a_server_that_removed_the_bot_while_the_gateway_was_away_is_forgotten(
    sandbox: DiscordSandbox, tmp_path: Path
) -> None:
    first, second = guild_of_each(sandbox)
    async with gateway(sandbox, tmp_path) as client:
        await client.serve_shards(frozenset({0, 1}), SHARDS)
        await until(lambda: client.is_told_of(first.id) and client.is_told_of(second.id))
        await until(lambda: {first.id, second.id} <= {guild.id for guild in client.guilds})
        await sandbox.drop_gateway(resumable=False)
        first.kick(sandbox.world.bot)
        await until(lambda: client.get_guild(first.id) is None)
        await until(lambda: client.is_told_of(first.id) and client.is_told_of(second.id))
        assert await client.look_up_guild(first.id) is None
        assert await client.look_up_guild(second.id) is not None
