"""Presses on the buttons below cards: acknowledged first, then served by the desk, then answered."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import discord
import structlog
from discord import ui
from discord.ext import commands

from bot.jobs import Answer, Ask, Desk, DuplicateJobError, Job, Order, VideoService, Wish
from bot.storage import StorageError
from bot.texts import explanations
from bot.texts import jobs as words
from bot.texts.buttons import Action
from bot.texts.explanations import Explanation
from cogs.ui.acknowledgement import Acknowledged, acknowledge, acknowledge_press, answer, refuse, whisper
from cogs.ui.job_button import ButtonReference, row_of
from cogs.ui.place import place_of
from cogs.ui.reply import address_of, person_of

log: Final = structlog.get_logger(__name__)

_WORDS: Final[Mapping[Answer, str]] = {
    Answer.DONE: words.CANCELLED,
    Answer.ASK: words.STOP_OR_KEEP,
    Answer.HANDING_OVER: words.BEING_HANDED_OVER,
    Answer.ALREADY_READY: words.ALREADY_READY,
    Answer.ALREADY_ENDED: words.ALREADY_ENDED,
    Answer.ALREADY_REPEATED: words.ALREADY_REPEATED,
    Answer.ALREADY_FETCHED: words.ALREADY_FETCHED,
    Answer.NOTHING_TO_FETCH: words.NOTHING_TO_FETCH,
    Answer.NOT_ALLOWED: words.NOT_YOURS,
    Answer.GONE: words.GONE,
    Answer.PICTURES_GONE: words.PICTURES_GONE,
}

Interaction = discord.Interaction[discord.Client]


class JobButtonsCog(commands.Cog):
    """Receives presses; holds nothing between them, so they work after a restart too."""

    def __init__(self, service: VideoService, desk: Desk, *, now: Callable[[], datetime]) -> None:
        self._service = service
        self._desk = desk
        self._now = now

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve one press, if it is one on a button of ours."""
        reference = ButtonReference.pressed(interaction)
        if reference is not None:
            await self._serve(interaction, reference)

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
                    await answer(interaction, "", _plain(words.STILL_WATCHING))
            case Action.TRY_AGAIN:
                await self._try_again(interaction, reference)
            case Action.LOOK_AGAIN:
                await self._look_again(interaction, reference)
            case Action.FETCH:
                await self._fetch(interaction, reference)

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
            case Answer.ASK:
                await answer(interaction, "", _question(reference))
            case Answer.NOT_ALLOWED:
                await answer(interaction, words.NOT_YOURS_TO_CANCEL)
            case _:
                await answer(interaction, _WORDS[found])

    async def _stop_watching(self, interaction: Interaction, reference: ButtonReference) -> None:
        if not await acknowledge_press(interaction):
            return
        try:
            found = await self._desk.stop_watching(reference.job_id, person_of(interaction))
        except StorageError:
            await answer(interaction, "", _plain(words.NOT_STORED))
            return
        told = words.STOPPED_WATCHING if found is Answer.DONE else _WORDS[found]
        await answer(interaction, "", _plain(told))

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
            await whisper(interaction, words.NOT_STORED)
            return
        if found is not Answer.DONE:
            await whisper(interaction, _WORDS[found])

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
        if found is not Answer.DONE:
            await answer(interaction, _WORDS[found])

    async def _try_again(self, interaction: Interaction, reference: ButtonReference) -> None:
        if interaction.user.id != reference.person_id:
            await refuse(interaction, words.NOT_YOURS)
            return
        now = self._now()
        acknowledged = await acknowledge(interaction, private=reference.private)
        if acknowledged is None:
            return
        try:
            told = await self._repeat(interaction, reference, acknowledged, now)
        except DuplicateJobError:
            told = words.ALREADY_REPEATED
        except StorageError:
            told = words.NOT_STORED
        if told is not None:
            await answer(interaction, told)

    async def _repeat(
        self, interaction: Interaction, reference: ButtonReference, acknowledged: Acknowledged, now: datetime
    ) -> str | None:
        """Start the same request anew; what to say where that cannot be."""
        original = await self._desk.original(reference.job_id, person_of(interaction))
        if not isinstance(original, Job):
            return _WORDS[original]
        examined = self._service.examine(_ask_again(interaction, original))
        if isinstance(examined, Explanation):
            return str(examined)
        reply = address_of(
            interaction, message_id=acknowledged.message_id, private=reference.private, now=now
        )
        order = await self._desk.repeat(original, reply, interaction.guild_id)
        if not isinstance(order, Order):
            return _WORDS[order]
        # Looked at again, because the seconds that were left may have gone to somebody else meanwhile.
        examined = self._service.examine(_ask_again(interaction, original))
        if isinstance(examined, Explanation):
            return str(examined)
        job = self._service.place(order)
        if not await self._service.keep(job):
            return str(explanations.NOT_KEPT)
        await self._service.begin(job, acknowledged.message_id)
        return None


def _ask_again(interaction: Interaction, original: Job) -> Ask:
    return Ask(
        wish=Wish.again(original.request),
        pictures=(),
        place=place_of(interaction),
        person=person_of(interaction),
        may_attach_files=interaction.app_permissions.attach_files,
    )


def _plain(text: str) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    return view


def _question(reference: ButtonReference) -> ui.LayoutView:
    view = _plain(words.STOP_OR_KEEP)
    view.add_item(
        row_of(
            tuple(
                ButtonReference(action, reference.job_id, reference.person_id, reference.private)
                for action in (Action.STOP_WATCHING, Action.KEEP_WAITING)
            )
        )
    )
    return view
