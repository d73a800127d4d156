"""Brings the catalogues up to date: `python -m tests.texts.catalogues` adds what is new, drops what is gone,
and begins the catalogue of a new language. It also makes the one in Traditional Chinese, see `traditional.py`.

Nothing else is translated by it; `tests/texts/test_translations.py` fails until somebody has done that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.texts.catalogue import DOMAIN, LOCALES, catalogue_path
from bot.texts.messages import Language
from tests.texts import traditional

TEXTS: Final = Path(__file__).parents[2] / "bot" / "texts"
KEYWORDS: Final[dict[str, Any]] = {"sentence": None, "counted": (1, 2), "named": ((1, "c"), 2)}


def extracted() -> Catalog:
    """Every sentence of the sources."""
    template = Catalog(project="Stillmotion", domain=DOMAIN, fuzzy=False)
    for filename, _line, message, _comments, context in _found():
        template.add(message, locations=[(filename, 0)], context=context)
    return template


def _found() -> Iterator[tuple[Any, ...]]:
    yield from extract_from_dir(TEXTS, method_map=[("**.py", "python")], keywords=KEYWORDS)


def _read(path: Path, locale: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain=DOMAIN)


def main() -> None:
    """Rewrite the catalogues, with what was translated before."""
    template = extracted()
    for discord_name, locale in LOCALES.items():
        if discord_name == Language.TRADITIONAL_CHINESE:
            continue
        path = catalogue_path(discord_name)
        catalogue = _read(path, locale) if path.exists() else Catalog(locale, DOMAIN, fuzzy=False)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=110, omit_header=False, no_location=True, sort_output=True)
    traditional.main()


if __name__ == "__main__":
    main()
