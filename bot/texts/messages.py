"""Translatable messages (gettext forms with parameters), and the supported languages."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from bot.texts.catalogue import translation


class Language(StrEnum):
    """Language that the bot speaks, by Discord's name of its locale (Discord, *Locales*)."""

    ENGLISH = "en-US"
    CHINESE = "zh-CN"
    TRADITIONAL_CHINESE = "zh-TW"
    JAPANESE = "ja"

    @classmethod
    def of(cls, locale: str | None) -> "Language":
        """Return the language for a Discord locale, or English for one that the bot does not speak."""
        language, _, region = (locale or "").partition("-")
        match language:
            case "zh":
                return cls.TRADITIONAL_CHINESE if region in _TRADITIONAL_REGIONS else cls.CHINESE
            case "ja":
                return cls.JAPANESE
            case _:
                return cls.ENGLISH

    @classmethod
    def of_text(cls, text: str) -> "Language":
        """Guess the language of a text from its script."""
        if any("\u3040" <= char <= "\u30ff" for char in text):  # hiragana and katakana
            return cls.JAPANESE
        if any("\u4e00" <= char <= "\u9fff" for char in text):
            return cls.TRADITIONAL_CHINESE if _TRADITIONAL.intersection(text) else cls.CHINESE
        return cls.ENGLISH


_TRADITIONAL_REGIONS: Final = frozenset({"TW", "HK", "MO", "Hant"})
_TRADITIONAL: Final = frozenset(
    "個們這來說時會對發經過還沒開關間讓見長車馬鳥貓魚風飛樹葉紅綠藍黃頭臉髮龍動畫圖轉變聲電話樂燈"
    "雲歲後從裡邊門問給為與種無東買賣書學國愛場遠進運連麼義專業兩點熱煙湯燒視頻鏡攝緩揮親準備隻條張"
)
"""Characters that are frequent in prompts, and that simplified texts do not have."""


class Translatable(Protocol):
    """Anything that can be translated for a reader."""

    def in_language(self, language: Language) -> str:
        """Return the text in a language."""
        ...


@dataclass(frozen=True)
class Message:
    """English text with named placeholders and their values, translated when it is shown.

    `context` tells apart what is the same in English; `many` is the English plural, chosen by `count`.
    """

    english_form: str
    values: tuple[tuple[str, "str | int | float | Message"], ...] = ()
    context: str | None = None
    many: str | None = None
    count: int = 1

    def in_language(self, language: Language) -> str:
        """Return the text in a language, or in English if it has no translation."""
        form = self._form(language)
        values = {
            name: value.in_language(language) if isinstance(value, Message) else value
            for name, value in self.values
        }
        return form.format(**values) if values else form

    @property
    def english(self) -> str:
        """Text in English, for the command line and the operator."""
        return self.in_language(Language.ENGLISH)

    def _form(self, language: Language) -> str:
        if language is not Language.ENGLISH:
            found = translation(language.value, self.english_form, self.context)
            if found is not None:
                return found
        return self.many if self.many is not None and self.count != 1 else self.english_form


def sentence(english_form: str, **values: "str | int | float | Message") -> Message:
    """Make a message from a form and its values. Without values, braces stand for themselves."""
    return Message(english_form, tuple(values.items()))


def counted(one: str, many: str, count: int) -> Message:
    """Make a message with a singular and a plural, in which `{count}` is the number."""
    return Message(one, (("count", count),), many=many, count=count)


def named(context: str, english_form: str) -> Message:
    """Make a message of one word, whose translation depends on its context."""
    return Message(english_form, context=context)


def two_in_a_row(first: Message, second: Message) -> Message:
    """Join two sentences with the language's own spacing."""
    return sentence("{told} {more}", told=first, more=second)


def in_a_row(first: Message, second: Message, third: Message) -> Message:
    """Join three sentences with the language's own spacing."""
    return sentence("{first} {second} {third}", first=first, second=second, third=third)
