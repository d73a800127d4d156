"""Presses on the buttons below cards: acknowledged first, then served by the desk, then answered."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import discord
import structlog
from discord import ui
from discord.ext import commands

from bot.delivery.card import Action
from bot.services.job_actions import ActionResult, JobActions
from bot.services.order import Wish
from bot.storage.errors import StorageError
from bot.texts import jobs as words
from bot.texts.messages import Message
from cogs.jobs.answers import ANSWERS
from cogs.shared.interactions import address_of, language_of, person_of
from cogs.shared.job_buttons import PREFIX, RETIRED_PREFIX, ButtonReference, custom_id_of, rows_of
from cogs.shared.respond import (
    BEFORE_ACKNOWLEDGING_S,
    acknowledge,
    acknowledge_press,
    answer,
    refuse,
    reply_privately,
)
from cogs.video.asking import ask_of
from cogs.video.ordering import Basis, Ordering

log: Final = structlog.get_logger(__name__)

Interaction = discord.Interaction[discord.Client]


class JobButtonsCog(commands.Cog):
    """Receives presses; holds nothing between them, so they work after a restart too."""

    def __init__(self, ordering: Ordering, desk: JobActions, *, now: Callable[[], datetime]) -> None:
        self._ordering = ordering
        self._desk = desk
        self._now = now

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve one press, if it is one on a button of ours."""
        reference = ButtonReference.pressed(interaction)
        if reference is not None:
            await self._serve(interaction, reference)
        elif custom_id_of(interaction).startswith((PREFIX, RETIRED_PREFIX)):
            await refuse(interaction, words.OLD_BUTTON)

    async def _serve(self, interaction: Interaction, reference: ButtonReference) -> None:
        match reference.action:
            case Action.REFRESH:
                await self._refresh(interaction, reference)
            case Action.CANCEL:
                await self._cancel(interaction, reference)
            case Action.STOP_WATCHING:
                await self._stop_watching(interaction, reference)
            case Action.KEEP_WAITING:
                if await acknowledge_press(interaction):
                    await answer(interaction, _plain(interaction, words.STILL_WATCHING))
            case Action.TRY_AGAIN:
                await self._try_again(interaction, reference)
            case Action.LOOK_AGAIN:
                await self._look_again(interaction, reference)
            case Action.FETCH:
                await self._fetch(interaction, reference)
            case _:
                pass  # a button of a finished video

    async def _refresh(self, interaction: Interaction, reference: ButtonReference) -> None:
        now = self._now()
        if not await acknowledge_press(interaction):
            return
        message_id = interaction.message.id if interaction.message is not None else None
        reply = address_of(interaction, message_id=message_id, private=reference.private, now=now)
        try:
            await self._desk.refresh(reference.job_id, reply)
        except StorageError as error:
            log.warning("reply_not_renewed", job=reference.job_id, reason=str(error))

    async def _cancel(self, interaction: Interaction, reference: ButtonReference) -> None:
        if await acknowledge(interaction, private=True) is None:
            return
        try:
            found = await self._desk.cancel(reference.job_id, person_of(interaction))
        except StorageError:
            await answer(interaction, words.NOT_STORED)
            return
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
        try:
            found = await self._desk.stop_watching(reference.job_id, person_of(interaction))
        except StorageError:
            await answer(interaction, _plain(interaction, words.NOT_STORED))
            return
        told = words.STOPPED_WATCHING if found is ActionResult.DONE else ANSWERS[found]
        await answer(interaction, _plain(interaction, told))

    async def _look_again(self, interaction: Interaction, reference: ButtonReference) -> None:
        now = self._now()
        if not await acknowledge_press(interaction):
            return
        message = interaction.message
        message_id = message.id if message is not None else None
        private = reference.private or (message is not None and message.flags.ephemeral)
        reply = address_of(interaction, message_id=message_id, private=private, now=now)
        try:
            found = await self._desk.look_again(reference.job_id, person_of(interaction), reply)
        except StorageError:
            await reply_privately(interaction, words.NOT_STORED)
            return
        if found is not ActionResult.DONE:
            await reply_privately(interaction, ANSWERS[found])

    async def _fetch(self, interaction: Interaction, reference: ButtonReference) -> None:
        now = self._now()
        acknowledged = await acknowledge(interaction, private=True)
        if acknowledged is None:
            return
        reply = address_of(interaction, message_id=acknowledged.message_id, private=True, now=now)
        try:
            found = await self._desk.fetch(reference.job_id, person_of(interaction), reply)
        except StorageError:
            await answer(interaction, words.NOT_STORED)
            return
        if found is not ActionResult.DONE:
            await answer(interaction, ANSWERS[found])

    async def _try_again(self, interaction: Interaction, reference: ButtonReference) -> None:
        try:
            async with asyncio.timeout(BEFORE_ACKNOWLEDGING_S):
                original = await self._desk.original(reference.job_id, person_of(interaction))
        except (StorageError, TimeoutError):
            await refuse(interaction, words.NOT_STORED)
            return
        if isinstance(original, ActionResult):
            await refuse(interaction, ANSWERS[original])
            return
        pictures = original.sources if original.pictures is None else ()
        ask = ask_of(interaction, Wish.again(original.request), pictures, original.pictures)
        basis = Basis(parent_id=original.id)
        await self._ordering.take(interaction, ask, private=original.reply.private, basis=basis)


def _plain(interaction: Interaction, text: Message) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text.in_language(language_of(interaction, private=True))))
    return view


def _question(interaction: Interaction, reference: ButtonReference) -> ui.LayoutView:
    view = _plain(interaction, words.STOP_OR_KEEP)
    references = [
        ButtonReference(action, reference.job_id, reference.person_id, reference.private)
        for action in (Action.STOP_WATCHING, Action.KEEP_WAITING)
    ]
    for row in rows_of(references, language_of(interaction, private=True)):
        view.add_item(row)
    return view
