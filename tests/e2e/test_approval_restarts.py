"""Approvals across stops and kills: nothing is asked twice, and no decision is lost."""

import sqlite3
from contextlib import closing

import pytest

from bot.moderation.reviews import ReviewState, ReviewSubject
from bot.moderation.rules import Gate, Mode, ReviewAt
from tests.e2e.approval_steps import CLOSED, ask, cards, moderator, question, rule, stage, stored
from tests.e2e.presses import press, told, until
from tests.e2e.stage import TIMEOUT_S, Stage, utc_now
from tests.moderation.audited import alone

__all__ = ["stage"]

FORGOTTEN = "UPDATE jobs SET review_id = NULL"
"""As a process leaves it that was killed before it noted that it had asked."""
UNASKED = "DELETE FROM reviews"
UNPLACED = "UPDATE reviews SET channel_id = NULL, message_id = NULL"


def rewrite(stage: Stage, *statements: str) -> None:
    """Have the stopped bot's data be what a kill would have left."""
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


async def decide(stage: Stage, state: ReviewState) -> None:
    """Decide without carrying out, as if killed in between."""
    (row,) = stored(stage, "SELECT id FROM reviews WHERE state = 'open'")
    mod = stage.app.moderation
    assert await alone(mod.trail, mod.review_store.close, row["id"], state, utc_now()) is not None


@pytest.mark.parametrize("subject", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
@pytest.mark.parametrize(
    "killed",
    [(), (FORGOTTEN,), (FORGOTTEN, UNPLACED), (FORGOTTEN, UNASKED)],
    ids=["asked", "not noted", "not placed", "not asked"],
)
async def test_an_open_question_outlives_the_process(
    stage: Stage, subject: ReviewAt, killed: tuple[str, ...]
) -> None:
    await rule(stage, review_at=subject)
    reply = await ask(stage)
    text = "made?" if subject is ReviewAt.SUBMISSION else "posted?"
    card = await question(stage, text)
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    await stage.stop()
    rewrite(stage, *killed)
    await stage.start()
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    if UNASKED in killed:
        await until(lambda: len(cards(stage)) > 1)
        (card,) = (one for one in cards(stage) if one is not card)
    else:
        assert cards(stage) == [card]
    assert len(stored(stage, "SELECT * FROM reviews")) == 1
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage)))
    assert (await stage.ended(reply)).videos
    assert stage.bought == 1


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted"])
@pytest.mark.parametrize("subject", [ReviewSubject.SUBMISSION, ReviewSubject.POSTING])
@pytest.mark.parametrize("state", [ReviewState.APPROVED, ReviewState.DENIED, ReviewState.EXPIRED])
async def test_what_was_decided_is_carried_out_by_the_next_process(
    stage: Stage, subject: ReviewSubject, state: ReviewState, *, noted: bool
) -> None:
    await rule(stage, review_at=ReviewAt(subject.value))
    reply = await ask(stage)
    card = await question(stage, "made?" if subject is ReviewSubject.SUBMISSION else "posted?")
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    await decide(stage, state)
    await stage.stop()
    if not noted:
        rewrite(stage, FORGOTTEN)
    await stage.start()
    shown = await stage.ended(reply)
    assert bool(shown.videos) is (state is ReviewState.APPROVED)
    if not noted:
        late = await press(stage, card, "Approve", user=moderator(stage))
        assert await told(late) == CLOSED
    await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)
    assert cards(stage) == [card]
    assert stage.bought == (subject is ReviewSubject.POSTING or state is ReviewState.APPROVED)
    await stage.restart()
    await stage.app.engine.idle()
    assert stage.rows("review_id") == [{"review_id": None}]


async def test_a_decision_that_a_full_disk_cut_short_is_carried_out_later(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    card = await question(stage)
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    await decide(stage, ReviewState.APPROVED)
    await stage.app.moderation.decisions.resume()
    assert (await stage.ended(reply)).videos
    await stage.app.moderation.decisions.resume()
    assert stage.rows("state") == [{"state": "delivered"}]
    assert cards(stage) == [card]


async def test_the_rules_in_force_when_it_goes_on_count(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    await decide(stage, ReviewState.APPROVED)
    await rule(stage, modes={Gate.SPICY: Mode.OFF})
    await stage.restart()
    shown = await stage.ended(reply)
    assert "no longer allow it" in shown.text()
    assert stage.bought == 0
