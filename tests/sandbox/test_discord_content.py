"""What the bot gets to read of people's messages: by intent, by mention, in forwards, from webhooks."""

import asyncio
import inspect
from io import BytesIO

import aiohttp
import discord
import pytest
from PIL import Image

from bot.sandbox.discord import DiscordSandbox, Intents, InvalidInvocation, Message, Sticker
from bot.sandbox.discord.client import Clients
from tests.sandbox.raw_bot import RawBot, raw_bot
from tests.sandbox.small_bot import BotSession, bot_session

CONTENT = {"privileged_intents": Intents.MESSAGE_CONTENT}
WITH_CONTENT = int(
    Intents.GUILDS | Intents.GUILD_MESSAGES | Intents.DIRECT_MESSAGES | Intents.MESSAGE_CONTENT
)
LINK = {"type": "link", "url": "https://example.com/cat", "title": "A cat"}
EMPTY = {"content": "", "attachments": [], "embeds": [], "components": []}


def png() -> bytes:
    """A picture."""
    buffer = BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG")
    return buffer.getvalue()


async def answer(interaction: discord.Interaction) -> None:
    """The simplest handler."""
    await interaction.response.send_message("done")


async def say_everything(bot: RawBot, **more: object) -> Message:
    """Ana writes a message with all that a message can carry."""
    picture = bot.discord.upload("cat.png", png())
    return await bot.discord.say(
        bot.ana,
        bot.channel,
        "look",
        attachments=[picture],
        embeds=[LINK],
        stickers=[Sticker(7, "wave")],
        **more,
    )


def is_emptied(payload: dict) -> bool:
    """Whether nothing of a message can be read."""
    hidden = {"sticker_items", "message_snapshots"}
    return {name: payload[name] for name in EMPTY} == EMPTY and not hidden & payload.keys()


async def heard(s: BotSession) -> discord.Message:
    """The next message discord.py got."""
    return await asyncio.wait_for(s.bot.heard.get(), 5)


@pytest.mark.parametrize("shown", [False, True])
async def test_mention_opens_the_message_and_what_it_answers_only_by_the_switch(*, shown: bool) -> None:
    async with raw_bot() as bot:
        bot.discord.world.referenced_shown_on_mention = shown
        socket = await bot.connect()
        await socket.identify()
        picture = await say_everything(bot)
        assert is_emptied(await socket.event("MESSAGE_CREATE"))
        ping = f"<@{bot.discord.bot_user_id}>"
        await bot.discord.say(bot.ana, bot.channel, f"{ping} animate", reply_to=picture)
        data = await socket.event("MESSAGE_CREATE")
        assert data["content"].endswith("animate")
        assert data["referenced_message"]["id"] == str(picture.id)
        assert is_emptied(data["referenced_message"]) is not shown
        await bot.discord.say(bot.ana, bot.channel, f"{ping} and this", reply_to=bot.channel.messages[-1])
        assert (await socket.event("MESSAGE_CREATE"))["referenced_message"]["content"].endswith("animate")
        await bot.discord.say(bot.ana, bot.channel, "unheard", reply_to=picture)
        data = await socket.event("MESSAGE_CREATE")
        assert is_emptied(data)
        assert is_emptied(data["referenced_message"])


async def test_with_the_intent_and_in_private_everything_is_shown() -> None:
    async with raw_bot(**CONTENT) as bot:
        with_intent, without = await bot.connect(), await bot.connect()
        await with_intent.identify(intents=WITH_CONTENT)
        await without.identify()
        picture = await say_everything(bot)
        await bot.discord.say(bot.ana, bot.channel, "what is it", reply_to=picture)
        assert (await with_intent.event("MESSAGE_CREATE"))["sticker_items"] == [
            {"id": "7", "name": "wave", "format_type": 1}
        ]
        data = await with_intent.event("MESSAGE_CREATE")
        assert (data["content"], data["referenced_message"]["content"]) == ("what is it", "look")
        assert data["referenced_message"]["embeds"] == [LINK]
        inbox = bot.discord.dm(bot.ana)
        first = await bot.discord.say(bot.ana, inbox, "psst")
        await bot.discord.say(bot.ana, inbox, "well", reply_to=first)
        while (data := await without.event("MESSAGE_CREATE"))["content"] != "well":
            assert data["content"] == "psst" or is_emptied(data)
        assert data["referenced_message"]["content"] == "psst"


@pytest.mark.parametrize("allowed", [False, True])
async def test_rest_shows_other_peoples_messages_only_to_applications_with_the_intent(
    *, allowed: bool
) -> None:
    async with raw_bot(**(CONTENT if allowed else {})) as bot:
        picture = await say_everything(bot)
        await bot.discord.say(bot.ana, bot.channel, f"<@{bot.discord.bot_user_id}> hello", reply_to=picture)
        messages = f"/channels/{bot.channel.id}/messages"
        reference = {"message_reference": {"message_id": str(picture.id)}}
        own = (await bot.call("POST", messages, {"content": "mine"} | reference))[1]
        assert own["content"] == "mine"
        page = (await bot.call("GET", messages))[1]
        assert [m["content"].split()[-1:] for m in page] == [["mine"], ["hello"], ["look"] if allowed else []]
        one = (await bot.call("GET", f"{messages}/{picture.id}"))[1]
        for payload in (one, page[2], page[1]["referenced_message"], own["referenced_message"]):
            assert is_emptied(payload) is not allowed
        await bot.discord.say(bot.ana, bot.discord.dm(bot.ana), "psst")
        private = (await bot.call("GET", f"/channels/{bot.discord.dm(bot.ana).id}/messages"))[1]
        assert private[0]["content"] == "psst"


async def test_reply_pings_its_author_without_a_word_in_the_content() -> None:
    async with bot_session(answer) as s:
        ben = s.discord.add_user("Ben")
        s.guild.join(ben)
        said = await s.discord.say(s.ana, s.channel, "hello")
        pinging = await s.discord.say(ben, s.channel, "hi", reply_to=said)
        quiet = await s.discord.say(ben, s.channel, "hi", reply_to=said, mention_author=False)
        assert (pinging.pings.users, quiet.pings.users) == ((s.ana,), ())
        seen = [await heard(s) for _ in range(3)]
        assert [[user.id for user in m.mentions] for m in seen] == [[], [s.ana.id], []]
        assert pinging.payload()["content"] == "hi"


async def test_reply_to_the_bots_message_opens_the_content_but_one_to_its_answer_does_not() -> None:
    async with bot_session(answer) as s:
        reply = await s.ask()
        await reply.wait_for_answer(5)
        await s.bot.get_partial_messageable(s.channel.id).send("plain")
        plain = await s.channel.wait_for_message(lambda v: v.content == "plain", 5)
        for target in (reply.message, plain):
            await s.discord.say(s.ana, s.channel, "and a dog", reply_to=target)
        await s.discord.say(s.ana, s.channel, "quietly", reply_to=plain, mention_author=False)
        seen = [m for m in [await heard(s) for _ in range(5)] if m.author.id == s.ana.id]
        assert [m.content for m in seen] == ["", "and a dog", ""]
        assert [bool(m.mentions) for m in seen] == [False, True, False]
        assert [m.reference.resolved.content for m in seen] == ["done", "plain", "plain"]


async def test_forward_brings_a_copy_that_later_edits_do_not_reach() -> None:
    async with bot_session(answer) as s:
        picture = s.discord.upload("cat.png", png())
        original = await s.discord.say(
            s.ana, s.channel, "a cat", attachments=[picture], stickers=[Sticker(7, "wave")], embeds=[LINK]
        )
        inbox = s.discord.dm(s.ana)
        forward = await s.discord.say(s.ana, inbox, forwards=original)
        await s.discord.say(s.ana, inbox, forwards=forward)
        s.discord.core.messages.edit(original, type(original.body)(content="a dog"))
        messages = [await heard(s) for _ in range(3)]
        assert messages[0].content == ""
        for message, source in zip(messages[1:], (original, forward), strict=True):
            (copy,) = message.message_snapshots
            assert (message.content, copy.content) == ("", "a cat")
            assert message.flags.forwarded
            assert message.reference.type is discord.MessageReferenceType.forward
            assert message.reference.message_id == source.id
            assert message.reference.resolved is None
            assert await copy.attachments[0].read() == png()
            assert (copy.stickers[0].name, copy.embeds[0].title) == ("wave", "A cat")
            assert copy.created_at == discord.utils.snowflake_time(original.id)


async def test_forward_is_emptied_without_the_intent_and_made_only_of_what_one_sees() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        original = await say_everything(bot)
        await socket.event("MESSAGE_CREATE")
        forward = await bot.discord.say(bot.ana, bot.channel, forwards=original)
        data = await socket.event("MESSAGE_CREATE")
        assert is_emptied(data)
        assert data["message_reference"]["type"] == 1
        assert "referenced_message" not in data
        ping = f"<@{bot.discord.bot_user_id}>"
        await bot.discord.say(bot.ana, bot.channel, ping, forwards=original)
        assert (await socket.event("MESSAGE_CREATE"))["message_snapshots"][0]["message"]["content"] == "look"
        await bot.discord.say(bot.ana, bot.channel, ping, reply_to=forward)
        assert is_emptied((await socket.event("MESSAGE_CREATE"))["referenced_message"])
        with pytest.raises(InvalidInvocation, match="not both"):
            await bot.discord.say(bot.ana, bot.channel, reply_to=original, forwards=original)
        stranger = bot.discord.add_user("Zoe")
        with pytest.raises(InvalidInvocation, match="cannot forward"):
            await bot.discord.say(stranger, bot.discord.dm(stranger), forwards=original)


async def test_webhooks_and_other_bots_write_too() -> None:
    async with bot_session(answer) as s:
        hook, robot = s.discord.add_user("Relay"), s.discord.add_user("Robot", bot=True)
        with pytest.raises(InvalidInvocation, match="may not write"):
            await s.discord.say(robot, s.channel, "beep")
        s.guild.join(robot)
        said = await s.discord.say(hook, s.channel, "relayed", webhook=True)
        await s.discord.say(robot, s.channel, "beep")
        answered = await s.discord.say(s.ana, s.channel, "thanks", reply_to=said)
        relayed, beep = await heard(s), await heard(s)
        assert (relayed.webhook_id, relayed.author.bot) == (hook.id, True)
        assert isinstance(relayed.author, discord.User)
        assert (beep.webhook_id, beep.author.bot) == (None, True)
        assert isinstance(beep.author, discord.Member)
        assert answered.pings.users == ()
        with pytest.raises(InvalidInvocation, match="cannot use apps"):
            await s.discord.invoke("video", user=robot, channel=s.channel, options={"prompt": "x"})


@pytest.mark.parametrize(("format_type", "ending"), [(1, "png"), (2, "png"), (3, "json"), (4, "gif")])
async def test_pictures_of_stickers_come_from_the_cdn(format_type: int, ending: str) -> None:
    async with bot_session(answer) as s, aiohttp.ClientSession() as session:
        sticker = s.discord.add_sticker("wave", b"picture", format_type)
        await s.discord.say(s.ana, s.channel, f"<@{s.discord.bot_user_id}>", stickers=[sticker])
        (item,) = (await heard(s)).stickers
        assert (item.id, item.name, item.format.value) == (sticker.id, "wave", format_type)
        assert item.url.endswith(f"/stickers/{sticker.id}.{ending}")
        for path, status in ((f"{sticker.id}.{ending}", 200), (f"{sticker.id}.webp", 404), ("1.png", 404)):
            async with session.get(f"http://{s.discord.cdn_host}/stickers/{path}") as response:
                assert response.status == status
                assert (await response.read() == b"picture") is (status == 200)
        with pytest.raises(InvalidInvocation, match="4 stickers"):
            await s.discord.say(s.ana, s.channel, stickers=[sticker] * 4)
        with pytest.raises(ValueError, match="5"):
            s.discord.add_sticker("wave", b"", 5)


def test_both_ways_to_say_something_take_the_same() -> None:
    assert inspect.signature(Clients.say).parameters == inspect.signature(DiscordSandbox.say).parameters
