"""The acknowledgement of an event, which accepting its request asks of whoever talks to Discord."""

from dataclasses import dataclass
from typing import Protocol


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
