"""A further reading of disguised letters, from decancer: Cherokee, currency signs, small caps and the like."""

import re
from typing import Final

from decancer_py import parse

from bot.moderation.words.scripts import CJK_RANGES

_PIECE: Final = re.compile(rf"[^{CJK_RANGES}]+")
"""A piece without Chinese, Japanese and Korean, of whose characters decancer makes Latin letters as well."""
_CURRENCIES: Final = str.maketrans("₵¢€₣₲₭₤£₦₱₮₩¥฿", "ccefgkllnptwyb")
"""Signs of money by the letters that they are drawn from."""
_HALVES: Final = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which no library takes."""


def cured(text: str) -> str:
    """Return a text with its look-alike letters replaced by Latin ones; one without any comes back as it is."""
    if text.isascii():
        return text
    return _PIECE.sub(lambda piece: _parsed(piece[0]), _HALVES.sub(" ", text))


def _parsed(piece: str) -> str:
    if piece.isascii():
        return piece
    try:
        # A space at the edges is part of the text; decancer keeps it.
        return str(parse(piece.translate(_CURRENCIES)))
    except ValueError:  # directions of writing that contradict each other
        return piece
