"""Reported videos: reporting, hiding, and the question to the moderators."""

from pathlib import Path
from typing import Any

from bot.moderation.reporting import ReportReason
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import Message, MessageVersion, Reply, User
from bot.texts import forms, moderation
from tests.e2e.actors.approvals import moderator, question
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import stored

HIDDEN = moderation.HIDDEN_HEADLINE.english
REMOVED = moderation.REMOVED_HEADLINE.english
ASKED = moderation.REVIEW_REPORT.english
PROMPT = "a paper boat"


async def rule(harness: Harness, **changes: Any) -> None:
    """Have the server's moderators decide."""
    channel = next((one for one in harness.guild.channels if one.name == "reviews"), None)
    review = channel or harness.guild.add_channel("reviews")
    rules = ServerRules(
        spicy_confirmed_by=1, modes={Gate.SPICY: Mode.OPEN}, review_channel_id=review.id, reports_to_hide=2
    ).model_copy(update=changes)
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)


async def report(harness: Harness, reply: Reply, user: User) -> str:
    """Report a video, with whatever the answer is."""
    return await reported(harness, await opens(harness, reply, "Report", user=user), ReportReason.SEXUAL)


async def seen(message: Message, text: str) -> MessageVersion:
    """Wait for a state of a message."""
    return await message.wait_for(lambda version: text in version.text(), TIMEOUT_S)


async def hidden(harness: Harness, reply: Reply, mod: User | None = None) -> Message:
    """Have a video hidden by a moderator; the question about it."""
    assert await report(harness, reply, mod or moderator(harness, "rita")) == forms.REPORTED.english
    await seen(message_of(reply), HIDDEN)
    return await question(harness, ASKED)


def kept(harness: Harness) -> list[Path]:
    """The files of hidden videos."""
    return [*(harness.data_dir / "media").glob("hidden-*")]


async def why(
    harness: Harness, card: Message | Reply, label: str, user: User, said: str = "off it goes"
) -> str:
    """Press one of the buttons that want a reason; what that is answered with."""
    opened = await press(harness, card, label, user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    return await told(await harness.sandbox.discord.submit(opened, {"reason": ["minor"], "words": said}))


def is_hidden(version: MessageVersion) -> bool:
    """True if nothing is left of the video, of what was asked for, and of the buttons."""
    return not version.attachments and PROMPT not in version.text() and not version.buttons


def reports(harness: Harness) -> list[dict[str, Any]]:
    """What is kept, read from outside the bot."""
    return stored(harness, "SELECT * FROM reports ORDER BY created_at")


async def reported(harness: Harness, opened: Reply, reason: ReportReason, added: str = "") -> str:
    """What a report is answered with, in private."""
    sent = await send(harness, opened, {"reason": [reason.value], "words": added})
    shown = await sent.wait_for(lambda version: bool(version.text()), TIMEOUT_S)
    assert sent.ephemeral
    return shown.text()
