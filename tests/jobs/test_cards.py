"""Cards of jobs that ended well: they say how long the video took, and what of it is not as asked for."""

from dataclasses import replace
from datetime import timedelta

from bot.jobs import cards
from bot.jobs.job import JobState
from bot.jobs.mismatch import Mismatch
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
