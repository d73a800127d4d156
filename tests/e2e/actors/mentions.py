"""Messages that mention the bot, and its answers to them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.sandbox.discord import Attachment, Channel, Message, MessageVersion
from bot.sandbox.discord.events import Event
from tests.e2e.actors.buttons import without_change
from tests.e2e.actors.harness import ENDINGS, QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.pictures import picture

CALM = replace(QUICK, edit_interval_s=0.6)
"""Five edits of one channel's messages in five seconds are all that Discord takes from a bot."""
RAIN = "make it rain 10s vertical"


def ping(harness: Harness, text: str = "") -> str:
    return f"<@{harness.sandbox.discord.bot_user_id}> {text}"


def upload_of_width(harness: Harness, width: int = 140, name: str = "cat.png") -> Attachment:
    """A picture that is known again by its width."""
    return harness.sandbox.discord.upload(name, picture(size=(width, 100)))


async def say(
    harness: Harness, text: str = "", pictures: int = 0, *, channel: Channel | None = None, **more: Any
) -> Message:
    """Post a message with pictures, by default as ada in the server's channel."""
    attached = [upload_of_width(harness) for _ in range(pictures)]
    more.setdefault("attachments", attached)
    user = more.pop("user", harness.user)
    return await harness.sandbox.discord.say(user, channel or harness.channel, text, **more)


def answers(asked: Message) -> list[Message]:
    bot = asked.channel.world.bot
    return [found for found in asked.channel.messages if found.author is bot and found.reply_to is asked]


async def answer_to(asked: Message) -> Message:
    """The bot's reply to a message."""

    def found() -> Message | None:
        return next(iter(answers(asked)), None)

    return await asked.channel.changed.until(found, TIMEOUT_S, "an answer")


async def said_to(asked: Message) -> str:
    """The words with which a message is answered where no video comes of it."""
    return without_change((await answer_to(asked)).versions[0].text())


async def ended(harness: Harness, asked: Message) -> MessageVersion:
    """The last version of the only answer to a message."""
    shown = await (await answer_to(asked)).wait_for(
        lambda version: bool(version.videos) or any(end in version.text() for end in ENDINGS), TIMEOUT_S
    )
    await harness.app.jobs.runner.idle()
    assert len(answers(asked)) == 1
    return shown


@contextmanager
def overheard(harness: Harness, *, passed_on: bool = True) -> Generator[list[Event]]:
    """The gateway's events of meanwhile, of which the bot hears only if they are passed on."""
    events: list[Event] = []
    world = harness.sandbox.discord.world
    announce = world.announce

    def hear(event: Event) -> None:
        events.append(event)
        if passed_on:
            announce(event)

    world.announce = hear
    try:
        yield events
    finally:
        world.announce = announce
