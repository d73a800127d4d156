"""Reads a text as people see it: entities, reversed runs, markup and signs inside words, pictures of children.

`normalising.py` reads each of the results. The work is linear in the text's length.
"""

import html
import re
from typing import Final

from bot.moderation.words.scripts import CJK_RANGES
from bot.moderation.words.stated_ages import with_ages, with_undressing

_MOST_LAYERS: Final = 3
"""Times that entities are decoded: `&amp;#112;` is an entity once it was decoded."""
_ENDLESS_NUMBER: Final = re.compile("&#[xX]?[0-9a-fA-F]{20,}")
_REVERSED: Final = re.compile("\u202e([^\u202a-\u202e]*)(?:\u202c|(?=[\u202a-\u202e])|$)")
_ODD_SEPARATOR: Final = re.compile(
    # Not spaces, nor what ends or joins sentences: those stand between real words.
    rf"(?<=[{CJK_RANGES}])[*_~·・•^`|/\\+=#.\-\u2190-\u2bff\U0001f000-\U0001faff]{{1,3}}(?=[{CJK_RANGES}])"
)
_REPLACED: Final = (
    (re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]"), ""),  # without width
    (re.compile(r"\[([^\[\]\n]{1,200})\]\(<?[^()<>\n]{0,400}>?\)"), r"\1"),  # [what is shown](address)
    (re.compile(r"<a?:(\w{1,32}):\d{1,20}>"), r"\1"),  # a server's own emoji, by its name
    (re.compile(r":regional_indicator_([a-z]):"), r"\1"),
    (re.compile(r"<(?:[@#][&!]?|t:|/[\w -]{1,100}:|id:)[\w:]{1,30}>"), ""),  # mentions, moments, commands
    (re.compile(r"<(\w{1,12})>([^<>\n]{0,200})</\1>"), r"\2"),
)
_SIGN: Final = (
    # Not `@$!|&`, which may be letters or stand between words, nor pictures of children.
    r"(?:[\x22-\x23\x25\x27-\x2f:-?\[-`{}~\u0300-\u036f\u200d\u2010-\u2027\u2030-\u205e\u2190-\u245f"
    r"\u2500-\u2bff\ufe0f\U0001f200-\U0001f465\U0001f468-\U0001f475\U0001f477-\U0001f9d1\U0001f9d3-\U0001faff]"
    r"|\|\|){1,12}+"
)
_SIGNED_WORD: Final = re.compile(rf"(?<![^\W_])[^\W_]++(?:{_SIGN}[^\W_]++)+")
_CLOSED: Final = re.compile(
    rf"(?!['\u2019](?:ll|s|t|d|m|re|ve)(?![^\W_]))"
    rf"(?:(?<=[^\W\d_]){_SIGN}(?=[^\W_])|(?<=[^\W_]){_SIGN}(?=[^\W\d_]))",
    re.IGNORECASE,
)
"""Signs beside a letter. Those of shortened words stay: he'll is not hell."""
_INITIALS: Final = re.compile(r"(?<![\w.])([A-Z])\.([A-Z])(?=\.?(?![\w.]))")
_CAMEL_CASE: Final = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_CHILDREN: Final = {"👶": " baby ", "🧒": " child ", "👧": " little girl ", "👦": " little boy "}
_FAMILIES: Final = str.maketrans(_CHILDREN)
_PICTURED: Final = re.compile(f"[{''.join(_CHILDREN)}]")


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


def with_closed_words(text: str) -> str:
    """Return a text without markup, in which words with signs inside stand as they are and without them."""
    for pattern, shown in _REPLACED:
        text = pattern.sub(shown, text)
    return _SIGNED_WORD.sub(_closed, _INITIALS.sub(r"\1 \2", text))


def _closed(word: re.Match[str]) -> str:
    closed = _CLOSED.sub("", word[0])
    return word[0] if closed == word[0] else f"{word[0]} {closed}"


def with_camel_case_apart(text: str) -> str:
    """Return a text with spaces between words that only their capitals tell apart, as in `redCar`."""
    return _CAMEL_CASE.sub(" ", text)


def spelled_out(text: str) -> str:
    """Return a text in which words stand for pictures of children and for ages behind a person ("girl, 13")."""
    if _PICTURED.search(text):
        text = text.translate(_FAMILIES)
    return with_undressing(with_ages(text))
