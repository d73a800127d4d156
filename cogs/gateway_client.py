"""The Discord client of a gateway among several: it connects its share of the shards, which may change any time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, cast

import discord
import structlog
from discord.gateway import DiscordWebSocket

from cogs.asking_client import AskingClient
from cogs.outage import is_refusal, until_discord_answers
from cogs.tree import Tree

log: Final = structlog.get_logger(__name__)

_CLOSED_WITHIN_S: Final = 2.0
_LEARN_AGAIN_AFTER_S: Final = 30.0


class GatewayClient(AskingClient):
    """Tells servers of its own shards from all others, which are other gateways' and are asked about."""

    register_within_s: ClassVar = 1.0

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - those of Stillmotion
        super().__init__(*arguments, **named)
        self.identify_turn: Callable[[int], Awaitable[None]] | None = None
        """Waits until a shard may identify. To be set before the first is to be connected."""
        self.is_held: Callable[[int], Awaitable[bool]] | None = None
        """Tells if a shard is still this process's, which may have stood still."""
        self._has_logged_in = False
        self._served: frozenset[int] = frozenset()
        self._periods: dict[int, int] = {}
        """Times that each shard was to be connected so far: what belongs to an earlier one is given up."""
        self._being_connected: dict[int, int] = {}
        self._connecting: dict[int, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._buckets: dict[int, asyncio.Lock] = {}

    @property
    def connected(self) -> bool:
        """True while all shards of this process are connected to the gateway, after the login."""
        if not self._has_logged_in:
            return False
        shards = self.shards
        return self._served <= self._told and not any(shards[one].is_closed() for one in self._served)

    async def log_in(self, token: str, say: Callable[[str], None]) -> None:
        """Log in, as `Stillmotion`; no shard is connected yet, and the leader registers the commands."""
        await super().log_in(token, say)
        self._has_logged_in = True
        log.info("gateway_ready", user=str(self.user), recommended_shards=self.shard_count)

    def begin_connecting(self, shard_id: int | None) -> int | None:
        """Return the number of the time for which a shard is to be connected; None if it is not, or is already."""
        if shard_id is None or shard_id not in self._served:
            return None
        period = self._periods[shard_id]
        if self._being_connected.get(shard_id) == period:
            return None
        self._being_connected[shard_id] = period
        return period

    def end_connecting(self, shard_id: int | None, period: int) -> bool:
        """Note that this is over. Returns True if the shard is to be connected for this time still."""
        if shard_id is None:
            return False
        if self._being_connected.get(shard_id) == period:
            del self._being_connected[shard_id]
        return shard_id in self._served and self._periods[shard_id] == period

    async def may_receive(self, shard_id: int | None) -> bool:
        """Return True unless another process may receive the events of a shard as well."""
        return shard_id in self._served and (self.is_held is None or await self.is_held(shard_id))

    def serves(self, shard_id: int) -> bool:
        """Return True if a shard is one of this process's."""
        return shard_id in self._served

    async def serve_shards(self, shard_ids: frozenset[int], shard_count: int) -> None:
        """Have these shards connected from now on, and no others. Those that go are left at once."""
        gone, self._served = self._served - shard_ids, shard_ids
        self.shard_count = self._connection.shard_count = shard_count
        if gone:
            leaving = [asyncio.create_task(self._leave(one), name=f"leave-shard-{one}") for one in gone]
            for task in leaving:
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)
            # Nothing is read any more. A gateway that is silent answers no farewell, for which nobody waits.
            await asyncio.wait(leaving, timeout=_CLOSED_WITHIN_S)
        for one in shard_ids - self._connecting.keys():
            self._periods[one] = self._periods.get(one, 0) + 1
        for one in sorted(shard_ids - self._connecting.keys()):
            self._connecting[one] = asyncio.create_task(self._connect_shard(one), name=f"shard-{one}")

    async def launch_shards(self) -> None:
        """Launch none at first: `serve_shards` says which."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for the shard's turn among those of all processes."""
        del initial
        if self.identify_turn is not None and shard_id is not None:
            await self.identify_turn(shard_id)
            if not self.serves(shard_id):
                raise asyncio.CancelledError  # it went to another process meanwhile

    async def register_commands(self) -> None:
        """Register the commands if they changed; one process does."""
        await super()._register_commands()

    async def on_shard_ready(self, shard_id: int) -> None:
        """Log that the servers of a shard are in memory."""
        if shard_id in self._served:
            log.info("shard_ready", shard=shard_id, of=self.shard_count, guilds=len(self.guilds))
            self._tell_ready()

    async def close(self) -> None:
        """Leave Discord, within a few seconds."""
        self._served = frozenset()
        ending = [*self._connecting.values(), *self._leaving]
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending, timeout=_CLOSED_WITHIN_S)
        await super().close()

    async def _register_commands(self) -> None:
        """Learn the ids of the commands, which the leader registers."""
        tree, known = cast("Tree", self.tree), False

        async def ask() -> None:
            nonlocal known
            known = await tree.learn()

        while not known:
            try:
                await until_discord_answers(ask, is_final=is_refusal, say=lambda _: None)
            except discord.HTTPException as error:
                log.warning("commands_not_learned", status=error.status, code=error.code)
            if not known:
                await asyncio.sleep(_LEARN_AGAIN_AFTER_S)

    async def _connect_shard(self, shard_id: int) -> None:
        # One of a bucket at a time: the others would wait with an open connection.
        async with self._buckets.setdefault(shard_id % self.max_concurrency, asyncio.Lock()):
            known = self.get_shard(shard_id)
            if known is None:
                await self.launch_shard(DiscordWebSocket.DEFAULT_GATEWAY, shard_id)
            else:
                await known.reconnect()

    async def _leave(self, shard_id: int) -> None:
        self._told.discard(shard_id)
        connecting = self._connecting.pop(shard_id, None)
        if connecting is not None:
            connecting.cancel()
        # Their servers are another gateway's now. The library keeps them, and has no other way to forget them.
        for guild in self.guilds:
            if guild.shard_id == shard_id:
                self._connection._remove_guild(guild)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        known = self.get_shard(shard_id)
        if known is not None:
            await known.disconnect()
