"""The Discord client of a worker: it logs in, and asks about servers what a gateway would have told it."""

from collections.abc import Callable
from typing import Any, Final

import discord
import structlog

from cogs.asking_client import AskingClient
from cogs.outage import is_wrong_token, until_discord_answers

log: Final = structlog.get_logger(__name__)


class WorkerClient(AskingClient):
    """Has no gateway, and so no servers in memory but those that were asked about a moment ago."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - those of Stillmotion
        super().__init__(*arguments, **named)
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
