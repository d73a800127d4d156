"""Progress of a job as its card shows it."""

import asyncio

import pytest

from bot.jobs.cards import Stage
from bot.lifecycle.job_progress import JobProgress
from bot.texts.jobs import progress
from tests.dimilinks.virtual_time import SLACK_S, in_virtual_time


@in_virtual_time
async def test_the_rest_goes_on_counting_down_while_the_service_says_nothing() -> None:
    shown = JobProgress.ending_in(20.0, Stage.GENERATING, 80, None)
    for expected_s in (20.0, 5.0, -10.0):
        assert shown.rest_s == pytest.approx(expected_s, abs=SLACK_S)
        await asyncio.sleep(15.0)


async def test_an_unknown_rest_stays_unknown() -> None:
    assert JobProgress.ending_in(None, Stage.GENERATING, 0, None).rest_s is None


def test_the_list_of_jobs_says_the_same_of_an_end_that_has_passed() -> None:
    assert progress(40, None).english == "40%"
    assert progress(40, 72.0).english == "40%, about 1:10 left"
    assert progress(99, 0.5).english == "99%, almost done"
    assert progress(99, -61.0).english == "99%, taking longer than usual"
