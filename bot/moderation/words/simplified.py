"""Simplified forms of Chinese characters, from OpenCC, which is loaded when a text first has one."""

from functools import cache
from typing import Protocol, cast


class _Converter(Protocol):
    """The used part of the library's class."""

    def convert(self, text: str, /) -> str:
        """Convert a text."""
        ...


@cache
def _converter() -> _Converter:
    # Imported here: a bot that reads no Chinese does not load it.
    from opencc import OpenCC  # noqa: PLC0415

    return cast("_Converter", OpenCC("t2s"))


def simplified(character: str) -> str:
    """Return the simplified form of a Chinese character, or the character itself.

    One at a time: a whole text would be converted by phrases, and a term differently from the text around it.
    """
    if "\ud800" <= character <= "\udfff":
        return character
    found = _converter().convert(character)
    return found if len(found) == 1 else character
