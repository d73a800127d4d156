"""How much the letters of a word may be repeated for it to be still that word.

Repeated letters are written once before the search, so that *porn* is found in *poooorn*. That alone would find
*butt* in *but*, *god* in *good* and *loli* in *lollipop*. So a letter may come more often than in the term, but
not less, and in short terms not just twice instead of once, other than at the end (*sexx*) or when every letter
does (*ppoorrnn*). Where words have no edges, the first letter may belong to the word before.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final

_LONG: Final = 5  # letters from which on words with one letter doubled are rarely another word
_MOST: Final = 9


@lru_cache(maxsize=4096)
def stretched(repeats: str, *, from_edge: bool) -> re.Pattern[str]:
    """What finds, in the digits of `Collapsed.repeats` of a text, those that a term's may have become.

    Its alternatives have each a fixed number of characters, so that it never goes back and forth.
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
    """One after another, with those that are the same counted: long ones take long to compile."""
    return "".join(f"{kind}{{{len(list(same))}}}" for kind, same in groupby(kinds))
