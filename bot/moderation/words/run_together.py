"""Finds terms that are run together, as in *nudechild*: listed words that fill a word of the text without a gap."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

SHORTEST_PART: Final = 3
"""Letters of a part. Two are found in too many words."""
_DOUBLED: Final = "2"


class Part(NamedTuple):
    """A listed word inside a word of the text: its number in the caller's list, its start and exclusive end."""

    number: int
    start: int
    end: int


def filling(parts: Iterable[Part], repeats: str, is_edge: Callable[[int], bool]) -> Sequence[Part]:
    """Return the parts that fill a word of the text from edge to edge together with others. Takes linear time.

    Args:
        parts: The parts.
        repeats: `Collapsed.repeats` of the text. A doubled letter may belong to two parts.
        is_edge: Tells if a place of the text is the edge of a word.
    """
    reached: set[int] = set()
    forward: list[Part] = []
    for part in sorted(parts, key=lambda one: one.start):
        if is_edge(part.start) or part.start in reached:
            forward.append(part)
            reached.update((part.end, part.end - 1) if repeats[part.end - 1] >= _DOUBLED else (part.end,))
    left: set[int] = set()
    filled: list[Part] = []
    for part in sorted(forward, key=lambda one: -one.end):
        if is_edge(part.end) or part.end in left:
            filled.append(part)
            left.update((part.start, part.start + 1) if repeats[part.start] >= _DOUBLED else (part.start,))
    return filled
