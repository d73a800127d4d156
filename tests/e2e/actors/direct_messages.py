"""What the bot wrote in direct messages."""

from bot.sandbox.discord import User
from tests.e2e.actors.harness import Harness


def inbox(harness: Harness, user: User) -> list[str]:
    """The direct messages with a user, oldest first."""
    return [message.current.text() for message in harness.sandbox.discord.dm(user).messages]


def news(harness: Harness) -> list[str]:
    """What the operator was told."""
    return inbox(harness, harness.sandbox.discord.world.operator)
