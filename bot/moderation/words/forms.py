"""Forms of a term that are looked for besides its spelling: run together, in the plural, in hiragana."""

import re
from collections.abc import Iterator
from typing import Final

from bot.moderation.words.scripts import hiragana

_LATIN_WORD: Final = re.compile("[a-z]{2}$")
_WITH_ES: Final = ("s", "x", "z", "ch", "sh", "o")
_WITH_ES_ALONE: Final = ("s", "x", "z", "sh")
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
    if form.endswith(_WITH_ES):
        yield f"{form}es"
    if not form.endswith(_WITH_ES_ALONE):  # "monarchs" as well as "churches"
        yield f"{form}s"
    if form.endswith("y") and form[-2:-1] not in _VOWELS:
        yield f"{form[:-1]}ies"
    if form.endswith("z"):
        yield f"{form}zes"
    if form.endswith(("f", "fe")):
        yield f"{form.removesuffix('e')[:-1]}ves"
