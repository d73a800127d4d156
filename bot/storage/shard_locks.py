"""Division of shards among gateways: advisory locks, one for each group of shards and one for each gateway.

Those of a gateway that died or stands still end with its session, so others see what is free by the locks alone.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, LiteralString

from bot.storage.advisory_locks import BUCKETS, GATEWAY_KEY, GATEWAYS, GROUPS
from bot.storage.standing_session import StandingSession

_SEEN: Final[LiteralString] = (
    "SELECT s.own, l.* FROM (SELECT pg_backend_pid() AS own) s LEFT JOIN ("
    "SELECT pid, classid::bigint AS kind, objid::bigint AS number FROM pg_locks"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid IN (%s, %s) OR (classid = %s AND objid = %s))) l ON true"
)
_TRY: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s, %s)"
_RELEASE: Final[LiteralString] = "SELECT pg_advisory_unlock(%s, %s)"
_JOIN: Final[LiteralString] = (
    "SELECT pg_try_advisory_lock_shared(%s, %s) AND pg_try_advisory_lock_shared(%s, %s)"
)
# One statement each: a session that is lost in between leaves nothing half done.
_AGREE: Final[LiteralString] = (
    "INSERT INTO gateway_shards (id, shard_count)"
    " SELECT 1, %s FROM (SELECT pg_try_advisory_xact_lock(%s, %s) AS alone) l WHERE alone"
    " ON CONFLICT (id) DO UPDATE SET shard_count = excluded.shard_count"
)
_AGREED: Final[LiteralString] = "SELECT shard_count FROM gateway_shards WHERE id = 1"


@dataclass(frozen=True)
class GatewaysSeen:
    """Gateways and their groups at one moment. A gateway is known by a number that its process chose.

    Not by its session: after a loss there may be two of them for a while, and a server that was restarted gives the
    ids of sessions again.
    """

    own: int
    """The number of this process."""
    joined: bool
    """True if its present session is a gateway's."""
    gateways: frozenset[int]
    """Those that are there."""
    holders: Mapping[int, int]
    """Who has which group."""


class ShardLocks:
    """This process's part in them. Methods raise `StorageUnavailableError`."""

    def __init__(self, session: StandingSession) -> None:
        self._session = session
        self._number = secrets.randbelow(2**31 - 1) + 1

    async def agree(self, recommended: int) -> int | None:
        """Join the gateways, and return the number of shards that all of them have; None if it is not settled yet.

        Args:
            recommended: What Discord recommends, which becomes the number where no other gateway is there.
        """
        await self._session.rows(_AGREE, (recommended, *GATEWAY_KEY))
        if not await self._took(_JOIN, (GATEWAYS, self._number, *GATEWAY_KEY)):
            return None  # another one is just setting the number
        found = await self._session.rows(_AGREED)
        return int(found[0][0]) if found else None

    async def look(self) -> GatewaysSeen:
        """Return who is there and has what."""
        rows = await self._session.rows(_SEEN, (GROUPS, GATEWAYS, *GATEWAY_KEY))
        own = int(rows[0][0])
        numbers = {pid: number for _, pid, kind, number in rows if kind == GATEWAYS}
        sessions = {pid for _, pid, kind, _ in rows if kind == GATEWAY_KEY[0]}
        holders = {number: numbers[pid] for _, pid, kind, number in rows if kind == GROUPS and pid in numbers}
        gateways = frozenset(number for pid, number in numbers.items() if pid in sessions)
        return GatewaysSeen(self._number, own in sessions, gateways, holders)

    async def take_group(self, group: int) -> bool:
        """Take a group that this process does not have. Returns False if another has it."""
        return await self._took(_TRY, (GROUPS, group))

    async def release_group(self, group: int) -> None:
        """Leave a group to others."""
        await self._session.rows(_RELEASE, (GROUPS, group))

    async def take_bucket(self, bucket: int) -> bool:
        """Keep others from an IDENTIFY in a bucket. Returns False if another does so."""
        return await self._took(_TRY, (BUCKETS, bucket))

    async def release_bucket(self, bucket: int) -> None:
        """Leave a bucket to others."""
        await self._session.rows(_RELEASE, (BUCKETS, bucket))

    async def _took(self, statement: LiteralString, key: tuple[int, ...]) -> bool:
        ((taken,),) = await self._session.rows(statement, key)
        return bool(taken)
