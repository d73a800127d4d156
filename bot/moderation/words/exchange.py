"""Lists of words as files: a line for each term, with its effect, to be changed anywhere and imported again."""

import asyncio
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.moderation.words.matching import Effect, Term

FILE_MAX_BYTES: Final = 512 * 1024
"""A list with as many and as long terms as there may be is shorter."""
_HEADING: Final = ("term", "effect", "inside words")
_INSIDE: Final = "yes"
_A_SLICE: Final = 50
_BOM: Final = "\ufeff"


class NotAListError(ValueError):
    """The file is no list of terms."""


@dataclass(frozen=True)
class ImportedTerms:
    """Terms of a file, each once, and the numbers of the lines that are none, counted from 1."""

    terms: tuple[Term, ...]
    bad_lines: tuple[int, ...]


def write_terms(terms: Iterable[Term]) -> str:
    """Return a list as CSV, in the order given."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADING)
    for term in terms:
        writer.writerow((term.text, term.effect.value, _INSIDE if term.fragment else "no"))
    return text.getvalue()


async def read_terms(content: bytes) -> ImportedTerms:
    """Read a list in slices, between which everything else runs on.

    A line may lack what is behind the term: then the term blocks, and counts as a whole word.

    Raises:
        NotAListError: The content is no text in UTF-8, or no CSV, or has no term at all.
    """
    found: dict[str, Term] = {}
    bad: list[int] = []
    try:
        rows = csv.reader(io.StringIO(content.decode().removeprefix(_BOM), newline=""), strict=True)
        for count, row in enumerate(rows):
            if count % _A_SLICE == 0:
                await asyncio.sleep(0)
            cells = [cell.strip() for cell in row]
            if not any(cells) or (count == 0 and tuple(cells) == _HEADING):
                continue
            term = _term(cells)
            if term is None:
                bad.append(rows.line_num)
            else:
                found[term.text] = term
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotAListError(str(error)) from None
    if not found:
        raise NotAListError("no line is a term")
    return ImportedTerms(tuple(found.values()), tuple(bad))


def _term(cells: list[str]) -> Term | None:
    text, effect, inside = (*cells, "", "")[:3]
    try:
        return Term(text, Effect(effect.lower() or Effect.BLOCKED), inside.lower() == _INSIDE)
    except ValueError:
        return None
