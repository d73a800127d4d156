"""Decisions of moderators while the audit log takes no entry: nothing has changed, and they read so."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Reply
from bot.storage import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import moderation
from bot.texts import spicy as spicy_words
from tests.e2e import settings_steps
from tests.e2e.approval_steps import (
    ask,
    assert_log_unbroken,
    deeds,
    deny,
    moderator,
    question,
    rule,
    stored,
)
from tests.e2e.presses import MovableClock, press, told, until, whispered
from tests.e2e.report_steps import hidden, report, why
from tests.e2e.spicy_steps import spicy
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_appeals import LIFT, appeal, appealed, refused
from tests.e2e.test_results import delivered

Act = Callable[[], Awaitable[str]]
"""What a moderator or a user does, which can be done again if it failed; what it is answered with."""
ADA: dict[str, Any] = {"person": "ada"}
DECIDED = {"reviews", "votes", "members", "strikes", "servers", "terms", "reports", "audit"}


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock) as opened:
        yield opened
        assert_log_unbroken(opened)


@asynccontextmanager
async def refusing_log(stage: Stage) -> AsyncGenerator[None]:
    """The table of the log takes no entry, while all others can be written."""
    refusing = "CREATE TRIGGER refusing BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'refused'); END"
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql(refusing)
    yield
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql("DROP TRIGGER refusing")


def everything(stage: Stage) -> dict[str, Any]:
    """All that is decided: on the disk, in memory, and on the messages that others see."""
    books, guild_id = stage.app.moderation.books, stage.guild.id
    kept = {table: stored(stage, f"SELECT * FROM {table}") for table in DECIDED}  # noqa: S608 - ours
    return kept | {
        "jobs": stage.rows("state, review_id"),
        "rules": books.rules.of(guild_id),
        "member": books.members.of(guild_id, stage.user.id),
        "words": books.words.listed(guild_id),
        "messages": {
            message.id: (message.current.text(), len(message.current.buttons))
            for channel in stage.guild.channels
            for message in channel.messages
            if not message.ephemeral
        },
        "told": [message.id for message in stage.sandbox.discord.dm(stage.user).messages],
    }


async def placed(stage: Stage) -> None:
    """Wait until it is noted that a job waits, and where its question is."""
    await until(
        lambda: (
            all(row["review_id"] for row in stage.rows("review_id"))
            and all(row["message_id"] for row in stored(stage, "SELECT message_id FROM reviews"))
        )
    )
    await stage.app.engine.idle()


# What is tried: each brings the stage to where it can be done.


async def _asked(stage: Stage, quorum: int = 1) -> Reply:
    await rule(stage, quorum=quorum, strikes_to_suspend=1)
    reply = await ask(stage)
    await question(stage)
    await placed(stage)
    return reply


def _pressing(label: str, quorum: int = 1) -> Callable[[Stage], Awaitable[Act]]:
    async def prepare(stage: Stage) -> Act:
        await _asked(stage, quorum)
        mo, card = moderator(stage), await question(stage)
        if label == "Take my vote back":
            await told(await press(stage, card, "Approve", user=mo))

        async def act() -> str:
            if label.endswith("…"):
                return await told(await deny(stage, card, mo, label=label))
            return await told(await press(stage, card, label, user=mo))

        return act

    return prepare


async def _removing(stage: Stage) -> Act:
    await rule(stage, strikes_to_suspend=1)
    reply, mo = await delivered(stage), moderator(stage)
    card = await hidden(stage, reply)
    return lambda: why(stage, card, "Remove and strike…", mo)


async def _cancelling(stage: Stage) -> Act:
    reply = await _asked(stage)

    async def act() -> str:
        return await told(await press(stage, reply, "Cancel"))

    return act


async def _reporting(stage: Stage) -> Act:
    await rule(stage, reports_to_hide=5)
    reply, bob = await delivered(stage), stage.member("bob")
    return lambda: report(stage, reply, bob)


def _typing(command: str, *before: dict[str, Any], **options: Any) -> Callable[[Stage], Awaitable[Act]]:
    async def prepare(stage: Stage) -> Act:
        mo = moderator(stage)
        for earlier in before:
            await spicy(stage, command, mo, **earlier)
        await stage.app.engine.idle()

        async def act() -> str:
            return (await spicy(stage, command, mo, **options)).text

        return act

    return prepare


async def _lifting(stage: Stage) -> Act:
    await _suspended(stage)
    return await _typing("suspend", **ADA, hours=0, reason="enough")(stage)


async def _suspended(stage: Stage) -> None:
    """Have ada suspended, and told so."""
    await spicy(stage, "suspend", moderator(stage, "max"), **ADA, hours=5, reason="spam")
    await stage.sandbox.discord.dm(stage.user).wait_for_message(lambda _: True, TIMEOUT_S)


async def _muting(stage: Stage) -> Act:
    mo = moderator(stage)
    shown = await spicy(stage, "user", mo, person="ada")

    async def act() -> str:
        pressed = await press(stage, shown, spicy_words.MUTE.english, user=mo)
        await pressed.wait_for_answer(TIMEOUT_S)
        return await _beside(pressed, lambda: "reports_muted" in deeds(stage))

    return act


async def _beside(pressed: Reply, done: Callable[[], bool]) -> str:
    """What was said beside a panel, which is nothing where what was wanted is done."""
    return "" if done() else await whispered(pressed)


async def _setting(stage: Stage) -> Act:
    opened = await settings_steps.settings(stage, settings_steps.boss(stage), "Numbers")

    async def act() -> str:
        chosen = await settings_steps.choose(stage, opened, "quorum", "5")
        return await _beside(chosen, lambda: "rules_changed" in deeds(stage))

    return act


async def _switching_on(stage: Stage) -> Act:
    await stage.app.moderation.books.rules.change(stage.guild.id, ServerRules())
    user = settings_steps.boss(stage)

    async def act() -> str:
        opened = await settings_steps.settings(stage, user)
        sent = await settings_steps.confirm(stage, opened, "modes.spicy", "open")
        return await _beside(sent, lambda: "spicy_switched_on" in deeds(stage))

    return act


async def _appealing(stage: Stage) -> Act:
    await rule(stage)
    await _suspended(stage)
    reply = await refused(stage)
    return lambda: appeal(stage, reply)


async def _deciding_an_appeal(stage: Stage) -> Act:
    await rule(stage)
    card, rita = await appealed(stage, None), moderator(stage, "rita")

    async def act() -> str:
        return await told(await press(stage, card, LIFT, user=rita))

    return act


VOTED = ["vote_cast", "request_denied"]
TRIED: dict[str, tuple[Callable[[Stage], Awaitable[Act]], list[str]]] = {
    "vote": (_pressing("Approve", 2), ["vote_cast"]),
    "deciding vote": (_pressing("Approve"), ["vote_cast", "request_approved"]),
    "vote and trust": (_pressing("Approve and trust"), ["vote_cast", "request_approved", "trusted"]),
    "vote and suspend": (_pressing("Deny and suspend…"), [*VOTED, "suspended"]),
    "remove and strike": (_removing, [*VOTED, "strike_given", "suspended", "video_removed"]),
    "take back": (_pressing("Take my vote back", 2), ["vote_taken_back"]),
    "cancel": (_cancelling, ["request_expired"]),
    "report": (_reporting, ["video_reported"]),
    "trust": (_typing("trust", **ADA, list="trusted"), ["trusted"]),
    "block": (_typing("trust", **ADA, list="blocked"), ["blocked"]),
    "unlist": (_typing("trust", ADA | {"list": "trusted"}, **ADA, list="neither"), ["unlisted"]),
    "suspend": (_typing("suspend", **ADA, hours=1, reason="spam"), ["suspended"]),
    "lift": (_lifting, ["suspension_lifted"]),
    "mute": (_muting, ["reports_muted"]),
    "add a term": (_typing("words", action="add", term="lighthouse"), ["term_added"]),
    "remove a term": (
        _typing("words", {"action": "add", "term": "lighthouse"}, action="remove", term="Lighthouse"),
        ["term_removed"],
    ),
    "setting": (_setting, ["rules_changed"]),
    "switch spicy on": (_switching_on, ["spicy_switched_on"]),
    "appeal": (_appealing, ["appealed"]),
    "decide an appeal": (_deciding_an_appeal, ["suspension_lifted", "appeal_decided"]),
}


@pytest.mark.parametrize("tried", TRIED)
async def test_what_cannot_be_logged_is_not_done_and_can_be_tried_again(stage: Stage, tried: str) -> None:
    prepare, logged = TRIED[tried]
    act = await prepare(stage)
    before = everything(stage)
    async with refusing_log(stage):
        assert await act() == job_words.NOT_STORED.english
        assert everything(stage) == before
    assert await act() != job_words.NOT_STORED.english
    await until(lambda: deeds(stage)[len(before["audit"]) :] == logged)
    assert everything(stage) != before


async def test_a_ban_that_cannot_be_logged_denies_nothing(stage: Stage) -> None:
    reply = await _asked(stage)
    before, decisions = everything(stage), stage.app.moderation.decisions
    async with refusing_log(stage):
        with pytest.raises(StorageUnavailableError):
            await decisions.banned(stage.guild.id, stage.user.id)
        assert everything(stage) == before
    assert await decisions.banned(stage.guild.id, stage.user.id) == 1
    await stage.ended(reply)
    assert deeds(stage)[-2:] == ["banned", "request_denied"]


async def test_an_end_that_cannot_be_logged_comes_later(stage: Stage, clock: MovableClock) -> None:
    reply = await _asked(stage)
    before, decisions = everything(stage), stage.app.moderation.decisions
    clock.offset = timedelta(hours=100)
    async with refusing_log(stage):
        with pytest.raises(StorageUnavailableError):
            await decisions.expire()
        assert everything(stage) == before
    await decisions.expire()
    await stage.ended(reply)
    assert deeds(stage)[-1] == "request_expired"


async def test_a_vote_that_is_kept_stands_even_if_it_cannot_be_carried_out_at_once(stage: Stage) -> None:
    reply = await _asked(stage)
    card, mo = await question(stage), moderator(stage)
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE jobs RENAME TO jobs_away")
    assert await told(await press(stage, card, "Approve", user=mo)) == moderation.VOTE_DECIDED.english
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE jobs_away RENAME TO jobs")
    assert stage.rows("state") == [{"state": "held"}]
    assert deeds(stage)[-1] == "request_approved"
    await stage.app.moderation.decisions.resume()
    assert (await stage.ended(reply)).videos
