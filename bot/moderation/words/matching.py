"""Terms and word lists, which search a normalised text in one pass for each of its readings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from bot.moderation.words.automaton import Automaton
from bot.moderation.words.normalising import Collapsed, Normalised, collapse, spellings
from bot.moderation.words.scripts import has_cjk, is_cjk
from bot.moderation.words.stretched import stretched

LONGEST_TERM: Final = 100
SHORTEST_TERM: Final = 2
"""Minimum number of letters of a term. One suffices in scripts where a single character may be a word."""


class Effect(StrEnum):
    """Consequence for a prompt that contains a term."""

    HELD = "held"
    """Moderators are asked first."""
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Term:
    """A word or phrase to look for, as whole words, or also inside longer words if it is a fragment.

    Raises:
        ValueError: The text is too long or too short, or has neither letters nor digits.
    """

    text: str
    effect: Effect
    fragment: bool = False

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_TERM:
            raise ValueError(f"A term has at most {LONGEST_TERM} characters, this one {len(self.text)}.")
        if not self.spellings:
            raise ValueError("A term needs letters or digits; signs and pictures alone cannot be looked for.")
        for spelling in self.spellings:
            if len(spelling.replace(" ", "")) < SHORTEST_TERM and not has_cjk(spelling):
                raise ValueError(f"A term has at least {SHORTEST_TERM} letters: {self.text!r} is too short.")

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Normalised spellings of the term. Terms with equal spellings are found in the same texts."""
        return spellings(self.text)


@dataclass(frozen=True)
class Hit:
    """Place of a term in a text: the number of the reading, and start and end (exclusive) in its `collapsed`."""

    term: Term
    reading: int
    start: int
    end: int


@dataclass(frozen=True)
class _Pattern:
    """One spelling of a term with repeated letters collapsed; `whole_…` says which ends must be word edges."""

    term: Term
    collapsed: Collapsed
    whole_from: bool = field(init=False)
    whole_to: bool = field(init=False)

    def __post_init__(self) -> None:
        text, whole = self.collapsed.text, not self.term.fragment
        # Scripts without spaces have no word edges to check.
        object.__setattr__(self, "whole_from", whole and not is_cjk(text[0]))
        object.__setattr__(self, "whole_to", whole and not is_cjk(text[-1]))

    def is_at(self, reading: Collapsed, start: int, end: int) -> bool:
        """Return True if the automaton's find is the term: at word edges, with its letters repeated enough."""
        if self.whole_from and start > 0 and _is_of_word(reading.text[start - 1]):
            return False
        if self.whole_to and end < len(reading.text) and _is_of_word(reading.text[end]):
            return False
        pattern = stretched(self.collapsed.repeats, from_edge=self.whole_from)
        return pattern.match(reading.repeats, start) is not None


class WordList:
    """Terms in a form that is searched for all of them at once."""

    def __init__(self, terms: Iterable[Term]) -> None:
        patterns: dict[str, list[_Pattern]] = {}
        for term in terms:
            for spelling in term.spellings:
                pattern = _Pattern(term, collapse(spelling))
                patterns.setdefault(pattern.collapsed.text, []).append(pattern)
        self._automaton = Automaton({text: tuple(found) for text, found in patterns.items()})

    def hits(self, normalised: Normalised) -> Iterator[Hit]:
        """Yield every place of every term. A term may be found in several readings."""
        for number, reading in enumerate(normalised.collapsed):
            for end, patterns in self._automaton.find(reading.text):
                for pattern in patterns:
                    start = end - len(pattern.collapsed.text)
                    if pattern.is_at(reading, start, end):
                        yield Hit(pattern.term, number, start, end)

    def find(self, normalised: Normalised) -> Effect | None:
        """Return the strongest effect of the terms in a text, or None if it has none of them."""
        strongest: Effect | None = None
        for hit in self.hits(normalised):
            strongest = hit.term.effect
            if strongest is Effect.BLOCKED:
                break
        return strongest

    def matched(self, normalised: Normalised) -> tuple[Term, ...]:
        """Return the terms in a text, each once, in the order in which they are found."""
        return tuple(dict.fromkeys(hit.term for hit in self.hits(normalised)))


def _is_of_word(character: str) -> bool:
    """Return True if a character continues a word. Words end where a script without spaces begins."""
    return character != " " and not is_cjk(character)
