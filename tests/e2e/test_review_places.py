"""Where moderators can be asked, and what they see there: review channels, `/spicy queue`, *View*."""

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules
from bot.sandbox.discord import Channel, Reply, User
from bot.texts import moderation
from bot.texts import settings_panel as words
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import ask, deny, moderator, question, rule
from tests.e2e.actors.buttons import id_of, labels, press, press_unseen, told, whispered
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit, stored
from tests.e2e.actors.settings import boss, choose, form_of, log, rules, settings
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until

pytestmark = pytest.mark.started_with(rules=None)
PROBLEMS = words.REVIEW_CHANNEL_PROBLEMS


async def refused(harness: Harness, opened: Reply, key: str, value: str | Channel) -> str:
    chosen = await harness.sandbox.discord.select(opened, f"sm-set:{key}", [value], user=opened.user)
    return await whispered(chosen)


@pytest.mark.parametrize("mode", ["approval", "trusted"])
async def test_approval_is_not_switched_on_without_a_review_channel_which_is_on_the_same_page(
    harness: Harness, mode: str
) -> None:
    reviews = harness.guild.add_channel("reviews")
    for page, key in (("Other presets", "modes.fun"), ("This channel", "channel_modes.normal")):
        opened = await settings(harness, boss(harness, page[:2]), page)
        assert await refused(harness, opened, key, mode) == PROBLEMS["not_chosen"].english
        assert rules(harness) == ServerRules()
        name = {"Other presets": "presets", "This channel": "channel"}[page]
        opened = await choose(harness, opened, f"review_channel_id@{name}", reviews)
        assert opened.text.startswith(words.title(words.PAGE_NAMES[name]).english, 4)
        await choose(harness, opened, key, mode)
        assert rules(harness) != ServerRules(review_channel_id=reviews.id)
        await harness.app.moderation.caches.rules.change(harness.guild.id, ServerRules())


@pytest.mark.parametrize(
    ("permission", "problem"),
    [("view_channel", "not_seen"), ("send_messages", "not_writable"), ("attach_files", "no_files")],
)
async def test_a_channel_that_the_bot_cannot_use_is_not_taken(
    harness: Harness, permission: str, problem: str
) -> None:
    reviews = harness.guild.add_channel("reviews")
    await harness.app.moderation.caches.rules.change(
        harness.guild.id, ServerRules(review_channel_id=reviews.id)
    )
    reviews.deny_bot(permission)
    opened = await settings(harness, boss(harness), "Other presets")
    assert await refused(harness, opened, "modes.fun", "approval") == PROBLEMS[problem].english
    assert await refused(harness, opened, "review_channel_id@presets", reviews) == PROBLEMS[problem].english
    assert await log(harness) == []


async def test_spicy_is_asked_about_in_age_restricted_channels_alone(harness: Harness) -> None:
    open_channel, restricted = (
        harness.guild.add_channel("reviews"),
        harness.guild.add_channel("adult-reviews", nsfw=True),
    )
    opened = await settings(harness, boss(harness))
    opened = await choose(harness, opened, "review_channel_id@spicy", open_channel)
    assert await refused(harness, opened, "modes.spicy", "approval") == PROBLEMS["not_restricted"].english
    opened = await choose(harness, opened, "review_channel_id@spicy", restricted)
    await form_of(harness, opened, "modes.spicy", "approval")
    asks = ServerRules(
        spicy_confirmed_by=1, modes={Gate.SPICY: Mode.APPROVAL}, review_channel_id=restricted.id
    )
    await harness.app.moderation.caches.rules.change(harness.guild.id, asks)
    refusal = await refused(harness, opened, "review_channel_id@spicy", open_channel)
    assert refusal == PROBLEMS["not_restricted"].english
    restricted.delete()
    assert await refused(harness, opened, "modes.spicy", "trusted") == PROBLEMS["gone"].english


async def in_queue(harness: Harness, mo: User, channel: Channel) -> Reply:
    queue = await harness.sandbox.discord.invoke("spicy queue", user=mo, channel=channel)
    await queue.wait_for_answer(TIMEOUT_S)
    return queue


async def test_a_new_review_channel_gets_the_questions_of_one_that_was_deleted_while_the_bot_was_off(
    harness: Harness,
) -> None:
    await rule(harness)
    harness.guild.owner.accepts_direct_messages = False
    reply = await ask(harness)
    lost = (await question(harness)).channel
    await harness.stop()
    lost.delete()
    await harness.start()
    mo = moderator(harness)
    await until(lambda: stored(harness, "SELECT channel_id FROM reviews") == [{"channel_id": None}])
    queue = await spicy(harness, "queue", mo)
    assert spicy_words.NO_CARD.english in queue.text
    assert spicy_words.CARD.english not in queue.text
    new = harness.guild.add_channel("new-reviews", nsfw=True)
    await choose(harness, await settings(harness, boss(harness)), "review_channel_id@spicy", new)
    card = await new.wait_for_message(lambda seen: "May this video be made?" in seen.text(), TIMEOUT_S)
    await until(lambda: stored(harness, "SELECT channel_id FROM reviews") == [{"channel_id": new.id}])
    assert card.url in (await spicy(harness, "queue", mo)).text
    assert "Decided" in await told(await press(harness, card, "Approve", user=mo))
    assert (await harness.ended(reply)).videos


async def test_any_moderator_decides_in_the_queue(harness: Harness) -> None:
    await rule(harness, review_channel_id=None)
    mo = moderator(harness)
    first = await ask(harness, "a castle")
    queue = await spicy(harness, "queue", mo)
    assert "Decided" in await told(await press(harness, queue, "Approve", user=mo))
    assert (await harness.ended(first)).videos
    second = await ask(harness, "a tower")
    queue = await spicy(harness, "queue", mo)
    opened = await press(harness, queue, "Deny…", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {"reason": ["other"], "words": "no"})
    assert "Decided" in await told(sent)
    await harness.ended(second)
    assert harness.bought == 1


async def test_a_finished_video_is_looked_at_and_then_approved(harness: Harness) -> None:
    await rule(harness, review_channel_id=None, review_at=ReviewAt.POSTING)
    mo, reply = moderator(harness), await ask(harness)
    queue = await spicy(harness, "queue", mo)
    assert queue.current is not None
    assert "Approve" not in labels(queue.current)
    elsewhere = await told(await press(harness, queue, "View", user=mo))
    assert elsewhere == moderation.view_elsewhere(harness.adult_channel.id).english
    looking = await press(harness, await in_queue(harness, mo, harness.adult_channel), "View", user=mo)
    shown = await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    assert looking.ephemeral
    assert labels(shown) == ["Approve", "Approve and trust"]
    assert ("hidden_video_viewed", mo.id) in audit(harness, "action", "actor_id")
    assert "Decided" in await told(await press(harness, looking, "Approve", user=mo))
    assert (await harness.ended(reply)).videos


async def test_what_a_card_does_not_show_is_not_approved_by_an_outdated_button(harness: Harness) -> None:
    reviews = harness.guild.add_channel("reviews")  # not age-restricted any more
    await rule(harness, review_channel_id=reviews.id, review_at=ReviewAt.POSTING)
    mo = moderator(harness)
    await ask(harness)
    card = await question(harness, "May this video be posted?")
    assert labels(card.current)[0] == "View"
    assert harness.adult_channel.mention in card.current.text()
    old = id_of(card.current, "View").replace(":view:", ":yes:")
    assert await told(await press_unseen(harness, card, old, user=mo)) == moderation.VIEW_FIRST.english
    assert "Decided" in await told(await deny(harness, card, mo))
