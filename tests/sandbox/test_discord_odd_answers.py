"""Requests that the local Discord carries out and answers oddly, late, or not at all."""

import asyncio
import json
from contextlib import suppress

import aiohttp
import pytest

from bot.sandbox.discord import DiscordFault, Drop, OddAnswer, Reply
from tests.sandbox.raw_bot import RawBot, raw_bot

CALLBACK, EDIT, SEND = "POST /interactions/*", "PATCH /webhooks/*", "POST /channels/*/messages"
BODIES = {OddAnswer.EMPTY: "", OddAnswer.EMPTY_JSON: "", OddAnswer.LIST: "[]"}


def check_odd(answer: OddAnswer, bot: RawBot, status: int, text: str) -> None:
    """The answer says 200 and nothing that can be read as the API's."""
    assert status == 200
    if answer is OddAnswer.PAGE:
        assert text.startswith("<html>")
        assert bot.headers["Content-Type"].startswith("text/html")
    else:
        assert text == BODIES[answer]
    assert (bot.headers.get("Content-Type") == "application/json") is (
        answer in {OddAnswer.EMPTY_JSON, OddAnswer.LIST}
    )


async def deferred(bot: RawBot) -> Reply:
    reply = await bot.ask()
    assert (await bot.callback(reply, 5))[0] == 200
    return reply


@pytest.mark.parametrize("answer", [OddAnswer.PAGE, *BODIES])
async def test_an_acknowledgement_is_taken_whatever_its_answer(answer: OddAnswer) -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        bot.discord.faults.append(DiscordFault(CALLBACK, answer=answer))
        path = bot.callback_path(reply)
        check_odd(answer, bot, *await bot.call_text("POST", path, {"type": 5}, token=False))
        assert reply.ack_type == 5
        assert (await bot.callback(reply, 5))[1]["code"] == 40060


@pytest.mark.parametrize("answer", [OddAnswer.PAGE, *BODIES])
async def test_edits_uploads_and_messages_are_carried_out_whatever_their_answer(answer: OddAnswer) -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        bot.discord.faults.append(DiscordFault(EDIT, answer=answer, times=2))
        path = bot.hook(reply, "/messages/@original")
        check_odd(answer, bot, *await bot.call_text("PATCH", path, {"content": "one"}, token=False))
        assert reply.current.content == "one"
        form = bot.form({"attachments": [{"id": 0}]}, 100)
        check_odd(answer, bot, *await bot.call_text("PATCH", path, data=form, token=False))
        assert [file.filename for file in reply.current.attachments] == ["f0.mp4"]
        bot.discord.faults.append(DiscordFault(SEND, answer=answer))
        path = f"/channels/{bot.channel.id}/messages"
        check_odd(answer, bot, *await bot.call_text("POST", path, {"content": "two"}))
        assert bot.channel.messages[-1].current.content == "two"


async def test_refusals_stay_true_under_odd_answers() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        bot.discord.faults.append(DiscordFault(EDIT, answer=OddAnswer.PAGE))
        status, body = await bot.edit(reply, {"content": "x" * 2001})
        assert (status, body["code"]) == (400, 50035)


@pytest.mark.parametrize("fault", [{"answer": OddAnswer.TORN}, {"drop": Drop.AFTER}])
async def test_an_acknowledgement_is_taken_though_its_answer_is_cut(fault: dict) -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        bot.discord.faults.append(DiscordFault(CALLBACK, **fault))
        with pytest.raises(aiohttp.ClientError):
            await bot.callback(reply, 5)
        assert reply.ack_type == 5


async def test_an_acknowledgement_is_taken_long_before_its_answer_comes() -> None:
    async with raw_bot(ack_deadline_s=0.3) as bot:
        reply = await bot.ask()
        bot.discord.faults.append(DiscordFault(CALLBACK, answer_delay_s=0.6))
        began = asyncio.get_running_loop().time()
        assert (await bot.callback(reply, 5))[0] == 200
        assert asyncio.get_running_loop().time() - began >= 0.6
        assert reply.ack_delay_s < 0.3
        assert not reply.failed


async def test_another_process_acknowledges_first() -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        bot.discord.faults.append(DiscordFault(CALLBACK, acknowledged_elsewhere=True))
        status, body = await bot.callback(reply, 4, {"content": "mine"})
        assert (status, body["code"]) == (400, 40060)
        assert (reply.ack_type, reply.message.loading) == (5, True)
        assert (await bot.edit(reply, {"content": "any process may edit"}))[0] == 200


async def test_random_odd_answers_keep_to_their_routes_and_their_seed() -> None:
    seen: list[list[str]] = []
    for _ in range(2):
        async with raw_bot(seed=11) as bot:
            bot.discord.limiter.enabled = False
            reply = await deferred(bot)
            faults = [DiscordFault(EDIT, answer=answer) for answer in (OddAnswer.PAGE, OddAnswer.LIST)]
            bot.discord.faults.at_random(0.6, faults)
            path = bot.hook(reply, "/messages/@original")
            texts = [
                (await bot.call_text("PATCH", path, {"content": str(n)}, token=False))[1][:1]
                for n in range(20)
            ]
            seen.append(texts)
            assert (await bot.call("GET", "/users/@me"))[0] == 200
            assert reply.current.content == "19"
    assert seen[0] == seen[1]
    assert set(seen[0]) == {"<", "[", "{"}


async def test_a_torn_edit_promised_more_than_it_sent() -> None:
    async with raw_bot() as bot:
        reply = await deferred(bot)
        bot.discord.faults.append(DiscordFault(EDIT, answer=OddAnswer.TORN))
        url = bot.discord.api_url + bot.hook(reply, "/messages/@original")
        received = b""
        async with bot.session.patch(url, json={"content": "whole"}) as response:
            with suppress(aiohttp.ClientPayloadError):
                async for chunk in response.content.iter_any():
                    received += chunk
            assert 0 < len(received) < int(response.headers["Content-Length"])
        with pytest.raises(json.JSONDecodeError):
            json.loads(received)
        assert reply.current.content == "whole"
