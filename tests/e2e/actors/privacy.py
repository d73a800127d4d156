"""`/privacy`: typing its commands, pressing its buttons."""

import json
from typing import Any

from bot.sandbox.discord import Channel, Reply, User
from bot.texts import privacy as words
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness


async def privacy(
    harness: Harness, command: str, *, user: User | None = None, channel: Channel | None = None
) -> Reply:
    """Type one of the commands, and wait for its answer, which is always private."""
    reply = await harness.sandbox.discord.invoke(
        f"privacy {command}", user=user or harness.user, channel=channel or harness.channel, options={}
    )
    await told(reply)
    assert reply.ephemeral
    return reply


async def deleted(harness: Harness, *, user: User | None = None) -> str:
    """Delete everything, with the press that confirms it; what that is answered with."""
    asked = await privacy(harness, "delete", user=user)
    question = message_of(asked)
    await press(harness, asked, words.DELETE.english, user=user)
    under_way = {"", words.DELETING.english}
    shown = await question.wait_for(
        lambda version: version.text() not in under_way and not version.buttons, TIMEOUT_S
    )
    return shown.text()


async def export(harness: Harness, *, user: User | None = None) -> dict[str, Any]:
    """The contents of the exported file."""
    reply = await privacy(harness, "export", user=user)
    shown = await reply.wait_for(lambda version: bool(version.attachments), TIMEOUT_S)
    (file,) = shown.attachments
    assert file.filename.startswith("my-data-")
    return json.loads(file.path.read_text("utf-8"))
