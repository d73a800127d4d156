"""Where the bot is used: groups, direct messages, forums, voice channels, servers it is not in."""

import asyncio

import discord
import pytest
from discord import app_commands

from bot.sandbox.discord import ChannelKind, Guild, InvalidInvocation
from tests.sandbox.raw_bot import COMMAND, RawBot, raw_bot
from tests.sandbox.small_bot import bot_session

ANYWHERE = COMMAND | {"integration_types": [0, 1], "contexts": [0, 1, 2]}


async def answer(interaction: discord.Interaction) -> None:
    """The simplest handler."""
    await interaction.response.send_message("done")


async def test_discord_py_answers_in_a_group_that_it_cannot_see() -> None:
    places: list[discord.Interaction] = []

    @app_commands.command(name="anywhere", description="x")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def anywhere(interaction: discord.Interaction) -> None:
        places.append(interaction)
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content="done")

    async with bot_session(answer) as s:
        s.bot.tree.add_command(anywhere)
        await s.bot.tree.sync()
        ben = s.discord.add_user("Ben")
        group = s.discord.add_group([s.ana, ben])
        reply = await s.discord.invoke("anywhere", user=s.ana, channel=group)
        await reply.wait_for(lambda version: version.content == "done", 5)
        (interaction,) = places
        assert isinstance(interaction.channel, discord.GroupChannel)
        assert {user.id for user in interaction.channel.recipients} == {s.ana.id, ben.id}
        assert interaction.channel.owner.id == s.ana.id
        assert interaction.context.private_channel
        assert interaction.is_user_integration()
        assert not interaction.is_guild_integration()
        assert interaction.app_permissions.attach_files
        assert not interaction.app_permissions.send_messages
        with pytest.raises(discord.Forbidden):
            await s.bot.fetch_channel(group.id)
        with pytest.raises(discord.Forbidden):
            await s.bot.get_partial_messageable(group.id).send("x")
        await s.discord.say(ben, group, f"<@{s.discord.bot_user_id}> hello")
        await s.discord.say(s.ana, s.channel, f"<@{s.discord.bot_user_id}> over here")
        assert (await asyncio.wait_for(s.bot.heard.get(), 5)).content.endswith("over here")
        assert s.bot.heard.empty()


async def test_interaction_names_by_whose_installation_the_app_is_there() -> None:
    async with raw_bot() as bot:
        await bot.register(ANYWHERE)
        ben = bot.discord.add_user("Ben")
        bot.guild.join(ben)
        group, inbox = bot.discord.add_group([bot.ana, ben]), bot.discord.dm(bot.ana)
        mine = {"1": str(bot.ana.id)}
        owners = {bot.channel: (0, {"0": str(bot.guild.id)}), inbox: (1, {"0": "0"}), group: (2, mine)}
        for channel, expected in owners.items():
            reply = await bot.discord.invoke("video", user=bot.ana, channel=channel, options={"prompt": "x"})
            payload = reply.interaction.payload
            assert (payload["context"], payload["authorizing_integration_owners"]) == expected
            assert reply.interaction.user_install_only is (channel is group)
        card = {"content": "x", "components": [{"type": 1, "components": [BUTTON]}]}
        assert (await bot.callback(reply, 4, card))[0] == 200
        pressed = await bot.discord.press(reply, "Press", user=ben)
        assert pressed.interaction.payload["authorizing_integration_owners"] == mine
        await bot.register(ANYWHERE | {"integration_types": [1]})
        for channel in owners:
            reply = await bot.discord.invoke("video", user=bot.ana, channel=channel, options={"prompt": "x"})
            assert reply.interaction.payload["authorizing_integration_owners"] == mine


BUTTON = {"type": 2, "style": 1, "label": "Press", "custom_id": "a"}


@pytest.mark.parametrize(
    ("command", "offered"),
    [
        ({}, {"server", "inbox"}),
        ({"integration_types": [0, 1]}, {"server", "inbox", "group", "elsewhere"}),
        ({"integration_types": [1]}, {"server", "inbox", "group", "elsewhere"}),
        ({"integration_types": [0, 1], "contexts": [0]}, {"server", "elsewhere"}),
        ({"integration_types": [0, 1], "contexts": [1]}, {"inbox"}),
        ({"integration_types": [0, 1], "contexts": [2]}, {"group"}),
        ({"integration_types": [0], "contexts": [0, 1, 2]}, {"server", "inbox"}),
    ],
)
async def test_command_is_offered_where_its_contexts_and_installations_allow(
    command: dict, offered: set[str]
) -> None:
    async with raw_bot() as bot:
        await bot.register(COMMAND | command)
        elsewhere = bot.discord.add_guild("Elsewhere", bot_installed=False)
        elsewhere.join(bot.ana)
        places = {
            "server": bot.channel,
            "inbox": bot.discord.dm(bot.ana),
            "group": bot.discord.add_group([bot.ana, bot.discord.add_user("Ben")]),
            "elsewhere": elsewhere.add_channel("general"),
        }
        taken: set[str] = set()
        for name, channel in places.items():
            try:
                await bot.discord.invoke("video", user=bot.ana, channel=channel, options={"prompt": "x"})
                taken.add(name)
            except InvalidInvocation:
                continue
        assert taken == offered


async def test_group_is_closed_to_the_bots_token_and_to_strangers_but_not_to_its_interactions() -> None:
    async with raw_bot() as bot:
        await bot.register(ANYWHERE)
        group = bot.discord.add_group([bot.ana, bot.discord.add_user("Ben")])
        path = f"/channels/{group.id}"
        for method, rest, payload in (
            ("GET", "", None),
            ("GET", "/messages", None),
            ("POST", "/messages", {}),
        ):
            status, body = await bot.call(method, path + rest, payload)
            assert (status, body["code"]) == (403, 50001)
        reply = await bot.discord.invoke("video", user=bot.ana, channel=group, options={"prompt": "x"})
        assert (await bot.callback(reply, 5))[0] == 200
        assert (await bot.edit(reply, {"content": "done"}))[0] == 200
        assert reply.text == "done"
        with pytest.raises(InvalidInvocation, match="by this person"):
            await bot.discord.invoke(
                "video", user=bot.discord.add_user("Zoe"), channel=group, options={"prompt": "x"}
            )
        for users in ([], [bot.ana, bot.discord.world.bot]):
            with pytest.raises(ValueError, match="made of people"):
                bot.discord.add_group(users)


async def test_discord_py_works_in_forum_posts_and_voice_chats() -> None:
    where: list[discord.Interaction] = []

    async def handler(interaction: discord.Interaction) -> None:
        where.append(interaction)
        await interaction.response.send_message("done")

    async with bot_session(handler) as s:
        forum = s.guild.add_channel("forum", kind=ChannelKind.FORUM, nsfw=True)
        post, voice = forum.add_thread("post"), s.guild.add_channel("voice", kind=ChannelKind.VOICE)
        for channel in (post, voice):
            reply = await s.discord.invoke("video", user=s.ana, channel=channel, options={"prompt": "x"})
            assert (await reply.wait_for_answer(5)).content == "done"
            said = await s.discord.say(s.ana, channel, f"<@{s.discord.bot_user_id}> hello")
            while (message := await asyncio.wait_for(s.bot.heard.get(), 5)).id != said.id:
                pass
            await message.reply("hi")
            assert (await channel.wait_for_message(lambda v: v.content == "hi", 5)).reply_to is said
        in_post, in_voice = where
        assert isinstance(in_post.channel, discord.Thread)
        assert isinstance(in_post.channel.parent, discord.ForumChannel)
        assert in_post.channel.is_nsfw()
        assert isinstance(in_voice.channel, discord.VoiceChannel)
        assert s.discord.violations == []


async def later_session(bot: RawBot, guild: Guild) -> dict:
    """The server as a session that starts now gets it."""
    socket = await bot.connect()
    await socket.identify()
    while (data := await socket.event("GUILD_CREATE"))["id"] != str(guild.id):
        pass
    return data


async def test_forum_holds_posts_alone_and_a_later_session_hears_of_them() -> None:
    async with raw_bot() as bot:
        forum = bot.guild.add_channel("forum", kind=ChannelKind.FORUM)
        voice = bot.guild.add_channel("voice", kind=ChannelKind.VOICE)
        post = forum.add_thread("post")
        guild = await later_session(bot, bot.guild)
        channels = {channel["name"]: channel for channel in guild["channels"]}
        assert (channels["forum"]["type"], channels["forum"]["available_tags"]) == (15, [])
        assert (channels["voice"]["type"], channels["voice"]["bitrate"]) == (2, 64_000)
        (thread,) = guild["threads"]
        assert (thread["id"], thread["parent_id"]) == (str(post.id), str(forum.id))
        assert thread["applied_tags"] == []
        status, body = await bot.call("POST", f"/channels/{forum.id}/messages", {"content": "x"})
        assert (status, body["code"]) == (400, 50008)
        with pytest.raises(InvalidInvocation, match="may not write"):
            await bot.discord.say(bot.ana, forum, "x")
        with pytest.raises(InvalidInvocation, match="cannot use apps"):
            await bot.discord.invoke("video", user=bot.ana, channel=forum, options={"prompt": "x"})
        for channel, private in ((voice, False), (forum, True), (post, False)):
            with pytest.raises(ValueError, match="threads"):
                channel.add_thread("more", private=private)


async def test_threads_go_by_the_permission_to_write_in_threads() -> None:
    async with raw_bot() as bot:
        post = bot.guild.add_channel("forum", kind=ChannelKind.FORUM).add_thread("post")
        post.parent.deny(bot.ana, "send_messages")
        await bot.discord.say(bot.ana, post, "x")
        post.parent.deny(bot.ana, "send_messages_in_threads")
        with pytest.raises(InvalidInvocation, match="may not write"):
            await bot.discord.say(bot.ana, post, "x")


async def test_messages_in_archived_threads_are_changed_once_somebody_opens_them() -> None:
    async with raw_bot() as bot:
        thread = bot.channel.add_thread("ideas")
        path, said = f"/channels/{thread.id}", {"content": "said"}
        _, message = await bot.call("POST", f"{path}/messages", said)
        there = f"{path}/messages/{message['id']}"

        async def codes(*calls: tuple[str, str, object]) -> list[int]:
            return [(await bot.call(*one))[1].get("code", 0) for one in calls]

        edit, delete = ("PATCH", there, said), ("DELETE", there, None)
        opens, closes = ("PATCH", path, {"archived": False}), ("PATCH", path, {"archived": True})
        thread.set_archived(True)
        assert await codes(edit, delete, opens, edit, closes) == [50083, 50083, 0, 0, 50013]
        bot.channel.allow_bot("manage_threads")
        thread.locked = True
        assert await codes(closes, closes, edit, opens, edit) == [0, 50083, 50083, 0, 0]
        bot.channel.deny_bot("manage_threads")
        thread.set_archived(True)
        assert await codes(opens, ("POST", f"{path}/messages", said), edit) == [50013, 50013, 50083]
        assert thread.archived
