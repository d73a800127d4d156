"""Sentences that are in no language until somebody reads them, and the languages there are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.texts.catalogue import translation


class Language(StrEnum):
    """The languages of the bot, by Discord's names of their locales (Discord, *Locales*)."""

    ENGLISH = "en-US"
    CHINESE = "zh-CN"
    JAPANESE = "ja"

    @classmethod
    def of(cls, locale: str | None) -> "Language":
        """The language for a Discord locale; English for those that the bot does not speak.

        Readers of traditional Chinese are served better by simplified Chinese than by English.
        """
        match (locale or "").split("-")[0]:
            case "zh":
                return cls.CHINESE
            case "ja":
                return cls.JAPANESE
            case _:
                return cls.ENGLISH

    @classmethod
    def of_text(cls, text: str) -> "Language":
        """The language that something seems to be written in, where nothing else tells."""
        if any("\u3040" <= char <= "\u30ff" for char in text):  # hiragana and katakana
            return cls.JAPANESE
        if any("\u4e00" <= char <= "\u9fff" for char in text):
            return cls.CHINESE
        return cls.ENGLISH


class Translatable(Protocol):
    """What can be said to a person in their language."""

    def in_language(self, language: Language) -> str:
        """The words."""
        ...


@dataclass(frozen=True)
class Message:
    """English words with named gaps, and what stands in the gaps: translated when it is read.

    `context` tells apart what is the same in English; `many` is the English plural, chosen by `count`.
    """

    english_form: str
    values: tuple[tuple[str, "str | int | float | Message"], ...] = ()
    context: str | None = None
    many: str | None = None
    count: int = 1

    def in_language(self, language: Language) -> str:
        """The words in that language; in English where it has none for them."""
        form = self._form(language)
        values = {
            name: value.in_language(language) if isinstance(value, Message) else value
            for name, value in self.values
        }
        return form.format(**values) if values else form

    @property
    def english(self) -> str:
        """The words for the command line and the operator."""
        return self.in_language(Language.ENGLISH)

    def _form(self, language: Language) -> str:
        if language is not Language.ENGLISH:
            found = translation(language.value, self.english_form, self.context)
            if found is not None:
                return found
        return self.many if self.many is not None and self.count != 1 else self.english_form


def sentence(english_form: str, **values: "str | int | float | Message") -> Message:
    """A sentence with its gaps filled. Braces in a form without values stand for themselves."""
    return Message(english_form, tuple(values.items()))


def counted(one: str, many: str, count: int) -> Message:
    """A sentence that changes with a number; `{count}` is the number."""
    return Message(one, (("count", count),), many=many, count=count)


def named(context: str, english_form: str) -> Message:
    """A single word, whose translation depends on what it names."""
    return Message(english_form, context=context)


def in_a_row(first: Message, second: Message, third: Message) -> Message:
    """Three sentences, with the space between them that the language has."""
    return sentence("{first} {second} {third}", first=first, second=second, third=third)
