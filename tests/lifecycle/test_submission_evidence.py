"""The breaker and refusals that may be one request's own fault: evidence decides, and others are not held up."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from bot.lifecycle.pauses import ProbeIntervals
from bot.lifecycle.submission_breaker import (
    PauseReason,
    RefusalRuling,
    SubmissionBreaker,
)
from tests.dimilinks.virtual_time import in_virtual_time, run_in_virtual_time
from tests.lifecycle.breakers import until_open

MONEY = PauseReason.OUT_OF_MONEY
AGAIN, OWN_FAULT = RefusalRuling.TRY_AGAIN, RefusalRuling.OWN_FAULT
INTERVALS = ProbeIntervals()


async def answered(_reason: PauseReason) -> bool:
    return False


def a_breaker(
    told: list[PauseReason | None] | None = None, asks: Callable[[PauseReason], Awaitable[bool]] = answered
) -> SubmissionBreaker:
    return SubmissionBreaker(INTERVALS, (told if told is not None else []).append, asks)


async def passes_after_s(breaker: SubmissionBreaker, job_id: str) -> float:
    began_s = asyncio.get_running_loop().time()
    await until_open(breaker, job_id)
    return asyncio.get_running_loop().time() - began_s


@pytest.mark.parametrize("pauses", [None, MONEY])
def test_one_refused_request_holds_nobody_else_up(pauses: PauseReason | None) -> None:
    run_in_virtual_time(_nobody_is_held_up(pauses))


async def _nobody_is_held_up(pauses: PauseReason | None) -> None:
    told: list[PauseReason | None] = []
    breaker = a_breaker(told)
    assert breaker.refused_perhaps_alone("poison", pauses=pauses) is AGAIN
    assert await passes_after_s(breaker, "other") == 0
    assert told == []


@pytest.mark.parametrize("pauses", [None, MONEY])
def test_refused_again_after_another_was_taken_it_is_itself_the_reason(pauses: PauseReason | None) -> None:
    run_in_virtual_time(_it_is_the_reason(pauses))


async def _it_is_the_reason(pauses: PauseReason | None) -> None:
    breaker = a_breaker()
    breaker.refused_perhaps_alone("poison", pauses=pauses)
    waiting = asyncio.create_task(passes_after_s(breaker, "poison"))
    await asyncio.sleep(5)
    breaker.taken("other")
    assert await waiting == pytest.approx(5)
    assert breaker.refused_perhaps_alone("poison", pauses=pauses) is OWN_FAULT
    assert breaker.reason is None


@in_virtual_time
async def test_without_another_it_is_tried_once_more_after_a_minute_and_then_ends() -> None:
    told: list[PauseReason | None] = []
    breaker = a_breaker(told)
    assert breaker.refused_perhaps_alone("poison", pauses=None) is AGAIN
    assert await passes_after_s(breaker, "poison") == pytest.approx(INTERVALS.evidence_s)
    assert breaker.refused_perhaps_alone("poison", pauses=None) is OWN_FAULT
    assert breaker.reason is None
    assert told == []


@in_virtual_time
async def test_two_requests_without_money_pause_but_one_that_was_not_refused_yet_passes() -> None:
    told: list[PauseReason | None] = []
    breaker = a_breaker(told)
    breaker.refused_perhaps_alone("first", pauses=MONEY)
    assert breaker.refused_perhaps_alone("second", pauses=MONEY) is AGAIN
    assert breaker.reason is MONEY
    assert told == [MONEY]
    assert breaker.must_wait("first")
    assert breaker.must_wait("second")
    assert await passes_after_s(breaker, "cheap") == 0
    breaker.taken("cheap")
    assert breaker.reason is None
    # Paid up, or too dear for the rest: the next try of each tells.
    assert await passes_after_s(breaker, "first") == 0
    assert breaker.refused_perhaps_alone("first", pauses=MONEY) is OWN_FAULT
    breaker.taken("second")
    # It was taken: a refusal after that begins anew.
    assert breaker.refused_perhaps_alone("second", pauses=MONEY) is AGAIN
    assert breaker.reason is None


@in_virtual_time
async def test_one_request_without_money_and_nobody_else_waits_for_the_operator() -> None:
    breaker = a_breaker()
    breaker.refused_perhaps_alone("alone", pauses=MONEY)
    await until_open(breaker, "alone")
    assert breaker.refused_perhaps_alone("alone", pauses=MONEY) is AGAIN
    assert breaker.reason is MONEY
    assert await passes_after_s(breaker, "alone") == pytest.approx(INTERVALS.first_s, abs=1)
    assert breaker.refused_perhaps_alone("alone", pauses=MONEY) is AGAIN
    assert await passes_after_s(breaker, "alone") > INTERVALS.first_s
    breaker.taken("alone")
    assert breaker.reason is None


@in_virtual_time
async def test_a_page_closes_until_a_free_question_is_answered() -> None:
    told: list[PauseReason | None] = []
    answers = iter([True, True, False])

    async def asks(reason: PauseReason) -> bool:
        assert reason is PauseReason.SERVICE_AWAY
        await asyncio.sleep(0.1)
        return next(answers)

    breaker = a_breaker(told, asks)
    breaker.refused_whole_bot("lost", PauseReason.SERVICE_AWAY)
    assert told == []  # perhaps it was that one request
    waits = await asyncio.gather(*(passes_after_s(breaker, name) for name in ("a", "b", "c")))
    assert max(waits) < 2 * INTERVALS.question_s + 3 * INTERVALS.question_s
    assert told == [PauseReason.SERVICE_AWAY, PauseReason.SERVICE_AWAY, None]
    assert breaker.reason is None


@in_virtual_time
async def test_a_page_for_one_request_delays_the_others_by_one_question() -> None:
    breaker = a_breaker()
    breaker.refused_whole_bot("lost", PauseReason.SERVICE_AWAY)
    assert await passes_after_s(breaker, "other") == 0


@in_virtual_time
async def test_a_service_that_answers_questions_and_loses_submissions_is_tried_ever_more_seldom() -> None:
    breaker = a_breaker()
    waits = []
    for number in range(6):
        breaker.refused_whole_bot(f"lost-{number}", PauseReason.NO_CHANNEL)
        waits.append(await passes_after_s(breaker, f"lost-{number + 1}"))
    assert waits == sorted(waits)
    assert waits[0] == 0
    assert waits[-1] >= INTERVALS.first_s
    breaker.taken("lost-6")
    breaker.refused_whole_bot("later", PauseReason.NO_CHANNEL)
    assert await passes_after_s(breaker, "other") == 0


@in_virtual_time
async def test_pages_upon_pages_cost_those_in_flight_and_one_request_for_each_pause() -> None:
    told: list[PauseReason | None] = []
    breaker, at_once = a_breaker(told), asyncio.Semaphore(20)
    loop, lost_s, is_away = asyncio.get_running_loop(), list[float](), True

    async def submit(job_id: str) -> None:
        while True:
            await until_open(breaker, job_id)
            async with at_once:
                if breaker.must_wait(job_id):
                    continue
                await asyncio.sleep(1)
                break
        if is_away:
            lost_s.append(loop.time())
            breaker.refused_whole_bot(job_id, PauseReason.SERVICE_AWAY)
        else:
            breaker.taken(job_id)
        breaker.inconclusive(job_id)

    # The first page may be about that request alone.
    breaker.refused_whole_bot("first", PauseReason.SERVICE_AWAY)
    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(submit(f"job-{number}"))
        await asyncio.sleep(300)
        herd, probes_s = lost_s[:20], lost_s[20:]
        assert herd[-1] - herd[0] < 1
        pauses_s = [later - earlier for earlier, later in pairwise([herd[-1], *probes_s])]
        assert pauses_s == pytest.approx([5, 9, 17, 33, 65, 129], abs=4)
        assert told[-1] is PauseReason.SERVICE_AWAY
        is_away = False
    assert len(lost_s) == 26
    assert told[-1] is None


@in_virtual_time
async def test_a_page_does_not_make_a_refused_bot_a_welcome_one() -> None:
    told: list[PauseReason | None] = []
    breaker = a_breaker(told)
    breaker.refused_whole_bot("first", PauseReason.KEY_REJECTED)
    breaker.refused_whole_bot("lost", PauseReason.SERVICE_AWAY)
    await until_open(breaker, "probe")
    assert breaker.reason is PauseReason.KEY_REJECTED
    assert breaker.must_wait("other")
    assert None not in told
    breaker.taken("probe")
    assert told[-1] is None
    assert not breaker.must_wait("other")


@in_virtual_time
async def test_a_probe_that_is_refused_for_something_else_shows_that_the_key_is_accepted() -> None:
    told: list[PauseReason | None] = []
    breaker = a_breaker(told)
    breaker.refused_whole_bot("a", PauseReason.KEY_REJECTED)
    await until_open(breaker, "poison")
    assert breaker.refused_perhaps_alone("poison", pauses=None) is AGAIN
    breaker.inconclusive("poison")
    assert told == [PauseReason.KEY_REJECTED, None]
    assert await passes_after_s(breaker, "b") == 0
    assert await passes_after_s(breaker, "poison") == pytest.approx(INTERVALS.evidence_s)
    assert breaker.refused_perhaps_alone("poison", pauses=None) is OWN_FAULT


@pytest.mark.parametrize(
    "reason", [PauseReason.MODEL_NOT_ALLOWED, PauseReason.MISCONFIGURED, PauseReason.SERVICE_AWAY, MONEY]
)
@pytest.mark.parametrize("others", [True, False])
def test_a_poisoned_probe_keeps_no_pause_alive(reason: PauseReason, others: bool) -> None:  # noqa: FBT001 - a table's column
    run_in_virtual_time(_it_keeps_none_alive(reason, others=others))


async def _it_keeps_none_alive(reason: PauseReason, *, others: bool) -> None:
    told: list[PauseReason | None] = []
    breaker, loop = a_breaker(told), asyncio.get_running_loop()
    for page in ("earlier", "a"):
        breaker.refused_whole_bot(page, reason)
        if page == "earlier" and reason.is_transport:
            await until_open(breaker, "a")
    await until_open(breaker, "poison")
    told.clear()
    refused_s = loop.time()
    assert breaker.refused_perhaps_alone("poison", pauses=None) is AGAIN
    breaker.inconclusive("poison")
    assert told == []
    assert breaker.reason is reason
    again = asyncio.create_task(passes_after_s(breaker, "poison"))
    if others:
        assert await passes_after_s(breaker, "b") < INTERVALS.first_s / 5
        breaker.taken("b")
    assert await again < INTERVALS.evidence_s + INTERVALS.first_s / 5
    assert breaker.refused_perhaps_alone("poison", pauses=None) is OWN_FAULT
    assert loop.time() - refused_s < 90


@in_virtual_time
async def test_a_straggler_that_was_refused_for_something_else_does_not_end_a_pause() -> None:
    told: list[PauseReason | None] = []
    breaker = a_breaker(told)
    breaker.refused_whole_bot("a", PauseReason.KEY_REJECTED)
    assert breaker.refused_perhaps_alone("sent before", pauses=None) is AGAIN
    assert told == [PauseReason.KEY_REJECTED]
    assert breaker.must_wait("b")


@in_virtual_time
async def test_while_it_is_in_doubt_if_money_was_spent_nobody_passes_at_once_and_pauses_get_longer() -> None:
    in_doubt, breaker, waits = PauseReason.MONEY_IN_DOUBT, a_breaker(), list[float]()
    breaker.refused_whole_bot("first", in_doubt)
    for number in range(4):
        waits.append(await passes_after_s(breaker, f"fresh {number}"))
        breaker.refused_whole_bot(f"fresh {number}", in_doubt)
        breaker.inconclusive(f"fresh {number}")
    assert waits == pytest.approx([30, 60, 120, 240])
