"""Files of exported logs: filled, cut to a size, and recorded in the log before they are given away."""

import asyncio
import shutil
from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.export import ExportFormat, as_csv, as_json_lines
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import AuditFilter

_BATCH: Final = 500
_SUFFIXES: Final = {ExportFormat.CSV: "csv", ExportFormat.JSON: "jsonl"}


@dataclass(frozen=True)
class ExportedLog:
    """A file with `entries` entries; `left_out` older ones did not fit. `sha256` is the digest of the last."""

    path: Path
    entries: int
    left_out: int
    sha256: str


async def export_log(
    log: AuditLog,
    chosen: AuditFilter,
    format_: ExportFormat,
    folder: Path,
    *,
    by: int,
    limit_bytes: int,
    now: datetime,
) -> ExportedLog | None:
    """Write the chosen entries to a new file in a folder, and record that a moderator exported them.

    Args:
        log: The log.
        chosen: The conditions that an entry must meet.
        format_: The format of the file.
        folder: An empty folder.
        by: The moderator.
        limit_bytes: The maximum size of the file. The oldest entries are left out if all are larger.
        now: The moment of the export, which names the file.

    Returns:
        The file, or None if there are no such entries.

    Raises:
        StorageError: The log cannot be read or written.
        OSError: The file cannot be written.
    """
    path = folder / f"log-{now:%Y-%m-%d}.{_SUFFIXES[format_]}"
    file = _ExportFile(path, format_)
    last = await file.fill(log.store.all_in_order(chosen=chosen))
    if last is None:
        return None
    entries, left_out = await asyncio.to_thread(file.cut, limit_bytes)
    details = {"entries": entries, "last": last.number, "sha256": last.sha256, "form": format_.value}
    # Before the file is given away: no copy of the log may exist without an entry about it.
    await log.append(
        AuditEntry(chosen.guild_id or 0, now, AuditAction.LOG_EXPORTED, by, chosen.person_id, details=details)
    )
    return ExportedLog(path, entries, left_out, last.sha256)


class _ExportFile:
    """A file of entries, oldest first. Methods raise `OSError`."""

    def __init__(self, path: Path, format_: ExportFormat) -> None:
        self._path = path
        self._format = format_
        self._starts = array("Q")
        """Positions in the file at which the entries begin."""

    async def fill(self, found: AsyncGenerator[RecordedEntry]) -> RecordedEntry | None:
        """Write all entries and return the last. Raises what `found` raises."""
        batch: list[RecordedEntry] = []
        last: RecordedEntry | None = None
        async with aclosing(found):
            async for last in found:
                batch.append(last)
                if len(batch) >= _BATCH:
                    await asyncio.to_thread(self._add, batch)
                    batch = []
        await asyncio.to_thread(self._add, batch)
        return last

    def _add(self, entries: Sequence[RecordedEntry]) -> None:
        with self._path.open("ab") as file:
            lines = as_json_lines(entries)
            if self._format is ExportFormat.CSV:
                lines = as_csv(entries)
                heading = next(lines)
                file.write(b"" if self._starts else heading.encode())
            for line in lines:
                self._starts.append(file.tell())
                file.write(line.encode())

    def cut(self, limit_bytes: int) -> tuple[int, int]:
        """Remove the oldest entries that do not fit. Returns the numbers of those kept and removed. Blocks."""
        size, heading_bytes = self._path.stat().st_size, self._starts[0]
        if size <= limit_bytes:
            return len(self._starts), 0
        left_out = bisect_left(self._starts, size + heading_bytes - limit_bytes)
        with self._path.open("rb") as kept, self._path.open("r+b") as file:
            kept.seek(self._starts[left_out] if left_out < len(self._starts) else size)
            file.seek(heading_bytes)
            # What is read is always ahead of what is written.
            shutil.copyfileobj(kept, file)
            file.truncate()
        return len(self._starts) - left_out, left_out
