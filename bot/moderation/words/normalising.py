"""Normalising of texts for word lists: undoes common ways to hide a word, in time linear in the text's length.

A text has a few *readings*, because a disguise can be ambiguous: `1` may stand for *i* or *l*, and the Greek
capital Ν looks like N while its small form ν looks like v. A reading consists of words in small letters (and
digits) with single spaces between them.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bot.moderation.words.cured import cured, has_odd_characters
from bot.moderation.words.lookalikes import MOST_GROWTH, Folding
from bot.moderation.words.scripts import CJK_RANGES, hiragana, is_cjk
from bot.moderation.words.shown import (
    as_displayed,
    decoded,
    spelled_out,
    unseparated,
    with_camel_case_apart,
    with_closed_words,
)

MOST_READINGS: Final = 12
MOST_LONGER: Final = 6 * MOST_GROWTH
"""Maximum ratio of a reading's length to the text's."""

_BY_SMALL: Final = Folding(by_capital=False)
_BY_CAPITAL: Final = Folding(by_capital=True)

_STRAY_MARKS: Final = re.compile(r"(?<=[\x00-\x7f])[^\w\x00-\x7f]+|[\u3099\u309a]+")
"""Marks of other scripts on Latin letters, and voicing marks without a kana before them."""
_SEPARATORS: Final = str.maketrans(
    {chr(code): " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "@$!|"}
)
_SYMBOLS: Final = str.maketrans(dict.fromkeys("@$!|", " "))
_SPACED_OUT: Final = re.compile(
    # Single letters with spaces between ("p o r n"); then the same for scripts without spaces.
    rf"(?<![^ !|{CJK_RANGES}])[^ !|{CJK_RANGES}](?:[ !|]{{1,3}}[^ !|{CJK_RANGES}](?![^ !|{CJK_RANGES}]))+"
    rf"|(?<![^ !|])[{CJK_RANGES}](?:[ !|]{{1,3}}[{CJK_RANGES}](?![^ !|]))+"
    # Three and more of them also beside others: between words, spaces stand after each character only by chance.
    rf"|[{CJK_RANGES}](?:[ !|]{{1,3}}[{CJK_RANGES}]){{2,}}"
)
_NO_GAPS: Final = str.maketrans("", "", " !|")
_FEWEST_SPACED_OUT: Final = 3
_ARTICLES: Final = frozenset("ai")  # English words of one letter, which may precede spaced-out letters
_LEET_ONE_AS_I: Final = str.maketrans("034571@$", "oeastias")
_LEET_ONE_AS_L: Final = str.maketrans("034571@$", "oeastlas")
_LEET_SIGN: Final = re.compile("[034571@$]")
_LEET_I: Final = re.compile(r"!(?=[a-z0-9@$]|\|(?!\|))")  # at the end of a word, `!` is punctuation
# A doubled `||` is Discord's spoiler markup and no letter.
_LEET_L: Final = re.compile(r"(?<!\|)\|(?=[a-z0-9@$])|(?<=[a-z0-9@$])\|(?!\|)")
_LATIN_LETTER: Final = re.compile("[a-z]")
_REPEATED: Final = re.compile(r"([^\W\d_])\1+")
_MOST_REPEATS: Final = 9


@dataclass(frozen=True)
class Collapsed:
    """A reading with repeated letters written once. `repeats` has one digit a character, its count (9 at most)."""

    text: str
    repeats: str


@dataclass(frozen=True)
class Normalised:
    """The readings of a text. The first is the text with its characters folded and nothing else undone.

    Those from number `in_hiragana` on have hiragana for katakana.
    """

    readings: tuple[str, ...]
    in_hiragana: int

    @cached_property
    def collapsed(self) -> tuple[Collapsed, ...]:
        """The readings in the form that word lists search."""
        return tuple(map(collapse, self.readings))


def normalise(text: str) -> Normalised:
    """Return the distinct readings of a text, `MOST_READINGS` at most."""
    written = decoded(text)
    displayed = as_displayed(written)
    closed = with_closed_words(displayed)
    small = _base(displayed, _BY_SMALL)
    found, bases = [_words(small)], [small if closed == displayed else _base(closed, _BY_SMALL)]
    if has_odd_characters(displayed):
        bases += [_base(closed, _BY_CAPITAL), _base(cured(closed), _BY_SMALL)]
    for base in dict.fromkeys(bases):
        joined = _SPACED_OUT.sub(_join, base)
        found += [_words(joined), *(_words(reading) for reading in _leet(joined))]
    for other in dict.fromkeys(
        (written, unseparated(spelled_out(displayed)), with_camel_case_apart(displayed))
    ):
        if other != displayed:
            base = _base(other, _BY_SMALL)
            found += [_words(base), _words(_SPACED_OUT.sub(_join, base))]
    readings = dict.fromkeys(reading for reading in found if reading)
    all_readings = {**readings, **dict.fromkeys(map(hiragana, readings))}
    return Normalised(tuple(all_readings)[:MOST_READINGS], min(len(readings), MOST_READINGS))


def spellings(text: str) -> tuple[str, ...]:
    """Return the spellings of a list's term: its readings without those in which digits stand for letters."""
    found = [_words(_SPACED_OUT.sub(_close, _base(text, table))) for table in (_BY_SMALL, _BY_CAPITAL)]
    return tuple(dict.fromkeys(spelling for spelling in found if spelling))


def collapse(reading: str) -> Collapsed:
    """Write repeated letters once and count the repetitions."""
    pieces: list[str] = []
    done = 0
    for found in _REPEATED.finditer(reading):
        pieces.append("1" * (found.start() - done))
        pieces.append(str(min(found.end() - found.start(), _MOST_REPEATS)))
        done = found.end()
    pieces.append("1" * (len(reading) - done))
    return Collapsed(_REPEATED.sub(r"\1", reading), "".join(pieces))


def _base(text: str, table: Folding) -> str:
    """Fold every character and turn separators into spaces. Signs that may be letters (`@$!|`) stay."""
    # Folding takes Hangul syllables and voiced kana apart; NFC joins them again.
    folded = unicodedata.normalize("NFC", text.translate(table))
    return " ".join(_STRAY_MARKS.sub("", folded).translate(_SEPARATORS).split())


def _words(base: str) -> str:
    """Finish a reading: drop the remaining signs and surplus spaces."""
    return " ".join(base.translate(_SYMBOLS).split())


def _close(run: re.Match[str]) -> str:
    """Join spaced-out letters, unless they are too few to be a word."""
    letters = run[0].translate(_NO_GAPS)
    return letters if len(letters) >= _FEWEST_SPACED_OUT or all(map(is_cjk, letters)) else run[0]


def _join(run: re.Match[str]) -> str:
    """Join spaced-out letters of a text, in all versions if the first or last may be a word of its own."""
    word = _close(run)
    if word == run[0] or len(word) <= _FEWEST_SPACED_OUT:
        return word
    first, last = word[0] in _ARTICLES, word[-1] in _ARTICLES
    versions = [
        word,
        word[1:] if first else "",
        word[:-1] if last else "",
        word[1:-1] if first and last else "",
    ]
    return " ".join(version for version in versions if version)


def _leet(base: str) -> Iterator[str]:
    """Yield versions with digits and signs replaced by letters, in words that have a letter as well."""
    signs = _LEET_L.sub("l", _LEET_I.sub("i", base))
    if not _LEET_SIGN.search(signs):
        yield signs
        return
    tokens = signs.split(" ")
    has_letter = [_LATIN_LETTER.search(token) is not None for token in tokens]
    for table in (_LEET_ONE_AS_I, _LEET_ONE_AS_L):
        spelled = signs.translate(table).split(" ")
        yield " ".join(
            letters if is_word else token
            for token, letters, is_word in zip(tokens, spelled, has_letter, strict=True)
        )


def places(reading: str) -> list[int]:
    """Return where each character of the collapsed reading begins in the reading itself, and its length."""
    starts: list[int] = []
    done = 0
    for found in _REPEATED.finditer(reading):
        starts.extend(range(done, found.start() + 1))
        done = found.end()
    return [*starts, *range(done, len(reading) + 1)]
