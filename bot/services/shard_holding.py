"""The shards that this gateway connects: its even share of all, in groups that no other gateway has."""

import asyncio
import math
from collections.abc import Collection, Mapping
from typing import Final, Protocol

import structlog

from bot.boot_clock import since_boot_s
from bot.storage.errors import StorageUnavailableError
from bot.storage.shard_locks import GatewaysSeen, ShardLocks

log: Final = structlog.get_logger(__name__)

MOST_GROUPS: Final = 32
"""A group has one shard up to so many shards, and every so many-th one beyond."""
_LOOK_EVERY_S: Final = 2.0
_SURE_FOR_S: Final = 10.0
"""Since the last look. A session that is silent is given up after twice as long, and its groups are others'."""
_LOOK_WITHIN_S: Final = 2.0
_OTHERS_RETURN_WITHIN_S: Final = 5.0
"""After a restart of the server nobody has a lock: each gateway returns with its next look, and has to connect."""


class ShardConnections(Protocol):
    """The client whose shards are divided."""

    async def serve_shards(self, shard_ids: frozenset[int], shard_count: int) -> None:
        """Have these shards of so many connected from now on, and no others."""
        ...


def groups_of(shard_count: int) -> int:
    """Return the number of groups. Shard `n` is in the group `n % groups`."""
    return min(shard_count, MOST_GROUPS)


def shards_in(groups: Collection[int], shard_count: int) -> frozenset[int]:
    """Return the shards that are in some groups."""
    of = groups_of(shard_count)
    return frozenset(shard for shard in range(shard_count) if shard % of in groups)


def share_of(own: int, gateways: Collection[int], holders: Mapping[int, int], groups: int) -> int:
    """Return how many groups a gateway should have.

    Each has an even share. Of those that are left over, one goes to each of those that have most already, so that
    nothing moves without need; among equals the order of their numbers decides.
    """
    have = dict.fromkeys(gateways, 0)
    for holder in holders.values():
        have[holder] = have.get(holder, 0) + 1
    ranked = sorted(gateways, key=lambda one: (-have[one], one))
    share, left = divmod(groups, len(ranked))
    return share + (ranked.index(own) < left)


class ShardHolding:
    """Holds groups of shards, and has the client connect them; `run` is the body of one task."""

    def __init__(self, locks: ShardLocks, connections: ShardConnections) -> None:
        self.held: tuple[int, ...] = ()
        """The groups of this process, as far as it knows, in the order in which it took them."""
        self.shards: frozenset[int] = frozenset()
        """The shards in these groups."""
        self.shard_count = 0
        """The number of shards that all gateways have; 0 until that is known."""
        self.outdated = asyncio.Event()
        """Set when the others have agreed on another number of shards: this process has to begin anew."""
        self._locks = locks
        self._connections = connections
        self._takes_others_from_s = -math.inf
        self._looked_at_s = -math.inf
        self._looked = asyncio.Event()
        self._gave_up_at_s = -math.inf
        self._wanted = asyncio.Event()
        self._failing = False

    async def is_held(self, shard_id: int) -> bool:
        """Return True unless another gateway may have a shard. Looks first if the last look is long ago.

        While the database cannot be reached the last look holds: what is asked for meanwhile cannot be stored, and
        users are told so.
        """
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _LOOK_WITHIN_S
        # Once for all events of an outage: each of them would wait behind the others.
        asks = since_boot_s() - self._gave_up_at_s > _SURE_FOR_S
        while asks and since_boot_s() - self._looked_at_s > _SURE_FOR_S:
            self._wanted.set()
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._looked.wait()
            except TimeoutError:
                self._gave_up_at_s, asks = since_boot_s(), False
        return shard_id in self.shards

    async def run(self, recommended: int) -> None:
        """Take and release groups, until cancelled or `outdated`.

        Args:
            recommended: The number of shards that Discord recommends.
        """
        while not self.outdated.is_set():
            # From the question on: what the answer says was so then.
            asked_at_s = since_boot_s()
            try:
                await self._look(recommended)
            except StorageUnavailableError as error:
                if not self._failing:
                    log.warning("shards_not_looked_at", reason=str(error))
                self._failing = True
            else:
                self._failing = False
                self._looked_at_s = asked_at_s
                self._looked.set()
                self._looked = asyncio.Event()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()

    async def _look(self, recommended: int) -> None:
        seen = await self._locks.look()
        if not seen.joined:
            # The first look, or the session was lost, and with it what it had.
            returns = self.shard_count != 0
            if not await self._join(recommended):
                return
            if returns:
                self._takes_others_from_s = since_boot_s() + _OTHERS_RETURN_WITHIN_S
            seen = await self._locks.look()
        # A session that was lost may be there for a while yet, and keeps others from its groups as well: also from
        # what this process has released since.
        held = [
            group
            for group in self.held
            if seen.holders.get(group) == seen.own or await self._locks.take_group(group)
        ]
        if len(held) < len(self.held):
            await self._hold(held)
        await self._balance(seen, held)

    async def _join(self, recommended: int) -> bool:
        """Become one of the gateways. Returns False if that has to be tried again."""
        # After a loss of the session what all agreed on stays, unless all are gone.
        shard_count = await self._locks.agree(self.shard_count or recommended)
        if shard_count is None:
            return False
        if self.shard_count not in {0, shard_count}:
            log.error("shard_count_changed", was=self.shard_count, now=shard_count)
            await self._hold([])
            self.outdated.set()
            return False
        if shard_count != recommended:
            log.warning("shard_count_is_not_recommended", shards=shard_count, recommended=recommended)
        self.shard_count = shard_count
        return True

    async def _balance(self, seen: GatewaysSeen, held: list[int]) -> None:
        """Release what is more than the share, or take what is free up to it.

        What was taken last is released first: if a gateway that returned late misses groups, it misses those.
        """
        groups = groups_of(self.shard_count)
        holders = {group: holder for group, holder in seen.holders.items() if holder != seen.own}
        holders |= dict.fromkeys(held, seen.own)
        share = share_of(seen.own, seen.gateways | {seen.own}, holders, groups)
        if len(held) > share:
            await self._hold(held[:share])
            for group in held[share:]:
                await self._locks.release_group(group)
            return
        if since_boot_s() < self._takes_others_from_s:
            return
        taken = list(held)
        for group in range(groups):
            if len(taken) < share and group not in holders and await self._locks.take_group(group):
                taken.append(group)
        if len(taken) > len(held):
            await self._hold(taken)

    async def _hold(self, groups: Collection[int]) -> None:
        log.info("shard_groups_held", groups=sorted(groups), shards=self.shard_count)
        self.held = tuple(groups)
        self.shards = shards_in(groups, self.shard_count)
        await self._connections.serve_shards(self.shards, self.shard_count)
