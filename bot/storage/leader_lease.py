"""The lease of the leader: of several processes, the one that does what must be done by one process at a time.

A row names the holder and until when it holds, by the server's clock. Each holder has an epoch, a number that no
other has. A transaction of the leader is carried out within a shared lock, and only while the row has its epoch;
who takes the lease has that lock alone. So nothing of an earlier leader is committed after the next one began.
"""

import math
from typing import Final, LiteralString

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.boot_clock import since_boot_s
from bot.storage.advisory_locks import SHARED_KEY, SharedLock
from bot.storage.errors import LeaseLostError
from bot.storage.fence import Fence
from bot.storage.gateway_tables import leader_lease
from bot.storage.standing_session import StandingSession

HELD_FOR_S: Final = 15.0
_SURE_SHARE: Final = 0.55
"""Of the time of the lease, for which its holder believes it. The rest is for the end of the holder's tasks."""
_ROW: Final = "1"
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_TAKE: Final[LiteralString] = (
    "INSERT INTO leader_lease (id, holder, epoch, held_until)"  # noqa: S608 - constants
    f" SELECT {_ROW}, %s, 1, {_NOW} + %s FROM (SELECT pg_try_advisory_xact_lock(%s, %s) AS alone) l WHERE alone"
    " ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, epoch = leader_lease.epoch + 1,"
    f" held_until = excluded.held_until WHERE leader_lease.held_until <= {_NOW} RETURNING epoch"
)
_RENEW: Final[LiteralString] = (
    f"UPDATE leader_lease SET held_until = {_NOW} + %s"  # noqa: S608 - constants
    f" WHERE id = {_ROW} AND holder = %s AND epoch = %s"
    " RETURNING epoch"
)
_GIVE_BACK: Final[LiteralString] = (
    f"UPDATE leader_lease SET held_until = {_NOW}"  # noqa: S608 - constants
    f" WHERE id = {_ROW} AND holder = %s AND epoch = %s"
)
_KEYS: Final = (SHARED_KEY, SharedLock.LEADER.value)
_SHARE: Final = text("SELECT pg_advisory_xact_lock_shared(:of, :lock)").bindparams(of=_KEYS[0], lock=_KEYS[1])
_EPOCH: Final = select(leader_lease.c.epoch).where(leader_lease.c.id == int(_ROW))


class LeaderLease:
    """This process's part in it. Methods raise `StorageUnavailableError`."""

    def __init__(self, session: StandingSession, holder: str, held_for_s: float = HELD_FOR_S) -> None:
        """Args: `holder` names this start of the process as no other is named."""
        self._session = session
        self._holder = holder
        self._held_for_s = held_for_s
        self._epoch: int | None = None
        self._sure_until_s = -math.inf

    @property
    def epoch(self) -> int | None:
        """The epoch while this process surely has the lease by its own clock; else None."""
        return self._epoch if since_boot_s() < self._sure_until_s else None

    async def keep(self) -> None:
        """Renew the lease, or take it if nobody has it."""
        # From the question on: when the server was asked, not when it answered.
        asked_at_s = since_boot_s()
        for_us = int(self._held_for_s * 1_000_000)
        found: list[tuple[int]] = []
        if self._epoch is not None:
            found = await self._session.rows(_RENEW, (for_us, self._holder, self._epoch))
        if not found:
            self._epoch = None
            found = await self._session.rows(_TAKE, (self._holder, for_us, *_KEYS))
        if found:
            ((self._epoch,),) = found
            self._sure_until_s = asked_at_s + self._held_for_s * _SURE_SHARE

    async def give_back(self) -> None:
        """End the lease now, if this process has it. What needed it has ended before."""
        epoch, self._epoch = self._epoch, None
        if epoch is not None:
            await self._session.rows(_GIVE_BACK, (self._holder, epoch))

    @staticmethod
    def fence(epoch: int) -> Fence:
        """Return the condition of the writes of tasks that were begun in an epoch."""

        async def require(connection: AsyncConnection) -> None:
            await connection.execute(_SHARE)
            if (await connection.execute(_EPOCH)).scalar() != epoch:
                raise LeaseLostError

        return require
