"""A file that appears under its name only when it is whole.

It grows as `<name>.part` and is renamed once its bytes are on the disk, so neither a crash nor a cancelled
download leaves half a video under a name that others trust. The methods block and belong in threads; a lock
keeps a write that outlived its cancelled caller from meeting a closed, perhaps reused, file descriptor.
"""

import os
import threading
from io import FileIO
from pathlib import Path


class PartFile:
    """One file in the making. Its folder must exist. Every method blocks and may raise `OSError`."""

    def __init__(self, destination: Path) -> None:
        self.path = destination.with_name(destination.name + ".part")
        self._destination = destination
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._over = False

    def open(self) -> None:
        """Begin anew, over whatever an earlier, killed attempt left."""
        with self._lock:
            if not self._over:
                self._file = FileIO(self.path, "w")

    def write(self, data: bytes | bytearray) -> None:
        """Append all of `data`; nothing happens after `discard`."""
        with self._lock:
            rest = memoryview(data)
            while rest and self._file is not None:
                rest = rest[self._file.write(rest) :]

    def sync(self) -> None:
        """Bring the bytes onto the disk."""
        with self._lock:
            if self._file is not None:
                os.fsync(self._file.fileno())

    def keep(self) -> None:
        """Give the file its name, durably."""
        with self._lock:
            if self._file is None:
                return
            self._file.close()
            self._file = None
            self.path.replace(self._destination)
            self._over = True
            _sync_folder(self._destination.parent)

    def discard(self) -> None:
        """Remove the file unless it was kept; harmless when called again."""
        with self._lock:
            if self._over:
                return
            self._over = True
            if self._file is not None:
                self._file.close()
                self._file = None
            self.path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut. Does nothing where folders cannot be opened."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
