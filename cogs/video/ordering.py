"""From an interaction to a running job: examined, kept, acknowledged, begun."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from bot.jobs.job import Job
from bot.jobs.store import DuplicateJobError
from bot.moderation.policy import Verdict
from bot.people.cache import PreferenceCache
from bot.services.order import Ask
from bot.services.requests import Order, Refused, VideoRequests
from bot.texts import jobs as words
from bot.texts.messages import Translatable
from cogs.shared.appeal_button import appeal_button
from cogs.shared.interactions import address_of, language_of
from cogs.shared.respond import BEFORE_ACKNOWLEDGING_S, acknowledge, answer, refuse


@dataclass(frozen=True)
class Basis:
    """What a request builds upon: the job that it repeats, the video it follows."""

    parent_id: str | None = None
    parent_url: str | None = None


_NOTHING: Final = Basis()


class Ordering:
    """Takes requests from interactions that were not acknowledged yet."""

    def __init__(
        self, service: VideoRequests, people: PreferenceCache, *, now: Callable[[], datetime]
    ) -> None:
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
        if isinstance(examined, Refused):
            await self._refuse(interaction, ask, examined)
            return
        reply = address_of(interaction, message_id=None, private=private, now=self._now())
        job = self._service.place(
            Order(
                examined.request,
                ask.pictures,
                reply,
                interaction.guild_id,
                pictures=ask.kept,
                parent_id=basis.parent_id,
                parent_url=basis.parent_url,
                ping=self._people.of(interaction.user.id).ping or False,
                held=examined.held,
                role_ids=ask.person.role_ids,
            )
        )
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(job))
            # Kept first, a few milliseconds as a rule: an acknowledged request that is kept nowhere would be
            # forgotten if the process died now, and one that is kept but not acknowledged is never begun. But
            # no disk, however slow, may keep a person waiting.
            await asyncio.wait([keeping], timeout=BEFORE_ACKNOWLEDGING_S)
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

    async def _refuse(
        self, interaction: discord.Interaction[discord.Client], ask: Ask, refused: Refused
    ) -> None:
        """Say why not; where the person can do something about it, with the button for that."""
        if refused.verdict is Verdict.PERSON_SUSPENDED:
            language = language_of(interaction, private=True)
            await refuse(interaction, refused.explanation, (appeal_button(ask.person, language),))
        else:
            await refuse(interaction, refused.explanation)
        await self._service.record(ask, refused)

    async def _keep(self, job: Job) -> Translatable | None:
        """Why the job could not be kept, if it could not."""
        try:
            return await self._service.keep(job)
        except DuplicateJobError:
            return words.ALREADY_REPEATED
