"""Digest of a late entry of the audit log, kept outside the database: it tells if the newest entries were cut off.

The chain alone cannot tell that. The file names an entry that was in the log; the log may have grown since.
"""

import asyncio
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.moderation.audit.chain import Checkpoint
from bot.moderation.audit.entries import RecordedEntry
from bot.moderation.audit.store import AuditStore

log: Final = structlog.get_logger(__name__)

FILE_NAME: Final = "audit-log.digest"
_LOST: Final = ".lost"
_TYPED: Final = re.compile(r"(?P<number>[0-9]{1,15})[: ·]+(?P<sha256>[0-9a-f]{16,64})")
SHOWN_DIGITS: Final = 16
"""Digits of a digest in the log channel."""
_WRITE_EVERY_S: Final = 1.0


def typed_checkpoint(text: str) -> Checkpoint:
    """Read `number:digest`, as it stands in the log channel. Raises `ValueError`."""
    match = _TYPED.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return Checkpoint(int(match["number"]), match["sha256"])


class _Stored(BaseModel):
    model_config = ConfigDict(strict=True)

    number: int
    sha256: str


def read_checkpoints(data_dir: Path) -> tuple[Checkpoint, ...]:
    """Return the checkpoints in the data folder: the current one, and those that a start did not find in the log.

    Raises:
        OSError: A file cannot be read.
    """
    found: list[Checkpoint] = []
    for path in sorted(data_dir.glob(f"{FILE_NAME}*")):
        try:
            stored = _Stored.model_validate_json(path.read_text("utf-8"))
        except (ValidationError, UnicodeDecodeError):
            log.warning("checkpoint_unreadable", path=str(path))
            continue
        found.append(Checkpoint(stored.number, stored.sha256))
    return tuple(found)


class CheckpointFile:
    """Writes the newest entry's digest to the data folder, at most once a second, in the task `run`."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE_NAME
        self._newest: Checkpoint | None = None
        self._noted = asyncio.Event()

    def note(self, recorded: RecordedEntry) -> None:
        """Have an entry written soon. Never waits."""
        self._newest = Checkpoint(recorded.number, recorded.sha256)
        self._noted.set()

    async def missing(self, store: AuditStore) -> Checkpoint | None:
        """Return the checkpoint of an earlier process if the log lacks its entry; its file is put aside then.

        Raises:
            StorageError: The log cannot be read.
            OSError: The file cannot be read or renamed.
        """
        if not await asyncio.to_thread(self._path.exists):
            return None
        for found in await asyncio.to_thread(read_checkpoints, self._path.parent):
            if await store.digest_of(found.number) != found.sha256:
                await asyncio.to_thread(self._put_aside, found)
                return found
        return None

    async def run(self) -> None:
        """Write what there is to write, until cancelled."""
        try:
            while True:
                await self._noted.wait()
                self._noted.clear()
                await asyncio.to_thread(self._write)
                await asyncio.sleep(_WRITE_EVERY_S)
        finally:
            if self._noted.is_set():
                self._write()

    def _write(self) -> None:
        newest = self._newest
        if newest is None:
            return
        beside = self._path.with_name(f"new-{FILE_NAME}")
        try:
            beside.write_text(json.dumps(asdict(newest)) + "\n", "utf-8")
            beside.replace(self._path)
        except OSError as error:
            log.warning("checkpoint_not_written", reason=error.strerror)

    def _put_aside(self, missing: Checkpoint) -> None:
        self._path.replace(self._path.with_name(f"{FILE_NAME}{_LOST}-{missing.number}"))
