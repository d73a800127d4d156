"""Check that the database's path still leads to the file that is open.

A file that was deleted or replaced goes on taking writes, and none of them is there after the next start: a video
that is bought on such a row is lost.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.alarms import StorageAlarms, StorageTrouble
from bot.storage.errors import DatabaseReplacedError, translating

FileIdentity: TypeAlias = tuple[int, int]
"""Device and inode."""


def identity_of(path: Path) -> FileIdentity:
    """Return the identity of the file at a path. Blocking. Raises `OSError`."""
    found = path.stat()
    return found.st_dev, found.st_ino


class SameFile:
    """Looks at the path, in a thread: a disk that hangs must not stop the event loop.

    Without an identity, as for a database that another process owns, nothing is checked.
    """

    def __init__(self, path: Path, opened: FileIdentity | None, alarms: StorageAlarms) -> None:
        self._path = path
        self._opened = opened
        self._alarms = alarms
        self._thread = ThreadPoolExecutor(1, "database-file")

    async def check(self) -> None:
        """Return if the path leads to the open file.

        Raises:
            DatabaseReplacedError: It does not. The operator is told once.
            StorageUnavailableError: The file system does not say.
        """
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self.look)
        except DatabaseReplacedError:
            self.tell_replaced()
            raise

    def tell_replaced(self) -> None:
        """Tell the operator, once, that the path leads to another file or none."""
        self._alarms.tell(StorageTrouble.FILE_REPLACED, str(self._path))

    def guard(self, engine: AsyncEngine) -> None:
        """Have an engine open no other file: SQLite would make an empty one in the place of one that is gone.

        An engine has few connections and keeps them, so looking at the path does not hold up the event loop.
        """

        def connecting(*_: object) -> None:
            self.look()

        event.listen(engine.sync_engine, "do_connect", connecting)

    def close(self) -> None:
        """End the thread. Does not block."""
        self._thread.shutdown(wait=False)

    def look(self) -> None:
        """As `check`, blocking, and without telling anybody."""
        if self._opened is None:
            return
        with translating(self._path):
            try:
                same = identity_of(self._path) == self._opened
            except FileNotFoundError:
                same = False
        if not same:
            raise DatabaseReplacedError(self._path)
