"""The acknowledgement of an event, which accepting its request asks of whoever talks to Discord."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar

_Refusal = TypeVar("_Refusal")


@dataclass(frozen=True)
class Acknowledged:
    """Discord took the acknowledgement; the reply's message id where it told it."""

    message_id: int | None


class Acknowledging(Protocol):
    """Tells Discord that an answer will come."""

    async def __call__(self, *, stored: bool) -> Acknowledged | None:
        """Acknowledge an event.

        Args:
            stored: False while the disk has not taken the request yet. If the process died now, nobody would ever
                fill in the reply, so it has to hold words that stay true.

        Returns:
            None where Discord did not take that, or another process answers.
        """
        ...


async def acknowledge_stored(
    storing: Awaitable[_Refusal | None], acknowledge: Acknowledging, *, within_s: float
) -> tuple[_Refusal | None, Acknowledged | None]:
    """Store a request and acknowledge it; one that takes longer to store than `within_s` is acknowledged before.

    Args:
        storing: Stores it, and returns why it could not be stored, or None.
        acknowledge: Tells Discord; called once at most, and not for what was refused in time.
        within_s: Seconds.

    Returns:
        Why it is refused, and what Discord took; None each where there is nothing of the kind.
    """
    began = False

    async def acknowledge_late() -> Acknowledged | None:
        nonlocal began
        await asyncio.sleep(within_s)
        began = True
        return await acknowledge(stored=False)

    # Nearly every acknowledgement waits for the storing, which therefore is no task of its own: with hundreds of
    # jobs under way each handing over from task to task takes milliseconds.
    async with asyncio.TaskGroup() as group:
        late = group.create_task(acknowledge_late(), name="late-acknowledgement")
        refused = await storing
        if began:
            return refused, await late
        late.cancel()
        return refused, None if refused is not None else await acknowledge(stored=True)
