"""The Discord client of a worker: it logs in, and asks about servers what a gateway would have told it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import discord
import structlog

from cogs.client import Stillmotion
from cogs.outage import is_wrong_token, until_discord_answers
from cogs.shared.attempt import FailedCall, attempt

log: Final = structlog.get_logger(__name__)

_KEPT_S: Final = 1.0
"""So that the tries of one post ask once; a channel may be made age-restricted, or closed, at any moment."""
_TIMEOUT_S: Final = 20.0
_MOST_KEPT: Final = 500


class WorkerClient(Stillmotion):
    """Has no gateway, and so no servers in memory but those that were asked about a moment ago."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - those of Stillmotion
        super().__init__(*arguments, **named)
        self._kept: dict[int, tuple[discord.Guild | None, float]] = {}
        self._asking: dict[int, asyncio.Task[discord.Guild | None]] = {}
        self._has_logged_in = False

    @property
    def connected(self) -> bool:
        """True once it has logged in."""
        return self._has_logged_in

    async def log_in(self, token: str, say: Callable[[str], None]) -> None:
        """Log in; while Discord is away, wait for it. Raises `discord.LoginFailure` for a wrong token."""

        async def ask() -> None:
            await self.http.close()
            # A session that is closed closes its connector; the library makes another where there is none.
            self.http.connector = discord.utils.MISSING
            await self.login(token)

        try:
            await until_discord_answers(ask, is_final=is_wrong_token, say=say)
        except discord.HTTPException as error:
            raise discord.LoginFailure(str(error)) from error
        self._has_logged_in = True
        log.info("worker_ready", user=str(self.user))

    async def close(self) -> None:
        """Leave Discord; what is being asked about servers is broken off."""
        for task in self._asking.values():
            task.cancel()
        await super().close()

    def get_guild(self, guild_id: int, /) -> discord.Guild | None:
        """Return a server as it was when it was asked about last, for what may be old, such as its name."""
        kept = self._kept.get(guild_id)
        return kept[0] if kept is not None else None

    async def look_up_guild(self, guild_id: int) -> discord.Guild | None:
        """Return a server with its channels and roles as Discord tells them now, or told a few seconds ago.

        None if the bot is not in it, or that cannot be told.
        """
        kept = self._kept.get(guild_id)
        if kept is not None and asyncio.get_running_loop().time() - kept[1] < _KEPT_S:
            return kept[0]
        task = self._asking.get(guild_id)
        if task is None:
            task = self._asking[guild_id] = asyncio.create_task(self._ask_about(guild_id))
        return await asyncio.shield(task)

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
        me = self.user
        if me is None:
            return None
        told: list[Any] = []
        calls: tuple[Callable[[], Awaitable[Any]], ...] = (
            lambda: self.http.get_guild(guild_id, with_counts=False),
            lambda: self.http.get_all_guild_channels(guild_id),
            lambda: self.http.get_member(guild_id, me.id),
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
            return discord.Guild(data=cast("Any", data), state=self._connection)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("server_not_understood", guild=guild_id, error=type(error).__name__)
            return None
