"""Forms (modals): forms of one question, and the answers in a form that was sent."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import discord
from discord import ui
from pydantic import BaseModel, ValidationError

from bot.texts.messages import Language, Message
from cogs.shared.interactions import Interaction

REASON: Final = "reason"
WORDS: Final = "words"
YES: Final = "yes"


def reason_form(
    custom_id: str,
    language: Language,
    *,
    title: Message,
    question: Message,
    reasons: Iterable[tuple[str, Message]],
    words: tuple[Message, Message],
    words_max_chars: int,
) -> ui.Modal:
    """Make a form that asks for one of several reasons, in `REASON`, and for optional words, in `WORDS`.

    Args:
        custom_id: The id of the form.
        language: The language of the user who opens it.
        title: Its title.
        question: The label of the reasons.
        reasons: The reasons: the value of each, and its name.
        words: Label and hint of the words.
        words_max_chars: The maximum length of the words.
    """
    options = [
        discord.SelectOption(label=name.in_language(language), value=reason) for reason, name in reasons
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
    """Make a form with a text and a box to tick, in `YES`. `box` is the label and the hint of the box."""
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
    """Make a form that asks for words, in `WORDS`."""
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
    """Data of a form that was sent (Discord, *Modal Submit Data Structure*)."""

    components: list[_Part]
    resolved: _Resolved = _Resolved()

    @classmethod
    def of(cls, interaction: Interaction) -> "SentForm | None":
        """Return the answers of a form, or None if they cannot be read."""
        try:
            return cls.model_validate(interaction.data)
        except ValidationError:
            return None

    @property
    def answers(self) -> Mapping[str, _Answer]:
        """Answers by the names of their parts."""
        return {part.component.custom_id: part.component for part in self.components if part.component}

    def text(self, name: str) -> str:
        """Return the text that was typed into a part, or the value that was chosen; empty for none."""
        found = self.answers.get(name)
        if found is None:
            return ""
        return found.value if isinstance(found.value, str) else next(iter(found.values), "")

    def ticked(self, name: str) -> bool:
        """Return True if a box was ticked."""
        found = self.answers.get(name)
        return found is not None and found.value is True

    def files(self, name: str) -> tuple[SentFile, ...]:
        """Return the files that were uploaded into a part, in their order."""
        found = self.answers.get(name)
        files = [self.resolved.attachments.get(key) for key in found.values] if found is not None else []
        return tuple(file for file in files if file is not None)
