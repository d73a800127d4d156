"""Transactions of one statement each, carried out together where several wait: for one turn and one flush.

Most writes are of this kind, the progress of jobs. Between two of them the event loop has hundreds of other things
to do, and the disk idles; so what waits for its turn does not wait for one of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Executable

from bot.storage.shielding import shield_until_done

_AT_ONCE: Final = 10
"""Statements in one transaction. All who waited for one go on at the same moment, and hold the event loop up."""


@dataclass(eq=False)
class SingleWrite:
    """A statement that waits.

    Attributes:
        statement: Changes rows.
        values: Those of its parameters.
        changed: The number of rows that it changed, or its error; cancelled if nobody waits for that any more.
        is_taken: True once it is being carried out.
        is_ended: True once it has succeeded or failed.
    """

    statement: Executable
    values: Mapping[str, object] | None
    changed: asyncio.Future[int]
    is_taken: bool = False
    is_ended: bool = False

    def end(self, outcome: int | Exception) -> None:
        """Tell whoever waits for it."""
        self.is_ended = True
        if self.changed.done():
            return
        if isinstance(outcome, Exception):
            self.changed.set_exception(outcome)
        else:
            self.changed.set_result(outcome)


class SingleWrites:
    """The statements that wait.

    Args:
        carry_out: Takes statements by `take` once it has the turn, carries them out and ends each. Where it raises,
            they end with its error.
    """

    def __init__(self, carry_out: Callable[[], Awaitable[None]]) -> None:
        self._carry_out = carry_out
        self._waiting: list[SingleWrite] = []
        self._taken: Sequence[SingleWrite] = ()
        self._carrying_out: asyncio.Task[None] | None = None

    async def write(self, statement: Executable, values: Mapping[str, object] | None) -> int:
        """Have a statement carried out. Returns the number of rows that it changed, or raises its error.

        A cancellation withdraws it while it waits; later it is raised once the statement has succeeded or failed.
        """
        loop = asyncio.get_running_loop()
        write = SingleWrite(statement, values, loop.create_future())
        self._waiting.append(write)
        if self._carrying_out is None or self._carrying_out.done():
            self._carrying_out = loop.create_task(self._carry_out_all(), name="single-writes")
        try:
            # Awaited itself, without a task that shields it: each step more on the way is one more round of the
            # event loop, which takes milliseconds while hundreds of jobs run.
            return await write.changed
        except asyncio.CancelledError:
            await _until_ended(write)
            raise

    def take(self) -> Sequence[SingleWrite]:
        """Return the statements whose turn it is."""
        wanted = [write for write in self._waiting if not write.changed.cancelled()]
        self._taken, self._waiting = wanted[:_AT_ONCE], wanted[_AT_ONCE:]
        for write in self._taken:
            write.is_taken = True
        return self._taken

    async def close(self) -> None:
        """Wait until nothing waits any more. The database carries nothing out by now."""
        if self._carrying_out is not None:
            await self._carrying_out

    async def _carry_out_all(self) -> None:
        while self._waiting:
            try:
                await self._carry_out()
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait, whatever it is
                for write in self._taken or self.take():
                    write.end(error)
            self._taken = ()


async def _until_ended(write: SingleWrite) -> None:
    """Wait until a statement has ended if it is being carried out. Its future was cancelled with its caller."""
    if write.is_taken and not write.is_ended:
        write.changed = asyncio.get_running_loop().create_future()
        await shield_until_done(asyncio.wait([write.changed]))
    if write.changed.done() and not write.changed.cancelled():
        write.changed.exception()  # retrieved, or asyncio logs that it never was
