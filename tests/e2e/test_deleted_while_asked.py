"""`/privacy delete` while moderators are asked: they still decide, and then what they needed goes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.breaker import WINDOW_S, InvalidRequestBreaker
from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import Message
from bot.storage.moderation_tables import metadata
from bot.texts import moderation, refusals
from cogs.moderation.review_channel import DiscordReviewChannel
from tests.e2e.actors.approvals import deny, held, moderator, question, rule
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.privacy import deleted, export, privacy
from tests.e2e.actors.records import assert_log_unbroken, states, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, media

ASKS = {Gate.NORMAL: Mode.APPROVAL}
MARK = "zqxjkvmark"
MONTH = timedelta(days=30)
NOBODY = 0


async def asked(harness: Harness, *, posting: bool = False) -> Message:
    """A question about a request, or about its finished video; its card."""
    await rule(harness, modes=ASKS, review_at=ReviewAt.POSTING if posting else ReviewAt.SUBMISSION)
    await held(await harness.video(MARK, image=harness.sandbox.discord.upload(f"{MARK}.png", picture())))
    return await question(harness, "May this video be posted?" if posting else "May this video be made?")


async def tidied(harness: Harness) -> None:
    """What the bot does by itself once a minute."""
    await harness.app.privacy.personal_data.run_once()
    await harness.app.moderation.emptied_cards.edit()


async def assert_nothing_is_left(harness: Harness, card: Message) -> None:
    """Neither in the database nor in the files, nor on the card."""
    assert [row["person_id"] for row in harness.rows("person_id")] == [NOBODY]
    assert stored(harness, "SELECT * FROM deletions") == []
    assert found(harness) == set()
    assert media(harness) == []
    assert [*(harness.data_dir / "spool").iterdir()] == []
    shown = await card.wait_for(lambda seen: MARK not in seen.text(), TIMEOUT_S)
    assert moderation.EMPTIED_LINE.english in shown.text()
    assert not shown.videos
    assert not shown.buttons
    assert str(harness.user.id) not in shown.text()
    assert stored(harness, "SELECT * FROM reviews WHERE message_id IS NOT NULL") == []
    assert_log_unbroken(harness)


def found(harness: Harness) -> set[str]:
    """The columns with the word in some row."""
    return {
        f"{table}.{column}"
        for table in metadata.tables
        for row in stored(harness, f"SELECT * FROM {table}")  # noqa: S608 - ours
        for column, value in row.items()
        if MARK in str(value)
    }


@AT_ONCE_AND_AFTER_A_RESTART
async def test_an_approval_makes_nothing_and_leaves_nothing(harness: Harness, *, restarted: bool) -> None:
    card = await asked(harness)
    assert "1 request of yours stays with moderators" in (await privacy(harness, "delete")).text
    text = await deleted(harness)
    assert "1 request was ended." in text
    assert "1 request of yours stays with moderators" in text
    assert states(harness) == ["cancelled"]
    await harness.app.moderation.questions.show_outdated()
    over = await card.wait_for(lambda seen: moderation.OVER_LINE.english in seen.text(), TIMEOUT_S)
    assert MARK in over.text()
    await meanwhile(harness, restarted=restarted)
    assert await told(await press(harness, card, "Approve", user=moderator(harness))) == "Decided."
    closed = await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)
    assert moderation.WAS_OVER_LINE.english in closed.text()
    await harness.app.jobs.runner.idle()
    assert (harness.bought, states(harness)) == (0, ["cancelled"])
    await tidied(harness)
    await assert_nothing_is_left(harness, card)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_denial_of_a_finished_video_suspends_all_the_same(
    harness: Harness, *, restarted: bool
) -> None:
    card = await asked(harness, posting=True)
    await deleted(harness)
    assert states(harness) == ["failed"]
    await harness.app.cleanup.run_once(harness.now() + MONTH)
    await meanwhile(harness, restarted=restarted)
    looking = await press(harness, card, "View", user=moderator(harness, "rita"))
    assert (await looking.wait_for(lambda seen: bool(seen.videos), TIMEOUT_S)).videos
    sent = await deny(harness, card, moderator(harness), label="Deny and suspend…", words=MARK)
    assert await told(sent) == "Decided."
    await until(lambda: not stored(harness, "SELECT * FROM person_news WHERE told_at IS NULL"))
    await tidied(harness)
    (member,) = stored(harness, "SELECT person_id, suspended_until FROM members")
    assert (member["person_id"], bool(member["suspended_until"])) == (harness.user.id, True)
    await assert_nothing_is_left(harness, card)


@pytest.mark.slow
async def test_the_pictures_stay_until_nobody_decided_in_time(harness: Harness) -> None:
    card = await asked(harness)
    await deleted(harness)
    await harness.app.cleanup.run_once(harness.now() + MONTH)
    assert len([*harness.data_dir.glob("spool/*/*")]) == 1
    await harness.app.jobs.decisions.expire(harness.now() + MONTH)
    await tidied(harness)
    await assert_nothing_is_left(harness, card)


@pytest.mark.slow
async def test_what_was_cut_short_goes_on_at_the_next_start(harness: Harness) -> None:
    card = await asked(harness)
    erasure = harness.app.privacy.personal_data.erasure
    await erasure.requests.end(await erasure.ask(harness.user.id, by=harness.user.id))  # and there it ends
    await harness.restart()
    await harness.app.privacy.personal_data.run_once()
    await harness.app.moderation.questions.show_outdated()
    await card.wait_for(lambda seen: moderation.OVER_LINE.english in seen.text(), TIMEOUT_S)
    mo = moderator(harness)
    assert moderation.OVER_LINE.english in await told(await spicy(harness, "queue", mo))
    await told(await deny(harness, card, mo))
    await harness.app.privacy.personal_data.run_once()
    assert MARK in card.current.text()  # its address is known until it was edited
    await harness.restart()
    await until(lambda: not stored(harness, "SELECT * FROM reviews WHERE message_id IS NOT NULL"))
    await assert_nothing_is_left(harness, card)


@pytest.mark.slow
async def test_a_card_that_discord_does_not_take_is_tried_again_later(harness: Harness) -> None:
    card = await asked(harness)
    await told(await deny(harness, card, moderator(harness)))
    await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)
    clock_s = [0.0]
    breaker, mod = InvalidRequestBreaker(lambda: clock_s[0], trips_at=1), harness.app.moderation
    channel = DiscordReviewChannel(mod.bot, mod.caches.rules, breaker)
    cards = replace(mod.emptied_cards, review_channel=channel, time_s=lambda: clock_s[0])
    await deleted(harness)
    breaker.saw(403)
    assert await cards.edit() == 0
    clock_s[0] = 2 * WINDOW_S
    assert await cards.edit() == 0
    clock_s[0] = 3600.0
    assert await cards.edit() == 1
    await assert_nothing_is_left(harness, card)


@pytest.mark.slow
@pytest.mark.started_with(held_per_person=1)
async def test_a_deletion_makes_no_room_for_further_questions(harness: Harness) -> None:
    card = await asked(harness)
    await deleted(harness)
    assert await told(await harness.video("one more")) == refusals.too_many_held(1).english
    found = await export(harness)
    assert [bool(one["asked_at"]) for one in found["deletion"]] == [True]
    await told(await deny(harness, card, moderator(harness)))
    await held(await harness.video("one more"))


@pytest.mark.slow
async def test_the_reply_does_not_show_what_was_withheld(harness: Harness) -> None:
    reply = await being_made(harness, MARK)
    await rule(harness, modes=ASKS, review_at=ReviewAt.POSTING)
    finish(harness, MARK)
    await held(reply)
    await deleted(harness)
    over = await reply.wait_for(lambda seen: refusals.DELETED_BY_OWNER.what.english in seen.text(), TIMEOUT_S)
    assert MARK not in over.text()
