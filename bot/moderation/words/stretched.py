"""Decides how often letters of a term may be repeated in a text. `matching.py` checks each find with it.

Repeated letters are written once before the search, so that *porn* is found in *poooorn*. That alone would also
find *butt* in *but*, *god* in *good* and *loli* in *lollipop*. So a letter must be repeated at least as often as
in the term. In short terms a letter may come three times and more, but not just twice, except the last one
(*sexx*) or if all are doubled (*ppoorrnn*). If a term may begin inside a word, its first letter may be doubled,
too: one of the two may belong to the word before.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final

_LONG: Final = 5  # from so many letters on, doubling one rarely makes another word
_MOST: Final = 9


@lru_cache(maxsize=4096)
def stretched(repeats: str, *, from_edge: bool) -> re.Pattern[str]:
    """Return a pattern that matches `Collapsed.repeats` of a text at a place where the term's letters were found.

    Each of its alternatives has a fixed length, so that matching never backtracks.

    Args:
        repeats: The term's own counts, one digit a letter.
        from_edge: True if the term must begin at the edge of a word.
    """
    least = [int(digit) for digit in repeats]
    if len(least) >= _LONG:
        return re.compile(_in_a_row(f"[{count}-9]" for count in least))
    strict = [f"[{count}{max(3, count)}-9]" for count in least[:-1]]
    if strict and not from_edge:
        strict[0] = f"[{least[0]}-9]"
    doubled = _in_a_row(f"[{min(2 * count, _MOST)}-9]" for count in least)
    return re.compile(f"{_in_a_row(strict)}[{least[-1]}-9]|{doubled}")


def _in_a_row(kinds: Iterable[str]) -> str:
    """Join character classes, with a count for equal neighbours: long patterns take long to compile."""
    return "".join(f"{kind}{{{len(list(same))}}}" for kind, same in groupby(kinds))
