"""Approvals: a server's rules, its moderators, and the questions to them."""

from typing import Any

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import Channel, Message, MessageVersion, Reply, User
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Stage
from tests.e2e.actors.timing import until

HELD = "Waiting for the moderators"
CLOSED = "This was decided already."
NOT_YOURS = "Only moderators can decide this"
SPICY_OFF = {Gate.SPICY: Mode.OFF}


async def rule(stage: Stage, **changes: object) -> None:
    """Have the server's moderators decide."""
    review = reviews_channel(stage) or stage.guild.add_channel("reviews", nsfw=True)
    rules = ServerRules(
        spicy_confirmed_by=1,
        modes={Gate.SPICY: Mode.APPROVAL},
        review_channel_id=review.id,
    ).model_copy(update=changes)
    await stage.app.moderation.books.rules.change(stage.guild.id, rules)


async def change_rules(stage: Stage, **changes: object) -> None:
    """Change the server's rules as they are, without a review channel of its own."""
    books = stage.app.moderation.books
    changed = books.rules.of(stage.guild.id).model_copy(update=changes)
    await books.rules.change(stage.guild.id, changed)


def reviews_channel(stage: Stage) -> Channel | None:
    return next((one for one in stage.guild.channels if one.name == "reviews"), None)


def moderator(stage: Stage, name: str = "mo", *, locale: str = "en-US") -> User:
    user = stage.sandbox.discord.add_user(name, locale=locale)
    stage.guild.join(user, [stage.guild.add_role(name, ["manage_messages"])])
    return user


def cards(stage: Stage) -> list[Message]:
    """Every question that was put into the review channel."""
    channel = reviews_channel(stage)
    return [one for one in channel.messages if not one.ephemeral] if channel is not None else []


async def question(stage: Stage, text: str = "May this video be made?") -> Message:
    channel = reviews_channel(stage)
    assert channel is not None
    return await channel.wait_for_message(lambda version: text in version.text(), TIMEOUT_S)


async def spicy(stage: Stage, prompt: str = "a lighthouse", *, channel: Channel | None = None) -> Reply:
    return await stage.video(prompt, channel=channel or stage.adult_channel, preset="spicy")


async def ask(stage: Stage, prompt: str = "a lighthouse", **options: Any) -> Reply:
    """A spicy request that is held; its user has been told so."""
    options.setdefault("channel", stage.adult_channel)
    reply = await stage.video(prompt, preset="spicy", **options)
    await held(reply)
    return reply


async def held(reply: Reply) -> MessageVersion:
    return await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)


async def parked(stage: Stage) -> None:
    """Wait until the newest video is laid aside, since it may not be posted."""
    await until(lambda: stage.rows("parked_at")[-1]["parked_at"] is not None)
    await stage.app.engine.idle()


async def deny(
    stage: Stage, card: Message, user: User, *, label: str = "Deny…", words: str = "not today"
) -> Reply:
    opened = await press(stage, card, label, user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    return await stage.sandbox.discord.submit(opened, {"reason": ["off_topic"], "words": words})
