"""Presses on the buttons below cards of jobs without a video: cancel, refresh, try again, look again, fetch."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from discord import ui

from bot.delivery.card import Action
from bot.delivery.messages import ReplyAddress
from bot.jobs.job import Job
from bot.people.cache import PreferenceCache
from bot.people.preferences import Preferences
from bot.services.action_results import ActionResult
from bot.services.job_actions import JobActions
from bot.services.look_again import LookAgain
from bot.services.order import VideoOrder
from bot.services.requests import VideoRequests
from bot.texts import jobs as words
from bot.texts.messages import Message
from cogs.shared.action_texts import ANSWERS
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, address_of, language_of, person_of
from cogs.shared.job_buttons import ButtonReference, job_routes, rows_of
from cogs.shared.layout import layout_of
from cogs.shared.place import place_of
from cogs.shared.requesting import request_video
from cogs.shared.respond import (
    acknowledge,
    acknowledge_press,
    answer,
    before_acknowledging,
    refuse,
    reply_privately,
)
from cogs.shared.router import InteractionRoute

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class JobButtons:
    """Serves presses. Holds nothing between them, so they work after a restart too."""

    requests: VideoRequests
    actions: JobActions
    looking: LookAgain
    people: PreferenceCache
    pages: IntegrationsPages
    now: Callable[[], datetime]

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons below the cards of jobs that have no video yet."""
        return job_routes(
            {
                Action.REFRESH: self._refresh,
                Action.MAKE: self._make,
                Action.CANCEL: self._cancel,
                Action.STOP_WATCHING: self._stop_watching,
                Action.KEEP_WAITING: self._keep_waiting,
                Action.TRY_AGAIN: self._try_again,
                Action.FIRST_FRAME: self._use_first_frame,
                Action.LOOK_AGAIN: self._look_again,
                Action.FETCH: self._fetch,
            }
        )

    async def _keep_waiting(self, interaction: Interaction, reference: ButtonReference) -> None:
        if not await acknowledge_press(interaction):
            return
        found = await self.actions.keep_waiting(reference.job_id, person_of(interaction))
        told = words.STILL_WATCHING if found is ActionResult.DONE else ANSWERS[found]
        await answer(interaction, _plain(interaction, told))

    async def _refresh(self, interaction: Interaction, reference: ButtonReference) -> None:
        now = self.now()
        if not await acknowledge_press(interaction):
            return
        reply = _address_of_pressed(interaction, private=reference.private, now=now)
        await self.actions.refresh(reference.job_id, reply)

    async def _make(self, interaction: Interaction, reference: ButtonReference) -> None:
        now = self.now()
        if not await acknowledge_press(interaction):
            return
        reply = _address_of_pressed(interaction, private=reference.private, now=now)
        found = await self.actions.make(reference.job_id, person_of(interaction), reply)
        await reply_privately(interaction, words.BEGUN if found is ActionResult.DONE else ANSWERS[found])

    async def _cancel(self, interaction: Interaction, reference: ButtonReference) -> None:
        if await acknowledge(interaction, private=True) is None:
            return
        found = await self.actions.cancel(reference.job_id, person_of(interaction))
        match found:
            case ActionResult.ASK:
                await answer(interaction, _question(interaction, reference))
            case ActionResult.NOT_ALLOWED:
                await answer(interaction, words.NOT_YOURS_TO_CANCEL)
            case _:
                await answer(interaction, ANSWERS[found])

    async def _stop_watching(self, interaction: Interaction, reference: ButtonReference) -> None:
        if not await acknowledge_press(interaction):
            return
        found = await self.actions.stop_watching(reference.job_id, person_of(interaction))
        told = words.STOPPED_WATCHING if found is ActionResult.DONE else ANSWERS[found]
        await answer(interaction, _plain(interaction, told))

    async def _look_again(self, interaction: Interaction, reference: ButtonReference) -> None:
        now, event = self.now(), f"interaction:{interaction.id}"
        own = interaction.user.id == reference.person_id
        person = person_of(interaction) if own else await self.pages.person_of(interaction)
        async with before_acknowledging(interaction):
            look = await self.looking.permit(reference.job_id, person, place_of(interaction))
        if isinstance(look, Message):
            await refuse(interaction, look)
        elif look.in_own_reply:
            acknowledged = await acknowledge(interaction, private=True)
            if acknowledged is None:
                return
            reply = address_of(interaction, message_id=acknowledged.message_id, private=True, now=now)
            said = await self.looking.begin(look, reply, event)
            if said is not None:
                await answer(interaction, said)
        elif await acknowledge_press(interaction):
            message = interaction.message
            private = reference.private or (message is not None and message.flags.ephemeral)
            reply = _address_of_pressed(interaction, private=private, now=now)
            said = await self.looking.begin(look, reply, event)
            if said is not None:
                await reply_privately(interaction, said)

    async def _fetch(self, interaction: Interaction, reference: ButtonReference) -> None:
        now = self.now()
        acknowledged = await acknowledge(interaction, private=True)
        if acknowledged is None:
            return
        reply = address_of(interaction, message_id=acknowledged.message_id, private=True, now=now)
        said = await self.looking.fetch(reference.job_id, person_of(interaction), reply)
        if said is not None:
            await answer(interaction, said)

    async def _try_again(self, interaction: Interaction, reference: ButtonReference) -> None:
        await self._repeat(interaction, reference, VideoOrder.again)

    async def _use_first_frame(self, interaction: Interaction, reference: ButtonReference) -> None:
        await self._repeat(interaction, reference, VideoOrder.with_first_frame)

    async def _repeat(
        self,
        interaction: Interaction,
        reference: ButtonReference,
        order_of: Callable[[Job, Preferences], VideoOrder],
    ) -> None:
        async with before_acknowledging(interaction):
            original = await self.actions.original(reference.job_id, person_of(interaction))
        if isinstance(original, ActionResult):
            await refuse(interaction, ANSWERS[original])
            return
        order = order_of(original, self.people.of(interaction.user.id)).changed(parent_id=original.id)
        await request_video(self.requests, interaction, order, now=self.now(), pages=self.pages)


def _address_of_pressed(interaction: Interaction, *, private: bool, now: datetime) -> ReplyAddress:
    """Return the address of the message whose button was pressed."""
    message_id = interaction.message.id if interaction.message is not None else None
    return address_of(interaction, message_id=message_id, private=private, now=now)


def _plain(interaction: Interaction, text: Message) -> ui.LayoutView:
    return layout_of(text.in_language(language_of(interaction, private=True)))


def _question(interaction: Interaction, reference: ButtonReference) -> ui.LayoutView:
    language = language_of(interaction, private=True)
    references = [
        ButtonReference(action, reference.job_id, reference.person_id, reference.private)
        for action in (Action.STOP_WATCHING, Action.KEEP_WAITING)
    ]
    return layout_of(words.STOP_OR_KEEP.in_language(language), *rows_of(references, language))
