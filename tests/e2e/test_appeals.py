"""Appeals: a suspended person is heard once, by a moderator other than the one who decided."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.moderation.audit import AuditFilter, Deed
from bot.moderation.members import Member
from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Channel, DiscordFault, Message, Reply, User
from bot.texts import jobs as job_words
from bot.texts import moderation as words
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    id_of,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
)
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_approvals import moderator
from tests.e2e.test_durability import locked_disk
from tests.e2e.test_hiding import audit
from tests.moderation.audited import alone

HEADLINE = words.APPEAL_HEADLINE.english
LIFT, KEEP = words.APPEAL_LIFT.english, words.APPEAL_KEEP.english


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock, rules=None) as opened:
        review = opened.guild.add_channel("reviews")
        await rule(opened, review_channel_id=review.id)
        yield opened


async def rule(stage: Stage, **rules: int | None) -> None:
    await stage.app.moderation.books.rules.change(stage.guild.id, ServerRules.model_validate(rules))


def member(stage: Stage, user: User | None = None) -> Member:
    return stage.app.moderation.books.members.of(stage.guild.id, (user or stage.user).id)


async def suspend(stage: Stage, by: User | None, *, hours: int = 5, user: User | None = None) -> None:
    await alone(
        stage.app.moderation.trail,
        stage.app.moderation.books.members.suspend,
        stage.guild.id,
        (user or stage.user).id,
        until=stage.now() + timedelta(hours=hours),
        by=by.id if by is not None else None,
        reason="spam",
    )


async def refused(stage: Stage, user: User | None = None) -> Reply:
    """A request that is refused because of a suspension."""
    reply = await stage.video("a paper boat", user=user)
    assert "You are suspended" in await told(reply)
    assert reply.ephemeral
    return reply


async def appeal(stage: Stage, reply: Reply, said: str = "it was not me", *, user: User | None = None) -> str:
    """Press the button, fill the form in; what that is answered with."""
    opened = await press(stage, reply, "Appeal…", user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await stage.sandbox.discord.submit(opened, {"words": said})
    answered = await told(sent)
    assert sent.ephemeral
    return answered


def reviews(stage: Stage) -> Channel:
    return next(one for one in stage.guild.channels if one.name == "reviews")


async def card_of(stage: Stage, said: str = "it was not me", channel: Channel | None = None) -> Message:
    """The question to the moderators."""
    return await (channel or reviews(stage)).wait_for_message(
        lambda version: HEADLINE in version.text() and said in version.text(), TIMEOUT_S
    )


async def appealed(stage: Stage, by: User | None) -> Message:
    """The card of an appeal against a suspension."""
    await suspend(stage, by)
    assert await appeal(stage, await refused(stage)) == words.APPEALED.english
    return await card_of(stage)


def inbox(stage: Stage, user: User) -> list[str]:
    return [message.current.text() for message in stage.sandbox.discord.dm(user).messages]


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("label", [LIFT, KEEP])
async def test_another_moderator_decides_and_the_person_is_told(
    stage: Stage, label: str, *, restarted: bool
) -> None:
    mo, rita = moderator(stage, "mo"), moderator(stage, "rita")
    await suspend(stage, mo)
    reply = await refused(stage)
    assert labels(message_of(reply).current) == ["Appeal…"]
    await meanwhile(stage, restarted=restarted)
    assert await appeal(stage, reply) == words.APPEALED.english
    card = await card_of(stage)
    assert labels(card.current) == [LIFT, KEEP]
    for text in (stage.user.mention, mo.mention, "spam", "it was not me"):
        assert text in card.current.text()
    assert not card.pings.users
    await meanwhile(stage, restarted=restarted)
    pressed = await press(stage, card, label, user=rita)
    lifted = label == LIFT
    outcome = words.APPEAL_LIFTED if lifted else words.APPEAL_KEPT
    assert await told(pressed) == outcome.english
    assert pressed.ephemeral
    await card.wait_for(lambda version: version.text() == outcome.english, TIMEOUT_S)
    assert not card.current.buttons
    news = (words.YOUR_APPEAL_LIFTED if lifted else words.YOUR_APPEAL_KEPT).english
    await stage.sandbox.discord.dm(stage.user).wait_for_message(lambda one: one.text() == news, TIMEOUT_S)
    ended, *_, made, _refused = await stage.app.moderation.trail.store.read(
        AuditFilter(stage.guild.id), limit=10
    )
    assert (made.deed, made.actor_id, made.prompt) == (Deed.APPEALED, stage.user.id, "it was not me")
    assert (ended.deed, ended.actor_id) == (Deed.APPEAL_DECIDED, rita.id)
    assert (ended.person_id, ended.details) == (stage.user.id, {"lifted": lifted})
    assert ("suspension_lifted" in audit(stage, "action")) is lifted
    if lifted:
        assert (await stage.ended(await stage.video("a kite"))).videos
    else:
        await refused(stage)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_suspension_is_appealed_against_once(stage: Stage, *, restarted: bool) -> None:
    await appealed(stage, moderator(stage))
    await meanwhile(stage, restarted=restarted)
    assert await appeal(stage, await refused(stage), "again") == words.APPEALED_BEFORE.english
    assert len(reviews(stage).messages) == 1
    await suspend(stage, None)
    assert await appeal(stage, await refused(stage), "against the second") == words.APPEALED.english
    await card_of(stage, "against the second")


async def test_who_suspended_does_not_decide_and_neither_do_others_or_the_person(stage: Stage) -> None:
    mo, ada = moderator(stage, "mo"), moderator(stage, "max")
    await suspend(stage, mo, user=ada)
    assert await appeal(stage, await refused(stage, ada), user=ada) == words.APPEALED.english
    card = await card_of(stage)
    for label in (LIFT, KEEP):
        for user, answer in (
            (mo, words.APPEAL_NOT_YOURS),
            (ada, words.VOTE_OWN),
            (stage.member("bob"), words.VOTE_NOT_YOURS),
        ):
            assert await told(await press(stage, card, label, user=user)) == answer.english
    assert member(stage, ada).is_suspended(stage.now())
    assert labels(card.current) == [LIFT, KEEP]
    assert inbox(stage, ada) == []


async def test_an_appeal_is_decided_once(stage: Stage) -> None:
    card = await appealed(stage, moderator(stage))
    rita, max_ = moderator(stage, "rita"), moderator(stage, "max")
    ids = {label: id_of(card.current, label) for label in (LIFT, KEEP)}
    pressed = await asyncio.gather(
        press_unseen(stage, card, ids[KEEP], user=rita), press_unseen(stage, card, ids[LIFT], user=max_)
    )
    answered = [await told(one) for one in pressed]
    assert answered.count(words.VOTE_CLOSED.english) == 1
    for custom_id in ids.values():
        late = await press_unseen(stage, card, custom_id, user=rita)
        assert await told(late) == words.VOTE_CLOSED.english
    await stage.sandbox.discord.dm(stage.user).wait_for_message(lambda one: "appeal" in one.text(), TIMEOUT_S)
    assert audit(stage, "action").count("appeal_decided") == 1
    assert len(inbox(stage, stage.user)) == 1


async def test_an_old_card_decides_nothing_about_a_new_suspension(stage: Stage, clock: MovableClock) -> None:
    mo = moderator(stage)
    old = await appealed(stage, mo)
    clock.offset = timedelta(hours=6)
    assert (
        await told(await press(stage, old, LIFT, user=moderator(stage, "rita"))) == words.VOTE_CLOSED.english
    )
    await suspend(stage, mo)
    assert await appeal(stage, await refused(stage), "the second") == words.APPEALED.english
    await card_of(stage, "the second")
    late = await press_unseen(stage, old, id_of(old.versions[0], LIFT), user=moderator(stage, "max"))
    assert await told(late) == words.VOTE_CLOSED.english
    assert member(stage).is_suspended(stage.now())


async def test_after_a_suspension_there_is_nothing_to_appeal_against(
    stage: Stage, clock: MovableClock
) -> None:
    await suspend(stage, moderator(stage))
    reply = await refused(stage)
    clock.offset = timedelta(hours=6)
    assert await appeal(stage, reply) == words.APPEALED_BEFORE.english
    assert (await stage.ended(await stage.video("a kite"))).videos


@pytest.mark.parametrize("why", ["none", "gone", "closed"])
async def test_without_a_review_channel_the_owner_decides(stage: Stage, why: str) -> None:
    match why:
        case "none":
            await rule(stage, review_channel_id=None)
        case "gone":
            reviews(stage).delete()
        case _:
            reviews(stage).deny_bot("view_channel", "send_messages")
    await suspend(stage, moderator(stage))
    assert await appeal(stage, await refused(stage)) == words.APPEALED.english
    owner = stage.guild.owner
    card = await card_of(stage, channel=stage.sandbox.discord.dm(owner))
    made_up = await press_unseen(stage, card, id_of(card.current, LIFT), user=stage.member("bob"))
    assert await told(made_up) == words.VOTE_NOT_YOURS.english
    assert await told(await press(stage, card, LIFT, user=owner)) == words.APPEAL_LIFTED.english
    assert (await stage.ended(await stage.video("a kite"))).videos


async def test_an_appeal_that_reached_nobody_can_be_made_again(stage: Stage) -> None:
    await rule(stage, review_channel_id=None)
    stage.guild.owner.accepts_direct_messages = False
    await suspend(stage, moderator(stage))
    reply = await refused(stage)
    assert await appeal(stage, reply) == words.APPEAL_UNREACHED.english
    stage.guild.owner.accepts_direct_messages = True
    assert await appeal(stage, reply) == words.APPEALED.english
    await card_of(stage, channel=stage.sandbox.discord.dm(stage.guild.owner))


async def test_an_appeal_that_cannot_be_stored_can_be_made_again(stage: Stage) -> None:
    await suspend(stage, moderator(stage))
    reply = await refused(stage)
    async with locked_disk(stage):
        assert await appeal(stage, reply) == job_words.NOT_STORED.english
    assert reviews(stage).messages == []
    assert await appeal(stage, reply) == words.APPEALED.english
    card = await card_of(stage)
    async with locked_disk(stage):
        pressed = await press(stage, card, LIFT, user=moderator(stage, "rita"))
        assert await told(pressed) == job_words.NOT_STORED.english
    assert (
        await told(await press(stage, card, LIFT, user=moderator(stage, "max")))
        == words.APPEAL_LIFTED.english
    )


async def test_a_person_who_takes_no_messages_is_decided_about_all_the_same(stage: Stage) -> None:
    stage.user.accepts_direct_messages = False
    card = await appealed(stage, moderator(stage))
    rita = moderator(stage, "rita")
    assert await told(await press(stage, card, LIFT, user=rita)) == words.APPEAL_LIFTED.english
    assert not member(stage).is_suspended(stage.now())


async def test_a_card_that_discord_does_not_change_decides_nothing_more(stage: Stage) -> None:
    card = await appealed(stage, moderator(stage))
    rita = moderator(stage, "rita")
    route = "PATCH /channels/*/messages/*"
    stage.sandbox.discord.faults.append(DiscordFault(route, status=403, code=50001, message="no", times=100))
    assert await told(await press(stage, card, KEEP, user=rita)) == words.APPEAL_KEPT.english
    assert await told(await press(stage, card, LIFT, user=rita)) == words.VOTE_CLOSED.english


async def test_what_is_said_pings_nobody_and_formats_nothing(stage: Stage) -> None:
    await suspend(stage, None)
    said = f"@everyone {stage.guild.owner.mention} ``` **loud** # " + "x" * 1000
    assert await appeal(stage, await refused(stage), said[:1000]) == words.APPEALED.english
    card = await card_of(stage, "@everyone")
    assert not card.pings.everyone
    assert not card.pings.users
    assert card.current.text().count("```") == 2


async def test_made_up_buttons_and_forms_do_nothing(stage: Stage) -> None:
    card = await appealed(stage, moderator(stage))
    rita, reply = moderator(stage, "rita"), message_of(await refused(stage))
    elsewhere = stage.sandbox.discord.add_guild("Elsewhere")
    elsewhere.join(rita, [elsewhere.add_role("mods", ["manage_messages"])])
    lift = id_of(card.current, LIFT)
    guild, person = str(stage.guild.id), str(stage.user.id)
    for made_up, answer in (
        (lift.replace(guild, str(elsewhere.id)), words.VOTE_NOT_YOURS),
        (lift.replace(guild, "9" * 20), words.VOTE_NOT_YOURS),
        (lift.replace(person, str(rita.id)), words.VOTE_OWN),
        (lift.replace(person, "9" * 20), words.VOTE_CLOSED),
        (lift.rpartition(":")[0] + ":0", words.VOTE_CLOSED),
        (lift.rpartition(":")[0] + ":" + "9" * 20, words.VOTE_CLOSED),
    ):
        assert await told(await press_unseen(stage, card, made_up, user=rita)) == answer.english
    for guild_id in (str(elsewhere.id), "0", "9" * 20):
        opened = await press_unseen(stage, reply, f"sm-appeal:{guild_id}")
        await opened.wait_for_modal(TIMEOUT_S)
        sent = await stage.sandbox.discord.submit(opened, {"words": "let me in"})
        assert await told(sent) == words.APPEALED_BEFORE.english
    assert member(stage).is_suspended(stage.now())
    assert [one for one in reviews(stage).messages if not one.ephemeral] == [card]
