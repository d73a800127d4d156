"""Detects prompts that sexualise minors. No setting switches this off.

A prompt is blocked for a term that suffices by itself, for a term for a minor together with a sexual term, and
with the spicy preset for a term for a minor alone. It is checked before the servers' and the operator's lists.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from bot.moderation.words.matching import Effect, Hit, Term, WordList
from bot.moderation.words.minor_ages import ages_of_minors, is_of_larger
from bot.moderation.words.normalising import Normalised
from bot.moderation.words.scripts import has_cjk, is_katakana

_SHORT_KATAKANA: Final = 3
"""Katakana terms of at most so many characters count only at the beginning of a word: they also occur inside
innocent ones such as カロリー, カフェラテ, ピエロ."""


def _listed() -> dict[str, tuple[str, ...]]:
    """Return the shipped terms by group."""
    text = files("bot.moderation.words").joinpath("minor_terms.toml").read_text(encoding="utf-8")
    groups: dict[str, str] = tomllib.loads(text)
    return {
        name: tuple(term.strip() for term in terms.split(",") if term.strip())
        for name, terms in groups.items()
    }


class _Shipped:
    """The built-in word lists, ready to be searched."""

    def __init__(self) -> None:
        listed = _listed()
        nouns = (form for noun in listed["minor_nouns"] for form in (noun, f"{noun}s"))
        self.always = WordList((*_terms(listed["always"]), *_terms(listed["always_within"], fragment=True)))
        self.always_among_latin = WordList(_terms(listed["always_among_latin"]))
        self.minor_among_cjk = WordList(_terms(listed["minor_among_cjk"]))
        self.minor = WordList(
            _terms((*nouns, *listed["minor_words"], *listed["minor_cjk"], *ages_of_minors()))
        )
        self.sexual = WordList((*_terms(listed["sexual"]), *_terms(listed["sexual_within"], fragment=True)))
        self.innocent = WordList(_terms(listed["innocent"]))


def concerns_minors(normalised: Normalised, *, sexual: bool) -> bool:
    """Return True if a prompt sexualises minors.

    Args:
        normalised: The prompt.
        sexual: True for a preset that is sexual in itself; then a term for a minor is enough.
    """
    shipped = _shipped()
    innocent = _Innocent(shipped.innocent, normalised)
    if innocent.leaves(shipped.always):
        return True
    code = innocent.leaves(shipped.always_among_latin)
    if code and not any(map(_has_other_script, normalised.readings)):
        return True
    minor = (
        code
        or innocent.leaves(shipped.minor)
        or (any(map(has_cjk, normalised.readings)) and innocent.leaves(shipped.minor_among_cjk))
    )
    return minor and (sexual or innocent.leaves(shipped.sexual))


class _Innocent:
    """Places of innocent phrases in a text. Terms inside them do not count."""

    def __init__(self, innocent: WordList, normalised: Normalised) -> None:
        self._normalised = normalised
        self._covered: set[tuple[int, int]] = set()  # reading and character
        for hit in innocent.hits(normalised):
            self._covered.update((hit.reading, place) for place in range(hit.start, hit.end))

    def leaves(self, terms: WordList) -> bool:
        """Return True if the text contains one of the terms outside of innocent phrases."""
        return any(self._counts(hit) for hit in terms.hits(self._normalised))

    def _counts(self, hit: Hit) -> bool:
        """Return True if a term found is not part of an innocent phrase, a larger number or a longer word."""
        if (hit.reading, hit.start) in self._covered and (hit.reading, hit.end - 1) in self._covered:
            return False
        text = self._normalised.collapsed[hit.reading].text
        if is_of_larger(hit.term.text, text, hit.start, hit.end):
            return False
        found, before = text[hit.start : hit.end], text[hit.start - 1 : hit.start]
        short = len(found) <= _SHORT_KATAKANA and all(map(is_katakana, found))
        return not (short and is_katakana(before))


@cache
def _shipped() -> _Shipped:
    """Build the lists when they are first needed."""
    return _Shipped()


def _terms(texts: Iterable[str], *, fragment: bool = False) -> tuple[Term, ...]:
    """Make blocking terms of a group's texts."""
    return tuple(Term(text, Effect.BLOCKED, fragment) for text in texts)


def _has_other_script(reading: str) -> bool:
    """Return True if a reading has letters that are not Latin. Look-alikes of Latin letters are Latin by now."""
    return any(not character.isascii() and character.isalpha() for character in reading)
