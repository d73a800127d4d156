"""Character classes of scripts that put no spaces between words: Han, kana, bopomofo and Hangul."""

import re
from typing import Final

CJK_RANGES: Final = (
    "\u1100-\u11ff"  # Hangul's letters, where they form no syllable
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3040-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana and what voices them, without ・
    "\u3100-\u318f\u31a0-\u31bf\ua960-\ua97f\uac00-\ud7ff"  # bopomofo and Hangul
)
"""Ranges for a character class in a regular expression."""
_CJK: Final = re.compile(f"[{CJK_RANGES}]")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA: Final = re.compile("[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe]")
_HIRAGANA_OF: Final = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})
_KATAKANA: Final = re.compile("[\u30a1-\u30fa\u30fc-\u30ff]")


def is_cjk(character: str) -> bool:
    """Return True for Han, kana, bopomofo and Hangul. Words in these scripts may begin and end anywhere."""
    return _CJK.match(character) is not None


def has_cjk(text: str) -> bool:
    """Return True if a text contains any such character."""
    return _CJK.search(text) is not None


def is_katakana(character: str) -> bool:
    """Return True for katakana, including the long vowel mark ー."""
    return _KATAKANA.match(character) is not None


def is_han(character: str) -> bool:
    """Return True for a Chinese character, whichever language uses it."""
    return _HAN.match(character) is not None


def is_kana(character: str) -> bool:
    """Return True for hiragana and katakana, including the long vowel mark ー."""
    return _KANA.match(character) is not None


def has_kana(text: str) -> bool:
    """Return True if a text contains any kana: it is Japanese, or imitates it."""
    return _KANA.search(text) is not None


def hiragana(text: str) -> str:
    """Return a text with hiragana in place of katakana."""
    return text.translate(_HIRAGANA_OF)
