"""The shipped rule about words: prompts that may sexualise minors. No setting switches it off.

A prompt matches by a term that suffices by itself, by a term for a minor and a sexual term near each other, and
with the spicy preset by a term for a minor alone. A pair with a term that also has other meanings is weak. The rule
says that it matched, and nothing about the user: only people judge what was meant.
"""

import asyncio
import re
import tomllib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from importlib.resources import files
from itertools import accumulate, chain, product
from typing import Final

from bot.moderation.words.kana import is_inside_katakana
from bot.moderation.words.matching import Effect, Hit, Term, WordList
from bot.moderation.words.minor_ages import ages_of_minors, grades_of_minors, is_of_larger
from bot.moderation.words.normalising import Normalised
from bot.moderation.words.scripts import has_cjk, is_cjk
from bot.moderation.words.thing_ages import is_of_thing

NEAR_WORDS: Final = 24
"""Words between the two terms of a pair, at most. Two Chinese or Japanese characters count as a word."""
_HALF_WORDS: Final = 2 * NEAR_WORDS
_A_SLICE: Final = 50


class TermGroup(StrEnum):
    """Kind of a shipped term, by its heading in `minor_terms.toml`."""

    ALWAYS = "always"
    ALWAYS_WITHIN = "always_within"
    ALWAYS_AMONG_LATIN = "always_among_latin"
    MINOR_NOUNS = "minor_nouns"
    WEAK_MINOR_NOUNS = "weak_minor_nouns"
    MINOR_WORDS = "minor_words"
    MINOR_CJK = "minor_cjk"
    WEAK_MINORS = "weak_minors"
    MINOR_AMONG_CJK = "minor_among_cjk"
    SEXUAL = "sexual"
    WEAK_SEXUAL = "weak_sexual"
    SEXUAL_WITHIN = "sexual_within"
    FILLING = "filling"
    WEAKENING = "weakening"
    INNOCENT = "innocent"


_ALWAYS: Final = frozenset({TermGroup.ALWAYS, TermGroup.ALWAYS_WITHIN})
_MINOR: Final = frozenset(
    {TermGroup.MINOR_NOUNS, TermGroup.MINOR_WORDS, TermGroup.MINOR_CJK, TermGroup.MINOR_AMONG_CJK}
)
_WEAK_MINOR: Final = frozenset(
    {TermGroup.WEAK_MINOR_NOUNS, TermGroup.WEAK_MINORS, TermGroup.ALWAYS_AMONG_LATIN}
)
_SEXUAL: Final = frozenset({TermGroup.SEXUAL, TermGroup.SEXUAL_WITHIN})
_WEAK_SEXUAL: Final = frozenset({TermGroup.WEAK_SEXUAL})
_WITHIN: Final = frozenset({TermGroup.ALWAYS_WITHIN, TermGroup.SEXUAL_WITHIN})


_WEAKENED: Final = {
    **dict.fromkeys(_ALWAYS | _MINOR, TermGroup.WEAK_MINORS),
    **dict.fromkeys(_SEXUAL, TermGroup.WEAK_SEXUAL),
}
_ALTERNATIVES: Final = re.compile(r"\{([^{}]*)\}")


class Match(Enum):
    """Result of the shipped rule for a prompt."""

    NONE = 0
    WEAK = 1
    """Moderators are to look at it; where there are none, it is refused."""
    STRONG = 2


class _HalfWords(dict[str, int]):
    """How many half words a character ends: a space one word, a Chinese or Japanese character a half."""

    def __missing__(self, character: str) -> int:
        """Count a character that is not in the table, and keep it if it is one of the usual ones."""
        count = 2 if character == " " else int(is_cjk(character))
        if character.isascii() or count:
            self[character] = count
        return count


_HALF_WORDS_OF: Final = _HalfWords()


@dataclass(frozen=True)
class ShippedTerm(Term):
    """A term of the built-in lists."""

    group: TermGroup = TermGroup.ALWAYS


@dataclass(frozen=True)
class ShippedMatch:
    """Result of the rule, with the finds on which it rests."""

    match: Match
    hits: tuple[Hit, ...] = ()


_NO_MATCH: Final = ShippedMatch(Match.NONE)


def listed_terms() -> Iterator[ShippedTerm]:
    """Yield the terms of the shipped file, without ages and grades."""
    text = files("bot.moderation.words").joinpath("minor_terms.toml").read_text(encoding="utf-8")
    groups: dict[str, str] = tomllib.loads(text)
    for name, terms in groups.items():
        group = TermGroup(name)
        written = filter(None, map(str.strip, terms.split(",")))
        yield from _terms(group, chain.from_iterable(map(_alternatives, written)))


def _alternatives(text: str) -> Iterator[str]:
    """Yield the terms that `{one|another} word` stands for."""
    pieces = _ALTERNATIVES.split(text)
    yield from map(
        "".join, product(*(piece.split("|") if odd % 2 else [piece] for odd, piece in enumerate(pieces)))
    )


def _terms(group: TermGroup, texts: Iterable[str]) -> Iterator[ShippedTerm]:
    return (ShippedTerm(text, Effect.BLOCKED, group in _WITHIN, group) for text in texts)


def _all_terms() -> Iterator[ShippedTerm]:
    """Yield every term once: many are listed in both scripts of Chinese."""
    seen: set[tuple[TermGroup, tuple[str, ...]]] = set()
    ages = _terms(TermGroup.MINOR_WORDS, (*ages_of_minors(), *grades_of_minors()))
    for term in chain(listed_terms(), ages):
        key = (term.group, term.spellings)
        if key not in seen:
            seen.add(key)
            yield term


class _ShippedList:
    """The built-in list, made when it is first needed."""

    def __init__(self) -> None:
        self._made: WordList | None = None

    def get(self) -> WordList:
        if self._made is None:
            self._made = WordList(_all_terms())
        return self._made

    async def load(self) -> None:
        if self._made is not None:
            return
        terms: list[ShippedTerm] = []
        for term in _all_terms():
            terms.append(term)
            if len(terms) % _A_SLICE == 0:
                await asyncio.sleep(0)
        self._made = await WordList.built(terms)


_SHIPPED: Final = _ShippedList()


async def load_shipped_list() -> None:
    """Prepare the built-in list in slices, between which everything else runs on. Later calls do nothing.

    Without it the first prompt would stop everything else for a tenth of a second.
    """
    await _SHIPPED.load()


def shipped_hits(normalised: Normalised) -> tuple[Hit, ...]:
    """Return the shipped terms in a prompt, without those in innocent phrases, larger numbers and longer words.

    Those in weakening phrases are weak.
    """
    hits: list[Hit] = []
    innocent: set[tuple[int, int]] = set()
    weakening: set[tuple[int, int]] = set()
    covered = {TermGroup.INNOCENT: innocent, TermGroup.WEAKENING: weakening}
    for hit in _SHIPPED.get().hits(normalised, run_together=True):
        group = _group(hit)
        if group is not None and group in covered:
            covered[group].update((hit.reading, place) for place in range(hit.start, hit.end))
        elif group is not TermGroup.FILLING:
            hits.append(hit)
    kept = (hit for hit in hits if not _is_within(hit, innocent) and _counts(hit, normalised))
    return tuple(_weakened(hit) if _is_within(hit, weakening) else hit for hit in kept)


def _is_within(hit: Hit, covered: Collection[tuple[int, int]]) -> bool:
    return (hit.reading, hit.start) in covered and (hit.reading, hit.end - 1) in covered


def _weakened(hit: Hit) -> Hit:
    term = hit.term
    if not isinstance(term, ShippedTerm) or term.group not in _WEAKENED:
        return hit
    return hit._replace(term=replace(term, group=_WEAKENED[term.group]))


def _counts(hit: Hit, normalised: Normalised) -> bool:
    text = normalised.collapsed[hit.reading].text
    if is_of_larger(hit.term.text, text, hit.start, hit.end) or is_of_thing(
        hit.term.text, text, hit.start, hit.end
    ):
        return False
    return not is_inside_katakana(text, hit.start, hit.end)


def judge_shipped(hits: Sequence[Hit], normalised: Normalised, *, sexual: bool) -> ShippedMatch:
    """Apply the rule to the finds in a prompt.

    Args:
        hits: Finds of `shipped_hits`, perhaps without those that are no words.
        normalised: The prompt.
        sexual: True for a preset that is sexual in itself; then a term for a minor is enough.
    """
    always = _of(hits, _ALWAYS)
    if always:
        return ShippedMatch(Match.STRONG, always)
    any_cjk = any(map(has_cjk, normalised.readings))
    minors = tuple(
        hit
        for hit in _of(hits, _MINOR | _WEAK_MINOR)
        if any_cjk or _group(hit) is not TermGroup.MINOR_AMONG_CJK
    )
    if minors and sexual:
        return ShippedMatch(Match.STRONG, minors)
    code = _of(hits, frozenset({TermGroup.ALWAYS_AMONG_LATIN}))
    if code and any(map(_has_other_script, normalised.readings)):
        code = ()
    pair = _Pairs(normalised).among(minors, _of(hits, _SEXUAL | _WEAK_SEXUAL))
    if pair.match is Match.NONE and code:
        return ShippedMatch(Match.WEAK, code)
    return pair


class _Pairs:
    """Pairs of terms in a prompt that are near each other, whichever readings they are found in."""

    def __init__(self, normalised: Normalised) -> None:
        self._normalised = normalised
        self._halves: dict[int, list[int]] = {}

    def among(self, minors: Sequence[Hit], sexual: Sequence[Hit]) -> ShippedMatch:
        """Return the strongest pair, or no match."""
        strong = self._nearest(_of(minors, _MINOR), _of(sexual, _SEXUAL))
        if strong:
            return ShippedMatch(Match.STRONG, strong)
        weak = self._nearest(minors, sexual)
        return ShippedMatch(Match.WEAK, weak) if weak else _NO_MATCH

    def _nearest(self, minors: Sequence[Hit], sexual: Sequence[Hit]) -> tuple[Hit, ...]:
        """Return the first pair that is near enough; empty if there is none."""
        placed = sorted(((self._place(hit), number) for number, hit in enumerate(sexual)))
        for hit in minors:
            place = self._place(hit)
            behind = bisect_left(placed, (place, 0))
            for there, number in placed[max(0, behind - 1) : behind + 1]:
                if abs(there - place) <= _HALF_WORDS:
                    return (hit, sexual[number])
        return ()

    def _place(self, hit: Hit) -> float:
        """Return the place of a find in half words, by the measure of the first reading."""
        halves = self._of_reading(hit.reading)
        return halves[hit.start] * self._of_reading(0)[-1] / max(1, halves[-1])

    def _of_reading(self, number: int) -> list[int]:
        if number not in self._halves:
            text = self._normalised.collapsed[number].text
            self._halves[number] = [0, *accumulate(map(_HALF_WORDS_OF.__getitem__, text))]
        return self._halves[number]


def _group(hit: Hit) -> TermGroup | None:
    return hit.term.group if isinstance(hit.term, ShippedTerm) else None


def _of(hits: Iterable[Hit], groups: frozenset[TermGroup]) -> tuple[Hit, ...]:
    return tuple(hit for hit in hits if _group(hit) in groups)


def _has_other_script(reading: str) -> bool:
    """Return True if a reading has letters that are not Latin. Look-alikes of Latin letters are Latin by now."""
    return any(not character.isascii() and character.isalpha() for character in reading)
