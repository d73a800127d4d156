"""Spellings of ages below eighteen in English, Chinese and Japanese. `minors.py` lists them as terms."""

import re
from collections.abc import Iterator
from typing import Final

_OF_AGE: Final = 18
_ENGLISH: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
)
_HAN_DIGITS: Final = "零一二三四五六七八九"
# "12-year-old", "aged twelve". Normalising has turned hyphens into spaces.
_FORMS_OF_ALL: Final = (
    *(
        "{} year old",
        "{} years old",
        "{} year olds",
        "{} yearold",
        "{} yr old",
        "{} yrs old",
        "{} y o",
        "{} yo",
    ),
    *("{} years of age", "{} years young", "age {}", "aged {}", "age of {}", "ages {}", "ages of {}"),
    *("age between {}", "aged between {}", "ages between {}"),
)
_FORMS_OF_DIGITS: Final = (
    *("{}yo", "{}y o", "{}y0", "{} yr", "{}yr", "{}yr old", "{}yrs", "{}yrs old", "{}y old", "{} y old"),
    *("{}year old", "{}years old", "{}yearold", "{}yearsold"),
)
_FORMS_OF_HAN: Final = ("{}岁", "{}歲", "{}歳", "{}周岁", "{}周歲", "{} 岁", "{} 歲", "{} 歳")
_FORMS_OF_HAN_DIGITS: Final = (
    "{}才",
    "{}さい",
    "{}サイ",
    "{} 才",
    "{}个月大",
    "{}個月大",
    "{}ヶ月の",
    "{}か月の",
)

HAN_NUMERALS: Final = frozenset("零〇一二三四五六七八九十百千两兩廿卅几幾数數")
"""Characters that, before a numeral, make it part of a larger number: 二十二岁 is not 二岁."""

_LARGER_BEFORE: Final = re.compile(
    r"(?:^| )(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|(?:hundred|thousand)(?: and)?) $"
)
_LARGER_AFTER: Final = re.compile(" (?:hundred|thousand|million|billion)(?: |$)")
_LONGEST_NUMERAL: Final = 20  # characters on either side that are searched for more of the number


def is_of_larger(term: str, text: str, start: int, end: int) -> bool:
    """Return True if an age found in a text is only part of a larger number.

    Args:
        term: The age as listed.
        text: The text.
        start: Index of the first character found.
        end: Index after the last character found.
    """
    if text[start] in HAN_NUMERALS:
        return start > 0 and text[start - 1] in HAN_NUMERALS
    if term.partition(" ")[0] in _ENGLISH:
        return _LARGER_BEFORE.search(text[max(0, start - _LONGEST_NUMERAL) : start]) is not None
    return term.startswith("age") and _LARGER_AFTER.match(text[end : end + _LONGEST_NUMERAL]) is not None


def _han(age: int) -> Iterator[str]:
    """Yield the spellings of a number below a hundred in Han numerals."""
    tens, ones = divmod(age, 10)
    if tens == 0:
        yield _HAN_DIGITS[ones]
        if ones == 2:  # noqa: PLR2004 - two years of age are 两岁 rather than 二岁
            yield from ("两", "兩")
    else:
        yield ("" if tens == 1 else _HAN_DIGITS[tens]) + "十" + (_HAN_DIGITS[ones] if ones else "")


def ages_of_minors() -> Iterator[str]:
    """Yield every age below eighteen in every form."""
    for age in range(_OF_AGE):
        digits = str(age)
        for number in (digits, _ENGLISH[age]):
            yield from (form.format(number) for form in _FORMS_OF_ALL)
        yield from (
            form.format(digits) for form in (*_FORMS_OF_DIGITS, *_FORMS_OF_HAN, *_FORMS_OF_HAN_DIGITS)
        )
        for number in _han(age):
            yield from (form.format(number) for form in _FORMS_OF_HAN)


def grades_of_minors() -> Iterator[str]:
    """Yield the grades of schools from the first to the twelfth in English."""
    ordinals = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    named = (*ordinals, "eleventh", "twelfth")
    for grade, name in enumerate(named, start=1):
        yield from (f"in {name} grade", f"in the {name} grade")
        short = f"{grade}{('st', 'nd', 'rd')[grade - 1] if grade <= 3 else 'th'}"  # noqa: PLR2004 - 1st, 2nd, 3rd
        yield from (f"grade {grade}", f"{short} grade", f"{short} grader", f"{name} grader")
        yield from (f"year {grade} student", f"year {grade} pupil", f"year {grade} girl", f"year {grade} boy")
        if grade > 3:  # noqa: PLR2004 - "second grade" and the like also mean quality
            word = _ENGLISH[grade]
            yield from (f"{name} grade", f"grade {word}")
            yield from (f"year {word} student", f"year {word} pupil", f"year {word} girl", f"year {word} boy")
