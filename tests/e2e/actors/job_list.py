"""`/jobs`."""

from bot.sandbox.discord import Channel, Reply, User
from tests.e2e.actors.harness import TIMEOUT_S, Harness


async def list_jobs(harness: Harness, *, user: User | None = None, channel: Channel | None = None) -> Reply:
    """Type `/jobs`, and wait for the answer."""
    reply = await harness.sandbox.discord.invoke(
        "jobs", user=user or harness.user, channel=channel or harness.channel
    )
    await reply.wait_for_answer(TIMEOUT_S)
    return reply
