"""Ids of Discord: 42 bits of milliseconds since 2015, 10 bits of worker, 12 bits of counter."""

import time
from datetime import UTC, datetime, timedelta

EPOCH_MS = 1_420_070_400_000
"""The first millisecond of 2015, where Discord's clock starts (DOCS "Snowflakes")."""
_WORKER_BITS = 22


class Snowflakes:
    """Hands out ids that grow: one is always later than the last."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A fresh id, stamped with the present."""
        stamp = (time.time_ns() // 1_000_000 - EPOCH_MS) << _WORKER_BITS
        self._last = max(stamp, self._last + 1)
        return self._last


def moment_of(snowflake: int) -> datetime:
    """When the id was made, in UTC, to the millisecond."""
    return datetime.fromtimestamp(EPOCH_MS / 1000, UTC) + timedelta(milliseconds=snowflake >> _WORKER_BITS)


def shard_of(guild_id: int, shards: int) -> int:
    """The shard that serves a server (DOCS "Sharding")."""
    return (guild_id >> _WORKER_BITS) % shards
