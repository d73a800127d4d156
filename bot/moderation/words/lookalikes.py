"""Folding of single characters to their plainest form: compatibility forms, case, marks, look-alike letters,
and Traditional Chinese characters.

`normalising.py` applies it to prompts and terms. Characters are folded one at a time, never a whole text:
CPython sorts a text's combining marks in quadratic time, so a prompt full of marks would stall the bot.
"""

import asyncio
import json
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Final, cast

from bot.moderation.words.scripts import is_cjk, is_han
from bot.moderation.words.simplified import simplified

MOST_GROWTH: Final = 4
"""Maximum number of characters that one becomes. A few Arabic ligatures stand for whole sentences."""

_REMEMBERED: Final = 16_384  # characters that a table keeps; further ones are computed each time
_A_SLICE: Final = 400  # entries of the list of look-alikes: two milliseconds
_KANA_MARKS: Final = frozenset("\u3099\u309a")  # voicing marks: ガ is カ with the first
_INVISIBLE: Final = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5")  # blank, but no spaces
_VOWEL_SIGNS: Final = (("\u0900", "\u1cff"), ("\ua800", "\uabff"))  # marks that South Asian words need
_SELECTORS: Final = frozenset("\u180b\u180c\u180d\u180f")  # Mongolian variation selectors in those ranges
_NAMED: Final = re.compile(
    r"LATIN (?:(?:SMALL|CAPITAL) LETTER|LETTER SMALL CAPITAL)"
    r" (?:(?:TURNED|REVERSED|OPEN|SCRIPT|DOTLESS|LONG) )?([A-Z])(?: WITH .+)?"
)
_ENCLOSED: Final = (0x1F150, 0x1F170, 0x1F1E6)  # first letters of three enclosed alphabets that NFKC keeps
_FOLDED_KINDS: Final = frozenset({"Lu", "Ll", "Lo", "Lm", "Lt", "Nl", "So"})


def _latin(glyphs: object) -> str | None:
    """Return the first one or two Latin letters among the look-alikes of a character, if there are any."""
    if not isinstance(glyphs, list):
        return None
    for glyph in cast("list[dict[str, str]]", glyphs):
        text = glyph["c"]
        if len(text) <= 2 and text.isascii() and text.isalpha():  # noqa: PLR2004 - æ is ae
            return text.lower()
    return None


_BETWEEN: Final = re.compile(r"[\s:,{}]*")


def _listed() -> Iterator[str | None]:
    """Yield the characters of the Unicode Consortium's list of confusables, each before what it looks like.

    What looks like no Latin letter is followed by None. Read piece by piece: the file has 6 MB, of which this takes
    a thirtieth, and reading it as a whole would take 20 ms.
    """
    # The package's own module would keep all of it.
    text = files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    decode = json.JSONDecoder().raw_decode
    place = _end_of_gap(text, 0)
    while place < len(text):
        character, place = cast("tuple[str, int]", decode(text, place))
        glyphs, place = decode(text, _end_of_gap(text, place))
        place = _end_of_gap(text, place)
        yield character
        yield _latin(glyphs)


def _end_of_gap(text: str, place: int) -> int:
    gap = _BETWEEN.match(text, place)
    return gap.end() if gap is not None else place


class _Confusables:
    """Characters that look like Latin letters, read when a text first has one that is neither Latin nor CJK."""

    def __init__(self) -> None:
        self._known: Mapping[str, str] | None = None

    def get(self, character: str) -> str | None:
        """Return the Latin letters that a character looks like."""
        if self._known is None:
            known: dict[str, str] = {}
            deque(_slices(known), maxlen=0)
            self._known = known
        return self._known.get(character)

    async def load(self) -> None:
        """Read the list in slices, between which everything else runs on. Later calls do nothing."""
        if self._known is not None:
            return
        known: dict[str, str] = {}
        for _ in _slices(known):
            await asyncio.sleep(0)
        self._known = known


def _slices(known: dict[str, str]) -> Iterator[None]:
    """Fill the mapping from the list, yielding now and then."""
    listed = _listed()
    for count, (character, latin) in enumerate(zip(listed, listed, strict=True)):
        if count % _A_SLICE == 0:
            yield
        if (
            character is None
            or latin is None
            or len(character) != 1
            or character.isascii()
            or is_cjk(character)
        ):
            continue
        if unicodedata.category(character) in _FOLDED_KINDS:
            known[character] = "i" if latin == "l" and character.isupper() else latin
    for first in _ENCLOSED:
        known |= {chr(first + place): chr(ord("a") + place) for place in range(26)}


_CONFUSABLES: Final = _Confusables()


async def load_lookalikes() -> None:
    """Read the list of look-alikes, without which the first text with such letters would stop everything else."""
    await _CONFUSABLES.load()


def _named(character: str) -> str | None:
    """Return the Latin letter that a character is a variant of by its Unicode name, as are ø, ᴘ, ǝ."""
    named = _NAMED.fullmatch(unicodedata.name(character, ""))
    return named[1].lower() if named else None


def _looks_like(character: str, *, by_capital: bool) -> str | None:
    """Return the Latin letters that a folded character looks like. Greek ν looks like v, its capital like N."""
    small, capital = _CONFUSABLES.get(character), _CONFUSABLES.get(character.upper())
    chosen = (capital or small) if by_capital else (small or capital)
    return chosen or _named(character)


def _is_dropped(character: str) -> bool:
    """Return True for a character that only decorates or hides: without width, or a mark that no word needs."""
    if character in _KANA_MARKS:
        return False
    kind = unicodedata.category(character)
    if character in _INVISIBLE or kind in {"Cf", "Me"}:
        return True
    if "\u02b0" <= character <= "\u02ff":  # modifier letters; some stand for plain ones, as ʳ does
        return unicodedata.normalize("NFKD", character) == character
    if kind == "Cc":
        return not character.isspace()
    if kind != "Mn":
        return kind == "Mc" and unicodedata.combining(character) != 0
    needed = any(first <= character <= last for first, last in _VOWEL_SIGNS)
    return not needed or unicodedata.combining(character) != 0 or character in _SELECTORS


def _plain(character: str, *, by_capital: bool) -> str:
    """Fold one character of NFKC's and casefold's result: Latin if it looks so, a space if it is no letter."""
    if character.isascii():
        return " " if character.isspace() else character
    if is_cjk(character):
        return simplified(character) if is_han(character) else character
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    # Signs are not looked up: the list takes a moment to read, and texts without other letters do without it.
    latin = _looks_like(character, by_capital=by_capital) if kind in _FOLDED_KINDS else None
    if latin is not None:
        return latin
    return character if kind[0] in "LNM" else " "


def _fold(character: str, *, by_capital: bool) -> str:
    """Fold one character of a text: to nothing, or to `MOST_GROWTH` characters at most."""
    if _is_dropped(character):
        return ""  # before casefold, which turns a Greek mark (U+0345) into a letter
    if is_cjk(character) and unicodedata.category(character) != "So":
        pieces = unicodedata.normalize("NFKC", character)
    else:
        # Twice, because casefold may yield characters that decompose, and decomposing may yield capitals.
        pieces = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()).casefold()
    if len(pieces) > 1:
        pieces = pieces.strip()  # spacing marks decompose into a space and the mark
    kept = [piece for piece in pieces if not _is_dropped(piece)]
    return "".join(_plain(piece, by_capital=by_capital) for piece in kept)[:MOST_GROWTH]


class Folding(dict[int, str]):
    """Table for `str.translate` that folds each character when it first occurs and keeps the result."""

    def __init__(self, *, by_capital: bool) -> None:
        super().__init__()
        self._by_capital = by_capital

    def __missing__(self, code: int) -> str:
        """Fold a character that is not in the table."""
        folded = _fold(chr(code), by_capital=self._by_capital)
        # Limited, or prompts could fill the memory with all of Unicode's characters.
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded
