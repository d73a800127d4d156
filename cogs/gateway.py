"""Connecting to the gateway again: with pauses that are bounded on either side, where the library's are not.

The library's pause after a refused connection grows to 17 minutes. After a connection that was taken and closed it
makes none at all: a gateway that does so, as one may while it comes back, got hundreds of connections a second.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, Literal, Protocol, Self, runtime_checkable
from weakref import WeakKeyDictionary

import discord
from discord import shard
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

LONGEST_WAIT_S: Final = 20.0
"""With a connection that takes its time the gateway is back within a minute of Discord. Only connections that did
not come about wait, so none of Discord's 1,000 sessions a day is used up by it."""
_AT_ONCE: Final = 3
_AT_ONCE_WITHIN_S: Final = 10.0
"""No shard connects more often than `_AT_ONCE` times in so many seconds."""


def shard_of(guild_id: int, shard_count: int) -> int:
    """Return the shard of a server (Discord, *Sharding*)."""
    return (guild_id >> 22) % shard_count


@runtime_checkable
class DividesShards(Protocol):
    """A client that has its shards connected at some times, and leaves them to other processes at others."""

    def begin_connecting(self, shard_id: int | None) -> int | None:
        """Return the number of the time for which a shard is to be connected; None if it is not, or is already."""
        ...

    def end_connecting(self, shard_id: int | None, period: int) -> bool:
        """Note that this is over. Returns True if the shard is to be connected for this time still."""
        ...

    async def may_receive(self, shard_id: int | None) -> bool:
        """Return True unless another process may receive the events of a shard as well."""
        ...


class BoundedBackoff(ExponentialBackoff[Literal[False]]):
    """The library's wait between two tries, with an upper limit."""

    def delay(self) -> float:
        """Return the seconds until the next try."""
        return min(super().delay(), LONGEST_WAIT_S)


class GatewayConnection(DiscordWebSocket):
    """The library's connection of a shard, made no more often than a gateway in trouble bears."""

    _made: ClassVar[WeakKeyDictionary[discord.Client, dict[int | None, deque[float]]]] = WeakKeyDictionary()
    """Moment at which each shard of a client connected last, in seconds of the loop's clock."""
    may_receive: Callable[[int | None], Awaitable[bool]] | None = None
    """Tells of a shard that comes and goes if its events are still this process's."""

    @classmethod
    async def from_client(
        cls,
        client: discord.Client,
        *,
        shard_id: int | None = None,
        **options: Any,  # noqa: ANN401 - the library's own
    ) -> Self:
        """Connect. Raises `ConnectionError` where the gateway hangs up before it has greeted."""
        clock = asyncio.get_running_loop().time
        made = cls._made.setdefault(client, {}).setdefault(shard_id, deque(maxlen=_AT_ONCE))
        if len(made) == _AT_ONCE:
            await asyncio.sleep(made[0] + _AT_ONCE_WITHIN_S - clock())
        made.append(clock())
        if not isinstance(client, DividesShards):
            return await cls._greeted(client, shard_id, options)
        period = client.begin_connecting(shard_id)
        if period is None:
            raise asyncio.CancelledError  # by this alone the library lets a shard be
        kept = False
        try:
            connection = await cls._greeted(client, shard_id, options)
        finally:
            kept = client.end_connecting(shard_id, period)
        if not kept:
            await connection.close(code=1000)
            raise asyncio.CancelledError
        connection.may_receive = client.may_receive
        return connection

    @classmethod
    async def _greeted(cls, client: discord.Client, shard_id: int | None, options: dict[str, Any]) -> Self:
        try:
            return await super().from_client(client, shard_id=shard_id, **options)
        except ReconnectWebSocket:
            # The library would repeat it without a pause, or, where it connects anew, end the bot.
            raise ConnectionError("the gateway hung up before it greeted") from None

    async def received_message(self, msg: Any, /) -> None:  # noqa: ANN401 - the library's own
        """Handle what was received, unless another process may have it as well."""
        if self.may_receive is None or await self.may_receive(self.shard_id):
            await super().received_message(msg)


def bound_reconnecting() -> None:
    """Have every shard that is launched from now on connect by `GatewayConnection` and wait by `BoundedBackoff`."""
    # A shard takes both classes from its module, and the library has no setting for them.
    shard.ExponentialBackoff = BoundedBackoff  # pyright: ignore[reportPrivateImportUsage] - see above
    shard.DiscordWebSocket = GatewayConnection  # pyright: ignore[reportPrivateImportUsage] - see above
