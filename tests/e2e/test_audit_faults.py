"""Decisions of moderators while the audit log takes no entry: nothing has changed, and they read so."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.rules import ServerRules
from bot.reviews.departures import Departure
from bot.sandbox.discord import Reply
from bot.storage.errors import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import moderation
from bot.texts import spicy as spicy_words
from tests.e2e.actors import settings as settings_steps
from tests.e2e.actors.appeals import LIFT, appeal, appealed, refused
from tests.e2e.actors.approvals import ask, deny, moderator, question, rule
from tests.e2e.actors.buttons import press, told, whispered
from tests.e2e.actors.faults import refusing_log
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.records import actions, assert_log_unbroken, stored
from tests.e2e.actors.reports import hidden, report, why
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered

Act = Callable[[], Awaitable[str]]
"""What a moderator or a user does, which can be done again if it failed; what it is answered with."""
ADA: dict[str, Any] = {"person": "ada"}
DECIDED = {"reviews", "votes", "members", "strikes", "servers", "terms", "reports", "audit"}


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def harness(tmp_path: Path, database_url: str | None, clock: MovableClock) -> AsyncGenerator[Harness]:
    async with open_harness(tmp_path, database_url, now=clock) as opened:
        yield opened
        assert_log_unbroken(opened)


def everything(harness: Harness) -> dict[str, Any]:
    """All that is decided: on the disk, in memory, and on the messages that others see."""
    caches, guild_id = harness.app.moderation.caches, harness.guild.id
    kept = {table: stored(harness, f"SELECT * FROM {table}") for table in DECIDED}  # noqa: S608 - ours
    return kept | {
        "jobs": harness.rows("state, review_id"),
        "rules": caches.rules.of(guild_id),
        "member": caches.members.of(guild_id, harness.user.id),
        "words": caches.words.terms(guild_id),
        "messages": {
            message.id: (message.current.text(), len(message.current.buttons))
            for channel in harness.guild.channels
            for message in channel.messages
            if not message.ephemeral
        },
        "told": [message.id for message in harness.sandbox.discord.dm(harness.user).messages],
    }


async def placed(harness: Harness) -> None:
    """Wait until it is noted that a job waits, and where its question is."""
    await until(
        lambda: (
            all(row["review_id"] for row in harness.rows("review_id"))
            and all(row["message_id"] for row in stored(harness, "SELECT message_id FROM reviews"))
        )
    )
    await harness.app.jobs.runner.idle()


# What is tried: each brings the harness to where it can be done.


async def _asked(harness: Harness, quorum: int = 1) -> Reply:
    await rule(harness, quorum=quorum, strikes_to_suspend=1)
    reply = await ask(harness)
    await question(harness)
    await placed(harness)
    return reply


def _pressing(label: str, quorum: int = 1) -> Callable[[Harness], Awaitable[Act]]:
    async def prepare(harness: Harness) -> Act:
        await _asked(harness, quorum)
        mo, card = moderator(harness), await question(harness)
        if label == "Withdraw my vote":
            await told(await press(harness, card, "Approve", user=mo))

        async def act() -> str:
            if label.endswith("…"):
                return await told(await deny(harness, card, mo, label=label))
            return await told(await press(harness, card, label, user=mo))

        return act

    return prepare


async def _removing(harness: Harness) -> Act:
    await rule(harness, strikes_to_suspend=1)
    reply, mo = await delivered(harness), moderator(harness)
    card = await hidden(harness, reply)
    return lambda: why(harness, card, "Remove and strike…", mo)


async def _cancelling(harness: Harness) -> Act:
    reply = await _asked(harness)

    async def act() -> str:
        return await told(await press(harness, reply, "Cancel"))

    return act


async def _reporting(harness: Harness) -> Act:
    await rule(harness, reports_to_hide=5)
    reply, bob = await delivered(harness), harness.member("bob")
    return lambda: report(harness, reply, bob)


def _typing(command: str, *before: dict[str, Any], **options: Any) -> Callable[[Harness], Awaitable[Act]]:
    async def prepare(harness: Harness) -> Act:
        mo = moderator(harness)
        for earlier in before:
            await spicy(harness, command, mo, **earlier)
        await harness.app.jobs.runner.idle()

        async def act() -> str:
            return (await spicy(harness, command, mo, **options)).text

        return act

    return prepare


async def _lifting(harness: Harness) -> Act:
    await _suspended(harness)
    return await _typing("suspend", **ADA, hours=0, reason="enough")(harness)


async def _suspended(harness: Harness) -> None:
    """Have ada suspended, and told so."""
    await spicy(harness, "suspend", moderator(harness, "max"), **ADA, hours=5, reason="spam")
    await harness.sandbox.discord.dm(harness.user).wait_for_message(lambda _: True, TIMEOUT_S)


async def _muting(harness: Harness) -> Act:
    mo = moderator(harness)
    shown = await spicy(harness, "user", mo, person="ada")

    async def act() -> str:
        pressed = await press(harness, shown, spicy_words.MUTE.english, user=mo)
        waits = [
            asyncio.ensure_future(pressed.wait_for_answer(TIMEOUT_S)),
            asyncio.ensure_future(pressed.wait_for_followup(TIMEOUT_S)),
        ]
        _, waiting = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waiting:
            wait.cancel()
        return await _beside(pressed, lambda: "reports_muted" in actions(harness))

    return act


async def _beside(pressed: Reply, done: Callable[[], bool]) -> str:
    """What was said beside a panel, which is nothing where what was wanted is done."""
    return "" if done() else await whispered(pressed)


async def _setting(harness: Harness) -> Act:
    opened = await settings_steps.settings(harness, settings_steps.boss(harness), "Limits")

    async def act() -> str:
        chosen = await settings_steps.choose(harness, opened, "quorum", "5")
        return await _beside(chosen, lambda: "rules_changed" in actions(harness))

    return act


async def _switching_on(harness: Harness) -> Act:
    await harness.app.moderation.caches.rules.change(harness.guild.id, ServerRules())
    user = settings_steps.boss(harness)

    async def act() -> str:
        opened = await settings_steps.settings(harness, user)
        sent = await settings_steps.confirm(harness, opened, "modes.spicy", "open")
        return await _beside(sent, lambda: "spicy_switched_on" in actions(harness))

    return act


async def _appealing(harness: Harness) -> Act:
    await rule(harness)
    await _suspended(harness)
    reply = await refused(harness)
    await until(lambda: len(actions(harness)) == 2)  # the refusal is logged after its answer
    return lambda: appeal(harness, reply)


async def _deciding_an_appeal(harness: Harness) -> Act:
    await rule(harness)
    card, rita = await appealed(harness, None), moderator(harness, "rita")

    async def act() -> str:
        return await told(await press(harness, card, LIFT, user=rita))

    return act


TRIED: dict[str, tuple[Callable[[Harness], Awaitable[Act]], list[str]]] = {
    "vote": (_pressing("Approve", 2), ["vote_cast"]),
    "deciding vote": (_pressing("Approve"), ["request_approved"]),
    "vote and trust": (_pressing("Approve and trust"), ["request_approved"]),
    "vote and suspend": (_pressing("Deny and suspend…"), ["request_denied"]),
    "remove and strike": (_removing, ["request_denied", "video_removed"]),
    "take back": (_pressing("Withdraw my vote", 2), ["vote_taken_back"]),
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
    "decide an appeal": (_deciding_an_appeal, ["appeal_decided"]),
}


@pytest.mark.parametrize("tried", TRIED)
async def test_what_cannot_be_logged_is_not_done_and_can_be_tried_again(harness: Harness, tried: str) -> None:
    prepare, logged = TRIED[tried]
    act = await prepare(harness)
    before = everything(harness)
    async with refusing_log(harness):
        assert await act() == job_words.NOT_STORED.english
        assert everything(harness) == before
    assert await act() != job_words.NOT_STORED.english
    await until(lambda: actions(harness)[len(before["audit"]) :] == logged)
    assert everything(harness) != before


async def test_a_ban_that_cannot_be_logged_denies_nothing(harness: Harness) -> None:
    reply = await _asked(harness)
    before, departures = everything(harness), harness.app.jobs.departures
    banned = (harness.guild.id, harness.user.id, Departure.BANNED)
    async with refusing_log(harness):
        with pytest.raises(StorageUnavailableError):
            await departures.end_requests(*banned)
        assert everything(harness) == before
    assert await departures.end_requests(*banned) == 1
    await harness.ended(reply)
    assert actions(harness)[-2:] == ["banned", "request_denied"]


async def test_an_end_that_cannot_be_logged_comes_later(harness: Harness, clock: MovableClock) -> None:
    reply = await _asked(harness)
    before, decisions = everything(harness), harness.app.jobs.decisions
    clock.offset = timedelta(hours=100)
    async with refusing_log(harness):
        with pytest.raises(StorageUnavailableError):
            await decisions.expire(harness.now())
        assert everything(harness) == before
    await decisions.expire(harness.now())
    await harness.ended(reply)
    assert actions(harness)[-1] == "request_expired"


@pytest.mark.sqlite("a table that is renamed under the bot is one that was replaced, on a server")
async def test_a_vote_that_is_kept_stands_even_if_it_cannot_be_carried_out_at_once(harness: Harness) -> None:
    reply = await _asked(harness)
    card, mo = await question(harness), moderator(harness)
    async with harness.app.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE jobs RENAME TO jobs_away")
    assert await told(await press(harness, card, "Approve", user=mo)) == moderation.VOTE_DECIDED.english
    async with harness.app.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE jobs_away RENAME TO jobs")
    assert harness.rows("state") == [{"state": "held"}]
    assert actions(harness)[-1] == "request_approved"
    await harness.app.jobs.decisions.resume()
    assert (await harness.ended(reply)).videos
