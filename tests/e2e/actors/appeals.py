"""Suspensions, appeals against them, and the questions about these to the moderators."""

from datetime import timedelta

from bot.moderation.members.member import Member
from bot.sandbox.discord import Channel, Message, Reply, User
from bot.texts import moderation as words
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.moderation.audited import alone

HEADLINE = words.APPEAL_HEADLINE.english
LIFT, KEEP = words.APPEAL_LIFT.english, words.APPEAL_KEEP.english


def member(harness: Harness, user: User | None = None) -> Member:
    return harness.app.moderation.caches.members.of(harness.guild.id, (user or harness.user).id)


async def suspend(harness: Harness, by: User | None, *, hours: int = 5, user: User | None = None) -> None:
    await alone(
        harness.app.moderation.audit_log,
        harness.app.moderation.caches.members.suspend,
        harness.guild.id,
        (user or harness.user).id,
        until=harness.now() + timedelta(hours=hours),
        by=by.id if by is not None else None,
        reason="spam",
        now=harness.now(),
    )


async def refused(harness: Harness, user: User | None = None) -> Reply:
    """A request that is refused because of a suspension."""
    reply = await harness.video("a paper boat", user=user)
    assert "You are suspended" in await told(reply)
    assert reply.ephemeral
    return reply


async def appeal(
    harness: Harness, reply: Reply, said: str = "it was not me", *, user: User | None = None
) -> str:
    """Press the button, fill the form in; what that is answered with."""
    opened = await press(harness, reply, "Appeal…", user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {"words": said})
    answered = await told(sent)
    assert sent.ephemeral
    return answered


def reviews(harness: Harness) -> Channel:
    return next(one for one in harness.guild.channels if one.name == "reviews")


async def card_of(harness: Harness, said: str = "it was not me", channel: Channel | None = None) -> Message:
    """The question to the moderators."""
    return await (channel or reviews(harness)).wait_for_message(
        lambda version: HEADLINE in version.text() and said in version.text(), TIMEOUT_S
    )


async def appealed(harness: Harness, by: User | None) -> Message:
    """The card of an appeal against a suspension."""
    await suspend(harness, by)
    assert await appeal(harness, await refused(harness)) == words.APPEALED.english
    return await card_of(harness)
