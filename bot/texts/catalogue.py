"""Translations: gettext catalogues, each read once, when its language is first needed."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

DOMAIN: Final = "stillmotion"
FOLDER: Final = Path(__file__).with_name("catalogues")
LOCALES: Final[Mapping[str, str]] = {"zh-CN": "zh_CN", "zh-TW": "zh_TW", "ja": "ja"}
"""Name of each catalogue by Discord's name of the locale."""

_Entries = Mapping[tuple[str, str | None], str]


def catalogue_path(locale: str) -> Path:
    """Return the path of the catalogue of a Discord locale."""
    return FOLDER / LOCALES[locale] / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def _entries(locale: str) -> _Entries:
    from babel.messages.pofile import read_po  # noqa: PLC0415 - nothing on the command line needs it

    with catalogue_path(locale).open("rb") as file:
        catalogue = read_po(file, locale=LOCALES[locale])
    entries: dict[tuple[str, str | None], str] = {}
    for message in catalogue:
        # Chinese and Japanese have one form for every number, which then is the only one of several.
        form = message.id[0] if isinstance(message.id, tuple | list) else message.id
        told = message.string[0] if isinstance(message.string, tuple | list) else message.string
        if form and told and not message.fuzzy:
            entries[form, message.context] = told
    return entries


def translation(locale: str, english_form: str, context: str | None = None) -> str | None:
    """Return a sentence's translation, with the same placeholders, or None if there is none."""
    return _entries(locale).get((english_form, context))
