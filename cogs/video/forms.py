"""*Apps ► Animate*, and the forms of videos when they come back filled in."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.images.model import ImageSource, Reference
from bot.jobs.job import Job
from bot.jobs.request_facts import ends_in_own_spicy_frame
from bot.people.cache import PreferenceCache
from bot.services.drafts import DraftStore
from bot.services.job_actions import ActionResult, JobActions
from bot.services.order import Wish
from bot.texts import forms
from bot.texts.messages import Translatable
from cogs.jobs.answers import ANSWERS
from cogs.shared.interactions import link_to, person_of
from cogs.shared.job_buttons import shows_buttons_of
from cogs.shared.modals import SentForm
from cogs.shared.pictures import pictures_of, video_of
from cogs.shared.respond import BEFORE_ACKNOWLEDGING_S, refuse
from cogs.shared.router import Route, UnknownCustomIdError
from cogs.video.asking import ask_of
from cogs.video.form_layout import FORM_ID, FormKind, FormReference, pictures_in, wish_in
from cogs.video.form_opening import FormOpening
from cogs.video.ordering import Basis, Ordering

log: Final = structlog.get_logger(__name__)

Interaction = discord.Interaction[discord.Client]
_NAME: Final = "Animate"


@dataclass(frozen=True)
class _Material:
    """What a video is to be made from besides words."""

    sources: tuple[ImageSource, ...] = ()
    kept: tuple[Reference, ...] | None = None
    """Pictures of an earlier job."""
    parent_url: str | None = None


class FormsCog(commands.Cog):
    """Opens a form on a message, and serves forms that were sent; holds nothing between the two."""

    def __init__(
        self,
        ordering: Ordering,
        opening: FormOpening,
        drafts: DraftStore,
        desk: JobActions,
        people: PreferenceCache,
        *,
        group: str | None,
        cdn_hosts: Sequence[str],
    ) -> None:
        self._ordering = ordering
        self._opening = opening
        self._drafts = drafts
        self._desk = desk
        self._people = people
        self._group = group
        self._cdn_hosts = cdn_hosts
        # A menu cannot be declared in a cog as a command can.
        self.menu = app_commands.ContextMenu(name=_NAME, callback=self._animate)

    async def _animate(self, interaction: Interaction, message: discord.Message) -> None:
        found = pictures_of(message, self._cdn_hosts)
        preferences = self._people.of(interaction.user.id)
        shape = found[0].shape if found else None
        wish = Wish("", size=shape).completed_by(preferences)
        await self._opening.for_pictures(
            interaction,
            tuple(picture.source for picture in found),
            wish,
            private=preferences.private or False,
            required=not found,
        )

    def routes(self) -> list[Route]:
        """Return the route of the forms of videos."""
        return [Route(FORM_ID, self._receive, form=True)]

    async def _receive(self, interaction: Interaction, match: re.Match[str]) -> None:
        reference, form = FormReference.of(match), SentForm.of(interaction)
        if form is None:
            raise UnknownCustomIdError
        async with asyncio.timeout(BEFORE_ACKNOWLEDGING_S):
            found = await self._material(interaction, reference, form)
        if isinstance(found, _Material):
            await self._take(interaction, form, found, private=reference.private)
        else:
            await refuse(interaction, found)

    async def _material(
        self, interaction: Interaction, reference: FormReference, form: SentForm
    ) -> _Material | Translatable:
        """What the video is to be made from, or why it cannot be. Raises `StorageError`."""
        if reference.kind is FormKind.DRAFT:
            draft = await self._drafts.get(reference.subject_id, interaction.user.id)
            return forms.DRAFT_GONE if draft is None else _Material((*draft.sources, *pictures_in(form)))
        job = await self._desk.model(reference.subject_id, person_of(interaction))
        if isinstance(job, ActionResult):
            return ANSWERS[job]
        parent_url = link_to(interaction.message)
        if reference.kind is FormKind.CONTINUE:
            frame = _last_frame(interaction, job)
            return (
                forms.VIDEO_GONE
                if frame is None
                else _Material((frame, *pictures_in(form)), None, parent_url)
            )
        if pictures_in(form) or reference.kind is FormKind.WITHOUT:
            return _Material(pictures_in(form), parent_url=parent_url)
        if job.pictures:
            return _Material(kept=job.pictures, parent_url=parent_url)
        return _Material(job.sources, parent_url=parent_url)

    async def _take(
        self, interaction: Interaction, form: SentForm, material: _Material, *, private: bool
    ) -> None:
        count = len(material.sources) + len(material.kept or ())
        wish = wish_in(form, picture_count=count, group=self._group)
        ask = ask_of(interaction, wish, material.sources, material.kept)
        basis = Basis(parent_url=material.parent_url)
        await self._ordering.take(interaction, ask, private=private, basis=basis)


def _last_frame(interaction: Interaction, job: Job) -> ImageSource | None:
    """The last frame of the video below which the form was opened; None where there is none any more."""
    message, me = interaction.message, interaction.client.user
    video = video_of(message) if message is not None else None
    if message is None or video is None or me is None:
        return None
    # The form's id, which names the job, can be made up; the message and its buttons cannot.
    own = message.author.id == me.id and shows_buttons_of(message, job.id)
    return replace(video, own_spicy_video=own and ends_in_own_spicy_frame(job))
