"""Another process that runs with this bot's token: what it answered is left to it, and the operator is told."""

from collections.abc import Callable
from typing import Final

import discord
import structlog
from discord.ext import commands

log: Final = structlog.get_logger(__name__)


class SecondProcessCog(commands.Cog):
    """Hears of interactions that another process has (`SERVED_ELSEWHERE`). `tell` has the operator told once."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._started_at = discord.utils.utcnow()

    @commands.Cog.listener()
    async def on_served_elsewhere(self, interaction_id: int) -> None:
        """Log it. What is older than this process may have been answered by the one before it."""
        log.warning("interaction_served_elsewhere", id=interaction_id)
        if discord.utils.snowflake_time(interaction_id) > self._started_at:
            self._tell()
