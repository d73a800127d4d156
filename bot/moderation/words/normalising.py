"""Normalising of texts for word lists: undoes common ways to hide a word, in time linear in the text's length.

A text has a few *readings*, because a disguise can be ambiguous: `1` may stand for *i* or *l*, and the Greek
capital Ν looks like N while its small form ν looks like v. A reading consists of words in small letters (and
digits) with single spaces between them.
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
)
_FEWEST_SPACED_OUT: Final = 3
_ARTICLES: Final = frozenset("ai")  # English words of one letter, which may precede spaced-out letters
_TOKEN: Final = re.compile(r"[^ ]+")
_LEET_ONE_AS_I: Final = str.maketrans("034571@$", "oeastias")
_LEET_ONE_AS_L: Final = str.maketrans("034571@$", "oeastlas")
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
    """The readings of a text. The first is the text with its characters folded and nothing else undone."""

    readings: tuple[str, ...]

    @cached_property
    def collapsed(self) -> tuple[Collapsed, ...]:
        """The readings in the form that word lists search."""
        return tuple(map(collapse, self.readings))


def normalise(text: str) -> Normalised:
    """Return the distinct readings of a text, `MOST_READINGS` at most."""
    small, capital = _base(text, _BY_SMALL), _base(text, _BY_CAPITAL)
    joined = _SPACED_OUT.sub(_join, small)
    found = [_words(small), _words(joined)]
    for spelled in dict.fromkeys((joined, _SPACED_OUT.sub(_join, capital))):
        found += [_words(reading) for reading in _leet(spelled)]
    return Normalised(tuple(dict.fromkeys(reading for reading in found if reading)))


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
    letters = [letter for letter in run[0] if letter not in " !|"]
    if len(letters) >= _FEWEST_SPACED_OUT or all(map(is_cjk, letters)):
        return "".join(letters)
    return run[0]


def _join(run: re.Match[str]) -> str:
    """Join spaced-out letters of a text. If the first may be a word of its own, both versions are returned."""
    word = _close(run)
    if word != run[0] and len(word) > _FEWEST_SPACED_OUT and word[0] in _ARTICLES:
        return f"{word} {word[1:]}"
    return word


def _leet(base: str) -> Iterator[str]:
    """Yield versions with digits and signs replaced by letters, in words that have a letter as well."""
    signs = _LEET_L.sub("l", _LEET_I.sub("i", base))
    for table in (_LEET_ONE_AS_I, _LEET_ONE_AS_L):

        def spell(token: re.Match[str], table: Mapping[int, int] = table) -> str:
            return token[0].translate(table) if _LATIN_LETTER.search(token[0]) else token[0]

        yield _TOKEN.sub(spell, signs)
