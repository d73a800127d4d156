"""The confirmation that the spicy preset asks for before it starts from pictures."""

import re
from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.images import Reference
from bot.jobs import Answer, Desk, VideoService
from bot.storage import StorageError
from bot.texts import forms
from bot.texts import jobs as job_words
from bot.texts import moderation as words
from cogs.ui.acknowledgement import open_form, refuse
from cogs.ui.asking import ask_of
from cogs.ui.consent import PREFIX, ConsentRequests, Pending, consent_form
from cogs.ui.desk_answers import ANSWERS
from cogs.ui.job_button import custom_id_of
from cogs.ui.ordering import Basis, Ordering
from cogs.ui.plain_forms import YES
from cogs.ui.reply import language_of, person_of
from cogs.ui.video_form import SentForm, form_id_of

log: Final = structlog.get_logger(__name__)

_DRAFT: Final = re.compile(rf"{PREFIX}(?P<draft>[0-9a-f]{{32}})")

Interaction = discord.Interaction[discord.Client]


class ConsentsCog(commands.Cog):
    """Opens the form, and takes up the request when the box was ticked."""

    def __init__(
        self, ordering: Ordering, consents: ConsentRequests, service: VideoService, desk: Desk
    ) -> None:
        self._ordering = ordering
        self._consents = consents
        self._service = service
        self._desk = desk

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve one press or one form, if it is one of these."""
        pressed = _DRAFT.fullmatch(custom_id_of(interaction))
        if pressed is not None:
            language = language_of(interaction, private=True)
            await open_form(interaction, consent_form(pressed["draft"], language))
            return
        sent = _DRAFT.fullmatch(form_id_of(interaction))
        if sent is not None:
            try:
                await self._take_up(interaction, sent["draft"])
            except StorageError:
                await refuse(interaction, job_words.NOT_STORED)

    async def _take_up(self, interaction: Interaction, draft_id: str) -> None:
        form = SentForm.of(interaction)
        if form is None or not form.ticked(YES):
            await refuse(interaction, words.CONSENT_MISSING)
            return
        pending = await self._consents.find(draft_id, interaction.user.id)
        if pending is None:
            await refuse(interaction, forms.DRAFT_GONE)
            return
        pictures: tuple[Reference, ...] | None = None
        if pending.pictures_of is not None:
            job = await self._desk.model(pending.pictures_of, person_of(interaction))
            if isinstance(job, Answer):
                await refuse(interaction, ANSWERS[job])
                return
            pictures = job.pictures
        ask = ask_of(interaction, pending.wish, pending.sources, consented=True)
        await self._service.record_consent(ask)
        await self._ordering.take(interaction, ask, private=pending.private, basis=_basis(pending, pictures))


def _basis(pending: Pending, pictures: tuple[Reference, ...] | None) -> Basis:
    return Basis(pictures, pending.pictures_of, pending.parent_id, pending.parent_url)
