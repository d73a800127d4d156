"""A further reading of disguised letters, from decancer: Cherokee, currency signs, small caps and the like."""

import re
from typing import Final

from decancer_py import parse

from bot.moderation.words.scripts import CJK_RANGES

_PIECE: Final = re.compile(rf"[^{CJK_RANGES}]+")
"""A piece without Chinese, Japanese and Korean, of whose characters decancer makes Latin letters as well."""
_ODD: Final = re.compile(rf"[^\x00-\x7f\u2010-\u2027\u3000-\u303f\uff01-\uff0f\uff1a-\uff20{CJK_RANGES}]")
"""A character that is neither ASCII nor usual in Chinese, Japanese or Korean texts."""
_CURRENCIES: Final = str.maketrans("₵¢€₣₲₭₤£₦₱₮₩¥฿", "ccefgkllnptwyb")
"""Signs of money by the letters that they are drawn from."""
_HALVES: Final = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which no library takes."""


def has_odd_characters(text: str) -> bool:
    """Return True if a text may have look-alikes of Latin letters."""
    return not text.isascii() and _ODD.search(text) is not None


def cured(text: str) -> str:
    """Return a text with its look-alike letters replaced by Latin ones."""
    return _PIECE.sub(lambda piece: _parsed(piece[0]), _HALVES.sub(" ", text))


def _parsed(piece: str) -> str:
    if not has_odd_characters(piece):
        return piece
    try:
        # A space at the edges is part of the text; decancer keeps it.
        return str(parse(piece.translate(_CURRENCIES)))
    except ValueError:  # directions of writing that contradict each other
        return piece
