"""Remembers downloads that may be whole. Where several are equal, the service has no other file to send."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Final

_ENOUGH: Final = 3
"""Number of equal downloads after which the file is believed."""
_TASKS_MAX: Final = 1000


class DoubtfulCopies:
    """Counts equal doubtful downloads of each task, for the latest thousand tasks."""

    def __init__(self) -> None:
        self._copies: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def is_believed(self, task_id: str, path: Path) -> bool:
        """Count one more doubtful download of a task; True if it is the third equal one in a row.

        Blocks: reads the file. Raises `OSError`.
        """
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        seen, count = self._copies.pop(task_id, (digest, 0))
        count = count + 1 if seen == digest else 1
        self._copies[task_id] = (digest, count)
        if len(self._copies) > _TASKS_MAX:
            self._copies.popitem(last=False)
        return count >= _ENOUGH
