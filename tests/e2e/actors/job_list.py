"""`/jobs`."""

from bot.sandbox.discord import Channel, Reply, User
from tests.e2e.actors.harness import TIMEOUT_S, Stage


async def list_jobs(stage: Stage, *, user: User | None = None, channel: Channel | None = None) -> Reply:
    """Type `/jobs`, and wait for the answer."""
    reply = await stage.sandbox.discord.invoke(
        "jobs", user=user or stage.user, channel=channel or stage.channel
    )
    await reply.wait_for_answer(TIMEOUT_S)
    return reply
