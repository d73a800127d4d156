"""Shares of a queue, in a model of workers that take in turns until they may take no more."""

import pytest

from bot.storage.queue_share import QueueCounts, QueueShare

TAKEN_AT_ONCE = 10


class Queue:
    """A queue, and workers that become ready at some time; `silent` ones count and take nothing."""

    def __init__(self, entries: int, *, silent: int = 0) -> None:
        self.untaken = entries
        self.now_s = 100.0
        self.counted = 0
        self._entries = entries
        self._silent = silent
        self._held: list[int] = []
        self._shares: list[QueueShare] = []

    def start_worker(self) -> None:
        self._shares.append(QueueShare(self._count, lambda: self.now_s))
        self._held.append(0)

    async def _count(self) -> QueueCounts:
        self.counted += 1
        return QueueCounts(self._entries, self.untaken, len(self._held) + self._silent)

    async def pass_time(self, seconds: float) -> None:
        """Have all workers look every tenth of a second; the first one is the fastest."""
        for _ in range(round(seconds / 0.1)):
            for number, share in enumerate(self._shares):
                while room := min(await share.room(self._held[number]), TAKEN_AT_ONCE, self.untaken):
                    self._held[number] += room
                    self.untaken -= room
            self.now_s += 0.1

    def put(self, entries: int) -> None:
        self.untaken += entries
        self._entries += entries

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._held)


async def settled(workers: int, *, silent: int = 0) -> Queue:
    """Workers that have been ready for a while, with nothing to do."""
    queue = Queue(0, silent=silent)
    for _ in range(workers):
        queue.start_worker()
    await queue.pass_time(4)
    return queue


@pytest.mark.parametrize("workers", [2, 4, 10])
async def test_a_backlog_is_spread_over_all_at_once(workers: int) -> None:
    queue = await settled(workers)
    queue.put(200)
    await queue.pass_time(0.2)
    assert queue.untaken == 0
    assert max(queue.held) <= 2 * 200 / workers


async def test_a_backlog_is_spread_over_workers_that_start_within_two_seconds() -> None:
    queue = Queue(200)
    for _ in range(4):
        queue.start_worker()
        await queue.pass_time(0.7)
        assert queue.held[0] >= 50
    assert queue.untaken == 0
    assert max(queue.held) <= 100


async def test_one_that_starts_alone_has_some_at_once_and_all_after_three_seconds() -> None:
    queue = Queue(200)
    queue.start_worker()
    await queue.pass_time(0.1)
    assert 50 <= queue.held[0] <= 100
    await queue.pass_time(3.1)
    assert queue.held == (200,)


async def test_what_silent_workers_leave_is_taken_by_the_others_within_three_seconds() -> None:
    queue = await settled(1, silent=3)
    queue.put(200)
    await queue.pass_time(0.1)
    assert queue.held[0] < 100
    await queue.pass_time(2.9)
    assert queue.held == (200,)


async def test_few_jobs_cost_no_look_at_the_queue() -> None:
    queue = await settled(2)
    queue.put(8)
    await queue.pass_time(4)
    assert (queue.held, queue.counted) == ((8, 0), 0)
