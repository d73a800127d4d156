"""What `Retry-After` holds back, and for how long, in virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.dimilinks import HoldReason, Pace, RequestHold, RequestKind
from tests.dimilinks.paced_requests import PacedRequests
from tests.dimilinks.virtual_time import SLACK_S, in_virtual_time

POLL, SUBMISSION, DOWNLOAD = RequestKind.POLL, RequestKind.SUBMISSION, RequestKind.DOWNLOAD
QUESTION = RequestKind.QUESTION
DAY_S = 86_400.0
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def held(requests: PacedRequests, status: int, asked_s: float | None, kind: RequestKind = POLL) -> None:
    await requests.request("refused", kind)
    requests.pace.answered(requests.turns["refused"], status, asked_s)


@in_virtual_time
async def test_a_hold_concerns_its_own_kind_alone() -> None:
    requests = PacedRequests(Pace(10))
    await held(requests, 503, 30.0)
    kinds = {"poll": POLL, "submission": SUBMISSION, "download": DOWNLOAD, "question": QUESTION}
    await asyncio.gather(*(requests.request(name, kind) for name, kind in kinds.items()))
    assert requests.names == ["refused", "submission", "download", "question", "poll"]
    assert requests.times_s == pytest.approx([0, 0, 0, 0, 30], abs=SLACK_S)


@in_virtual_time
async def test_who_is_first_in_line_and_held_lets_the_others_pass_who_wait_already() -> None:
    requests = PacedRequests(Pace(1))
    tasks = [
        requests.start("first", SUBMISSION),
        requests.start("second", SUBMISSION),
        requests.start("poll"),
    ]
    await asyncio.sleep(0.5)
    requests.pace.answered(requests.turns["first"], 503, 20.0)
    await asyncio.gather(*tasks)
    assert requests.sent == [
        ("first", pytest.approx(0, abs=SLACK_S)),
        ("poll", pytest.approx(1, abs=SLACK_S)),
        ("second", pytest.approx(20.5, abs=SLACK_S)),
    ]


@in_virtual_time
async def test_when_its_hold_ends_a_submission_overtakes_the_polls_again() -> None:
    requests = PacedRequests(Pace(1))
    await held(requests, 503, 2.5, SUBMISSION)
    tasks = [requests.start(f"poll {number}") for number in range(5)]
    tasks.append(requests.start("submission", SUBMISSION))
    await asyncio.gather(*tasks)
    assert requests.names[1:5] == ["poll 0", "poll 1", "submission", "poll 2"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_day_is_a_minute_then_one_tries_and_its_answer_lets_the_others_go(status: int) -> None:
    @in_virtual_time
    async def scenario() -> None:
        requests = PacedRequests(Pace(1))
        await held(requests, status, DAY_S)
        tasks = [requests.start(f"poll {number}") for number in range(3)]
        await asyncio.sleep(80)
        assert requests.names == ["refused", "poll 0"]
        assert requests.times_s[1] == pytest.approx(60, abs=SLACK_S)
        requests.pace.answered(requests.turns["poll 0"], 200)
        await asyncio.gather(*tasks)
        assert requests.times_s[2] == pytest.approx(80, abs=SLACK_S)

    scenario()


@in_virtual_time
async def test_a_refused_try_holds_for_another_minute_and_slows_nothing_down() -> None:
    requests = PacedRequests(Pace(4))
    await held(requests, 429, DAY_S)
    tasks = [requests.start(f"poll {number}") for number in range(4)]
    for number in range(3):
        await asyncio.sleep(60.5)
        requests.pace.answered(requests.turns[f"poll {number}"], 429, DAY_S)
    # The first refusal halved the rate, and a minute after its hold it is the full one again.
    assert requests.pace.rate_per_s == 4
    assert requests.times_s[1:] == pytest.approx([60, 120.5, 181], abs=SLACK_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@in_virtual_time
async def test_a_try_that_is_refused_for_a_moment_ends_the_long_hold() -> None:
    requests = PacedRequests(Pace(4))
    await held(requests, 503, DAY_S)
    tasks = [requests.start(f"poll {number}") for number in range(3)]
    await asyncio.sleep(61)
    requests.pace.answered(requests.turns["poll 0"], 429)
    await asyncio.gather(*tasks)
    assert requests.times_s[2:] == pytest.approx([62, 62], abs=SLACK_S)


@in_virtual_time
async def test_a_try_without_an_answer_is_followed_by_the_next() -> None:
    requests = PacedRequests(Pace(1))
    await held(requests, 503, DAY_S)
    tasks = [requests.start(f"poll {number}") for number in range(3)]
    await asyncio.sleep(65)
    requests.pace.unanswered(requests.turns["poll 0"])
    await asyncio.sleep(1)
    assert requests.names[1:] == ["poll 0", "poll 1"]
    # Nobody says what became of that one; a minute later somebody else may try.
    await asyncio.sleep(61)
    assert requests.times_s[2:] == pytest.approx([65, 125], abs=SLACK_S)
    await asyncio.gather(*tasks)


@in_virtual_time
async def test_answers_to_what_left_before_say_nothing_about_a_hold() -> None:
    requests = PacedRequests(Pace(4))
    await requests.request("earlier")
    await held(requests, 503, DAY_S)
    requests.pace.answered(requests.turns["earlier"], 200)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(59):
            await requests.request("poll")


@in_virtual_time
async def test_a_hold_is_told_with_its_reason_and_its_end_as_long_as_it_lasts() -> None:
    requests = PacedRequests(Pace(4))
    assert requests.pace.hold(POLL, NOW) is None
    await held(requests, 429, DAY_S)
    await asyncio.sleep(20)
    told = requests.pace.hold(POLL, NOW)
    assert told is not None
    expected = RequestHold(
        POLL, HoldReason.TOO_MANY_REQUESTS, NOW - timedelta(seconds=20), NOW + timedelta(seconds=40), DAY_S
    )
    assert (told.kind, told.reason, told.asked_s) == (expected.kind, expected.reason, DAY_S)
    assert abs(told.held_since - expected.held_since) < timedelta(seconds=SLACK_S)
    assert abs(told.held_until - expected.held_until) < timedelta(seconds=SLACK_S)
    assert requests.pace.hold(SUBMISSION, NOW) is None
    await requests.request("try")
    assert requests.pace.hold(POLL, NOW) is not None
    requests.pace.answered(requests.turns["try"], 200)
    assert requests.pace.hold(POLL, NOW) is None


@in_virtual_time
async def test_holds_that_follow_each_other_are_one_wait() -> None:
    requests = PacedRequests(Pace(4))
    await held(requests, 503, DAY_S)
    for number in range(3):
        await requests.request(str(number))
        requests.pace.answered(requests.turns[str(number)], 503, DAY_S)
    told = requests.pace.hold(POLL, NOW)
    assert told is not None
    assert told.reason is HoldReason.UNAVAILABLE
    assert NOW - told.held_since == pytest.approx(timedelta(seconds=180), abs=timedelta(seconds=1))
