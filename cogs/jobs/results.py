"""Presses on the buttons below finished videos: another one, a changed one, a continuation, deletion."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from bot.delivery.card import Action
from bot.jobs.job import Job
from bot.jobs.request_facts import shows_spicy
from bot.moderation.rights import Reuse
from bot.people.cache import PreferenceCache
from bot.reviews.case import VideoMessage
from bot.services.action_results import ActionResult
from bot.services.job_actions import JobActions
from bot.services.order import VideoOrder
from bot.services.requests import VideoRequests
from bot.texts import forms
from bot.texts import jobs as words
from bot.video import REFERENCES_MAX, Resolution
from cogs.shared.action_texts import ANSWERS
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, link_to, person_of
from cogs.shared.job_buttons import ButtonReference, job_routes
from cogs.shared.pictures import video_of
from cogs.shared.requesting import request_video
from cogs.shared.respond import (
    acknowledge_press,
    before_acknowledging,
    delete_message,
    refuse,
    reply_privately,
)
from cogs.shared.router import InteractionRoute
from cogs.video.form_layout import FormKind, PicturePart
from cogs.video.form_opening import FormOpening

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ResultButtons:
    """Serves presses. Holds nothing between them, so they work after a restart too.

    A video that a press asks for counts against the allowance of the user who pressed.
    """

    requests: VideoRequests
    opening: FormOpening
    actions: JobActions
    people: PreferenceCache
    pages: IntegrationsPages
    now: Callable[[], datetime]

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons below a finished video."""
        return job_routes(
            {
                Action.ANEW: self._again,
                Action.IN_720P: self._in_720p,
                Action.CHANGE: self._change,
                Action.CONTINUE: self._continue,
                Action.DELETE: self._delete,
            }
        )

    async def _in_720p(self, interaction: Interaction, reference: ButtonReference) -> None:
        await self._again(interaction, reference, Resolution.P720)

    async def _again(
        self, interaction: Interaction, reference: ButtonReference, resolution: Resolution | None = None
    ) -> None:
        job = await self._model(interaction, reference)
        if job is None:
            return
        order = self._order(interaction, job).changed(parent_url=link_to(interaction.message))
        if resolution is not None:
            order = order.changed(options=order.options.model_copy(update={"resolution": resolution.value}))
        reuse = await self._reuse(interaction, job)
        if not reuse.pictures:
            await self._ask_for_pictures(interaction, job, order)
            return
        await request_video(self.requests, interaction, order, now=self.now(), pages=self.pages)

    async def _change(self, interaction: Interaction, reference: ButtonReference) -> None:
        job = await self._model(interaction, reference)
        if job is None:
            return
        order = self._order(interaction, job)
        reuse = await self._reuse(interaction, job)
        if reuse.pictures:
            await self.opening.change(interaction, job, order)
        else:
            await self._ask_for_pictures(interaction, job, order)

    async def _continue(self, interaction: Interaction, reference: ButtonReference) -> None:
        job = await self._model(interaction, reference)
        if job is None:
            return
        if interaction.message is None or video_of(interaction.message) is None:
            await refuse(interaction, forms.VIDEO_GONE)
            return
        reuse = await self._reuse(interaction, job)
        if not reuse.last_frame:
            await refuse(interaction, forms.SPICY_OF_OTHERS)
            return
        # Beside a frame of a spicy video no picture of people is taken.
        part = PicturePart(forms.MORE_PICTURES, forms.AFTER_LAST_FRAME, most=REFERENCES_MAX - 1)
        part = None if shows_spicy(job) else part
        order = self._order(interaction, job)
        await self.opening.for_job(interaction, FormKind.CONTINUE, job, order, part)

    async def _ask_for_pictures(self, interaction: Interaction, job: Job, order: VideoOrder) -> None:
        """Open the form for pictures of the presser's own: those of the job are another user's."""
        part = PicturePart(forms.PICTURES, forms.PICTURES_OF_OTHERS)
        order = order.changed(sources=(), kept=None)
        await self.opening.for_job(interaction, FormKind.WITHOUT, job, order, part)

    def _order(self, interaction: Interaction, job: Job) -> VideoOrder:
        return VideoOrder.again(job, self.people.of(interaction.user.id))

    async def _reuse(self, interaction: Interaction, job: Job) -> Reuse:
        async with before_acknowledging(interaction):
            return await self.actions.reuse_of(job, person_of(interaction), interaction.channel_id)

    async def _delete(self, interaction: Interaction, reference: ButtonReference) -> None:
        if not await acknowledge_press(interaction):
            return
        message = interaction.message
        if message is None:  # a button has one
            return
        shown = VideoMessage(message.channel.id, message.id)
        found = await self.actions.note_deletion(reference.job_id, person_of(interaction), shown)
        if isinstance(found, ActionResult):
            refused = found is ActionResult.NOT_ALLOWED
            await reply_privately(interaction, words.NOT_YOURS_TO_DELETE if refused else ANSWERS[found])
        elif await delete_message(interaction):
            log.info("video_deleted", job=reference.job_id, person=interaction.user.id)
            await self.actions.deleted(found)
        elif await self.actions.not_deleted(found):
            await reply_privately(interaction, words.REMOVED_INSTEAD)
        else:
            later = found.review is not None
            await reply_privately(interaction, words.DELETED_LATER if later else words.NOT_DELETED)

    async def _model(self, interaction: Interaction, reference: ButtonReference) -> Job | None:
        """Return the job of the video, or None after the user was told why there is none."""
        async with before_acknowledging(interaction):
            found = await self.actions.model(reference.job_id, person_of(interaction))
        if isinstance(found, ActionResult):
            await refuse(interaction, ANSWERS[found])
            return None
        return found
