"""What a server allows, asked on every way in, and again when it is bought."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.dimilinks.holds import RequestKind
from bot.moderation.members.member import ListStatus
from bot.moderation.rules import Gate, Mode
from bot.moderation.words.matching import Effect, Term
from bot.sandbox.dimilinks import DropAfterAcceptance, HttpError
from bot.sandbox.discord import Reply
from tests.e2e.actors.approvals import (
    HELD,
    SPICY_OFF,
    ask,
    cards,
    change_rules,
    held,
    moderator,
    question,
    rule,
    spicy,
)
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.forms import animated, opens, send
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.mentions import answer_to, ping, say
from tests.e2e.actors.records import actions, assert_log_unbroken, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile, slow
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line, upload
from tests.moderation.audited import alone

NOT_NOW = "no longer allow it"
PATIENT = replace(QUICK, timeouts=replace(QUICK.timeouts, submit_s=60.0))


def waiting_to_leave(harness: Harness) -> int:
    """How many requests wait for their turn at the service."""
    waiting = harness.app.jobs._rate._waiting  # pyright: ignore[reportPrivateUsage] - nobody else sees them
    return len(waiting[RequestKind.SUBMISSION])


# Every way in.


@pytest.mark.started_with(held_per_person=9)
async def test_every_way_in_asks_and_refuses(harness: Harness) -> None:
    made = await harness.video("a boat", channel=harness.adult_channel, preset="spicy", resolution="480p")
    assert (await harness.ended(made)).videos
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await spicy(harness, "who knows")
    await harness.ended(lost)
    changing = await opens(harness, made, "Change")
    bought = len(harness.submissions_sent)

    async def change() -> Reply:
        return await send(harness, changing, {"prompt": "a tin boat"})

    ways: list[Callable[[], Awaitable[Reply]]] = [
        lambda: spicy(harness),
        lambda: press(harness, made, "Again"),
        lambda: press(harness, made, "In 720p"),
        change,
        lambda: press(harness, lost, "Try again"),
    ]
    await rule(harness, modes=SPICY_OFF)
    for way in ways:
        assert "switched off here" in await told(await way())
    await rule(harness)
    for number, way in enumerate(ways, 1):
        await held(await way())
        await until(lambda number=number: len(cards(harness)) == number)
    assert len(harness.submissions_sent) == bought
    again = await press(harness, lost, "Try again")
    assert "already tried again" in await told(again)


@pytest.mark.slow
@pytest.mark.started_with(held_per_person=9)
async def test_ways_with_pictures_ask_and_refuse(harness: Harness) -> None:
    made = await harness.video("a boat")
    assert (await harness.ended(made)).videos
    message = await harness.sandbox.discord.say(
        harness.user, harness.channel, "look", attachments=[upload(harness)]
    )

    async def animate() -> Reply:
        return await send(harness, await animated(harness, message), {"prompt": "it moves"})

    async def frame() -> Reply:
        return await send(harness, await opens(harness, made, "Use last frame"), {"prompt": "it sinks"})

    async def words() -> Reply:
        return await harness.video("a cat", image=upload(harness))

    await change_rules(harness, modes={Gate.PICTURES: Mode.OFF})
    for way in (animate, frame, words):
        assert "from pictures are switched off" in await told(await way())
    asked = await say(harness, ping(harness, "make it rain"), pictures=1)
    assert "from pictures are switched off" in (await answer_to(asked)).current.text()

    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL})
    for number, way in enumerate((animate, frame, words), 1):
        await held(await way())
        await until(lambda number=number: len(cards(harness)) == number)
    asked = await say(harness, ping(harness, "make it snow"), pictures=1)
    answered = await answer_to(asked)
    await answered.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    card = await question(harness, "make it snow")
    assert len(card.current.components) > 0
    assert harness.bought == 1
    # Words alone are not held by the gate of pictures.
    assert (await harness.ended(await harness.video("a dog"))).videos
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness)))
    await answered.wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()


@pytest.mark.slow
@pytest.mark.started_with(held_per_person=9)
async def test_an_approval_is_of_one_request_alone(harness: Harness) -> None:
    await rule(harness)
    mo = moderator(harness)
    reply = await ask(harness, resolution="480p")
    await press(harness, await question(harness), "Approve", user=mo)
    assert (await harness.ended(reply)).videos
    for label in ("Again", "In 720p"):
        await held(await press(harness, reply, label))
    await held(await send(harness, await opens(harness, reply, "Change"), {"prompt": "a tin lighthouse"}))
    await held(await ask(harness))
    assert harness.bought == 1


@pytest.mark.slow
async def test_trusted_people_go_through_and_others_wait(harness: Harness) -> None:
    role = harness.guild.add_role("friends")
    await rule(harness, modes={Gate.SPICY: Mode.TRUSTED}, trusted_roles=frozenset({role.id}))
    listed, friend = harness.member("bea"), harness.member("bob", roles=[role])
    await alone(
        harness.app.moderation.audit_log,
        harness.app.moderation.caches.members.list_as,
        harness.guild.id,
        listed.id,
        ListStatus.TRUSTED,
    )
    for user in (listed, friend):
        reply = await harness.video("a cat", channel=harness.adult_channel, user=user, preset="spicy")
        assert (await harness.ended(reply)).videos
    await ask(harness)
    await alone(
        harness.app.moderation.audit_log,
        harness.app.moderation.caches.members.list_as,
        harness.guild.id,
        listed.id,
        None,
    )
    await ask(harness, "a tower", user=listed)
    await alone(
        harness.app.moderation.audit_log,
        harness.app.moderation.caches.members.list_as,
        harness.guild.id,
        listed.id,
        ListStatus.BLOCKED,
    )
    for preset in ("spicy", "normal"):
        refused = await harness.video("a cat", channel=harness.adult_channel, user=listed, preset=preset)
        assert "do not let you make videos here" in await told(refused)


@pytest.mark.slow
async def test_a_channel_has_its_own_word_and_threads_follow_it(harness: Harness) -> None:
    other = harness.guild.add_channel("later", nsfw=True)
    own = {other.id: {Gate.SPICY: Mode.OFF, Gate.NORMAL: Mode.APPROVAL}}
    await rule(harness, modes={Gate.SPICY: Mode.OPEN}, channel_modes=own)
    thread, free = other.add_thread("inside"), harness.adult_channel.add_thread("inside")
    for channel in (other, thread):
        assert "switched off here" in await told(await spicy(harness, channel=channel))
        await held(await harness.video("a cat", channel=channel))
    for channel in (harness.adult_channel, free):
        assert (await harness.ended(await spicy(harness, channel=channel))).videos
    assert (await harness.ended(await harness.video("a dog"))).videos


@pytest.mark.parametrize("gate", [Gate.CUSTOM, slow(Gate.NORMAL), slow(Gate.FUN)])
async def test_every_preset_has_a_gate(harness: Harness, gate: Gate) -> None:
    await rule(harness, modes={gate: Mode.APPROVAL})
    reply = await harness.video("a cat", preset=gate.value)
    await held(reply)
    other = Gate.FUN if gate is Gate.NORMAL else Gate.NORMAL
    assert (await harness.ended(await harness.video("a dog", preset=other.value))).videos
    assert "Decided" in await told(
        await press(harness, await question(harness), "Approve", user=moderator(harness))
    )
    assert (await harness.ended(reply)).videos
    await change_rules(harness, modes={gate: Mode.OFF})
    assert "switched off here" in await told(await harness.video("a cat", preset=gate.value))


# Again when it is bought.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_an_approved_request_is_not_bought_where_it_may_not_be_any_more(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness)
    first, second = await ask(harness), await ask(harness, "a tower")
    mo = moderator(harness)
    harness.adult_channel.set_nsfw(False)
    await meanwhile(harness, restarted=restarted)
    await press(harness, await question(harness, "a lighthouse"), "Approve", user=mo)
    shown = await harness.ended(first)
    assert NOT_NOW in shown.text()
    assert "This cost nothing" in shown.text()
    harness.adult_channel.set_nsfw(True)
    await rule(harness, modes=SPICY_OFF)
    await press(harness, await question(harness, "a tower"), "Approve", user=mo)
    assert NOT_NOW in (await harness.ended(second)).text()
    assert harness.bought == 0


@pytest.mark.slow
async def test_stricter_rules_hold_what_waits_in_line(tmp_path: Path, database_url: str | None) -> None:
    async with open_harness(tmp_path, database_url, jobs_at_once=1) as harness:
        running = await being_made(harness, "running")
        kept = await in_line(harness, "kept", user=harness.member("bea"))
        waiting = await harness.video("waiting", channel=harness.adult_channel, preset="spicy")
        await waiting.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
        await rule(harness)
        finish(harness, "running")
        assert (await running.wait_for_video(TIMEOUT_S)).videos
        await held(waiting)
        assert (await harness.ended(kept)).videos
        card = await question(harness, "waiting")
        await press(harness, card, "Approve", user=moderator(harness))
        assert (await harness.ended(waiting)).videos
        assert cards(harness) == [card]
        assert_log_unbroken(harness)


@pytest.mark.slow
@pytest.mark.started_with(tuning=PATIENT, jobs_at_once=3)
async def test_rules_hold_for_what_waits_until_the_service_takes_requests_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lifecycle.steps.submit._CHECK_HOLDS_S", 0.5)
    refusal = HttpError(429, "rate_limit", "slow", {"Retry-After": "6"})
    harness.sandbox.dimilinks.faults.submit.append(refusal)
    refused = await harness.video("refused")
    await until(lambda: len(harness.submissions_sent) == 1)
    fun = await harness.video("fun", user=harness.member("bea"), preset="fun")
    asked = await harness.video("asked", user=harness.member("ann"), preset="custom")
    with capture_logs() as logs:
        await until(lambda: waiting_to_leave(harness) == 2)
        await rule(harness, modes={Gate.FUN: Mode.OFF, Gate.CUSTOM: Mode.APPROVAL})
        over = await harness.ended(fun)
        await held(asked)
    assert NOT_NOW in over.text()
    assert "This cost nothing" in over.text()
    assert (await harness.ended(refused)).videos
    assert harness.bought == 1
    assert [log["event"] for log in logs].count("submission_judged_anew") == 2


async def test_looser_rules_do_not_end_an_open_question(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    await rule(harness, modes={Gate.SPICY: Mode.OPEN})
    assert harness.rows("state") == [{"state": "held"}]
    await press(harness, await question(harness), "Approve", user=moderator(harness))
    assert (await harness.ended(reply)).videos


# Words.


@pytest.mark.slow
async def test_words_are_held_or_refused_and_never_named(tmp_path: Path, database_url: str | None) -> None:
    async with open_harness(tmp_path, database_url, blocked_terms="zeppelin") as harness:
        await rule(harness, modes={Gate.SPICY: Mode.OPEN})
        words = harness.app.moderation.caches.words
        await words.add(harness.guild.id, Term("lantern", Effect.HELD), 1)
        await words.add(harness.guild.id, Term("anchor", Effect.BLOCKED), 1)
        for prompt in ("a rusty anchor", "an ANCH0R", "a zeppelin", "a nude child"):
            refused = await harness.video(prompt, channel=harness.adult_channel, preset="spicy")
            said = await told(refused)
            assert "A word in your prompt is not allowed here" in said
            assert not any(word in said.casefold() for word in prompt.split() if len(word) > 2)
        reply = await harness.video("a lantern")
        await held(reply)
        await press(harness, await question(harness, "a lantern"), "Approve", user=moderator(harness))
        assert (await harness.ended(reply)).videos
        direct = harness.sandbox.discord.dm(harness.user)
        assert (await harness.ended(await harness.video("a lantern", channel=direct))).videos
        assert "A word in your prompt" in await told(await harness.video("a zeppelin", channel=direct))
        await until(lambda: actions(harness).count("request_refused") == 5)
        logged = stored(harness, "SELECT prompt FROM audit WHERE action = 'request_refused'")
        assert [row["prompt"].partition(":")[2] for row in logged][:2] == ["a rusty anchor", "an ANCH0R"]
        assert harness.bought == 2
        assert_log_unbroken(harness)


async def test_words_that_are_listed_meanwhile_count(harness: Harness) -> None:
    await rule(harness)
    first = await ask(harness, "a brass lantern")
    words = harness.app.moderation.caches.words
    await words.add(harness.guild.id, Term("lantern", Effect.BLOCKED), 1)
    await press(harness, await question(harness, "a brass lantern"), "Approve", user=moderator(harness))
    shown = await harness.ended(first)
    assert NOT_NOW in shown.text()
    assert harness.bought == 0
    assert "request_approved" in actions(harness)
    assert labels(shown) == ["Change"]
