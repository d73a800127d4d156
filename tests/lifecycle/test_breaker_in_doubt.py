"""The circuit breaker where nothing, or nothing to rely on, is known of the service: one request tries."""

import asyncio

from bot.jobs.submission_pause import PauseReason
from tests.dimilinks.virtual_time import SLACK_S, in_virtual_time
from tests.lifecycle.breakers import PACE, Crowd


async def always_pointless(_reason: PauseReason) -> bool:
    return True


@in_virtual_time
async def test_of_requests_that_waited_before_the_start_one_is_the_probe_and_nobody_is_told() -> None:
    crowd = Crowd()
    crowd.breaker.doubt()
    await crowd.come("a", "b", "c")
    assert crowd.names == ["a"]
    assert (crowd.breaker.reason, crowd.told) == (None, [])
    crowd.breaker.taken("a")
    crowd.breaker.doubt()
    await asyncio.sleep(SLACK_S)
    assert crowd.names == ["a", "b", "c"]


@in_virtual_time
async def test_after_a_question_that_failed_once_since_the_start_one_is_the_probe_as_well() -> None:
    asked: list[PauseReason] = []

    async def fails_once(reason: PauseReason) -> bool:
        asked.append(reason)
        return len(asked) == 1

    crowd = Crowd(fails_once)
    crowd.breaker.doubt()
    await crowd.come("a", "b", "c")
    await asyncio.sleep(100)
    [probe] = crowd.names
    crowd.breaker.taken(probe)
    await asyncio.sleep(SLACK_S)
    assert sorted(crowd.names) == ["a", "b", "c"]


@in_virtual_time
async def test_nor_does_an_answer_open_after_a_request_that_was_left_unread_since_the_start() -> None:
    crowd = Crowd()
    crowd.breaker.doubt()
    await crowd.come("a", "b", "c")
    crowd.breaker.refused_whole_bot("a", PauseReason.SERVICE_AWAY, is_lost=False)
    crowd.breaker.inconclusive("a")
    await asyncio.sleep(100)
    assert crowd.names == ["a", "b"]
    await crowd.leave()


@in_virtual_time
async def test_a_probe_that_is_checked_for_long_lets_another_try_and_the_next_time_it_does_not() -> None:
    crowd = Crowd()
    crowd.breaker.doubt()
    await crowd.come("a", "b")
    with crowd.breaker.checking("a"):
        assert await crowd.until_next() == "b"
    assert PACE.check_s <= crowd.times_s[-1] < PACE.check_s + 1
    assert crowd.breaker.must_wait("a")
    assert not await crowd.breaker.admits("a")
    crowd.breaker.inconclusive("b")
    await crowd.come("a")
    assert await crowd.until_next() == "a"
    with crowd.breaker.checking("a"):
        await asyncio.sleep(10 * PACE.check_s)
    assert await crowd.breaker.admits("a")


@in_virtual_time
async def test_a_probe_that_is_checked_soon_stays_it() -> None:
    crowd = Crowd()
    crowd.breaker.doubt()
    await crowd.come("a", "b")
    with crowd.breaker.checking("a"):
        await asyncio.sleep(PACE.check_s / 2)
    await asyncio.sleep(10 * PACE.check_s)
    assert crowd.names == ["a"]
    assert await crowd.breaker.admits("a")
    await crowd.leave()


async def pointless_by_the_list(reason: PauseReason) -> bool:
    """The service answers, and its list does not name the model."""
    return reason is PauseReason.NO_CHANNEL


@in_virtual_time
async def test_a_refusal_after_the_start_pauses_as_any_other() -> None:
    crowd = Crowd()
    crowd.breaker.doubt()
    await crowd.come("a", "b")
    crowd.breaker.refused_whole_bot("a", PauseReason.KEY_REJECTED)
    crowd.breaker.inconclusive("a")
    assert (crowd.breaker.reason, crowd.told) == (PauseReason.KEY_REJECTED, [PauseReason.KEY_REJECTED])
    assert await crowd.until_next() == "b"
    assert crowd.times_s[-1] >= PACE.first_s


@in_virtual_time
async def test_a_start_into_an_outage_lets_nobody_pass() -> None:
    crowd = Crowd(always_pointless)
    crowd.breaker.doubt()
    await crowd.come("a", "b")
    await asyncio.sleep(100)
    assert crowd.names == []
    assert crowd.breaker.reason is PauseReason.SERVICE_AWAY
    await crowd.leave()


@in_virtual_time
async def test_what_a_list_lacks_is_tried_all_the_same_once_the_longest_wait_is_over() -> None:
    crowd = Crowd(pointless_by_the_list)
    crowd.breaker.refused_whole_bot("first", PauseReason.NO_CHANNEL)
    await crowd.come("a", "b")
    crowd.breaker.refused_whole_bot(await crowd.until_next(), PauseReason.NO_CHANNEL)
    assert crowd.times_s[-1] >= PACE.longest_s
    await crowd.until_next()
    assert crowd.times_s[-1] - crowd.times_s[-2] >= PACE.longest_s


@in_virtual_time
async def test_while_nothing_answers_nobody_is_tried_however_long_that_lasts() -> None:
    crowd = Crowd(always_pointless)
    crowd.breaker.refused_whole_bot("first", PauseReason.NO_CHANNEL)
    await crowd.come("a", "b")
    await asyncio.sleep(10 * PACE.longest_s)
    assert crowd.names == []
    await crowd.leave()
