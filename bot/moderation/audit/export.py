"""Export of the audit log: CSV for spreadsheets and JSON lines for programs.

Prompts that were removed are empty in both. The JSON lines contain everything that the digests cover, including
the salts of prompts, so that the chain can be verified elsewhere. The CSV is for reading.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from bot.moderation.audit.chain import canonical_json
from bot.moderation.audit.entries import RecordedEntry


class ExportFormat(StrEnum):
    """Format of an exported log."""

    CSV = "csv"
    JSON = "json"


COLUMNS: Final = (
    "number",
    "at",
    "guild_id",
    "deed",
    "actor_id",
    "person_id",
    "job_id",
    "reason",
    "details",
    "prompt",
    "prompt_sha256",
    "previous_sha256",
    "sha256",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters of cells that a spreadsheet would compute as a formula (OWASP, *CSV Injection*)."""


def as_csv(recorded: Iterable[RecordedEntry]) -> Iterator[str]:
    """Yield a heading and one row for each entry, as lines with their line ends. No cell is a formula."""
    yield _row(COLUMNS)
    for entry in recorded:
        fields: dict[str, object] = {**_fields(entry), "details": canonical_json(entry.details)}
        yield _row(_cell(fields[column]) for column in COLUMNS)


def as_json_lines(recorded: Iterable[RecordedEntry]) -> Iterator[str]:
    """Yield one JSON object for each entry, as lines with their line ends."""
    for entry in recorded:
        sealing: dict[str, object] = {"prompt_salt": entry.prompt_salt, "sealed_by": entry.sealed_by}
        fields = _fields(entry) | sealing
        yield f"{json.dumps(fields, ensure_ascii=False)}\n"


def _fields(entry: RecordedEntry) -> dict[str, object]:
    fields = vars(entry) | {
        "at": entry.at.isoformat(timespec="microseconds"),
        "deed": entry.action.value,
        "details": dict(entry.details),
    }
    return {column: fields[column] for column in COLUMNS}


def _cell(value: object) -> str:
    # A leading apostrophe makes spreadsheets take the cell as text. Users' prompts and reasons come through here.
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()
