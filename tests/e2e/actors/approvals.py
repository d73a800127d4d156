"""Approvals: a server's rules, its moderators, and the questions to them."""

from typing import Any

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import Channel, Message, MessageVersion, Reply, User
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.timing import until

HELD = "Waiting for the moderators"
CLOSED = "This was decided already."
NOT_YOURS = "Only moderators can decide this"
SPICY_OFF = {Gate.SPICY: Mode.OFF}


async def rule(harness: Harness, **changes: object) -> None:
    """Have the server's moderators decide."""
    review = reviews_channel(harness) or harness.guild.add_channel("reviews", nsfw=True)
    rules = ServerRules(
        spicy_confirmed_by=1,
        modes={Gate.SPICY: Mode.APPROVAL},
        review_channel_id=review.id,
    ).model_copy(update=changes)
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)


async def change_rules(harness: Harness, **changes: object) -> None:
    """Change the server's rules as they are, without a review channel of its own."""
    caches = harness.app.moderation.caches
    changed = caches.rules.of(harness.guild.id).model_copy(update=changes)
    await caches.rules.change(harness.guild.id, changed)


def reviews_channel(harness: Harness) -> Channel | None:
    return next((one for one in harness.guild.channels if one.name == "reviews"), None)


def moderator(harness: Harness, name: str = "mo", *, locale: str = "en-US") -> User:
    user = harness.sandbox.discord.add_user(name, locale=locale)
    harness.guild.join(user, [harness.guild.add_role(name, ["manage_messages"])])
    return user


def cards(harness: Harness) -> list[Message]:
    """Every question that was put into the review channel."""
    channel = reviews_channel(harness)
    return [one for one in channel.messages if not one.ephemeral] if channel is not None else []


async def question(harness: Harness, text: str = "May this video be made?") -> Message:
    channel = reviews_channel(harness)
    assert channel is not None
    return await channel.wait_for_message(lambda version: text in version.text(), TIMEOUT_S)


async def spicy(harness: Harness, prompt: str = "a lighthouse", *, channel: Channel | None = None) -> Reply:
    return await harness.video(prompt, channel=channel or harness.adult_channel, preset="spicy")


async def ask(harness: Harness, prompt: str = "a lighthouse", **options: Any) -> Reply:
    """A spicy request that is held; its user has been told so."""
    options.setdefault("channel", harness.adult_channel)
    reply = await harness.video(prompt, preset="spicy", **options)
    await held(reply)
    return reply


async def held(reply: Reply) -> MessageVersion:
    return await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)


async def parked(harness: Harness) -> None:
    """Wait until the newest video is laid aside, since it may not be posted."""
    await until(lambda: harness.rows("parked_at")[-1]["parked_at"] is not None)
    await harness.app.jobs.runner.idle()


async def deny(
    harness: Harness, card: Message, user: User, *, label: str = "Deny…", words: str = "not today"
) -> Reply:
    opened = await press(harness, card, label, user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    return await harness.sandbox.discord.submit(opened, {"reason": ["off_topic"], "words": words})
