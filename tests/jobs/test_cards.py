"""Cards of jobs: the rest while a video is made; at the end how long it took, and what is not as asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.jobs import cards
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.mismatch import Mismatch
from bot.texts.explanations import Money
from tests.jobs.builders import MOMENT, a_job

READY = replace(a_job(state=JobState.DELIVERING), task_id="task", ready_at=MOMENT + timedelta(seconds=83))


def test_a_video_that_was_fetched_days_later_still_took_as_long_as_it_took() -> None:
    card = cards.delivered_card(READY, now=MOMENT + timedelta(days=3))
    assert card.small_print == ("Made by AI in 1:23",)


def test_a_video_that_was_looked_for_again_does_not_say_when_it_was_asked_for() -> None:
    card = cards.delivered_card(replace(READY, lookup=True), now=MOMENT + timedelta(days=3))
    assert card.small_print == ("Made by AI",)


def test_a_video_that_is_not_as_asked_for_says_so_in_a_line_each() -> None:
    assert cards.delivered_card(READY, now=MOMENT).lines == ()
    other = replace(READY, mismatch=Mismatch(duration_s=2.54, dimensions_px=(640, 360)))
    assert cards.delivered_card(other, now=MOMENT).lines == (
        "Not quite what you chose: you asked for 6 s and got 2.5 s.",
        "Not quite what you chose: you asked for 1280x720 and got 640x360.",
    )


@pytest.mark.parametrize(
    "ended",
    [
        replace(a_job(state=JobState.CANCELLED), may_be_bought=True),
        replace(a_job(state=JobState.FAILED), failure=Failure(FailureReason.UNANSWERED), may_be_bought=True),
        replace(a_job(state=JobState.DENIED), may_be_bought=True),
    ],
)
def test_what_may_have_been_bought_before_a_backup_is_not_said_to_have_cost_nothing(ended: Job) -> None:
    assert Money.UNKNOWN.sentence.english in cards.ended_card(ended).lines
    certain = cards.ended_card(replace(ended, may_be_bought=False))
    assert Money.NOT_SPENT.sentence.english in certain.lines


@pytest.mark.parametrize(
    ("progress", "rest_s", "told"),
    [
        (0, None, "usually done in 1 to 5 minutes"),
        (40, 72.0, "about 1:10 left"),
        (99, 2.6, "about 0:05 left"),
        (99, 2.4, "almost done"),
        (99, -59.0, "almost done"),
        (99, -60.0, "taking longer than usual"),
        (50, 1.0, "almost done"),
        (50, -5.0, "taking longer than usual"),
        (0, -61.0, "taking longer than usual"),
    ],
)
def test_a_card_never_counts_down_to_an_end_that_has_passed(
    progress: int, rest_s: float | None, told: str
) -> None:
    card = cards.working_card(READY, Stage.GENERATING, elapsed_s=83.0, progress=progress, rest_s=rest_s)
    assert card.lines[-1] == f"1:23 elapsed · {told}"


@pytest.mark.parametrize("stage", [Stage.DOWNLOADING, Stage.FINISHING, Stage.UPLOADING])
def test_once_the_video_is_made_no_usual_time_is_named(stage: Stage) -> None:
    assert cards.working_card(READY, stage, elapsed_s=83.0, progress=100).lines[-1] == "1:23 elapsed"
