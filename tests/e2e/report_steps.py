"""What the tests of reported videos share: reports, hidden videos, the question about them, and the log."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import Message, MessageVersion, Reply, User
from bot.texts import forms, moderation
from bot.texts.forms import ReportReason
from tests.e2e.approval_steps import audit, moderator, question
from tests.e2e.presses import MovableClock, message_of, press, told
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_reports import reported
from tests.e2e.test_results import opens

__all__ = ["audit", "moderator", "question"]

HIDDEN = moderation.HIDDEN_HEADLINE.english
REMOVED = moderation.REMOVED_HEADLINE.english
ASKED = moderation.REVIEW_REPORT.english
PROMPT = "a paper boat"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock, rules=None) as opened:
        await rule(opened)
        yield opened


async def rule(stage: Stage, **changes: Any) -> None:
    """Have the server's moderators decide."""
    channel = next((one for one in stage.guild.channels if one.name == "reviews"), None)
    review = channel or stage.guild.add_channel("reviews")
    rules = ServerRules(
        spicy_confirmed_by=1, modes={Gate.SPICY: Mode.OPEN}, review_channel_id=review.id, reports_to_hide=2
    ).model_copy(update=changes)
    await stage.app.moderation.books.rules.change(stage.guild.id, rules)


async def report(stage: Stage, reply: Reply, user: User) -> str:
    """Report a video, with whatever the answer is."""
    return await reported(stage, await opens(stage, reply, "Report", user=user), ReportReason.SEXUAL)


async def seen(message: Message, text: str) -> MessageVersion:
    """Wait for a state of a message."""
    return await message.wait_for(lambda version: text in version.text(), TIMEOUT_S)


async def hidden(stage: Stage, reply: Reply, mod: User | None = None) -> Message:
    """Have a video hidden by a moderator; the question about it."""
    assert await report(stage, reply, mod or moderator(stage, "rita")) == forms.REPORTED.english
    await seen(message_of(reply), HIDDEN)
    return await question(stage, ASKED)


def kept(stage: Stage) -> list[Path]:
    """The files of hidden videos."""
    return [*(stage.data_dir / "media").glob("hidden-*")]


async def why(stage: Stage, card: Message, label: str, user: User, said: str = "off it goes") -> str:
    """Press one of the buttons that want a reason; what that is answered with."""
    opened = await press(stage, card, label, user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    return await told(await stage.sandbox.discord.submit(opened, {"reason": ["minor"], "words": said}))


def is_put_away(version: MessageVersion) -> bool:
    """Whether nothing is left of the video, of what was asked for, and of the buttons."""
    return not version.attachments and PROMPT not in version.text() and not version.buttons
