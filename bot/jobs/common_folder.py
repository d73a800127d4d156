"""Refusal of processes that share a database but not the place of jobs' files: the data folder, or a store.

A file in the folder holds an id, which a row among the heartbeats repeats. The id of a store is a digest of its
address.
"""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from bot.jobs.heartbeat import FILES, is_process
from bot.storage.advisory_locks import SharedLock
from bot.storage.database import Database
from bot.storage.tables import heartbeats

FILE_NAME: Final = "folder-id"
_ALIVE_FOR: Final = timedelta(minutes=3)
"""Since the last heartbeat of a process, which comes every minute, or since one that starts named its folder."""


class OtherFolderError(Exception):
    """Processes that are alive have another folder, or another store."""


async def require_common_folder(
    database: Database, data_dir: Path, now: Callable[[], datetime], *, store: str | None = None
) -> None:
    """Return if the folder is that of all processes that are alive; if none is, it is from now on.

    With a `store`, which is named by its address, that has to be the same, and the folders may differ.

    Raises:
        OtherFolderError: It is not, or the store is not.
        OSError: The folder cannot be read or written.
        StorageError: The database cannot.
    """
    async with database.write() as connection:
        await database.lock(connection, SharedLock.STARTS)
        own = f"{FILES}{_id_of(data_dir) if store is None else _digest_of(store)}"
        beats = (await connection.execute(select(heartbeats.c.process_id, heartbeats.c.beat_at))).all()
        noted = {beat.process_id for beat in beats if beat.process_id.startswith(FILES)}
        # The heartbeat of one that is starting comes after this.
        others = noted - {own}
        alive = [
            beat
            for beat in beats
            if (is_process(beat.process_id) or beat.process_id in others)
            and now() - beat.beat_at < _ALIVE_FOR
        ]
        if others and alive:
            raise OtherFolderError
        await connection.execute(delete(heartbeats).where(heartbeats.c.process_id.in_(noted)))
        await connection.execute(heartbeats.insert().values(process_id=own, beat_at=now()))


def _digest_of(store: str) -> str:
    return hashlib.sha256(store.encode()).hexdigest()[:16]


def _id_of(data_dir: Path) -> str:
    """Return the folder's id, which the first process makes. Blocking, for moments.

    Called by one process at a time. One that was killed may have left a file without an id.
    """
    path = data_dir / FILE_NAME
    with suppress(FileNotFoundError):
        if found := path.read_text("ascii").strip():
            return found
    made = secrets.token_hex(8)
    part = path.with_suffix(".part")
    part.write_text(made, "ascii")
    part.replace(path)
    return made
