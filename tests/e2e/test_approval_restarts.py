"""Approvals across stops and kills: nothing is asked twice, and no decision is lost."""

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.reviews.review import ReviewState, ReviewSubject
from bot.sandbox.discord import DiscordFault
from tests.e2e.actors.approvals import ask, cards, moderator, question, rule
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.harness import TIMEOUT_S, Harness, utc_now
from tests.e2e.actors.records import states, stored
from tests.e2e.actors.timing import until
from tests.moderation.audited import alone

FORGOTTEN = "UPDATE jobs SET review_id = NULL"
"""As a process leaves it that was killed before it noted that it had asked."""
UNASKED = "DELETE FROM reviews"
UNPLACED = "UPDATE reviews SET channel_id = NULL, message_id = NULL"


async def decide(harness: Harness, state: ReviewState) -> None:
    """Decide without carrying out, as if killed in between."""
    (row,) = stored(harness, "SELECT id FROM reviews WHERE state = 'open'")
    mod = harness.app.moderation
    assert await alone(mod.audit_log, mod.reviews.close, row["id"], state, utc_now()) is not None


@pytest.mark.slow
@pytest.mark.parametrize("subject", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
@pytest.mark.parametrize(
    "killed",
    [(), (FORGOTTEN,), (FORGOTTEN, UNPLACED), (FORGOTTEN, UNASKED)],
    ids=["asked", "not noted", "not placed", "not asked"],
)
async def test_an_open_question_outlives_the_process(
    harness: Harness, subject: ReviewAt, killed: tuple[str, ...]
) -> None:
    await rule(harness, review_at=subject)
    reply = await ask(harness)
    text = "made?" if subject is ReviewAt.SUBMISSION else "posted?"
    card = await question(harness, text)
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    await harness.stop()
    rewrite(harness, *killed)
    await harness.start()
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    if UNASKED in killed:
        await until(lambda: len(cards(harness)) > 1)
        (card,) = (one for one in cards(harness) if one is not card)
    else:
        assert cards(harness) == [card]
    assert len(stored(harness, "SELECT * FROM reviews")) == 1
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness)))
    assert (await harness.ended(reply)).videos
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted"])
@pytest.mark.parametrize("subject", [ReviewSubject.SUBMISSION, ReviewSubject.POSTING])
@pytest.mark.parametrize("state", [ReviewState.APPROVED, ReviewState.DENIED, ReviewState.EXPIRED])
async def test_what_was_decided_is_carried_out_by_the_next_process(
    harness: Harness, subject: ReviewSubject, state: ReviewState, *, noted: bool
) -> None:
    await rule(harness, review_at=ReviewAt(subject.value))
    reply = await ask(harness)
    card = await question(harness, "made?" if subject is ReviewSubject.SUBMISSION else "posted?")
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    await decide(harness, state)
    await harness.stop()
    if not noted:
        rewrite(harness, FORGOTTEN)
    await harness.start()
    shown = await harness.ended(reply)
    assert bool(shown.videos) is (state is ReviewState.APPROVED)
    await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)
    assert cards(harness) == [card]
    assert harness.bought == (subject is ReviewSubject.POSTING or state is ReviewState.APPROVED)
    await harness.restart()
    await harness.app.jobs.runner.idle()
    assert harness.rows("review_id") == [{"review_id": None}]


async def test_a_decision_that_a_full_disk_cut_short_is_carried_out_later(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    card = await question(harness)
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    await decide(harness, ReviewState.APPROVED)
    await harness.app.jobs.decisions.resume()
    assert (await harness.ended(reply)).videos
    await harness.app.jobs.decisions.resume()
    assert harness.rows("state") == [{"state": "delivered"}]
    assert cards(harness) == [card]


async def test_the_rules_in_force_when_it_goes_on_count(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    await decide(harness, ReviewState.APPROVED)
    await rule(harness, modes={Gate.SPICY: Mode.OFF})
    await harness.restart()
    shown = await harness.ended(reply)
    assert "no longer allow it" in shown.text()
    assert harness.bought == 0


@pytest.mark.slow
async def test_a_card_that_discord_does_not_take_is_changed_later(harness: Harness) -> None:
    await rule(harness)
    await ask(harness)
    card = await question(harness)
    fault = DiscordFault("PATCH /channels/*/messages/*", status=503, message="Unavailable", times=1000)
    harness.sandbox.discord.faults.append(fault)
    await told(await press(harness, card, "Approve", user=moderator(harness)))
    await until(lambda: fault.hits > 0)
    harness.sandbox.discord.faults.clear()
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    await harness.app.moderation.questions.show_outdated()
    assert labels(card.current) == []
