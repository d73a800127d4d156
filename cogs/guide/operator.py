"""Who runs the bot, as Discord tells of its application."""

import asyncio
from typing import Final

import discord
import structlog

from bot.services.guide import OperatorFacts
from cogs.shared.attempt import FailedCall, attempt

log: Final = structlog.get_logger(__name__)

_ASK_AGAIN_AFTER_S: Final = 3_600.0
_WITHIN_S: Final = 5.0


class DiscordOperator:
    """Asks Discord for the application at most once an hour. What it told stays in use while it cannot be asked."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._known: OperatorFacts | None = None
        self._ask_at_s = 0.0
        self._failed_at_s = float("-inf")
        self._asking = asyncio.Lock()

    async def facts(self) -> OperatorFacts | None:
        """Return who runs the bot; None if Discord never told."""
        clock = asyncio.get_running_loop().time
        began_s = clock()
        async with self._asking:
            # Who waited while Discord did not answer another one does not wait once more.
            if self._failed_at_s < began_s and (self._known is None or clock() >= self._ask_at_s):
                told = await attempt(self._client.application_info(), _WITHIN_S)
                if isinstance(told, FailedCall):
                    self._failed_at_s = clock()
                    log.info("application_not_told", **told.facts)
                else:
                    self._known, self._ask_at_s = _facts_of(told), clock() + _ASK_AGAIN_AFTER_S
        return self._known


def _facts_of(told: discord.AppInfo) -> OperatorFacts:
    # The owner of a team's application is an account that Discord made for the team.
    name = told.team.name if told.team is not None else told.owner.name
    servers = told.approximate_guild_count
    return OperatorFacts(
        name, told.team is not None, told.privacy_policy_url, told.terms_of_service_url, servers
    )
