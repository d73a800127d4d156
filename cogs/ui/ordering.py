"""From an interaction to a running job: examined, kept, acknowledged, begun."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from bot.images import Reference
from bot.jobs import Ask, DuplicateJobError, Job, Order, VideoService
from bot.people import PreferenceBook
from bot.texts import jobs as words
from bot.texts.explanations import Explanation
from bot.texts.sentences import Speakable
from cogs.ui.acknowledgement import acknowledge, answer, refuse
from cogs.ui.reply import address_of

_KEPT_FIRST_WITHIN_S: Final = 1.0
"""Of the three seconds that Discord grants for an acknowledgement."""


@dataclass(frozen=True)
class Basis:
    """What a request builds upon: pictures of an earlier job, the job that it repeats, the video it follows."""

    pictures: tuple[Reference, ...] | None = None
    parent_id: str | None = None
    parent_url: str | None = None


_NOTHING: Final = Basis()


class Ordering:
    """Takes requests from interactions that were not acknowledged yet."""

    def __init__(self, service: VideoService, people: PreferenceBook, *, now: Callable[[], datetime]) -> None:
        self._service = service
        self._people = people
        self._now = now

    async def take(
        self,
        interaction: discord.Interaction[discord.Client],
        ask: Ask,
        *,
        private: bool,
        basis: Basis = _NOTHING,
    ) -> None:
        """Start the job, or say to the person alone why there will be none."""
        examined = self._service.examine(ask)
        if isinstance(examined, Explanation):
            await refuse(interaction, examined)
            return
        reply = address_of(interaction, message_id=None, private=private, now=self._now())
        job = self._service.place(
            Order(
                examined,
                ask.pictures,
                reply,
                interaction.guild_id,
                pictures=basis.pictures,
                parent_id=basis.parent_id,
                parent_url=basis.parent_url,
                ping=self._people.of(interaction.user.id).ping or False,
            )
        )
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(job))
            # Kept first, a few milliseconds as a rule: an acknowledged request that is kept nowhere would be
            # forgotten if the process died now, and one that is kept but not acknowledged is never begun. But
            # no disk, however slow, may keep a person waiting.
            await asyncio.wait([keeping], timeout=_KEPT_FIRST_WITHIN_S)
            if keeping.done() and (trouble := keeping.result()) is not None:
                await refuse(interaction, trouble)
                return
            acknowledged = await acknowledge(interaction, private=private)
        trouble = keeping.result()
        if trouble is not None:
            await answer(interaction, trouble)
        elif acknowledged is None:
            await self._service.withdraw(job)
        else:
            await self._service.begin(job, acknowledged.message_id)

    async def _keep(self, job: Job) -> Speakable | None:
        """Why the job could not be kept, if it could not."""
        try:
            return await self._service.keep(job)
        except DuplicateJobError:
            return words.ALREADY_REPEATED
