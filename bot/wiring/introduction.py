"""Connects what tells people about the bot: `/help`, `/about`, the greeting, and the status."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import cast

from bot.services.greetings import Greetings
from bot.services.guide import Guide
from bot.services.line_status import LineStatus
from bot.settings import Settings
from bot.storage.database import Database
from bot.wiring.jobs import JobWiring
from bot.wiring.moderation import ModerationWiring
from bot.wiring.tuning import Tuning
from cogs.client import Stillmotion
from cogs.guide.commands import GuideCog
from cogs.guide.greeting import GreetingCog
from cogs.guide.operator import DiscordOperator
from cogs.guide.status import StatusCog
from cogs.tree import Tree


@dataclass(frozen=True, eq=False, repr=False)
class IntroductionWiring:
    """The parts that introduce the bot, each built when it is first needed."""

    settings: Settings
    tuning: Tuning
    bot: Stillmotion
    database: Database
    moderation: ModerationWiring
    jobs: JobWiring
    now: Callable[[], datetime]

    def add_cogs(self) -> None:
        """Give the client the commands, and the listeners that the operator wants."""
        mention = cast("Tree", self.bot.tree).mention
        guide = Guide(
            self.moderation.gatekeeper,
            started_at=self.now(),
            keep_pictures_hours=self.settings.keep_pictures_hours,
        )
        self.bot.start_with(GuideCog(guide, self.moderation.pages, DiscordOperator(self.bot), mention))
        if self.settings.greeting:
            self.bot.start_with(GreetingCog(guide, Greetings(self.database, self.now), mention, self.now))
        if self.settings.presence:
            self.bot.start_with(self._status_cog)

    async def show_line(self) -> None:
        """Keep the status current, until cancelled; where the operator wants none, do nothing until then."""
        if self.settings.presence:
            await self._line_status.run()
        await asyncio.Event().wait()

    async def show_stop(self) -> None:
        """Show that the bot stops."""
        if self.settings.presence:
            await self._line_status.stopping()

    @cached_property
    def _status_cog(self) -> StatusCog:
        return StatusCog(self.bot)

    @cached_property
    def _line_status(self) -> LineStatus:
        return LineStatus(
            self._status_cog,
            self.jobs.slots,
            at_once=self.settings.jobs_at_once,
            paused=lambda: self.jobs.submitting_paused,
            every_s=self.tuning.status_every_s,
        )
