"""Opening the form of a video: it is the answer to an interaction itself, so nothing slow comes before it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from bot.images.model import Reference
from bot.jobs.job import Job, new_job_id
from bot.services.drafts import Draft, DraftStore
from bot.services.order import VideoOrder
from bot.storage.errors import StorageError
from bot.texts import forms
from bot.video import REFERENCES_MAX, Preset
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.requesting import show_once_kept
from cogs.shared.respond import before_acknowledging, open_modal, seconds_for_looking_up
from cogs.video.form_layout import FormKind, FormReference, PicturePart, video_form

log: Final = structlog.get_logger(__name__)

_LOST: Final = PicturePart(forms.PICTURES, forms.LOST_PICTURES)


class FormOpening:
    """Opens forms, and keeps what was chosen before them until they are sent."""

    def __init__(
        self,
        drafts: DraftStore,
        presets: Sequence[Preset],
        *,
        may_hold: Callable[[Sequence[Reference]], bool],
        now: Callable[[], datetime],
    ) -> None:
        """Args: `may_hold` returns False if one of these pictures is surely gone; it blocks."""
        self._drafts = drafts
        self._presets = presets
        self._may_hold = may_hold
        self._now = now

    async def for_draft(
        self, interaction: Interaction, order: VideoOrder, *, needs_picture: bool = False
    ) -> None:
        """Open a form for a new video that begins with an order; `needs_picture` asks for at least one more."""
        draft = Draft(new_job_id(), interaction.user.id, self._now(), order)
        reference = FormReference(FormKind.DRAFT, draft.id, order.private)
        part = _part_beside(order.picture_count, required=needs_picture)
        language = language_of(interaction, private=True)
        form = video_form(reference, forms.TITLE_NEW, order, part, language, presets=self._presets)
        # One whose draft could not be kept says so when it is sent.
        await show_once_kept(
            self._keep(draft), seconds_for_looking_up(interaction), lambda: open_modal(interaction, form)
        )

    async def again(self, interaction: Interaction, draft: Draft) -> None:
        """Open the form once more for an order that was refused, as it was sent.

        Uploads come beside pictures that are yet to be fetched, and in the place of an earlier job's.
        """
        order, kind = draft.order, FormKind.DRAFT
        if order.kept:
            part = await self._part_instead_of(interaction, order, order.picture_count)
            kind = FormKind.DRAFT_WITHOUT if part is _LOST else kind
        else:
            part = _part_beside(order.picture_count, required=False)
        await self._open(interaction, FormReference(kind, draft.id, order.private), order, part)

    async def change(self, interaction: Interaction, job: Job, order: VideoOrder) -> None:
        """Open the form that changes a job, whose order this is; uploads come in the place of its pictures."""
        part = await self._part_instead_of(interaction, order, job.request.reference_count)
        kind = FormKind.WITHOUT if part is _LOST else FormKind.CHANGE
        await self.for_job(interaction, kind, job, order, part)

    async def for_job(
        self, interaction: Interaction, kind: FormKind, job: Job, order: VideoOrder, part: PicturePart | None
    ) -> None:
        """Open a form that changes or continues a job, whose order this is."""
        reference = FormReference(kind, job.id, order.private, new_job_id())
        await self._open(interaction, reference, order, part)

    async def _open(
        self, interaction: Interaction, reference: FormReference, order: VideoOrder, part: PicturePart | None
    ) -> None:
        if part is _LOST:
            order = order.changed(sources=(), kept=None)
        title = forms.TITLE_CONTINUE if reference.kind is FormKind.CONTINUE else forms.TITLE_CHANGE
        language = language_of(interaction, private=True)
        await open_modal(
            interaction, video_form(reference, title, order, part, language, presets=self._presets)
        )

    async def _part_instead_of(
        self, interaction: Interaction, order: VideoOrder, count: int
    ) -> PicturePart | None:
        """Return the part for pictures in the place of an earlier job's; `_LOST` where those are surely gone.

        `count` is how many those were.
        """
        if not count:
            return _part_beside(0, required=False)
        there = order.picture_count > 0
        if order.kept:
            # What no disk tells in time may be there: sending the form tells.
            with suppress(TimeoutError):
                async with before_acknowledging(interaction):
                    there = await asyncio.to_thread(self._may_hold, order.kept)
        return PicturePart(forms.OTHER_PICTURES, forms.instead_of(count)) if there else _LOST

    async def _keep(self, draft: Draft) -> None:
        try:
            await self._drafts.add(draft)
        except StorageError as error:
            log.warning("draft_not_stored", reason=str(error))


def _part_beside(count: int, *, required: bool) -> PicturePart | None:
    if required:
        return PicturePart(forms.PICTURES, forms.NONE_IN_MESSAGE, least=1)
    if count == 0:
        return PicturePart(forms.PICTURES, forms.FIRST_PICTURES)
    if count >= REFERENCES_MAX:
        return None
    return PicturePart(forms.MORE_PICTURES, forms.kept_pictures(count), most=REFERENCES_MAX - count)
