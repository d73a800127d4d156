"""AutoMod, which refuses messages for their words; and descriptions, which have a limit."""

import pytest

from bot.sandbox.discord import Reply
from tests.sandbox.raw_bot import RawBot, raw_bot

BLOCKED = (400, 200000)
V2 = 1 << 15


def card(text: str = "fine", description: str | None = None, name: str = "f0.mp4") -> dict:
    """A message with a text and a gallery of one file."""
    item = {"media": {"url": f"attachment://{name}"}, "description": description}
    parts = [{"type": 10, "content": text}, {"type": 12, "items": [item]}]
    return {
        "flags": V2,
        "attachments": [{"id": 0, "filename": name, "description": description}],
        "components": [{"type": 17, "components": parts}],
    }


async def deferred(bot: RawBot) -> Reply:
    reply = await bot.ask()
    await bot.callback(reply, 5)
    return reply


@pytest.mark.parametrize(
    "payload",
    [card("a BADWORD here"), card(description="a badword"), card(name="badword.mp4")],
    ids=["text", "description", "name"],
)
async def test_an_edit_with_a_blocked_word_changes_nothing(payload: dict) -> None:
    async with raw_bot() as bot:
        bot.guild.automod_words.add("badword")
        reply = await deferred(bot)
        status, body = await bot.edit(reply, data=bot.form(payload, 10))
        assert (status, body["code"]) == BLOCKED
        assert len(reply.versions) == 1
        assert (await bot.edit(reply, data=bot.form(card(), 10)))[0] == 200
        bot.guild.automod_words.clear()
        assert (await bot.edit(reply, data=bot.form(payload, 10)))[0] == 200


async def test_a_blocked_word_is_refused_in_every_way_to_write() -> None:
    async with raw_bot() as bot:
        bot.guild.automod_words.add("badword")
        said = {"content": "badword"}
        first = await bot.callback(await bot.ask(), 4, said)
        follow_up = await bot.call("POST", bot.hook(await deferred(bot)), said, token=False)
        path = f"/channels/{bot.channel.id}/messages"
        sent = await bot.call("POST", path, said)
        assert [(status, body["code"]) for status, body in (first, follow_up, sent)] == [BLOCKED] * 3
        _, message = await bot.call("POST", path, {"content": "fine"})
        status, body = await bot.call("PATCH", f"{path}/{message['id']}", said)
        assert (status, body["code"]) == BLOCKED


@pytest.mark.parametrize("chars", [1024, 1025])
async def test_a_description_has_1024_characters_at_most(chars: int) -> None:
    async with raw_bot() as bot:
        reply, described = await deferred(bot), "d" * chars
        status, body = await bot.edit(reply, data=bot.form(card(description=described), 10))
        if chars == 1024:
            assert status == 200
            assert [one.description for one in reply.current.attachments] == [described]
        else:
            assert (status, body["code"]) == (400, 50035)
            assert "description" in str(body["errors"]), body
