"""What a server allows, asked on every way in, and again when it is bought."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.moderation.members import Listed
from bot.moderation.rules import Gate, Mode
from bot.moderation.words import Effect, Term
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Reply
from tests.e2e.approval_steps import (
    HELD,
    SPICY_OFF,
    ask,
    assert_log_unbroken,
    cards,
    change_rules,
    deeds,
    held,
    moderator,
    question,
    rule,
    spicy,
    stage,
    stored,
)
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    being_made,
    finish,
    in_line,
    labels,
    meanwhile,
    press,
    told,
    until,
)
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_forms import animated, send, upload
from tests.e2e.test_replies import answer_to, ping, say
from tests.e2e.test_results import opens
from tests.moderation.audited import alone

__all__ = ["stage"]

NOT_NOW = "no longer allow it"


# Every way in.


async def test_every_way_in_asks_and_refuses(stage: Stage) -> None:
    made = await stage.video("a boat", channel=stage.adult_channel, preset="spicy", resolution="480p")
    assert (await stage.ended(made)).videos
    stage.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await spicy(stage, "who knows")
    await stage.ended(lost)
    changing = await opens(stage, made, "Change")
    bought = len(stage.submissions_sent)

    async def change() -> Reply:
        return await send(stage, changing, {"prompt": "a tin boat"})

    ways: list[Callable[[], Awaitable[Reply]]] = [
        lambda: spicy(stage),
        lambda: press(stage, made, "Again"),
        lambda: press(stage, made, "In 720p"),
        change,
        lambda: press(stage, lost, "Try again"),
    ]
    await rule(stage, modes=SPICY_OFF)
    for way in ways:
        assert "switched off here" in await told(await way())
    await rule(stage)
    for number, way in enumerate(ways, 1):
        await held(await way())
        await until(lambda number=number: len(cards(stage)) == number)
    assert len(stage.submissions_sent) == bought
    again = await press(stage, lost, "Try again")
    assert "already tried again" in await told(again)


async def test_ways_with_pictures_ask_and_refuse(stage: Stage) -> None:
    made = await stage.video("a boat")
    assert (await stage.ended(made)).videos
    message = await stage.sandbox.discord.say(stage.user, stage.channel, "look", attachments=[upload(stage)])

    async def animate() -> Reply:
        return await send(stage, await animated(stage, message), {"prompt": "it moves"})

    async def frame() -> Reply:
        return await send(stage, await opens(stage, made, "Use last frame"), {"prompt": "it sinks"})

    async def words() -> Reply:
        return await stage.video("a cat", image=upload(stage))

    await change_rules(stage, modes={Gate.PICTURES: Mode.OFF})
    for way in (animate, frame, words):
        assert "from pictures are switched off" in await told(await way())
    asked = await say(stage, ping(stage, "make it rain"), pictures=1)
    assert "from pictures are switched off" in (await answer_to(asked)).current.text()

    await rule(stage, modes={Gate.PICTURES: Mode.APPROVAL})
    for number, way in enumerate((animate, frame, words), 1):
        await held(await way())
        await until(lambda number=number: len(cards(stage)) == number)
    asked = await say(stage, ping(stage, "make it snow"), pictures=1)
    answered = await answer_to(asked)
    await answered.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    card = await question(stage, "make it snow")
    assert len(card.current.components) > 0
    assert stage.bought == 1
    # Words alone are not held by the gate of pictures.
    assert (await stage.ended(await stage.video("a dog"))).videos
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage)))
    await answered.wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    await stage.app.engine.idle()


async def test_an_approval_is_of_one_request_alone(stage: Stage) -> None:
    await rule(stage)
    mo = moderator(stage)
    reply = await ask(stage, resolution="480p")
    await press(stage, await question(stage), "Approve", user=mo)
    assert (await stage.ended(reply)).videos
    for label in ("Again", "In 720p"):
        await held(await press(stage, reply, label))
    await held(await send(stage, await opens(stage, reply, "Change"), {"prompt": "a tin lighthouse"}))
    await held(await ask(stage))
    assert stage.bought == 1


async def test_trusted_people_go_through_and_others_wait(stage: Stage) -> None:
    role = stage.guild.add_role("friends")
    await rule(stage, modes={Gate.SPICY: Mode.TRUSTED}, trusted_roles=frozenset({role.id}))
    listed, friend = stage.member("bea"), stage.member("bob", roles=[role])
    await alone(
        stage.app.moderation.trail,
        stage.app.moderation.books.members.list_as,
        stage.guild.id,
        listed.id,
        Listed.TRUSTED,
    )
    for user in (listed, friend):
        reply = await stage.video("a cat", channel=stage.adult_channel, user=user, preset="spicy")
        assert (await stage.ended(reply)).videos
    await ask(stage)
    await alone(
        stage.app.moderation.trail,
        stage.app.moderation.books.members.list_as,
        stage.guild.id,
        listed.id,
        None,
    )
    await ask(stage, "a tower", user=listed)
    await alone(
        stage.app.moderation.trail,
        stage.app.moderation.books.members.list_as,
        stage.guild.id,
        listed.id,
        Listed.BLOCKED,
    )
    for preset in ("spicy", "normal"):
        refused = await stage.video("a cat", channel=stage.adult_channel, user=listed, preset=preset)
        assert "do not let you make videos here" in await told(refused)


async def test_a_channel_has_its_own_word_and_threads_follow_it(stage: Stage) -> None:
    other = stage.guild.add_channel("later", nsfw=True)
    own = {other.id: {Gate.SPICY: Mode.OFF, Gate.NORMAL: Mode.APPROVAL}}
    await rule(stage, modes={Gate.SPICY: Mode.OPEN}, channel_modes=own)
    thread, free = other.add_thread("inside"), stage.adult_channel.add_thread("inside")
    for channel in (other, thread):
        assert "switched off here" in await told(await spicy(stage, channel=channel))
        await held(await stage.video("a cat", channel=channel))
    for channel in (stage.adult_channel, free):
        assert (await stage.ended(await spicy(stage, channel=channel))).videos
    assert (await stage.ended(await stage.video("a dog"))).videos


@pytest.mark.parametrize("gate", [Gate.NORMAL, Gate.FUN, Gate.CUSTOM])
async def test_every_preset_has_a_gate(stage: Stage, gate: Gate) -> None:
    await rule(stage, modes={gate: Mode.APPROVAL})
    reply = await stage.video("a cat", preset=gate.value)
    await held(reply)
    other = Gate.FUN if gate is Gate.NORMAL else Gate.NORMAL
    assert (await stage.ended(await stage.video("a dog", preset=other.value))).videos
    assert "Decided" in await told(
        await press(stage, await question(stage), "Approve", user=moderator(stage))
    )
    assert (await stage.ended(reply)).videos
    await change_rules(stage, modes={gate: Mode.OFF})
    assert "switched off here" in await told(await stage.video("a cat", preset=gate.value))


# Again when it is bought.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_an_approved_request_is_not_bought_where_it_may_not_be_any_more(
    stage: Stage, *, restarted: bool
) -> None:
    await rule(stage)
    first, second = await ask(stage), await ask(stage, "a tower")
    mo = moderator(stage)
    stage.adult_channel.set_nsfw(False)
    await meanwhile(stage, restarted=restarted)
    await press(stage, await question(stage, "a lighthouse"), "Approve", user=mo)
    shown = await stage.ended(first)
    assert NOT_NOW in shown.text()
    assert "Nothing was charged" in shown.text()
    stage.adult_channel.set_nsfw(True)
    await rule(stage, modes=SPICY_OFF)
    await press(stage, await question(stage, "a tower"), "Approve", user=mo)
    assert NOT_NOW in (await stage.ended(second)).text()
    assert stage.bought == 0


async def test_stricter_rules_hold_what_waits_in_line(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, jobs_at_once=1) as stage:
        running = await being_made(stage, "running")
        kept = await in_line(stage, "kept", user=stage.member("bea"))
        waiting = await stage.video("waiting", channel=stage.adult_channel, preset="spicy")
        await waiting.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
        await rule(stage)
        finish(stage, "running")
        assert (await running.wait_for_video(TIMEOUT_S)).videos
        await held(waiting)
        assert (await stage.ended(kept)).videos
        card = await question(stage, "waiting")
        await press(stage, card, "Approve", user=moderator(stage))
        assert (await stage.ended(waiting)).videos
        assert cards(stage) == [card]
        assert_log_unbroken(stage)


async def test_looser_rules_do_not_end_an_open_question(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    await rule(stage, modes={Gate.SPICY: Mode.OPEN})
    assert stage.rows("state") == [{"state": "held"}]
    await press(stage, await question(stage), "Approve", user=moderator(stage))
    assert (await stage.ended(reply)).videos


# Words.


async def test_words_are_held_or_refused_and_never_named(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, blocked_terms="zeppelin") as stage:
        await rule(stage, modes={Gate.SPICY: Mode.OPEN})
        words = stage.app.moderation.books.words
        await words.add(stage.guild.id, Term("lantern", Effect.HELD), 1)
        await words.add(stage.guild.id, Term("anchor", Effect.BLOCKED), 1)
        for prompt in ("a rusty anchor", "an ANCH0R", "a zeppelin", "a nude child"):
            refused = await stage.video(prompt, channel=stage.adult_channel, preset="spicy")
            said = await told(refused)
            assert "A rule about words matched your prompt" in said
            assert not any(word in said.casefold() for word in prompt.split() if len(word) > 2)
        reply = await stage.video("a lantern")
        await held(reply)
        await press(stage, await question(stage, "a lantern"), "Approve", user=moderator(stage))
        assert (await stage.ended(reply)).videos
        direct = stage.sandbox.discord.dm(stage.user)
        assert (await stage.ended(await stage.video("a lantern", channel=direct))).videos
        assert "A rule about words" in await told(await stage.video("a zeppelin", channel=direct))
        await until(lambda: deeds(stage).count("request_refused") == 5)
        logged = stored(stage, "SELECT prompt FROM audit WHERE action = 'request_refused'")
        assert [row["prompt"].partition(":")[2] for row in logged][:2] == ["a rusty anchor", "an ANCH0R"]
        assert stage.bought == 2
        assert_log_unbroken(stage)


async def test_words_that_are_listed_meanwhile_count(stage: Stage) -> None:
    await rule(stage)
    first = await ask(stage, "a brass lantern")
    words = stage.app.moderation.books.words
    await words.add(stage.guild.id, Term("lantern", Effect.BLOCKED), 1)
    await press(stage, await question(stage, "a brass lantern"), "Approve", user=moderator(stage))
    shown = await stage.ended(first)
    assert NOT_NOW in shown.text()
    assert stage.bought == 0
    assert "request_approved" in deeds(stage)
    assert labels(shown) == []
