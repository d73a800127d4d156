"""Decides how often letters of a term may be repeated in a text. `matching.py` checks each find with it.

Repeated letters are written once before the search, so that *porn* is found in *poooorn*. That alone would also
find *butt* in *but*, *god* in *good*, *raping* in *rapping* and *bras* in *brass*. So a letter must come as often
as in the term, or three times and more: two letters never stand for one. Only where three or more letters are
doubled (*ppoorrnn*) that is a disguise as well. Where a term may begin or end inside a word, its first or last
letter may be doubled, too: one of the two may belong to the word beside it.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final

_MOST: Final = 9
_DISGUISE: Final = 3
"""Number of repetitions, or of doubled letters, that no word has."""


def is_stretched(text: str, start: int, own: str, *, whole_from: bool, whole_to: bool) -> bool:
    """Return True if a text's letters are repeated as a term's may be.

    Args:
        text: `Collapsed.repeats` of the text.
        start: Index at which the term's letters were found.
        own: The term's own counts, one digit a letter.
        whole_from: True if the term must begin at the edge of a word.
        whole_to: True if it must end at one.
    """
    if _pattern(own, whole_from=whole_from, whole_to=whole_to).match(text, start):
        return True
    found = text[start : start + len(own)]
    return found.count("2") - own.count("2") >= _DISGUISE and _at_least(own).fullmatch(found) is not None


# Patterns of fixed length, so that matching never backtracks.


@lru_cache(maxsize=4096)
def _pattern(own: str, *, whole_from: bool, whole_to: bool) -> re.Pattern[str]:
    least = [int(digit) for digit in own]
    kinds = [f"[{count}{max(_DISGUISE, count)}-{_MOST}]" for count in least]
    if not whole_from:
        kinds[0] = f"[{least[0]}-{_MOST}]"
    if not whole_to:
        kinds[-1] = f"[{least[-1]}-{_MOST}]"
    return re.compile(_in_a_row(kinds))


@lru_cache(maxsize=4096)
def _at_least(own: str) -> re.Pattern[str]:
    return re.compile(_in_a_row(f"[{digit}-{_MOST}]" for digit in own))


def _in_a_row(kinds: Iterable[str]) -> str:
    """Join character classes, with a count for equal neighbours: long patterns take long to compile."""
    return "".join(f"{kind}{{{len(list(same))}}}" for kind, same in groupby(kinds))
