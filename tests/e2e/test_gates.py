"""What a server allows, asked on every way in, again when it is bought, and again when it is posted."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path

import pytest

from bot.moderation.members import Listed
from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules
from bot.moderation.words import Effect, Term
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Channel, Reply
from bot.sandbox.discord.modals import fields_of
from cogs.defaults import DefaultsCog
from cogs.video import VideoCog
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    being_made,
    close_every_way,
    finish,
    hold,
    in_line,
    labels,
    meanwhile,
    message_of,
    press,
    reopen_every_way,
    told,
    until,
)
from tests.e2e.stage import PATIENT, SPICY_ON, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_approvals import (
    HELD,
    ask,
    assert_log_unbroken,
    cards,
    deeds,
    held,
    moderator,
    question,
    rule,
    stored,
)
from tests.e2e.test_forms import animated, send, upload
from tests.e2e.test_replies import answer_to, ping, say
from tests.e2e.test_results import opens

OFF = {Gate.SPICY: Mode.OFF}
NOT_NOW = "no longer allow it"
NOT_HERE = "the rules of this channel no longer allow it here"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT) as opened:
        yield opened
        assert_log_unbroken(opened)


async def rules(stage: Stage, **changes: object) -> None:
    """Change the server's rules as they are, without a review channel of its own."""
    books = stage.app.moderation.books
    changed = books.rules.of(stage.guild.id).model_copy(update=changes)
    await books.rules.change(stage.guild.id, changed)


async def spicy(stage: Stage, prompt: str = "a lighthouse", *, channel: Channel | None = None) -> Reply:
    return await stage.video(prompt, channel=channel or stage.adult_channel, preset="spicy")


async def spicy_being_made(stage: Stage, prompt: str = "a lighthouse", *, private: bool = False) -> Reply:
    hold(stage)
    reply = await stage.video(prompt, channel=stage.adult_channel, preset="spicy", private=private)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def parked(stage: Stage) -> None:
    await until(lambda: stage.rows("parked_at")[-1]["parked_at"] is not None)
    await stage.app.engine.idle()


async def fetch(stage: Stage, channel: Channel) -> Reply:
    """Fetch the newest video that was laid aside, by `/jobs`."""
    listed = await stage.sandbox.discord.invoke("jobs", user=stage.user, channel=channel)
    await listed.wait_for_answer(TIMEOUT_S)
    return await press(stage, listed, "Fetch the video")


def delivered(stage: Stage) -> int:
    return sum(row["state"] == "delivered" for row in stage.rows("state"))


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
    await rule(stage, modes=OFF)
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

    await rules(stage, modes={Gate.PICTURES: Mode.OFF})
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
    await stage.app.moderation.books.members.list_as(stage.guild.id, listed.id, Listed.TRUSTED)
    for user in (listed, friend):
        reply = await stage.video("a cat", channel=stage.adult_channel, user=user, preset="spicy")
        assert (await stage.ended(reply)).videos
    await ask(stage)
    await stage.app.moderation.books.members.list_as(stage.guild.id, listed.id, None)
    await ask(stage, "a tower", user=listed)
    await stage.app.moderation.books.members.list_as(stage.guild.id, listed.id, Listed.BLOCKED)
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
    await rules(stage, modes={gate: Mode.OFF})
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
    await rule(stage, modes=OFF)
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


# Again when it is posted.


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("private", [False, True])
async def test_a_finished_video_is_not_posted_where_it_may_not_be_any_more(
    stage: Stage, *, restarted: bool, private: bool
) -> None:
    reply = await spicy_being_made(stage, private=private)
    stage.adult_channel.set_nsfw(False)
    await meanwhile(stage, restarted=restarted)
    finish(stage, "a lighthouse")
    await parked(stage)
    assert NOT_HERE in message_of(reply).current.text()
    assert not message_of(reply).current.videos
    for channel in (stage.channel, stage.adult_channel, stage.sandbox.discord.dm(stage.user)):
        fetched = await fetch(stage, channel)
        await fetched.wait_for(lambda version: NOT_HERE in version.text(), TIMEOUT_S)
        await parked(stage)
        assert not message_of(fetched).current.videos
    elsewhere = stage.guild.add_channel("elsewhere", nsfw=True)
    fetched = await fetch(stage, elsewhere)
    assert (await fetched.wait_for_video(TIMEOUT_S)).ephemeral
    await stage.app.engine.idle()
    assert stage.rows("state") == [{"state": "delivered"}]
    assert not any(message.current.videos for message in stage.sandbox.discord.dm(stage.user).messages)


async def test_switched_off_meanwhile_is_not_posted(stage: Stage) -> None:
    reply = await spicy_being_made(stage)
    await rules(stage, modes=OFF)
    finish(stage, "a lighthouse")
    await parked(stage)
    assert NOT_HERE in message_of(reply).current.text()
    await rules(stage, modes={Gate.SPICY: Mode.OPEN})
    assert (await (await fetch(stage, stage.adult_channel)).wait_for_video(TIMEOUT_S)).videos


async def test_held_for_posting_in_a_channel_that_opens_up(stage: Stage) -> None:
    await rule(stage, review_at=ReviewAt.POSTING)
    reply = await ask(stage)
    card = await question(stage, "May this video be posted?")
    stage.adult_channel.set_nsfw(False)
    await press(stage, card, "Approve", user=moderator(stage))
    await parked(stage)
    assert NOT_HERE in message_of(reply).current.text()
    stage.adult_channel.set_nsfw(True)
    assert (await (await fetch(stage, stage.adult_channel)).wait_for_video(TIMEOUT_S)).videos
    assert cards(stage) == [card]


@pytest.mark.parametrize("mode", [Mode.APPROVAL, Mode.OFF])
async def test_another_server_answers_for_itself(stage: Stage, mode: Mode) -> None:
    """What moderators of one server agreed to is nothing to those of another."""
    await rule(stage, review_at=ReviewAt.POSTING)
    await ask(stage)
    stage.adult_channel.set_nsfw(False)
    await press(stage, await question(stage, "posted?"), "Approve", user=moderator(stage))
    await parked(stage)
    there = stage.sandbox.discord.add_guild("Elsewhere")
    there.join(stage.user)
    channel = there.add_channel("adults", nsfw=True)
    strict = ServerRules(spicy_confirmed_by=1, modes={Gate.SPICY: mode}, review_at=ReviewAt.POSTING)
    await stage.app.moderation.books.rules.change(there.id, strict)
    fetched = await fetch(stage, channel)
    await fetched.wait_for(lambda version: NOT_HERE in version.text(), TIMEOUT_S)
    await parked(stage)
    assert len(cards(stage)) == 1
    await stage.app.moderation.books.rules.change(there.id, SPICY_ON)
    assert (await (await fetch(stage, channel)).wait_for_video(TIMEOUT_S)).videos


async def test_spicy_videos_never_go_by_direct_message(stage: Stage) -> None:
    reply = await spicy_being_made(stage)
    reply.expire_token()
    stage.adult_channel.delete()
    finish(stage, "a lighthouse")
    await parked(stage)
    direct = stage.sandbox.discord.dm(stage.user)
    assert not any(message.current.videos for message in direct.messages)

    stage.adult_channel = stage.guild.add_channel("again", nsfw=True)
    private = await spicy_being_made(stage, "a tower", private=True)
    private.expire_token()
    finish(stage, "a tower")
    await parked(stage)
    assert not any(message.current.videos for message in direct.messages)
    assert delivered(stage) == 0


async def test_spicy_videos_go_by_direct_message_where_the_operator_allows_it(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, spicy_in_direct_messages=True) as stage:
        direct = stage.sandbox.discord.dm(stage.user)
        assert (await stage.ended(await spicy(stage, channel=direct))).videos
        refused = await stage.video("a cat", channel=direct, preset="spicy", image=upload(stage))
        assert "does not work with pictures here" in await told(refused)
        reply = await spicy_being_made(stage)
        close_every_way(stage, reply)
        finish(stage, "a lighthouse")
        await parked(stage)
        reopen_every_way(stage)
        assert (await (await fetch(stage, direct)).wait_for_video(TIMEOUT_S)).videos


# The operator's word.


async def test_the_operator_keeps_spicy_from_a_server(stage: Stage) -> None:
    assert (await stage.ended(await spicy(stage))).videos
    await stage.restart(spicy_blocked_servers=str(stage.guild.id))
    assert "operator does not allow the *spicy* preset in this server" in await told(await spicy(stage))
    elsewhere = stage.sandbox.discord.add_guild("Elsewhere")
    elsewhere.join(stage.user)
    await stage.app.moderation.books.rules.change(elsewhere.id, SPICY_ON)
    assert (await stage.ended(await spicy(stage, channel=elsewhere.add_channel("x", nsfw=True)))).videos


def offered(stage: Stage, command: str) -> set[str]:
    """The presets among a command's choices."""
    found = next(one for one in stage.sandbox.discord.commands if one["name"] == command)
    preset = next(one for one in found["options"] if one["name"] == "preset")
    return {choice["value"] for choice in preset["choices"]}


@pytest.fixture
def choices_as_declared() -> Generator[None]:
    """Leaves the commands' choices as the classes declare them, for the bots of other tests."""
    parameters = [
        command._params["preset"]  # pyright: ignore[reportPrivateUsage] - shared by all cogs of a class
        for command in (VideoCog.video, DefaultsCog.defaults)
    ]
    declared = [parameter.choices for parameter in parameters]
    yield
    for parameter, choices in zip(parameters, declared, strict=True):
        parameter.choices = choices


@pytest.mark.usefixtures("choices_as_declared")
async def test_the_operator_does_not_offer_spicy_at_all(stage: Stage) -> None:
    made = await spicy(stage)
    assert (await stage.ended(made)).videos
    assert "spicy" in offered(stage, "video") & offered(stage, "defaults")
    await stage.restart(spicy_offered=False)
    assert "does not offer the *spicy* preset" in await told(await spicy(stage))
    assert "does not offer the *spicy* preset" in await told(await press(stage, made, "Again"))
    await until(lambda: "spicy" not in offered(stage, "video") | offered(stage, "defaults"))
    opened = await opens(stage, made, "Change")
    assert opened.modal is not None
    assert "spicy" not in {option["value"] for option in fields_of(opened.modal)["preset"]["options"]}
    assert (await stage.ended(await send(stage, opened, {"preset": "fun"}))).videos


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
