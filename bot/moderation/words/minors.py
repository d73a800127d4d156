"""Whether a prompt is about minors in a sexual way. Nothing switches this off.

Three ways lead to it: a word that says it by itself, a word for a minor along with a sexual one, and in prompts
of the spicy preset a word for a minor alone.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from bot.moderation.words import minor_terms as listed
from bot.moderation.words.matching import Effect, Hit, Term, WordList
from bot.moderation.words.minor_ages import ages_of_minors, is_of_larger
from bot.moderation.words.normalising import Normalised
from bot.moderation.words.scripts import has_cjk, is_katakana

_SHORT_KATAKANA: Final = 3
"""Up to so many characters, a katakana term counts only at a word's beginning: カロリー, カフェラテ, ピエロ."""


class _Shipped:
    """The shipped lists, made ready to be searched."""

    def __init__(self) -> None:
        nouns = (form for noun in listed.MINOR_NOUNS for form in (noun, f"{noun}s"))
        self.always = WordList((*_terms(listed.ALWAYS), *_terms(listed.ALWAYS_WITHIN, fragment=True)))
        self.always_among_latin = WordList(_terms(listed.ALWAYS_AMONG_LATIN))
        self.minor_among_cjk = WordList(_terms(listed.MINOR_AMONG_CJK))
        self.minor = WordList(_terms((*nouns, *listed.MINOR_WORDS, *listed.MINOR_CJK, *ages_of_minors())))
        self.sexual = WordList((*_terms(listed.SEXUAL), *_terms(listed.SEXUAL_WITHIN, fragment=True)))
        self.innocent = WordList(_terms(listed.INNOCENT))


def concerns_minors(normalised: Normalised, *, sexual: bool) -> bool:
    """Whether a prompt sexualises minors, or with a preset that is `sexual` in itself only has some in it."""
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
    """The places of a text where words are part of something innocent."""

    def __init__(self, innocent: WordList, normalised: Normalised) -> None:
        self._normalised = normalised
        self._covered: set[tuple[int, int]] = set()  # reading and character
        for hit in innocent.hits(normalised):
            self._covered.update((hit.reading, place) for place in range(hit.start, hit.end))

    def leaves(self, terms: WordList) -> bool:
        """Whether any of some terms is in the text and means what it says."""
        return any(self._counts(hit) for hit in terms.hits(self._normalised))

    def _counts(self, hit: Hit) -> bool:
        """Whether a term is neither part of something innocent nor of a longer number or word."""
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
    """The lists, made once when they are first needed."""
    return _Shipped()


def _terms(texts: Iterable[str], *, fragment: bool = False) -> tuple[Term, ...]:
    """Terms of a group."""
    return tuple(Term(text, Effect.BLOCKED, fragment) for text in texts)


def _has_other_script(reading: str) -> bool:
    """Whether letters are in it that are not Latin, and do not look so either."""
    return any(not character.isascii() and character.isalpha() for character in reading)
