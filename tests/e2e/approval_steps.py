"""What the tests of approvals and of a server's rules share: moderators, their questions, the log of it all."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.audit import verify_log
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import Channel, Message, MessageVersion, Reply, User
from tests.e2e.presses import press, until
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage

HELD = "Waiting for the moderators"
CLOSED = "This was decided already."
NOT_YOURS = "Only moderators can decide this"
SPICY_OFF = {Gate.SPICY: Mode.OFF}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT) as opened:
        yield opened
        assert_log_unbroken(opened)


def assert_log_unbroken(stage: Stage) -> None:
    """Whatever happened, the log of it verifies."""
    report = verify_log(stage.data_dir / "stillmotion.sqlite3")
    assert report.broken is None


def stored(stage: Stage, statement: str) -> list[dict[str, Any]]:
    """What is stored, read from outside the bot."""
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def audit(stage: Stage, *columns: str) -> list[Any]:
    """The log, oldest entry first: the values of one column, or tuples of several."""
    rows = stored(stage, f"SELECT {', '.join(columns)} FROM audit ORDER BY number")  # noqa: S608 - ours
    return [row[columns[0]] if len(columns) == 1 else tuple(row.values()) for row in rows]


def deeds(stage: Stage) -> list[str]:
    """What the log says was done, in order."""
    return audit(stage, "action")


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
    """A spicy request that is held; whoever asks has read so."""
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
