"""The log in files: nothing lost on the way, and nothing that a spreadsheet would compute."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from bot.moderation.audit.chain import FIRST_PREVIOUS
from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.export import COLUMNS, as_csv, as_json_lines
from bot.moderation.audit.rows import recorded_after
from tests.moderation.audit.logs import ENTRY, NOW, PROMPT, verify

FIRST: Final = recorded_after(FIRST_PREVIOUS, ENTRY, 1)
SECOND: Final = recorded_after(
    FIRST.sha256, AuditEntry(0, NOW.replace(microsecond=0), AuditAction.BANNED, None), 2
)


def table(*recorded: RecordedEntry) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(as_csv(recorded)), newline="")))


def test_a_table_has_a_row_an_entry() -> None:
    first, second = table(FIRST, SECOND)
    assert tuple(first) == COLUMNS
    assert first["at"] == "2026-03-01T12:30:15.123456+00:00"
    assert second["at"] == "2026-03-01T12:30:15.000000+00:00"
    assert (first["number"], first["deed"], first["reason"]) == ("1", "request_held", ENTRY.reason)
    assert first["prompt"] == PROMPT
    assert json.loads(first["details"]) == ENTRY.details
    assert first["sha256"] == second["previous_sha256"] == FIRST.sha256
    assert (second["actor_id"], second["prompt"], second["job_id"]) == ("", "", "")


def test_a_log_without_entries_has_its_heading() -> None:
    assert list(as_csv([])) == [f"{','.join(COLUMNS)}\r\n"]
    assert list(as_json_lines([])) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
@pytest.mark.parametrize("column", ["reason", "prompt", "job_id"])
def test_no_cell_is_a_formula(start: str, column: str) -> None:
    text = f'{start}HYPERLINK("http://evil","x")'
    (row,) = table(replace(FIRST, **{column: text}))
    assert row[column] == f"'{text}"


def test_what_is_harmless_is_not_changed() -> None:
    (row,) = table(replace(FIRST, reason="a=b, -1", prompt="'quoted'"))
    assert (row["reason"], row["prompt"]) == ("a=b, -1", "'quoted'")


def test_lines_of_json_hold_all_that_the_digests_were_made_of() -> None:
    lines = list(as_json_lines([FIRST, SECOND]))
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)
    told = [json.loads(line) for line in lines]
    assert told[0]["at"] == "2026-03-01T12:30:15.123456+00:00"
    again = [
        RecordedEntry(
            action=AuditAction(line.pop("deed")), **{**line, "at": datetime.fromisoformat(line["at"])}
        )
        for line in told
    ]
    assert again == [FIRST, SECOND]
    assert again[0].at.tzinfo is UTC
    assert verify(again) is None


def test_a_removed_prompt_is_empty() -> None:
    removed = replace(FIRST, prompt=None, prompt_salt=None)
    (row,) = table(removed)
    assert (row["prompt"], row["prompt_sha256"]) == ("", FIRST.prompt_sha256)
    (line,) = as_json_lines([removed])
    assert json.loads(line)["prompt"] is None
    assert PROMPT not in line
