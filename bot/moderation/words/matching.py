"""Lists of words, searched in one pass over a text however many words they have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from bot.moderation.words.automaton import Automaton
from bot.moderation.words.normalising import Collapsed, Normalised, collapse, spellings
from bot.moderation.words.scripts import has_cjk, is_cjk
from bot.moderation.words.stretching import stretched

LONGEST_TERM: Final = 100
SHORTEST_TERM: Final = 2
"""Letters of a term; one suffices in scripts where one may be a word."""


class Effect(StrEnum):
    """What a term does to a prompt it is found in."""

    HELD = "held"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Term:
    """A word or phrase to look for: anywhere, or where nothing else of a word is around it.

    Raises ValueError for a text that nothing could be found by, or too much.
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
        """The term as readings of a text would have it: equal for terms that are found in the same texts."""
        return spellings(self.text)


@dataclass(frozen=True)
class Hit:
    """Where a term was found: in which reading, from which character to before which."""

    term: Term
    reading: int
    start: int
    end: int


@dataclass(frozen=True)
class _Pattern:
    """One spelling of a term, repeated letters written once."""

    term: Term
    collapsed: Collapsed
    whole_from: bool = field(init=False)
    whole_to: bool = field(init=False)

    def __post_init__(self) -> None:
        text, whole = self.collapsed.text, not self.term.fragment
        object.__setattr__(self, "whole_from", whole and not is_cjk(text[0]))
        object.__setattr__(self, "whole_to", whole and not is_cjk(text[-1]))

    def is_at(self, reading: Collapsed, start: int, end: int) -> bool:
        """Whether what the automaton found there is the term, letters repeated no less and words whole."""
        if self.whole_from and start > 0 and _is_of_word(reading.text[start - 1]):
            return False
        if self.whole_to and end < len(reading.text) and _is_of_word(reading.text[end]):
            return False
        pattern = stretched(self.collapsed.repeats, from_edge=self.whole_from)
        return pattern.match(reading.repeats, start) is not None


class WordList:
    """Terms made ready to be searched for all at once."""

    def __init__(self, terms: Iterable[Term]) -> None:
        patterns: dict[str, list[_Pattern]] = {}
        for term in terms:
            for spelling in term.spellings:
                pattern = _Pattern(term, collapse(spelling))
                patterns.setdefault(pattern.collapsed.text, []).append(pattern)
        self._automaton = Automaton({text: tuple(found) for text, found in patterns.items()})

    def hits(self, normalised: Normalised) -> Iterator[Hit]:
        """Every place of every term; a term may be found in several readings."""
        for number, reading in enumerate(normalised.collapsed):
            for end, patterns in self._automaton.find(reading.text):
                for pattern in patterns:
                    start = end - len(pattern.collapsed.text)
                    if pattern.is_at(reading, start, end):
                        yield Hit(pattern.term, number, start, end)

    def find(self, normalised: Normalised) -> Effect | None:
        """The strongest effect of the terms in a text."""
        strongest: Effect | None = None
        for hit in self.hits(normalised):
            strongest = hit.term.effect
            if strongest is Effect.BLOCKED:
                break
        return strongest

    def matched(self, normalised: Normalised) -> tuple[Term, ...]:
        """The terms in a text, each once, as they come."""
        return tuple(dict.fromkeys(hit.term for hit in self.hits(normalised)))


def _is_of_word(character: str) -> bool:
    """Whether a word goes on with it. Between scripts without spaces and others every word ends."""
    return character != " " and not is_cjk(character)
