"""The form of a video: its layout, and its answers. It outlives the process, as buttons do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import discord
from discord import ui

from bot.images.model import ImageSource
from bot.services.order import VideoOptions, VideoOrder
from bot.texts import commands, forms
from bot.texts.messages import Language, Message
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size
from cogs.shared.modals import SentForm
from cogs.shared.router import UnknownCustomIdError

FORM_ID: Final = re.compile(
    r"sm-form:(?P<kind>[a-z]+):(?P<subject>[0-9a-f]{32}):(?P<private>[01])(?::(?P<form>[0-9a-f]{32}))?"
)
_PROMPT, _PICTURES, _SECONDS, _FRAME, _PRESET = "prompt", "pictures", "seconds", "frame", "preset"
_FIT: Final = "fit"
"""Value of the choice to give the frame the shape of the first picture."""


class FormKind(StrEnum):
    """Subject of a form. The values are part of ids that outlive the process."""

    DRAFT = "draft"
    """An order that was begun before; the subject is the draft."""
    DRAFT_WITHOUT = "draftwithout"
    """The same, where the form said that the pictures of the order are no longer kept."""
    CHANGE = "change"
    """An earlier request, differently; the subject is its job."""
    WITHOUT = "without"
    """The same, where the form said that the pictures of the earlier request are no longer kept."""
    CONTINUE = "continue"
    """A continuation of a video; the subject is its job."""


@dataclass(frozen=True)
class FormReference:
    """The subject of a form, and True if its answer is private."""

    kind: FormKind
    subject_id: str
    private: bool
    form_id: str | None = None
    """A name of this form alone, where many can be opened on one subject; each becomes one job at most."""

    @property
    def draft_id(self) -> str | None:
        """The draft that is used up when the form is sent; None for forms of older versions."""
        return self.subject_id if self.is_of_draft else self.form_id

    @property
    def is_of_draft(self) -> bool:
        """True if the subject is a draft, False if it is a job."""
        return self.kind in {FormKind.DRAFT, FormKind.DRAFT_WITHOUT}

    @property
    def custom_id(self) -> str:
        """At most 85 of the 100 characters that Discord allows."""
        form = f":{self.form_id}" if self.form_id is not None else ""
        return f"sm-form:{self.kind}:{self.subject_id}:{int(self.private)}{form}"

    @classmethod
    def of(cls, match: re.Match[str]) -> "FormReference":
        """Read a custom id that `FORM_ID` matched. Raises `UnknownCustomIdError` for those of other versions."""
        try:
            return cls(FormKind(match["kind"]), match["subject"], match["private"] == "1", match["form"])
        except ValueError:
            raise UnknownCustomIdError from None


@dataclass(frozen=True)
class PicturePart:
    """The part of a form that takes pictures: its words, and how many it takes."""

    label: Message
    hint: Message
    least: int = 0
    most: int = REFERENCES_MAX


def video_form(
    reference: FormReference,
    title: Message,
    order: VideoOrder,
    pictures: PicturePart | None,
    language: Language,
    *,
    presets: Sequence[Preset] = tuple(Preset),
) -> ui.Modal:
    """The form, filled in with an order; a value that is not on offer counts as none.

    Discord allows five parts (*Modal*).
    """
    options = order.options.on_offer(presets)
    modal = ui.Modal(title=title.in_language(language), custom_id=reference.custom_id)
    # Only a picture that is there already, or has to come, can give the frame its shape.
    fits = not options.size and (order.picture_count > 0 or (pictures is not None and pictures.least > 0))
    size = None if fits else Size(options.size or Size.LANDSCAPE)
    resolution = Resolution(options.resolution) if options.resolution else Resolution.P720
    prompt: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=_PROMPT,
        style=discord.TextStyle.paragraph,
        default=order.prompt[:PROMPT_MAX_CHARS] or None,
        min_length=1,
        max_length=PROMPT_MAX_CHARS,
    )
    modal.add_item(_labelled(forms.PROMPT, forms.prompt_hint(size), prompt, language))
    if pictures is not None:
        upload: ui.FileUpload[ui.Modal] = ui.FileUpload(
            custom_id=_PICTURES,
            required=pictures.least > 0,
            min_values=pictures.least,
            max_values=pictures.most,
        )
        modal.add_item(_labelled(pictures.label, pictures.hint, upload, language))
    seconds = options.seconds or Seconds.S6.value
    lengths = [(value.value, commands.SECONDS_NAMES[value], value.value == seconds) for value in Seconds]
    modal.add_item(
        _labelled(forms.SECONDS, forms.SECONDS_HINT, _select(_SECONDS, lengths, language), language)
    )
    frames = [
        (f"{shape or _FIT}/{tier}", forms.frame(shape, tier), (shape, tier) == (size, resolution))
        for shape in (None, *Size)
        for tier in Resolution
    ]
    modal.add_item(_labelled(forms.FRAME, forms.FRAME_HINT, _select(_FRAME, frames, language), language))
    preset = options.preset or Preset.NORMAL.value
    styles = [(value.value, commands.PRESET_NAMES[value], value.value == preset) for value in presets]
    modal.add_item(_labelled(forms.PRESET, commands.PRESET, _select(_PRESET, styles, language), language))
    # It comes back as an interaction like any other, so the library need not remember it.
    modal.stop()
    return modal


def _labelled(text: Message, hint: Message, item: Any, language: Language) -> ui.Label[ui.Modal]:  # noqa: ANN401 - any part of a form
    return ui.Label(text=text.in_language(language), description=hint.in_language(language), component=item)


def _select(
    custom_id: str, choices: Sequence[tuple[str, Message, bool]], language: Language
) -> ui.Select[ui.Modal]:
    options = [
        discord.SelectOption(label=label.in_language(language), value=value, default=chosen)
        for value, label, chosen in choices
    ]
    return ui.Select(custom_id=custom_id, options=options)


def pictures_in(form: SentForm) -> tuple[ImageSource, ...]:
    """Return the pictures that were uploaded in the form of a video."""
    return tuple(ImageSource(file.url, file.filename, file.size) for file in form.files(_PICTURES))


def options_in(form: SentForm) -> VideoOptions:
    """Return the options that were chosen in the form of a video."""
    size, _, resolution = form.text(_FRAME).partition("/")
    return VideoOptions(
        seconds=form.text(_SECONDS) or None,
        size=None if size in {"", _FIT} else size,
        resolution=resolution or None,
        preset=form.text(_PRESET) or None,
    )


def prompt_in(form: SentForm) -> str:
    """Return the prompt that was typed into the form of a video."""
    return form.text(_PROMPT)
