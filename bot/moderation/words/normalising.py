"""Texts as the lists read them: whatever hides a word from a list is undone, in time linear in the text.

A text has a few *readings*, for what hides one word spells another: `1` may stand for *i* or *l*, and a Greek Ν
looks like N but is written as the small ν, which looks like v. In every reading words are of small letters with
one space between them, and nothing else.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bot.moderation.words.lookalikes import MOST_GROWTH, Folding
from bot.moderation.words.scripts import CJK_RANGES, is_cjk

MOST_READINGS: Final = 6
MOST_LONGER: Final = MOST_GROWTH + 1
"""A reading has at most this many times as many characters as the text."""

_BY_SMALL: Final = Folding(by_capital=False)
_BY_CAPITAL: Final = Folding(by_capital=True)

_STRAY_MARKS: Final = re.compile(r"(?<=[\x00-\x7f])[^\w\x00-\x7f]+|[\u3099\u309a]+")
"""Marks of other scripts heaped on Latin letters, and marks of kana that voice none."""
_SEPARATORS: Final = str.maketrans(
    {chr(code): " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "@$!|"}
)
_SYMBOLS: Final = str.maketrans(dict.fromkeys("@$!|", " "))
_SPACED_OUT: Final = re.compile(
    # letters, with other scripts or nothing around; then the same of scripts without spaces
    rf"(?<![^ !|{CJK_RANGES}])[^ !|{CJK_RANGES}](?:[ !|]{{1,3}}[^ !|{CJK_RANGES}](?![^ !|{CJK_RANGES}]))+"
    rf"|(?<![^ !|])[{CJK_RANGES}](?:[ !|]{{1,3}}[{CJK_RANGES}](?![^ !|]))+"
)
_FEWEST_SPACED_OUT: Final = 3
_ARTICLES: Final = frozenset("ai")  # English words of one letter, which may stand before letters spaced out
_TOKEN: Final = re.compile(r"[^ ]+")
_LEET_ONE_AS_I: Final = str.maketrans("034571@$", "oeastias")
_LEET_ONE_AS_L: Final = str.maketrans("034571@$", "oeastlas")
_LEET_I: Final = re.compile(r"!(?=[a-z0-9@$]|\|(?!\|))")  # at a word's end it is only an exclamation
_LEET_L: Final = re.compile(r"(?<!\|)\|(?=[a-z0-9@$])|(?<=[a-z0-9@$])\|(?!\|)")  # two hide a text in Discord
_LATIN_LETTER: Final = re.compile("[a-z]")
_REPEATED: Final = re.compile(r"([^\W\d_])\1+")
_MOST_REPEATS: Final = 9


@dataclass(frozen=True)
class Collapsed:
    """A reading with repeated letters written once; `repeats` has for each character a digit, how often."""

    text: str
    repeats: str


@dataclass(frozen=True)
class Normalised:
    """What a text may say, in a few readings. The first is the text as it stands."""

    readings: tuple[str, ...]

    @cached_property
    def collapsed(self) -> tuple[Collapsed, ...]:
        """The readings in the form that lists search."""
        return tuple(map(collapse, self.readings))


def normalise(text: str) -> Normalised:
    """Read a text in every way that counts: at most `MOST_READINGS`, fewer where they are the same."""
    small, capital = _base(text, _BY_SMALL), _base(text, _BY_CAPITAL)
    joined = _SPACED_OUT.sub(_join, small)
    found = [_words(small), _words(joined)]
    for spelled in dict.fromkeys((joined, _SPACED_OUT.sub(_join, capital))):
        found += [_words(reading) for reading in _leet(spelled)]
    return Normalised(tuple(dict.fromkeys(reading for reading in found if reading)))


def spellings(text: str) -> tuple[str, ...]:
    """How a list writes a term: without the readings in which digits are letters."""
    found = [_words(_SPACED_OUT.sub(_close, _base(text, table))) for table in (_BY_SMALL, _BY_CAPITAL)]
    return tuple(dict.fromkeys(spelling for spelling in found if spelling))


def collapse(reading: str) -> Collapsed:
    """Write repeated letters once, and remember how often they came."""
    pieces: list[str] = []
    done = 0
    for found in _REPEATED.finditer(reading):
        pieces.append("1" * (found.start() - done))
        pieces.append(str(min(found.end() - found.start(), _MOST_REPEATS)))
        done = found.end()
    pieces.append("1" * (len(reading) - done))
    return Collapsed(_REPEATED.sub(r"\1", reading), "".join(pieces))


def _base(text: str, table: Folding) -> str:
    """Every character in its plainest form, separators as spaces, signs that may be letters still in place."""
    folded = unicodedata.normalize("NFC", text.translate(table))  # syllables of Hangul and voiced kana again
    return " ".join(_STRAY_MARKS.sub("", folded).translate(_SEPARATORS).split())


def _words(base: str) -> str:
    """A finished reading."""
    return " ".join(base.translate(_SYMBOLS).split())


def _close(run: re.Match[str]) -> str:
    """Single letters with their spaces taken out, if they are many enough to be a word spaced out."""
    letters = [letter for letter in run[0] if letter not in " !|"]
    if len(letters) >= _FEWEST_SPACED_OUT or all(map(is_cjk, letters)):
        return "".join(letters)
    return run[0]


def _join(run: re.Match[str]) -> str:
    """The same in a text, where the first letter may be a word itself: with it, then without."""
    word = _close(run)
    if word != run[0] and len(word) > _FEWEST_SPACED_OUT and word[0] in _ARTICLES:
        return f"{word} {word[1:]}"
    return word


def _leet(base: str) -> Iterator[str]:
    """With digits and signs as the letters they stand for, in words that have a letter as well."""
    signs = _LEET_L.sub("l", _LEET_I.sub("i", base))
    for table in (_LEET_ONE_AS_I, _LEET_ONE_AS_L):

        def spell(token: re.Match[str], table: Mapping[int, int] = table) -> str:
            return token[0].translate(table) if _LATIN_LETTER.search(token[0]) else token[0]

        yield _TOKEN.sub(spell, signs)
