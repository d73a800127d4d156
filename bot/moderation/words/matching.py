"""Terms and word lists, which search a normalised text in one pass for each of its readings."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from typing import Final, NamedTuple

from bot.moderation.words.automaton import Automaton
from bot.moderation.words.forms import forms_of
from bot.moderation.words.kana import is_inside_hiragana
from bot.moderation.words.normalising import Collapsed, Normalised, collapse, spellings
from bot.moderation.words.run_together import SHORTEST_PART, Part, filling
from bot.moderation.words.scripts import has_cjk, hiragana, is_cjk
from bot.moderation.words.stretched import is_stretched

LONGEST_TERM: Final = 100
SHORTEST_TERM: Final = 2
"""Minimum number of letters of a term. One suffices in scripts where a single character may be a word."""
_A_SLICE: Final = 50
"""Terms that are prepared without letting anything else run: about a millisecond."""
_FEWEST_PARTS: Final = 2
_BLANK: Final = ("", " ")


class Effect(StrEnum):
    """Consequence for a prompt that contains a term. The values are stored, in at most 8 characters."""

    ALERTS = "alerts"
    """Moderators read about it in the log; the video is made."""
    HELD = "held"
    """Moderators are asked first."""
    BLOCKED = "blocked"

    @property
    def strength(self) -> int:
        """Rank of the effect. The strongest of several counts."""
        return list(Effect).index(self)


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

    @cached_property
    def patterns(self) -> "tuple[Pattern, ...]":
        """What a text is searched for, prepared once for all lists."""
        forms = dict.fromkeys(form for spelling in self.spellings for form in forms_of(spelling))
        return tuple(Pattern.of(self, form) for form in forms)


class Hit(NamedTuple):
    """Place of a term in a text: the number of the reading, and start and end (exclusive) in its `collapsed`."""

    term: Term
    reading: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Pattern:
    """One form of a term with repeated letters collapsed; `whole_…` says which ends must be word edges."""

    term: Term
    collapsed: Collapsed
    whole_from: bool
    whole_to: bool
    in_hiragana: bool
    """True if the term is written in katakana, and this form in hiragana."""

    @classmethod
    def of(cls, term: Term, form: str) -> "Pattern":
        """Prepare a form of a term."""
        collapsed, whole = collapse(form), not term.fragment
        # Scripts without spaces have no word edges to check.
        whole_from, whole_to = whole and not is_cjk(form[0]), whole and not is_cjk(form[-1])
        in_hiragana = form not in term.spellings and form in map(hiragana, term.spellings)
        return cls(term, collapsed, whole_from, whole_to, in_hiragana)

    def is_at(self, reading: Collapsed, start: int, end: int, *, in_hiragana: bool) -> bool:
        """Return True if the automaton's find is the term: at word edges, with its letters repeated as they may be.

        Args:
            reading: The reading.
            start: Index of the first character found.
            end: Index after the last character found.
            in_hiragana: True if the reading has hiragana for katakana.
        """
        if self.whole_from and start > 0 and _is_of_word(reading.text[start - 1]):
            return False
        if self.whole_to and end < len(reading.text) and _is_of_word(reading.text[end]):
            return False
        if (self.in_hiragana or in_hiragana) and is_inside_hiragana(reading.text, start, end):
            return False
        return self._is_stretched(reading, start, whole_from=self.whole_from, whole_to=self.whole_to)

    @cached_property
    def may_be_part(self) -> bool:
        """True if the form may be run together with others: a word in letters, where words have edges."""
        text = self.collapsed.text
        return len(text) >= SHORTEST_PART and not (is_cjk(text[0]) or is_cjk(text[-1]))

    def is_part(self, reading: Collapsed, start: int, end: int) -> bool:
        """Return True if a find inside a longer word has the term's letters, repeated as they may be."""
        return self._is_stretched(
            reading, start, whole_from=is_edge(reading.text, start), whole_to=is_edge(reading.text, end)
        )

    def _is_stretched(self, reading: Collapsed, start: int, *, whole_from: bool, whole_to: bool) -> bool:
        own = self.collapsed.repeats
        return is_stretched(reading.repeats, start, own, whole_from=whole_from, whole_to=whole_to)


class WordList:
    """Terms in a form that is searched for all of them at once."""

    def __init__(self, terms: Iterable[Term]) -> None:
        patterns: dict[str, list[Pattern]] = {}
        for term in terms:
            for pattern in term.patterns:
                patterns.setdefault(pattern.collapsed.text, []).append(pattern)
        self._automaton = Automaton({text: tuple(found) for text, found in patterns.items()})

    @classmethod
    async def built(cls, terms: Iterable[Term]) -> "WordList":
        """Return a list of many terms, prepared in slices, between which everything else runs on."""
        chosen = tuple(terms)
        for first in range(0, len(chosen), _A_SLICE):
            for term in chosen[first : first + _A_SLICE]:
                _ = term.patterns
            await asyncio.sleep(0)
        return cls(chosen)

    def hits(self, normalised: Normalised, *, run_together: bool = False) -> Iterator[Hit]:
        """Yield every place of every term. A term may be found in several readings.

        Args:
            normalised: The text.
            run_together: True if terms also count that fill a word of the text together, two or more of them.
        """
        for number, reading in enumerate(normalised.collapsed):
            in_hiragana = number >= normalised.in_hiragana
            inside: list[tuple[Pattern, int, int]] = []
            for end, patterns in self._automaton.find(reading.text):
                start = end - len(patterns[0].collapsed.text)
                for pattern in patterns:
                    if pattern.is_at(reading, start, end, in_hiragana=in_hiragana):
                        yield Hit(pattern.term, number, start, end)
                stands_alone = (
                    reading.text[start - 1 : start] in _BLANK and reading.text[end : end + 1] in _BLANK
                )
                if run_together and not (stands_alone or in_hiragana) and patterns[0].may_be_part:
                    inside.extend((pattern, start, end) for pattern in patterns)
            for pattern, start, end in _filling(inside, reading) if len(inside) >= _FEWEST_PARTS else ():
                yield Hit(pattern.term, number, start, end)


def _filling(
    inside: Sequence[tuple[Pattern, int, int]], reading: Collapsed
) -> Iterator[tuple[Pattern, int, int]]:
    """Yield the finds that fill words of a reading together with others."""
    edge = partial(is_edge, reading.text)
    parts = [
        Part(number, start, end)
        for number, (_, start, end) in enumerate(inside)
        if not (edge(start) and edge(end))
    ]
    likely = filling(parts, reading.repeats, edge)
    spelled = [part for part in likely if inside[part.number][0].is_part(reading, part.start, part.end)]
    for part in filling(spelled, reading.repeats, edge):
        yield inside[part.number]


def is_edge(text: str, place: int) -> bool:
    """Return True if a word begins or ends at a place of a text."""
    return place in (0, len(text)) or not _is_of_word(text[place - 1]) or not _is_of_word(text[place])


def _is_of_word(character: str) -> bool:
    """Return True if a character continues a word. Words end where a script without spaces begins."""
    return character != " " and not is_cjk(character)
