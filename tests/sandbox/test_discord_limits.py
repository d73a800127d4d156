"""Rate limits, scripted and random faults, and how discord.py gets through them."""

import asyncio

import aiohttp
import discord
import pytest

from bot.sandbox.discord import BucketRule, DiscordFault, Drop, RateLimits, Scope
from tests.sandbox.raw_bot import raw_bot
from tests.sandbox.small_bot import Card, bot_session

EDIT = "PATCH /webhooks/*/messages/@original"


async def defer_and_edit(interaction: discord.Interaction) -> None:
    """Defer, then show a card."""
    await interaction.response.defer()
    await interaction.edit_original_response(view=Card("shown"))


async def test_every_answer_carries_the_headers_of_its_bucket() -> None:
    async with raw_bot() as bot:
        await bot.call("GET", f"/channels/{bot.channel.id}")
        headers = bot.headers
        assert headers["X-RateLimit-Limit"] == "30"
        assert headers["X-RateLimit-Remaining"] == "29"
        assert 0 < float(headers["X-RateLimit-Reset-After"]) <= 5
        assert len(headers["X-RateLimit-Bucket"]) == 32
        await bot.call("GET", f"/channels/{bot.channel.id}")
        assert bot.headers["X-RateLimit-Remaining"] == "28"


async def test_request_beyond_the_limit_gets_a_429_of_discord_and_the_window_forgives_it() -> None:
    limits = RateLimits(channel_messages=BucketRule("channel_messages", 2, 0.1))
    async with raw_bot(limits=limits) as bot:
        path = f"/channels/{bot.channel.id}/messages"
        statuses = [(await bot.call("POST", path, {"content": "x"}))[0] for _ in range(2)]
        status, body = await bot.call("POST", path, {"content": "x"})
        assert (*statuses, status) == (200, 200, 429)
        assert 0 < body["retry_after"] <= 0.1
        assert body["global"] is False
        assert bot.headers["Via"]
        assert bot.headers["X-RateLimit-Scope"] == "user"
        assert bot.discord.request_log.invalid_requests == 1
        await asyncio.sleep(body["retry_after"])
        assert (await bot.call("POST", path, {"content": "x"}))[0] == 200


async def test_tokens_of_different_interactions_do_not_share_a_bucket() -> None:
    async with raw_bot(limits=RateLimits(webhook=BucketRule("webhook", 1, 5.0))) as bot:
        replies = [await bot.ask(), await bot.ask()]
        for reply in replies:
            await bot.callback(reply, 5)
            assert (await bot.edit(reply, {"content": "x"}))[0] == 200
        assert (await bot.edit(replies[0], {"content": "y"}))[0] == 429


async def test_fifty_a_second_is_the_limit_over_all_routes_but_not_for_interactions() -> None:
    limits = RateLimits(other=BucketRule("other", 1000, 5.0), global_rule=BucketRule("global", 50, 30.0))
    async with raw_bot(limits=limits) as bot:
        statuses = [(await bot.call("GET", "/users/@me"))[0] for _ in range(50)]
        assert statuses == [200] * 49 + [429]  # registering the command was the first of the fifty
        assert bot.headers["X-RateLimit-Global"] == "true"
        assert (await bot.callback(await bot.ask(), 5))[0] == 200


async def test_discord_py_waits_out_a_full_webhook_bucket() -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        for n in range(5):
            await interaction.edit_original_response(content=f"step {n}")

    async with bot_session(handler, limits=RateLimits(webhook=BucketRule("webhook", 2, 0.1))) as s:
        reply = await s.ask()
        await reply.wait_for(lambda v: v.content == "step 4", 5)
        assert s.discord.request_log.invalid_requests == 0
        gaps = [b.at - a.at for a, b in zip(reply.versions[1:], reply.versions[2:], strict=False)]
        assert max(gaps) > 0.05


@pytest.mark.parametrize(
    "fault",
    [
        DiscordFault(EDIT, 429, retry_after_s=0.05),
        DiscordFault(EDIT, 429, retry_after_s=0.05, scope=Scope.SHARED),
        DiscordFault(EDIT, delay_s=0.05),
    ],
)
async def test_discord_py_gets_through_a_short_fault(fault: DiscordFault) -> None:
    async with bot_session(defer_and_edit) as s:
        s.discord.faults.append(fault)
        version = await (await s.ask()).wait_for_answer(5)
        assert version.text() == "shown\n[Refresh]"
        assert fault.hits == 1
        counted = fault.status == 429 and fault.scope is Scope.USER
        assert s.discord.request_log.invalid_requests == int(counted)


async def test_discord_py_gives_up_on_a_429_of_cloudflare() -> None:
    async with bot_session(defer_and_edit) as s:
        s.discord.faults.append(DiscordFault(EDIT, 429, via=False))
        reply = await s.ask()
        await asyncio.wait_for(s.bot.failed.wait(), 5)
        assert len(reply.versions) == 1
        (error,) = s.bot.errors
        assert error.original.status == 429


async def test_discord_py_repeats_a_request_after_a_500() -> None:
    async with bot_session(defer_and_edit) as s:
        s.discord.faults.append(DiscordFault(EDIT, 500))
        assert (await (await s.ask()).wait_for_answer(5)).text() == "shown\n[Refresh]"
        counts = s.discord.request_log.counts
        name = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
        assert (counts[name, 500], counts[name, 200]) == (1, 1)


@pytest.mark.parametrize(("drop", "arrived"), [(Drop.BEFORE, 0), (Drop.AFTER, 1)])
async def test_dropped_connection_loses_the_request_or_only_its_answer(drop: Drop, arrived: int) -> None:
    async with raw_bot() as bot:
        bot.discord.faults.append(DiscordFault("POST /channels/*/messages", drop=drop))
        with pytest.raises(aiohttp.ClientError):
            await bot.call("POST", f"/channels/{bot.channel.id}/messages", {"content": "x"})
        assert len(bot.channel.messages) == arrived


async def test_random_faults_are_the_same_for_the_same_seed() -> None:
    async def outcomes(seed: int) -> list[int]:
        async with raw_bot(seed=seed) as bot:
            bot.discord.faults.rate(0.5, (500, 502), "GET /users/@me")
            return [(await bot.call("GET", "/users/@me"))[0] for _ in range(20)]

    first = await outcomes(1)
    assert set(first) == {200, 500, 502}
    assert first == await outcomes(1)
    assert first != await outcomes(2)


async def test_latency_is_added_to_every_request() -> None:
    async with raw_bot() as bot:
        bot.discord.latency_s = 0.05
        await bot.call("GET", "/users/@me")
        assert bot.discord.request_log.requests[-1].duration_s >= 0.05
