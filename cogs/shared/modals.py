"""Forms (modals): those of one question, and what a form that was sent says."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import discord
from discord import ui
from pydantic import BaseModel, ValidationError

from bot.texts.messages import Language, Message

REASON: Final = "reason"
WORDS: Final = "words"
YES: Final = "yes"


def reason_form(
    custom_id: str,
    language: Language,
    *,
    title: Message,
    question: Message,
    reasons: Iterable[tuple[StrEnum, Message]],
    words: tuple[Message, Message],
    words_max_chars: int,
) -> ui.Modal:
    """One reason of several, in `REASON`, and what one likes to add, in `WORDS`; `words`: its label and hint."""
    options = [
        discord.SelectOption(label=name.in_language(language), value=reason.value) for reason, name in reasons
    ]
    chosen: ui.Select[ui.Modal] = ui.Select(custom_id=REASON, options=options)
    added: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=WORDS, style=discord.TextStyle.paragraph, required=False, max_length=words_max_chars
    )
    return _form(
        custom_id,
        title.in_language(language),
        ui.Label(text=question.in_language(language), component=chosen),
        _label(words, added, language),
    )


def tick_form(
    custom_id: str, language: Language, *, title: Message, text: Message, box: tuple[Message, Message]
) -> ui.Modal:
    """What is confirmed, and a box to tick, in `YES`; `box`: its label and hint."""
    told: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay(text.in_language(language))
    ticked: ui.Checkbox[ui.Modal] = ui.Checkbox(custom_id=YES)
    return _form(
        custom_id,
        title.in_language(language),
        told,
        _label(box, ticked, language),
    )


def words_form(
    custom_id: str, language: Language, *, title: Message, question: Message, words_max_chars: int
) -> ui.Modal:
    """Words that have to be said, in `WORDS`."""
    said: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=WORDS, style=discord.TextStyle.paragraph, min_length=1, max_length=words_max_chars
    )
    label: ui.Label[ui.Modal] = ui.Label(text=question.in_language(language), component=said)
    return _form(custom_id, title.in_language(language), label)


def _label(
    named: tuple[Message, Message], component: ui.Item[ui.Modal], language: Language
) -> ui.Label[ui.Modal]:
    text, hint = (sentence.in_language(language) for sentence in named)
    return ui.Label(text=text, description=hint, component=component)


def _form(custom_id: str, title: str, *items: ui.Item[Any]) -> ui.Modal:
    form = ui.Modal(title=title, custom_id=custom_id)
    for item in items:
        form.add_item(item)
    # It comes back as an interaction like any other, so the library need not remember it.
    form.stop()
    return form


class _Answer(BaseModel):
    custom_id: str
    value: str | bool | None = None
    values: list[str] = []


class _Part(BaseModel):
    component: _Answer | None = None


class SentFile(BaseModel):
    """A file that was uploaded in a form; `size` is in bytes."""

    filename: str
    url: str
    size: int | None = None


class _Resolved(BaseModel):
    attachments: dict[str, SentFile] = {}


class SentForm(BaseModel):
    """What Discord hands on of a form (*Modal Submit Data Structure*)."""

    components: list[_Part]
    resolved: _Resolved = _Resolved()

    @classmethod
    def of(cls, interaction: discord.Interaction[discord.Client]) -> "SentForm | None":
        """The answers of a form; None where they cannot be read."""
        try:
            return cls.model_validate(interaction.data)
        except ValidationError:
            return None

    @property
    def answers(self) -> Mapping[str, _Answer]:
        """The answers by their parts' names."""
        return {part.component.custom_id: part.component for part in self.components if part.component}

    def text(self, name: str) -> str:
        """What was typed into a part, or chosen in it; empty for nothing."""
        found = self.answers.get(name)
        if found is None:
            return ""
        return found.value if isinstance(found.value, str) else next(iter(found.values), "")

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        found = self.answers.get(name)
        return found is not None and found.value is True

    def files(self, name: str) -> tuple[SentFile, ...]:
        """Return the files that were uploaded into a part, in their order."""
        found = self.answers.get(name)
        files = [self.resolved.attachments.get(key) for key in found.values] if found is not None else []
        return tuple(file for file in files if file is not None)
