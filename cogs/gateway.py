"""The pause before another try to connect to the gateway: bounded, where the library's own grows to 17 minutes."""

from typing import Final, Literal

from discord import shard
from discord.backoff import ExponentialBackoff

LONGEST_WAIT_S: Final = 20.0
"""With a connection that takes its time the gateway is back within a minute of Discord. Only connections that did
not come about wait, so none of Discord's 1,000 sessions a day is used up by it."""


class BoundedBackoff(ExponentialBackoff[Literal[False]]):
    """The library's wait between two tries, with an upper limit."""

    def delay(self) -> float:
        """Return the seconds until the next try."""
        return min(super().delay(), LONGEST_WAIT_S)


def bound_reconnecting() -> None:
    """Have every shard that is launched from now on wait at most `LONGEST_WAIT_S` between two tries."""
    # A shard takes the class from its module, and the library has no setting for it.
    shard.ExponentialBackoff = BoundedBackoff  # pyright: ignore[reportPrivateImportUsage] - see above
