"""What a text shows to its readers: characters written as entities, reversed runs, and pictures of children.

`normalising.py` reads each of the results. The work is linear in the text's length.
"""

import html
import re
from typing import Final

from bot.moderation.words.scripts import CJK_RANGES

_MOST_LAYERS: Final = 3
"""Times that entities are decoded: `&amp;#112;` is an entity once it was decoded."""
_ENDLESS_NUMBER: Final = re.compile("&#[xX]?[0-9a-fA-F]{20,}")
_REVERSED: Final = re.compile("\u202e([^\u202a-\u202e]*)(?:\u202c|(?=[\u202a-\u202e])|$)")
_ODD_SEPARATOR: Final = re.compile(
    # Not spaces, nor what ends or joins sentences: those stand between real words.
    rf"(?<=[{CJK_RANGES}])[*_~·・•^`|/\\+=#.\-\u2190-\u2bff\U0001f000-\U0001faff]{{1,3}}(?=[{CJK_RANGES}])"
)
_CHILDREN: Final = {"👶": " baby ", "🧒": " child ", "👧": " little girl ", "👦": " little boy "}
_FAMILIES: Final = str.maketrans(_CHILDREN)
_PICTURED: Final = re.compile(f"[{''.join(_CHILDREN)}]")
_OF_AGE: Final = 18
_ENDS: Final = r"(?=\s*(?:$|[,.;!?)\]、。，；！？）」]))"
_STATED_AGES: Final = re.compile(
    # "girl, 13." and "女孩（13）", not "a girl, 13 balloons"
    r"(?:\b(?:girl|boy|daughter|son|sister|brother|student|pupil|niece|nephew|kid|she|he|f|m)s?"
    r"|女孩|男孩|女生|男生|女儿|女兒|儿子|兒子|妹妹|弟弟|学生|學生|女の子|男の子|娘|息子)"
    r"\s*[,(（、，:：/\-–]\s*(?P<behind>[0-9]{1,2})" + _ENDS + r"|\b(?P<before>[0-9]{1,2})\s*(?:/\s*)?[fm]\b",
    re.IGNORECASE,
)


def decoded(text: str) -> str:
    """Return a text with the characters that it writes as entities, such as `&#112;`."""
    for _ in range(_MOST_LAYERS):
        if "&" not in text:
            break
        # Python converts no longer numbers, and a character has none of so many digits.
        text = html.unescape(_ENDLESS_NUMBER.sub("&", text))
    return text


def as_displayed(text: str) -> str:
    """Return a text with the runs turned round that are to be shown from right to left."""
    return _REVERSED.sub(lambda run: run[1][::-1], text) if "\u202e" in text else text


def unseparated(text: str) -> str:
    """Return a text without odd signs between Chinese or Japanese characters, which no word has."""
    return _ODD_SEPARATOR.sub("", text)


def spelled_out(text: str) -> str:
    """Return a text in which words stand for pictures of children and for ages behind a person ("girl, 13")."""
    if _PICTURED.search(text):
        text = text.translate(_FAMILIES)
    return _STATED_AGES.sub(_with_years, text)


def _with_years(found: re.Match[str]) -> str:
    age = int(found["behind"] or found["before"])
    return f"{found[0]} {age} years old" if age < _OF_AGE else found[0]
