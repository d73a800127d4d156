"""*Apps ► Animate*, and the forms of videos when they come back filled in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.images.model import ImageSource
from bot.jobs.job import Job
from bot.jobs.request_facts import began_with_people, shows_spicy
from bot.people.cache import PreferenceCache
from bot.services.action_results import ActionResult
from bot.services.drafts import Draft, DraftStore
from bot.services.job_actions import JobActions
from bot.services.order import VideoOptions, VideoOrder
from bot.services.requests import VideoRequests, job_id_of
from bot.texts import forms
from bot.texts.messages import Translatable
from cogs.shared.action_texts import ANSWERS
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, link_to, person_of
from cogs.shared.job_buttons import shows_buttons_of
from cogs.shared.modals import SentForm
from cogs.shared.pictures import pictures_of, public_pictures, video_of
from cogs.shared.requesting import REFUSED_PREFIX, event_of, request_video
from cogs.shared.respond import before_acknowledging, refuse
from cogs.shared.router import InteractionRoute, UnknownCustomIdError
from cogs.video.form_layout import FORM_ID, FormKind, FormReference, options_in, pictures_in, prompt_in
from cogs.video.form_opening import FormOpening

log: Final = structlog.get_logger(__name__)

_NAME: Final = "Animate"
_REFUSED_ID: Final = re.compile(rf"{REFUSED_PREFIX}(?P<draft>[0-9a-f]{{32}})")


class FormsCog(commands.Cog):
    """Opens a form on a message, and serves forms that were sent; holds nothing between the two."""

    def __init__(
        self,
        requests: VideoRequests,
        opening: FormOpening,
        drafts: DraftStore,
        actions: JobActions,
        people: PreferenceCache,
        *,
        pages: IntegrationsPages,
        group: str | None,
        cdn_hosts: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        self._requests = requests
        self._opening = opening
        self._drafts = drafts
        self._actions = actions
        self._people = people
        self._pages = pages
        self._group = group
        self._cdn_hosts = cdn_hosts
        self._now = now
        # A menu cannot be declared in a cog as a command can.
        self.menu = app_commands.ContextMenu(name=_NAME, callback=self._animate)

    async def _animate(self, interaction: Interaction, message: discord.Message) -> None:
        found = public_pictures(pictures_of(message, self._cdn_hosts), message)
        preferences = self._people.of(interaction.user.id)
        order = VideoOrder(
            options=VideoOptions().completed_by(preferences),
            sources=found,
            group=self._group,
            private=preferences.private or False,
        )
        await self._opening.for_draft(interaction, order, needs_picture=not found)

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the forms of videos, and of the button that opens what was refused as one."""
        return [
            InteractionRoute(FORM_ID, self._receive, form=True),
            InteractionRoute(_REFUSED_ID, self._change_refused),
        ]

    async def _change_refused(self, interaction: Interaction, match: re.Match[str]) -> None:
        async with before_acknowledging(interaction):
            draft = await self._drafts.get(match["draft"], interaction.user.id)
            owner_id = await self._drafts.owner_of(match["draft"]) if draft is None else interaction.user.id
        if owner_id not in {None, interaction.user.id}:
            await refuse(interaction, forms.REFUSED_NOT_YOURS)
        elif draft is None:
            await refuse(interaction, forms.DRAFT_GONE)
        elif draft.used_by is not None:
            await refuse(interaction, forms.DRAFT_USED)
        else:
            await self._opening.again(interaction, draft)

    async def _receive(self, interaction: Interaction, match: re.Match[str]) -> None:
        reference, form = FormReference.of(match), SentForm.of(interaction)
        if form is None:
            raise UnknownCustomIdError
        async with before_acknowledging(interaction):
            order = await self._order(interaction, reference, form)
        if isinstance(order, VideoOrder):
            # Discord asked the page for the command that opened a form at most: not for a refused request's button,
            # and not again for a form that was left open.
            await request_video(self._requests, interaction, order, now=self._now(), pages=self._pages)
        else:
            await refuse(interaction, order)

    async def _order(
        self, interaction: Interaction, reference: FormReference, form: SentForm
    ) -> VideoOrder | Translatable:
        """Return what the form asks for, or why there is nothing to make it from. Raises `StorageError`."""
        uploaded = pictures_in(form)
        draft = await self._draft_of(interaction, reference)
        # The same event once more is told nothing: the reply is the first one's.
        if draft is not None and draft.used_by not in {None, job_id_of(event_of(interaction))}:
            return forms.DRAFT_USED
        order = VideoOrder(
            prompt=prompt_in(form),
            options=options_in(form),
            sources=uploaded,
            group=self._group,
            private=reference.private,
            draft_id=reference.draft_id,
            parent_url=link_to(interaction.message),
        )
        if reference.is_of_draft:
            return forms.DRAFT_GONE if draft is None else _completed(draft, reference.kind, order)
        return await self._built_upon(interaction, reference, order)

    async def _built_upon(
        self, interaction: Interaction, reference: FormReference, order: VideoOrder
    ) -> VideoOrder | Translatable:
        """Complete the order of a form that changes or continues a job, or return why that cannot be."""
        job = await self._actions.model(reference.subject_id, person_of(interaction))
        if isinstance(job, ActionResult):
            return ANSWERS[job]
        order = order.changed(from_people=began_with_people(job))
        # Asked once more: a form may be old, and its id can be made up.
        reuse = await self._actions.reuse_of(job, person_of(interaction), interaction.channel_id)
        if reference.kind is FormKind.CONTINUE:
            if not reuse.last_frame:
                return forms.SPICY_OF_OTHERS
            frame = _last_frame(interaction, job)
            return forms.VIDEO_GONE if frame is None else order.changed(sources=(frame, *order.sources))
        if order.sources or reference.kind is FormKind.WITHOUT:
            return order
        if not reuse.pictures:
            return forms.PICTURES_STAY
        return order.changed(sources=job.sources if not job.pictures else (), kept=job.pictures or None)

    async def _draft_of(self, interaction: Interaction, reference: FormReference) -> Draft | None:
        if reference.draft_id is None:
            return None
        return await self._drafts.get(reference.draft_id, interaction.user.id)


def _completed(draft: Draft, kind: FormKind, sent: VideoOrder) -> VideoOrder:
    """Return the order that was begun before the form was opened, as the form completes it."""
    replaced = bool(sent.sources) or kind is FormKind.DRAFT_WITHOUT
    return draft.order.changed(
        kept=None if replaced else draft.order.kept,
        prompt=sent.prompt,
        options=sent.options,
        sources=(*draft.order.sources, *sent.sources),
        draft_id=draft.id,
        group=sent.group,
        private=sent.private,
    )


def _last_frame(interaction: Interaction, job: Job) -> ImageSource | None:
    """The last frame of the video below which the form was opened; None where there is none any more."""
    message, me = interaction.message, interaction.client.user
    video = video_of(message) if message is not None else None
    if message is None or video is None or me is None:
        return None
    # The form's id, which names the job, can be made up; the message and its buttons cannot.
    if message.author.id != me.id or not shows_buttons_of(message, job.id):
        return None
    spicy = shows_spicy(job)
    public = not message.flags.ephemeral and not spicy
    return replace(
        video,
        own_spicy_video=spicy,
        public_in=interaction.channel_id if public else None,
    )
