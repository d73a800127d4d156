"""Digest of a late entry of the audit log, kept outside the database: it tells if the newest entries were cut off.

The chain alone cannot tell that. The file names an entry that was in the log; the log may have grown since.
"""

import asyncio
import json
import re
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.moderation.audit.chain import Checkpoint
from bot.moderation.audit.entries import RecordedEntry
from bot.moderation.audit.store import AuditStore

log: Final = structlog.get_logger(__name__)

DIGEST_NAME: Final = "audit-log.digest"
"""The file in the data folder that vouches for the newest entry of the audit log."""
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
    found = [_read(path) for path in sorted(data_dir.glob(f"{DIGEST_NAME}*"))]
    return tuple(one for one in found if one is not None)


class CheckpointFileState(StrEnum):
    """State of the file with the newest entry's digest."""

    READABLE = "readable"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


def checkpoint_file_state(data_dir: Path) -> CheckpointFileState:
    """Return the state of the file in the data folder. Raises `OSError` if the file cannot be opened."""
    path = data_dir / DIGEST_NAME
    if not path.exists():
        return CheckpointFileState.ABSENT
    return CheckpointFileState.READABLE if _read(path) is not None else CheckpointFileState.UNREADABLE


def _read(path: Path) -> Checkpoint | None:
    try:
        stored = _Stored.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (ValidationError, UnicodeDecodeError):
        log.warning("checkpoint_unreadable", path=str(path))
        return None
    return Checkpoint(stored.number, stored.sha256)


class CheckpointFile:
    """Writes the newest entry's digest to the data folder, at most once a second, in the task `run`."""

    def __init__(self, data_dir: Path, *, alone: bool = True) -> None:
        """Args: `alone` is False where other processes write entries as well, of which this one hears nothing."""
        self._alone = alone
        self._path = data_dir / DIGEST_NAME
        self._newest: Checkpoint | None = None
        self._lost: list[Checkpoint] = []
        self._noted = asyncio.Event()

    def note(self, recorded: RecordedEntry) -> None:
        """Have an entry written soon, and the one before it as well if it was cut off meanwhile. Never waits."""
        before = self._newest
        if before is not None and self._alone and not _follows(recorded, before):
            log.error("audit_log_cut", number=before.number, sha256=before.sha256)
            self._lost.append(before)
        self._newest = Checkpoint(recorded.number, recorded.sha256)
        self._noted.set()

    async def missing(self, store: AuditStore) -> Checkpoint | None:
        """Return the checkpoint of an earlier process if the log lacks its entry; its file is put aside then.

        Those that earlier starts put aside stay as they are. From now on `note` compares with the newest entry. A
        file that is not there, or cannot be read, is written anew.

        Raises:
            StorageError: The log cannot be read.
            OSError: The file cannot be read or renamed.
        """
        before = self._newest
        for recorded in await store.read(limit=1):
            if self._newest is None or recorded.number > self._newest.number:
                self._newest = Checkpoint(recorded.number, recorded.sha256)
        found = await asyncio.to_thread(_read, self._path)
        if found is None and self._newest is not None:
            log.warning("checkpoint_missing", path=str(self._path))
            self._noted.set()
        is_there = found is None or await store.digest_of(found.number) == found.sha256
        if found is not None and not is_there:
            await asyncio.to_thread(self._path.replace, self._aside(found))
        if not self._alone and self._newest != before:
            self._noted.set()  # other processes' entries
        return None if is_there else found

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
        beside = self._path.with_name(f"new-{DIGEST_NAME}")
        try:
            if not self._alone and (found := _read(self._path)) is not None and found.number > newest.number:
                return  # another process has written a later one
            for checkpoint, path in (*((one, self._aside(one)) for one in self._lost), (newest, self._path)):
                beside.write_text(json.dumps(asdict(checkpoint)) + "\n", "utf-8")
                beside.replace(path)
        except OSError as error:
            log.warning("checkpoint_not_written", reason=error.strerror)

    def _aside(self, missing: Checkpoint) -> Path:
        return self._path.with_name(f"{DIGEST_NAME}{_LOST}-{missing.number}-{missing.sha256[:SHOWN_DIGITS]}")


def _follows(recorded: RecordedEntry, before: Checkpoint) -> bool:
    """True if an entry is the next one after that of the checkpoint."""
    return (recorded.number, recorded.previous_sha256) == (before.number + 1, before.sha256)
