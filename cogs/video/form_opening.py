"""Opening the form of a video: it is the answer to an interaction itself, so nothing slow comes before it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from discord import ui

from bot.jobs.job import new_job_id
from bot.services.drafts import Draft, DraftStore
from bot.services.order import VideoOrder
from bot.storage.errors import StorageError
from bot.texts import forms
from bot.video import REFERENCES_MAX, Preset
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.respond import open_modal, seconds_for_looking_up
from cogs.video.form_layout import FormKind, FormReference, PicturePart, video_form

log: Final = structlog.get_logger(__name__)


class FormOpening:
    """Opens forms, and keeps what was chosen before them until they are sent."""

    def __init__(self, drafts: DraftStore, presets: Sequence[Preset], *, now: Callable[[], datetime]) -> None:
        self._drafts = drafts
        self._presets = presets
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
        async with asyncio.TaskGroup() as group:
            # Kept first, a few milliseconds as a rule; but no disk may keep a person waiting for the form, and
            # one whose draft could not be kept says so when it is sent.
            await asyncio.wait(
                [group.create_task(self._keep(draft))], timeout=seconds_for_looking_up(interaction)
            )
            await open_modal(interaction, form)

    async def again(self, interaction: Interaction, draft: Draft) -> None:
        """Open the form once more for an order that was refused, as it was sent."""
        order = draft.order
        reference = FormReference(FormKind.DRAFT, draft.id, order.private)
        part, language = (
            _part_beside(order.picture_count, required=False),
            language_of(interaction, private=True),
        )
        form = video_form(reference, forms.TITLE_CHANGE, order, part, language, presets=self._presets)
        await open_modal(interaction, form)

    async def _keep(self, draft: Draft) -> None:
        try:
            await self._drafts.add(draft)
        except StorageError as error:
            log.warning("draft_not_stored", reason=str(error))

    async def for_job(
        self, interaction: Interaction, reference: FormReference, order: VideoOrder, part: PicturePart | None
    ) -> None:
        """Open a form that changes or continues a job."""
        title = forms.TITLE_CONTINUE if reference.kind is FormKind.CONTINUE else forms.TITLE_CHANGE
        form: ui.Modal = video_form(
            reference, title, order, part, language_of(interaction, private=True), presets=self._presets
        )
        await open_modal(interaction, form)


def _part_beside(count: int, *, required: bool) -> PicturePart | None:
    if required:
        return PicturePart(forms.PICTURES, forms.NONE_IN_MESSAGE, least=1)
    if count == 0:
        return PicturePart(forms.PICTURES, forms.FIRST_PICTURES)
    if count >= REFERENCES_MAX:
        return None
    return PicturePart(forms.MORE_PICTURES, forms.kept_pictures(count), most=REFERENCES_MAX - count)
