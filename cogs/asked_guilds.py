"""Servers that Discord is asked about, since no gateway tells of them."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, cast

import discord
import structlog

from cogs.shared.attempt import FailedCall, attempt

log: Final = structlog.get_logger(__name__)

_KEPT_S: Final = 1.0
"""So that the tries of one post ask once; a channel may be made age-restricted, or closed, at any moment."""
_TIMEOUT_S: Final = 20.0
_MOST_KEPT: Final = 500


class AskedGuilds:
    """Keeps the servers that were asked about a moment ago."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._kept: dict[int, tuple[discord.Guild | None, float]] = {}
        self._asking: dict[int, asyncio.Task[discord.Guild | None]] = {}

    def close(self) -> None:
        """Break off what is being asked."""
        for task in self._asking.values():
            task.cancel()

    def last(self, guild_id: int) -> discord.Guild | None:
        """Return a server as it was when it was asked about last, for what may be old."""
        kept = self._kept.get(guild_id)
        return kept[0] if kept is not None else None

    async def look_up(self, guild_id: int) -> discord.Guild | None:
        """Return a server with its channels and roles as Discord tells them now, or told a second ago.

        None if the bot is not in it, or that cannot be told.
        """
        kept = self._kept.get(guild_id)
        if kept is not None and asyncio.get_running_loop().time() - kept[1] < _KEPT_S:
            return kept[0]
        task = self._asking.get(guild_id)
        if task is None:
            task = self._asking[guild_id] = asyncio.create_task(self._ask_about(guild_id))
        return await asyncio.shield(task)

    async def has_bot(self, guild_id: int) -> bool | None:
        """Return True if the bot is in a server; None if that cannot be told at present."""
        told = await attempt(self._client.http.get_guild(guild_id, with_counts=False), _TIMEOUT_S)
        if not isinstance(told, FailedCall):
            return True
        return False if told.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND} else None

    async def _ask_about(self, guild_id: int) -> discord.Guild | None:
        try:
            found = await self._read_guild(guild_id)
        finally:
            del self._asking[guild_id]
        self._kept.pop(guild_id, None)
        self._kept[guild_id] = (found, asyncio.get_running_loop().time())
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    async def _read_guild(self, guild_id: int) -> discord.Guild | None:
        me, http = self._client.user, self._client.http
        if me is None:
            return None
        told: list[Any] = []
        calls: tuple[Callable[[], Awaitable[Any]], ...] = (
            lambda: http.get_guild(guild_id, with_counts=False),
            lambda: http.get_all_guild_channels(guild_id),
            lambda: http.get_member(guild_id, me.id),
        )
        for call in calls:
            answer = await attempt(call(), _TIMEOUT_S)
            if isinstance(answer, FailedCall):
                log.info("server_not_told", guild=guild_id, **answer.facts)
                return None
            told.append(answer)
        server, channels, member = told
        try:
            # As the gateway describes it (Discord, *Guild Create*).
            data = {**server, "channels": channels, "members": [member], "unavailable": False}
            state = self._client._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            return discord.Guild(data=cast("Any", data), state=state)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("server_not_understood", guild=guild_id, error=type(error).__name__)
            return None
