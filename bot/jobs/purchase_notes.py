"""Task ids of bought videos whose rows could not be written: files in the data folder, read at the next start.

Each is on the disk before its method returns. A folder of its own takes a file where the database, full or locked,
takes no row.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)

_SUFFIX: Final = ".task"


class PurchaseNotes:
    """Keeps a note for each purchase that the database does not know of yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def note(self, job_id: str, task_id: str) -> None:
        """Keep a job's task id. A disk that takes no file either is logged, with the id."""
        try:
            await asyncio.to_thread(_write, self._folder, job_id, task_id)
        except OSError as error:
            log.critical("purchase_not_noted", job=job_id, task=task_id, reason=type(error).__name__)
        else:
            log.warning("purchase_noted", job=job_id, task=task_id)

    async def read_all(self) -> Mapping[str, str]:
        """Return the noted task ids by their jobs' ids. Raises `OSError`."""
        return await asyncio.to_thread(_read, self._folder)

    async def forget(self, job_id: str) -> None:
        """Remove a note, if there is one: the row has it. Raises `OSError`."""
        await asyncio.to_thread((self._folder / f"{job_id}{_SUFFIX}").unlink, missing_ok=True)


def _write(folder: Path, job_id: str, task_id: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{job_id}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump({"task_id": task_id}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{job_id}{_SUFFIX}")
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in folder.glob(f"*{_SUFFIX}"):
        try:
            found[path.stem] = str(json.loads(path.read_text(encoding="utf-8"))["task_id"])
        except (ValueError, KeyError, TypeError):
            log.critical("purchase_note_unreadable", file=path.name)
    return found
