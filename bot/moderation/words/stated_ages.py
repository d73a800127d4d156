"""Ages that a text states without saying that they are ages ("girl, 13", "born in 2015"), and clothes taken off
somebody whom the text names in between."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_OF_AGE: Final = 18
_WORDS: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
)
_AGE_OF: Final = {word: age for age, word in enumerate(_WORDS, start=1)}
_HAN: Final = "一二三四五六七八九"
_NUMBER: Final = rf"(?:[0-9]{{1,2}}|(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b)"
_PERSON: Final = (
    r"(?:\b(?:girl|boy|daughter|son|sister|brother|student|pupil|niece|nephew|kid|lass|lad|she|he|they|f|m)s?\b"
    r"|女孩|男孩|女生|男生|女儿|女兒|儿子|兒子|妹妹|弟弟|学生|學生|女の子|男の子|娘|息子)"
)
_ENDS: Final = (
    r"(?=\s*(?:$|[,.;!?)\]|\n、。，；！？）」]|\b(?:in|on|at|with|by|who|is|was|and|posing|wearing|sitting|standing"
    r"|lying|naked|nude|topless)\b(?!\s+(?:other|more|half)\b)))"
)
_BEHIND_PERSONS: Final = re.compile(
    # "girl, 13.", "girl 9", "girl of nine", "she is twelve" and "女孩（13）", not "a girl, 13 balloons"
    rf"{_PERSON}(?:\s*[,(（、，:：/\-–]\s*"
    r"|(?:['’]s)?(?:\s+(?:of|who|is|was|has|just|turns|turned|turning|only|barely|about))*\s+)"
    rf"(?P<age>{_NUMBER}|十[{_HAN}]?)(?:\s+years?(?!\s+(?:later|ago|after|before|from)))?{_ENDS}",
    re.IGNORECASE,
)
_BEFORE_LETTERS: Final = re.compile(r"\b(?P<age>[0-9]{1,2})\s*(?:/\s*)?[fm]\b", re.IGNORECASE)
_BIRTH_YEARS: Final = re.compile(
    r"\b(?:born|b\.) (?:(?:in|on|around|about)\s)?(?:[a-z]{3,9}\.? )?(?:[0-9]{1,2}(?:st|nd|rd|th)?,? )?"
    r"(?P<year>(?:19|20)[0-9]{2})\b|\bborn in ['’](?P<short>[0-9]{2})\b|\b(?P<first>(?:19|20)[0-9]{2})-born\b"
    r"|(?:生[于於在]|出生[于於在]?)\s?(?P<behind>(?:19|20)[0-9]{2})"
    r"|(?P<before>(?:19|20)[0-9]{2})\s?年(?:[0-9]{1,2}月)?(?:[0-9]{1,2}日)?\s?(?:に|の)?\s?(?:生まれ|うまれ|出生|生)",
    re.IGNORECASE,
)
_CLOTHES: Final = "(?:衣服|衣衫|衣裳|衣裤|衣褲|裙子|裤子|褲子|内裤|內褲)"
_STRIPPED: Final = re.compile(
    rf"(?:[脱脫][掉去光]|扒[掉光下]?|剥[掉光])了?[^，。,.；！？\s]{{1,10}}?(?:身上)?的(?:所有)?{_CLOTHES}"
)
_UNDRESSED: Final = re.compile(
    rf"[脱脫]下?了?[^，。,.；！？\s掉去光]{{1,10}}?的(?:所有)?{_CLOTHES}|的{_CLOTHES}[都全被给給也]{{0,2}}[脱脫扒]"
)


def with_ages(text: str) -> str:
    """Return a text in which stated ages below eighteen are followed by "… years old"."""
    text = _BEHIND_PERSONS.sub(_marked(_age), text)
    text = _BEFORE_LETTERS.sub(_marked(_age), text)
    return _BIRTH_YEARS.sub(_marked(_years_since), text)


def with_undressing(text: str) -> str:
    """Return a text in which clothes taken off somebody who is named in between are followed by the plain words."""
    return _UNDRESSED.sub(r"\g<0> 脱衣服 ", _STRIPPED.sub(r"\g<0> 脱掉衣服 ", text))


def _marked(age_of: Callable[[re.Match[str]], int]) -> Callable[[re.Match[str]], str]:
    def replaced(found: re.Match[str]) -> str:
        age = age_of(found)
        return f"{found[0]} {age} years old " if 0 <= age < _OF_AGE else found[0]

    return replaced


def _age(found: re.Match[str]) -> int:
    number = found["age"].lower()
    if number.isdecimal():
        return int(number)
    return (
        10 + _HAN.find(number[1:]) + 1
        if number.startswith("十") and number != "十"
        else _AGE_OF.get(number, 10)
    )


def _years_since(found: re.Match[str]) -> int:
    written = next(year for year in found.groupdict().values() if year)
    return datetime.now(UTC).year - int(written if len(written) > 2 else f"20{written}")  # noqa: PLR2004 - '15
