"""Waiting for work that a cancellation of the waiter does not reach."""

import asyncio

import pytest

from bot.storage.shielding import shield_until_done


async def test_a_result_and_an_error_come_through() -> None:
    async def work(*, fails: bool) -> int:
        await asyncio.sleep(0)
        if fails:
            raise OSError("no")
        return 7

    assert await shield_until_done(work(fails=False)) == 7
    with pytest.raises(OSError, match="no"):
        await shield_until_done(work(fails=True))


@pytest.mark.parametrize("fails", [True, False])
async def test_however_often_the_waiter_is_cancelled_the_work_ends_first(*, fails: bool) -> None:
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await may_end.wait()
        ended.set()
        if fails:
            raise OSError("no")

    waiter = asyncio.create_task(shield_until_done(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        waiter.cancel()
    await asyncio.sleep(0)
    assert not waiter.done()
    may_end.set()
    await asyncio.wait([waiter])
    assert waiter.cancelled()
    assert ended.is_set()
