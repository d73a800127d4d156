"""Events that the local Discord delivers twice: at once, later, in a replay, after a restart, to two processes."""

import pytest

from bot.sandbox.discord import RepeatedEvent
from tests.sandbox.raw_bot import RawBot, RawSocket, raw_bot


async def connected(bot: RawBot) -> RawSocket:
    """One more connection of the bot, with its servers read."""
    socket = await bot.connect()
    await socket.identify()
    await socket.event("GUILD_CREATE")
    return socket


@pytest.mark.parametrize("after_s", [0.0, 0.2])
async def test_an_interaction_comes_twice_with_the_same_id_and_token(after_s: float) -> None:
    async with raw_bot() as bot:
        socket = await connected(bot)
        bot.discord.event_faults.append(RepeatedEvent(after_s=after_s))
        reply = await bot.ask()
        first, second = [await socket.event("INTERACTION_CREATE") for _ in range(2)]
        assert first == second
        assert (first["id"], first["token"]) == (str(reply.interaction.id), reply.interaction.token)
        again = await bot.ask()
        bot.channel.set_nsfw(True)
        assert (await socket.event("INTERACTION_CREATE"))["id"] == str(again.interaction.id)
        assert (await socket.packet())["t"] == "CHANNEL_UPDATE"


async def test_a_press_and_a_form_come_twice_too() -> None:
    async with raw_bot() as bot:
        row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Go", "custom_id": "go"}]}
        reply = await bot.ask()
        await bot.callback(reply, 4, {"content": "x", "components": [row]})
        socket = await connected(bot)
        bot.discord.event_faults.append(RepeatedEvent(times=2))
        pressed = await bot.discord.press(reply, "go", user=bot.ana)
        assert [(await socket.event("INTERACTION_CREATE"))["type"] for _ in range(2)] == [3, 3]
        words = {"type": 4, "custom_id": "words", "style": 1, "label": "Words", "required": False}
        form = {"title": "F", "custom_id": "f", "components": [{"type": 1, "components": [words]}]}
        assert (await bot.callback(pressed, 9, form))[0] == 200
        await bot.discord.submit(pressed, {"words": "a boat"})
        assert [(await socket.event("INTERACTION_CREATE"))["type"] for _ in range(2)] == [5, 5]


async def test_a_message_comes_twice() -> None:
    async with raw_bot() as bot:
        socket = await connected(bot)
        bot.discord.event_faults.append(RepeatedEvent("MESSAGE_CREATE"))
        message = await bot.discord.say(bot.ana, bot.channel, "hello")
        ids = [(await socket.event("MESSAGE_CREATE"))["id"] for _ in range(2)]
        assert ids == [str(message.id)] * 2


async def test_a_replay_repeats_what_the_client_has_seen() -> None:
    async with raw_bot() as bot:
        socket = await connected(bot)
        seen, older = await bot.ask(), await bot.discord.say(bot.ana, bot.channel, "hello")
        await socket.event("MESSAGE_CREATE")
        bot.discord.gateway.replayed_again = 2
        await bot.discord.drop_gateway()
        missed = await bot.ask()
        again = await bot.connect()
        await again.packet()
        resume = {"token": bot.discord.token, "session_id": socket.session_id, "seq": socket.sequence}
        await again.send(6, resume)
        packets = [await again.packet() for _ in range(4)]
        assert packets[-1]["t"] == "RESUMED"
        expected = [seen.interaction.id, older.id, missed.interaction.id]
        assert [packet["d"]["id"] for packet in packets[:3]] == [str(one) for one in expected]
        assert [packet["s"] for packet in packets[:3]] == [socket.sequence + n for n in (-1, 0, 1)]


async def test_interactions_and_messages_come_again_after_a_restart() -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        message = await bot.discord.say(bot.ana, bot.channel, "hello")
        await bot.callback(reply, 5)
        await bot.discord.drop_gateway(resumable=False)
        socket = await connected(bot)
        bot.discord.redeliver(reply)
        bot.discord.redeliver(message, after_s=0.1)
        assert (await socket.event("INTERACTION_CREATE"))["token"] == reply.interaction.token
        assert (await socket.event("MESSAGE_CREATE"))["id"] == str(message.id)
        status, body = await bot.callback(reply, 5)
        assert (status, body["code"]) == (400, 40060)


async def test_two_processes_under_one_token_both_hear_of_it() -> None:
    async with raw_bot() as bot:
        one, other = await connected(bot), await connected(bot)
        reply = await bot.ask()
        heard = [(await socket.event("INTERACTION_CREATE"))["id"] for socket in (one, other)]
        assert heard == [str(reply.interaction.id)] * 2


async def test_random_repetitions_come_at_their_rate_and_the_same_from_the_same_seed() -> None:
    seen: list[list[int]] = []
    for _ in range(2):
        async with raw_bot(seed=3) as bot:
            socket = await connected(bot)
            bot.discord.event_faults.at_random(0.5, longest_s=0.0)
            counts: list[int] = []
            for _ in range(20):
                await bot.discord.say(bot.ana, bot.channel, "hello")
                bot.channel.set_nsfw(True)
                names = [(await socket.packet())["t"]]
                while names[-1] != "CHANNEL_UPDATE":
                    names.append((await socket.packet())["t"])
                counts.append(names.count("MESSAGE_CREATE"))
            seen.append(counts)
    assert seen[0] == seen[1]
    assert set(seen[0]) == {1, 2}
