"""Appeals: a suspended person is heard once, by a moderator other than the one who decided."""

import asyncio
from datetime import timedelta

import pytest

from bot.moderation.audit.entries import AuditAction
from bot.moderation.audit.store import AuditFilter
from bot.moderation.rules import ServerRules
from bot.sandbox.discord import DiscordFault
from bot.texts import jobs as job_words
from bot.texts import moderation as words
from tests.e2e.actors.appeals import (
    HEADLINE,
    KEEP,
    LIFT,
    appeal,
    appealed,
    card_of,
    member,
    refused,
    reviews,
    suspend,
)
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.direct_messages import inbox
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock

pytestmark = pytest.mark.started_with(rules=None)


@pytest.fixture
async def harness(harness: Harness) -> Harness:
    review = harness.guild.add_channel("reviews")
    await rule(harness, review_channel_id=review.id)
    return harness


async def rule(harness: Harness, **rules: int | None) -> None:
    await harness.app.moderation.caches.rules.change(harness.guild.id, ServerRules.model_validate(rules))


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("label", [LIFT, KEEP])
async def test_another_moderator_decides_and_the_person_is_told(
    harness: Harness, label: str, *, restarted: bool
) -> None:
    mo, rita = moderator(harness, "mo"), moderator(harness, "rita")
    await suspend(harness, mo)
    reply = await refused(harness)
    assert labels(message_of(reply).current) == ["Appeal…"]
    await meanwhile(harness, restarted=restarted)
    assert await appeal(harness, reply) == words.APPEALED.english
    card = await card_of(harness)
    assert labels(card.current) == [LIFT, KEEP]
    for text in (harness.user.mention, mo.mention, "spam", "it was not me"):
        assert text in card.current.text()
    assert not card.pings.users
    await meanwhile(harness, restarted=restarted)
    pressed = await press(harness, card, label, user=rita)
    lifted = label == LIFT
    outcome = words.APPEAL_LIFTED if lifted else words.APPEAL_KEPT
    assert await told(pressed) == outcome.english
    assert pressed.ephemeral
    await card.wait_for(lambda version: version.text() == outcome.english, TIMEOUT_S)
    assert not card.current.buttons
    news = (words.YOUR_APPEAL_LIFTED if lifted else words.YOUR_APPEAL_KEPT).english
    await harness.sandbox.discord.dm(harness.user).wait_for_message(lambda one: one.text() == news, TIMEOUT_S)
    ended, *_, made, _refused = await harness.app.moderation.audit_log.store.read(
        AuditFilter(harness.guild.id), limit=10
    )
    assert (made.action, made.actor_id, made.prompt) == (
        AuditAction.APPEALED,
        harness.user.id,
        "it was not me",
    )
    assert (ended.action, ended.actor_id) == (AuditAction.APPEAL_DECIDED, rita.id)
    assert (ended.person_id, ended.details) == (
        harness.user.id,
        {"lifted": lifted} | ({"parts": ["suspension_lifted"]} if lifted else {}),
    )
    if lifted:
        assert (await harness.ended(await harness.video("a kite"))).videos
    else:
        await refused(harness)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_suspension_is_appealed_against_once(harness: Harness, *, restarted: bool) -> None:
    await appealed(harness, moderator(harness))
    await meanwhile(harness, restarted=restarted)
    assert await appeal(harness, await refused(harness), "again") == words.APPEALED_BEFORE.english
    assert len(reviews(harness).messages) == 1
    await suspend(harness, None)
    assert await appeal(harness, await refused(harness), "against the second") == words.APPEALED.english
    await card_of(harness, "against the second")


async def test_who_suspended_does_not_decide_and_neither_do_others_or_the_person(harness: Harness) -> None:
    mo, ada = moderator(harness, "mo"), moderator(harness, "max")
    await suspend(harness, mo, user=ada)
    assert await appeal(harness, await refused(harness, ada), user=ada) == words.APPEALED.english
    card = await card_of(harness)
    for label in (LIFT, KEEP):
        for user, answer in (
            (mo, words.APPEAL_NOT_YOURS),
            (ada, words.VOTE_OWN),
            (harness.member("bob"), words.VOTE_NOT_YOURS),
        ):
            assert await told(await press(harness, card, label, user=user)) == answer.english
    assert member(harness, ada).is_suspended(harness.now())
    assert labels(card.current) == [LIFT, KEEP]
    assert inbox(harness, ada) == []


async def test_an_appeal_is_decided_once(harness: Harness) -> None:
    card = await appealed(harness, moderator(harness))
    rita, max_ = moderator(harness, "rita"), moderator(harness, "max")
    ids = {label: id_of(card.current, label) for label in (LIFT, KEEP)}
    pressed = await asyncio.gather(
        press_unseen(harness, card, ids[KEEP], user=rita), press_unseen(harness, card, ids[LIFT], user=max_)
    )
    answered = [await told(one) for one in pressed]
    assert answered.count(words.VOTE_CLOSED.english) == 1
    for custom_id in ids.values():
        late = await press_unseen(harness, card, custom_id, user=rita)
        assert await told(late) == words.VOTE_CLOSED.english
    await harness.sandbox.discord.dm(harness.user).wait_for_message(
        lambda one: "appeal" in one.text(), TIMEOUT_S
    )
    assert audit(harness, "action").count("appeal_decided") == 1
    assert len(inbox(harness, harness.user)) == 1


async def test_an_old_card_decides_nothing_about_a_new_suspension(
    harness: Harness, clock: MovableClock
) -> None:
    mo = moderator(harness)
    old = await appealed(harness, mo)
    clock.offset = timedelta(hours=6)
    assert (
        await told(await press(harness, old, LIFT, user=moderator(harness, "rita")))
        == words.VOTE_CLOSED.english
    )
    await suspend(harness, mo)
    assert await appeal(harness, await refused(harness), "the second") == words.APPEALED.english
    await card_of(harness, "the second")
    late = await press_unseen(harness, old, id_of(old.versions[0], LIFT), user=moderator(harness, "max"))
    assert await told(late) == words.VOTE_CLOSED.english
    assert member(harness).is_suspended(harness.now())


async def test_after_a_suspension_there_is_nothing_to_appeal_against(
    harness: Harness, clock: MovableClock
) -> None:
    await suspend(harness, moderator(harness))
    reply = await refused(harness)
    clock.offset = timedelta(hours=6)
    assert await appeal(harness, reply) == words.APPEALED_BEFORE.english
    assert (await harness.ended(await harness.video("a kite"))).videos


@pytest.mark.slow
@pytest.mark.parametrize("why", ["none", "gone", "closed"])
async def test_without_a_review_channel_the_owner_decides(harness: Harness, why: str) -> None:
    match why:
        case "none":
            await rule(harness, review_channel_id=None)
        case "gone":
            reviews(harness).delete()
        case _:
            reviews(harness).deny_bot("view_channel", "send_messages")
    await suspend(harness, moderator(harness))
    assert await appeal(harness, await refused(harness)) == words.APPEALED.english
    owner = harness.guild.owner
    card = await card_of(harness, channel=harness.sandbox.discord.dm(owner))
    made_up = await press_unseen(harness, card, id_of(card.current, LIFT), user=harness.member("bob"))
    assert await told(made_up) == words.VOTE_NOT_YOURS.english
    assert await told(await press(harness, card, LIFT, user=owner)) == words.APPEAL_LIFTED.english
    assert (await harness.ended(await harness.video("a kite"))).videos


@AT_ONCE_AND_AFTER_A_RESTART
async def test_an_appeal_that_reached_nobody_is_decided_in_the_queue(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness, review_channel_id=None)
    harness.guild.owner.accepts_direct_messages = False
    mo, rita = moderator(harness, "mo"), moderator(harness, "rita")
    await suspend(harness, mo)
    reply = await refused(harness)
    assert await appeal(harness, reply) == words.APPEAL_QUEUED.english
    assert audit(harness, "action").count("appealed") == 1
    assert await appeal(harness, reply) == words.APPEALED_BEFORE.english
    await meanwhile(harness, restarted=restarted)
    queue = await spicy(harness, "queue", rita)
    for text in (HEADLINE, harness.user.mention, mo.mention, "> it was not me"):
        assert text in queue.text
    assert await told(await press(harness, queue, LIFT, user=rita)) == words.APPEAL_LIFTED.english
    assert HEADLINE not in (await spicy(harness, "queue", rita)).text
    assert (await harness.ended(await harness.video("a kite"))).videos


async def test_an_appeal_is_in_the_queue_until_it_is_decided(harness: Harness) -> None:
    card = await appealed(harness, moderator(harness, "mo"))
    rita = moderator(harness, "rita")
    assert HEADLINE in (await spicy(harness, "queue", rita)).text
    assert await told(await press(harness, card, KEEP, user=rita)) == words.APPEAL_KEPT.english
    assert HEADLINE not in (await spicy(harness, "queue", rita)).text


async def test_an_appeal_that_cannot_be_stored_can_be_made_again(harness: Harness) -> None:
    await suspend(harness, moderator(harness))
    reply = await refused(harness)
    async with locked_disk(harness):
        assert await appeal(harness, reply) == job_words.NOT_STORED.english
    assert reviews(harness).messages == []
    assert await appeal(harness, reply) == words.APPEALED.english
    card = await card_of(harness)
    async with locked_disk(harness):
        pressed = await press(harness, card, LIFT, user=moderator(harness, "rita"))
        assert await told(pressed) == job_words.NOT_STORED.english
    assert (
        await told(await press(harness, card, LIFT, user=moderator(harness, "max")))
        == words.APPEAL_LIFTED.english
    )


async def test_a_person_who_takes_no_messages_is_decided_about_all_the_same(harness: Harness) -> None:
    harness.user.accepts_direct_messages = False
    card = await appealed(harness, moderator(harness))
    rita = moderator(harness, "rita")
    assert await told(await press(harness, card, LIFT, user=rita)) == words.APPEAL_LIFTED.english
    assert not member(harness).is_suspended(harness.now())


async def test_a_card_that_discord_does_not_change_decides_nothing_more(harness: Harness) -> None:
    card = await appealed(harness, moderator(harness))
    rita = moderator(harness, "rita")
    route = "PATCH /channels/*/messages/*"
    harness.sandbox.discord.faults.append(
        DiscordFault(route, status=403, code=50001, message="no", times=100)
    )
    assert await told(await press(harness, card, KEEP, user=rita)) == words.APPEAL_KEPT.english
    assert await told(await press(harness, card, LIFT, user=rita)) == words.VOTE_CLOSED.english


async def test_what_is_said_pings_nobody_and_formats_nothing(harness: Harness) -> None:
    await suspend(harness, None)
    said = f"@everyone {harness.guild.owner.mention} ``` **loud** # " + "x" * 1000
    assert await appeal(harness, await refused(harness), said[:1000]) == words.APPEALED.english
    card = await card_of(harness, "@everyone")
    assert not card.pings.everyone
    assert not card.pings.users
    assert card.current.text().count("```") == 2


async def test_made_up_buttons_and_forms_do_nothing(harness: Harness) -> None:
    card = await appealed(harness, moderator(harness))
    rita, reply = moderator(harness, "rita"), message_of(await refused(harness))
    elsewhere = harness.sandbox.discord.add_guild("Elsewhere")
    elsewhere.join(rita, [elsewhere.add_role("mods", ["manage_messages"])])
    lift = id_of(card.current, LIFT)
    guild, person = str(harness.guild.id), str(harness.user.id)
    for made_up, answer in (
        (lift.replace(guild, str(elsewhere.id)), words.VOTE_NOT_YOURS),
        (lift.replace(guild, "9" * 20), words.VOTE_NOT_YOURS),
        (lift.replace(person, str(rita.id)), words.VOTE_OWN),
        (lift.replace(person, "9" * 20), words.VOTE_CLOSED),
        (lift.rpartition(":")[0] + ":0", words.VOTE_CLOSED),
        (lift.rpartition(":")[0] + ":" + "9" * 20, words.VOTE_CLOSED),
    ):
        assert await told(await press_unseen(harness, card, made_up, user=rita)) == answer.english
    for guild_id in (str(elsewhere.id), "0", "9" * 20):
        opened = await press_unseen(harness, reply, f"sm-appeal:{guild_id}")
        await opened.wait_for_modal(TIMEOUT_S)
        sent = await harness.sandbox.discord.submit(opened, {"words": "let me in"})
        assert await told(sent) == words.APPEALED_BEFORE.english
    assert member(harness).is_suspended(harness.now())
    assert [one for one in reviews(harness).messages if not one.ephemeral] == [card]
