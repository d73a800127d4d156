"""The gateway: identify, heartbeats, resume with replay, and its close codes."""

import asyncio

import aiohttp
import discord
import pytest

from bot.sandbox.discord import DiscordSandbox, Intents
from tests.sandbox.raw_bot import RawBot, raw_bot
from tests.sandbox.small_bot import bot_session


async def answer(interaction: discord.Interaction) -> None:
    """The simplest handler."""
    await interaction.response.send_message("done")


async def test_ready_names_the_shard_and_servers_follow() -> None:
    async with raw_bot(shards=2) as bot:
        socket = await bot.connect()
        own = (bot.guild.id >> 22) % 2
        ready = await socket.identify(shard=[own, 2])
        assert ready["shard"] == [own, 2]
        assert ready["guilds"] == [{"id": str(bot.guild.id), "unavailable": True}]
        guild = await socket.event("GUILD_CREATE")
        assert [c["name"] for c in guild["channels"]] == ["videos"]
        assert [m["user"]["id"] for m in guild["members"]] == [str(bot.discord.bot_user_id)]
        other = await (await bot.connect()).identify(shard=[1 - own, 2])
        assert other["guilds"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"shard": [2, 2]}, 4010),
        ({"intents": 1 << 40}, 4013),
        ({"intents": int(Intents.MESSAGE_CONTENT)}, 4014),
        ({"properties": {}}, 4002),
    ],
)
async def test_bad_identify_is_closed_with_its_code(changes: dict, code: int) -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.packet()
        await socket.send(2, {"token": bot.discord.token, "intents": 1, "properties": {"os": "x"}} | changes)
        assert await socket.close_code() == code
        assert str(code) in bot.discord.violations[-1]


async def test_privileged_intent_is_granted_once_switched_on() -> None:
    async with raw_bot(privileged_intents=Intents.MESSAGE_CONTENT) as bot:
        socket = await bot.connect()
        await socket.identify(intents=int(Intents.MESSAGE_CONTENT | Intents.GUILD_MESSAGES))
        await bot.discord.say(bot.ana, bot.channel, "readable")
        assert (await socket.event("MESSAGE_CREATE"))["content"] == "readable"


@pytest.mark.parametrize(
    ("packet", "code"),
    [("nonsense", 4002), ('{"op": 3, "d": {}}', 4003), ("[]", 4002)],
)
async def test_bad_first_packet_is_closed_with_its_code(packet: str, code: int) -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.packet()
        await socket.socket.send_str(packet)
        assert await socket.close_code() == code


@pytest.mark.parametrize(("op", "code"), [(2, 4005), (42, 4001)])
async def test_bad_later_packet_is_closed_with_its_code(op: int, code: int) -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        await socket.send(op, {"token": bot.discord.token})
        assert await socket.close_code() == code


async def test_old_gateway_version_is_refused() -> None:
    async with raw_bot() as bot:
        assert await (await bot.connect("?v=6")).close_code() == 4012


async def test_heartbeat_is_acknowledged() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        hello = await socket.packet()
        assert hello == {
            "op": 10,
            "d": {"heartbeat_interval": 41250, "_trace": ["sandbox"]},
            "s": None,
            "t": None,
        }
        await socket.send(1, None)
        assert (await socket.packet())["op"] == 11


async def test_connection_without_heartbeats_is_closed() -> None:
    async with DiscordSandbox(heartbeat_interval_s=0.5) as sandbox, aiohttp.ClientSession() as session:
        # It need not identify: on a busy machine its time may be over before it has.
        socket = await RawBot(sandbox, session).connect()
        assert await socket.close_code() == 4009


async def test_flood_of_commands_is_closed() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        for _ in range(125):
            await socket.send(3, {})
        assert await socket.close_code() == 4008


async def test_resume_replays_what_was_missed_in_order() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        await socket.event("GUILD_CREATE")
        await bot.discord.drop_gateway()
        bot.channel.set_nsfw(True)
        await bot.ask()
        again = await bot.connect()
        await again.packet()
        await again.send(
            6, {"token": bot.discord.token, "session_id": socket.session_id, "seq": socket.sequence}
        )
        packets = [await again.packet() for _ in range(3)]
        assert [p["t"] for p in packets] == ["CHANNEL_UPDATE", "INTERACTION_CREATE", "RESUMED"]
        assert [p["s"] for p in packets] == [socket.sequence + n for n in (1, 2, 3)]


@pytest.mark.parametrize("seq", [10_000, None])
async def test_resume_that_cannot_be_served_gets_an_invalid_session(seq: int | None) -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        await bot.discord.drop_gateway()
        again = await bot.connect()
        await again.packet()
        await again.send(6, {"token": bot.discord.token, "session_id": socket.session_id, "seq": seq})
        assert await again.packet() == {"op": 9, "d": False, "s": None, "t": None}


async def test_second_identify_within_the_interval_gets_an_invalid_session() -> None:
    async with raw_bot(identify_interval_s=5.0) as bot:
        socket = await bot.connect()
        await socket.packet()
        await socket.send(2, {"token": bot.discord.token, "intents": 1, "properties": {"os": "x"}})
        assert (await socket.packet())["op"] == 9


async def test_discord_py_resumes_after_a_drop_and_answers_what_came_meanwhile() -> None:
    async with bot_session(answer) as s:
        await s.discord.drop_gateway()
        reply = await s.ask()
        assert (await reply.wait_for_answer(5)).content == "done"
        await asyncio.wait_for(s.bot.resumed.wait(), 5)
        assert (s.discord.gateway.identifies, s.discord.gateway.resumes) == (1, 1)


async def test_discord_py_follows_a_request_to_reconnect() -> None:
    async with bot_session(answer) as s:
        await s.discord.reconnect_request()
        await asyncio.wait_for(s.bot.resumed.wait(), 5)
        assert (await (await s.ask()).wait_for_answer(5)).content == "done"
        assert s.discord.gateway.identifies == 1


async def test_discord_py_identifies_anew_when_its_session_is_gone() -> None:
    async with bot_session(answer) as s:
        await s.discord.drop_gateway(resumable=False)
        await s.discord.gateway.changed.until(
            lambda: s.discord.gateway.identifies == 2 or None, 10, "a second identify"
        )
        await s.discord.wait_until_ready(5)
        assert (await (await s.ask()).wait_for_answer(5)).content == "done"


async def test_interaction_without_any_bot_fails_for_the_person() -> None:
    async with raw_bot() as bot:
        await bot.discord.drop_gateway(resumable=False)
        assert (await bot.ask()).failed


async def test_changes_of_the_server_reach_discord_py() -> None:
    async with bot_session(answer) as s:
        await (await s.ask()).wait_for_answer(5)
        channel = s.bot.get_channel(s.channel.id)
        assert channel.permissions_for(channel.guild.me).attach_files
        s.channel.deny_bot("attach_files")
        s.channel.set_nsfw(True)
        made = s.guild.add_channel("more")
        role = s.guild.add_role("Producers", ["manage_messages"])
        second = s.discord.add_guild("Second", boost_tier=3)
        await (await s.ask()).wait_for_answer(5)
        assert channel.is_nsfw()
        assert not channel.permissions_for(channel.guild.me).attach_files
        assert s.bot.get_channel(made.id).name == "more"
        assert channel.guild.get_role(role.id).permissions.manage_messages
        assert s.bot.get_guild(second.id).filesize_limit == 100 * 1024 * 1024
        s.guild.kick(s.discord.world.bot)
        second.join(s.ana)
        there = second.add_channel("videos")
        reply = await s.discord.invoke("video", user=s.ana, channel=there, options={"prompt": "x"})
        await reply.wait_for_answer(5)
        assert s.bot.get_guild(s.guild.id) is None
