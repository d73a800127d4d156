"""Forms of a term that are looked for besides its spelling: run together, in the plural, in hiragana."""

import re
from collections.abc import Iterator
from typing import Final

from bot.moderation.words.scripts import hiragana

_LATIN_WORD: Final = re.compile("[a-z]{2}$")
_HISSING: Final = ("s", "x", "z", "ch", "sh")
_VOWELS: Final = "aeiou"


def forms_of(spelling: str) -> Iterator[str]:
    """Yield the forms of a normalised spelling, itself first; some may come twice."""
    for form in dict.fromkeys((spelling, spelling.replace(" ", ""))):
        yield form
        yield from _plurals(form)
    in_hiragana = hiragana(spelling)
    if in_hiragana != spelling:
        yield in_hiragana


def _plurals(form: str) -> Iterator[str]:
    """Yield the English plurals of a form that ends with a Latin word. One that ends in s has had its own."""
    if not _LATIN_WORD.search(form) or (form.endswith("s") and not form.endswith("ss")):
        return
    if form.endswith("y") and form[-2] not in _VOWELS:
        yield f"{form[:-1]}ies"
    elif form.endswith(_HISSING):
        yield f"{form}es"
    else:
        yield f"{form}s"
