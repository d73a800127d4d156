"""The log in files that others can read: a table for spreadsheets, and lines of JSON for programs.

Prompts that were removed are empty in both. The lines of JSON hold everything that the digests were made of, the
salts of prompts included; the table is for people.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Final

from bot.moderation.audit.chain import canonical_json
from bot.moderation.audit.entries import Recorded

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
"""How a cell may begin that a spreadsheet would compute (OWASP, *CSV Injection*)."""


def as_csv(recorded: Iterable[Recorded]) -> Iterator[str]:
    """A heading and a row an entry, each with its end of line; no cell is a formula."""
    yield _row(COLUMNS)
    for entry in recorded:
        told: dict[str, object] = {**_told(entry), "details": canonical_json(entry.details)}
        yield _row(_cell(told[column]) for column in COLUMNS)


def as_json_lines(recorded: Iterable[Recorded]) -> Iterator[str]:
    """A JSON object an entry, each with its end of line."""
    for entry in recorded:
        told: dict[str, object] = {**_told(entry), "prompt_salt": entry.prompt_salt}
        yield f"{json.dumps(told, ensure_ascii=False)}\n"


def _told(entry: Recorded) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "guild_id": entry.guild_id,
        "deed": entry.deed.value,
        "actor_id": entry.actor_id,
        "person_id": entry.person_id,
        "job_id": entry.job_id,
        "reason": entry.reason,
        "details": dict(entry.details),
        "prompt": entry.prompt,
        "prompt_sha256": entry.prompt_sha256,
        "previous_sha256": entry.previous_sha256,
        "sha256": entry.sha256,
    }


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()
