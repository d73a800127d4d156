"""What the bot wrote in direct messages."""

from bot.sandbox.discord import User
from tests.e2e.actors.harness import Stage


def inbox(stage: Stage, user: User) -> list[str]:
    """The direct messages with a user, oldest first."""
    return [message.current.text() for message in stage.sandbox.discord.dm(user).messages]


def news(stage: Stage) -> list[str]:
    """What the operator was told."""
    return inbox(stage, stage.sandbox.discord.world.operator)
