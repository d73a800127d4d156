"""Reports of progress: a few before the answer, and never too many."""

import pytest

from bot.children.process import ChildFault, ChildFaultError
from tests.children.pools import children, fault_of, pid_of, pool_of


async def test_a_task_tells_how_far_it_is_before_it_answers() -> None:
    shares: list[float] = []
    async with pool_of() as pool:
        answer = await pool.ask("ada", "advances", on_progress=shares.append)
        assert answer == {"value": "answered"}
        assert 1 <= len(shares) <= 4
        assert shares == sorted(shares)
        assert all(0 < share <= 1 for share in shares)
        assert await pid_of(pool)


@pytest.mark.parametrize(
    "text",
    [
        '{"progress": 0.5}\n',
        '{"progress": 2}\n',
        '{"progress": NaN}\n',
        '{"progress": true}\n',
        '{"progress": "0.5"}\n',
        '{"progress": 0.5',
        '{"progress": ' + "[" * 40 + "\n",
    ],
    ids=["reports", "beyond the end", "no number", "a truth", "a text", "half", "nested"],
)
async def test_a_child_that_floods_is_ended(text: str) -> None:
    shares: list[float] = []
    async with pool_of() as pool:
        before = children()
        with pytest.raises(ChildFaultError) as failed:
            await pool.ask("ada", "floods", text=text, on_progress=shares.append)
        assert (failed.value.fault, failed.value.detail) == (ChildFault.DIED, "nonsense")
        assert children() <= before
    assert len(shares) <= 2 * 60


async def test_a_report_that_nobody_asked_for_is_nonsense() -> None:
    async with pool_of() as pool:
        fault = await fault_of(pool, "answers", text='{"progress": 0.5}\n')
        assert fault == (ChildFault.DIED, "nonsense")


async def test_an_error_of_whoever_is_told_ends_the_child() -> None:
    def refuse(share: float) -> None:
        raise LookupError(share)

    async with pool_of() as pool:
        before = children()
        with pytest.raises(LookupError):
            await pool.ask("ada", "advances", on_progress=refuse)
        assert children() <= before
