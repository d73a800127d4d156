"""A local Discord that is away: refusing, unavailable, behind a ban, or without a gateway."""

import asyncio

import aiohttp
import pytest

from bot.sandbox.discord import DiscordFault, DiscordSandbox, OddAnswer
from bot.sandbox.discord.gateway import Absence
from tests.sandbox.raw_bot import RawBot, raw_bot


@pytest.mark.parametrize(("answer", "kind"), [(None, "application/json"), (OddAnswer.PAGE, "text/html")])
async def test_it_is_unavailable_at_the_start(answer: OddAnswer | None, kind: str) -> None:
    async with DiscordSandbox() as sandbox, aiohttp.ClientSession() as session:
        sandbox.faults.append(DiscordFault("*", 503, message="Service Unavailable", answer=answer, times=2))
        bot = RawBot(sandbox, session)
        assert [(await bot.call_text("GET", "/users/@me"))[0] for _ in range(3)] == [503, 503, 200]
        sandbox.faults.append(DiscordFault("*", 503, answer=answer))
        await bot.call_text("GET", "/gateway/bot")
        assert bot.headers["Content-Type"].startswith(kind)


async def test_cloudflare_bans_the_address_for_a_while() -> None:
    async with DiscordSandbox() as sandbox, aiohttp.ClientSession() as session:
        ban = DiscordFault("*", 429, via=False, retry_after_s=600, answer=OddAnswer.PAGE)
        sandbox.faults.append(ban)
        bot = RawBot(sandbox, session)
        assert await bot.call_text("GET", "/users/@me") == (429, "error code: 1015")
        assert bot.headers["Retry-After"] == "600"
        assert "Via" not in bot.headers


async def test_it_refuses_connections_and_comes_back_at_the_same_address() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        await bot.discord.pause()
        await socket.close_code()
        assert socket.socket.closed
        with pytest.raises(aiohttp.ClientConnectorError):
            await bot.call("GET", "/users/@me")
        with pytest.raises(aiohttp.ClientConnectorError):
            await bot.connect()
        await bot.discord.resume()
        assert (await bot.call("GET", "/users/@me"))[0] == 200


async def test_the_gateway_stays_away_for_a_set_time_and_resumes_then() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        await socket.event("GUILD_CREATE")
        loop = asyncio.get_running_loop()
        began = loop.time()
        await bot.discord.gateway.stay_away(0.5)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await bot.connect()
        assert refused.value.status == 503
        assert (await bot.call("GET", "/gateway/bot"))[0] == 200
        missed = await bot.ask()
        await asyncio.sleep(0.5 - (loop.time() - began))
        again = await bot.connect()
        await again.packet()
        resume = {"token": bot.discord.token, "session_id": socket.session_id, "seq": socket.sequence}
        await again.send(6, resume)
        assert (await again.event("INTERACTION_CREATE"))["id"] == str(missed.interaction.id)


async def test_sessions_can_be_lost_while_the_gateway_is_away() -> None:
    async with raw_bot() as bot:
        await bot.discord.gateway.stay_away(0.0, resumable=False)
        assert bot.discord.gateway.sessions == {}


@pytest.mark.parametrize("absence", [Absence.HUNG_UP, Absence.GREETED])
async def test_a_gateway_that_is_away_takes_connections_and_closes_them(absence: Absence) -> None:
    async with raw_bot() as bot:
        await bot.discord.gateway.stay_away(600, absence)
        socket = await bot.connect()
        if absence is Absence.GREETED:
            assert (await socket.packet())["op"] == 10
            await socket.send(1, None)
        assert await socket.close_code() == 1001
        assert bot.discord.gateway.turned_away == 1
        assert bot.discord.violations == []
