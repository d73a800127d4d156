"""Decides if short kana are a word of their own or part of another one. `matching.py` and `minors.py` ask.

Japanese has no spaces, and short terms also occur inside innocent words: カロリー, カフェラテ, とろり, 考えろ.
"""

from typing import Final

from bot.moderation.words.scripts import is_han, is_kana, is_katakana

_SHORT: Final = 3
"""Terms of at most so many kana count only at the beginning of a word."""
_PARTICLE: Final = "の"
"""The particle that stands before such terms, and that no longer word has before them."""
_IMPERATIVE: Final = "えろ"
"""It ends verbs, behind a Chinese character as well: 見えろ, 消えろ."""


def is_inside_katakana(text: str, start: int, end: int) -> bool:
    """Return True if a short find in katakana continues a word in katakana."""
    found, before = text[start:end], text[start - 1 : start] if start else ""
    return len(found) <= _SHORT and all(map(is_katakana, found)) and is_katakana(before)


def is_inside_hiragana(text: str, start: int, end: int) -> bool:
    """Return True if a short find in hiragana, where it or the text was in katakana, continues another word."""
    found, before = text[start:end], text[start - 1 : start] if start else ""
    if not before or len(found) > _SHORT or not all(map(is_kana, found)):
        return False
    if found == _IMPERATIVE and is_han(before):
        return True
    return is_kana(before) and before != _PARTICLE
