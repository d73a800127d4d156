"""Data that a restore replaced: its folders in `backups`, which end like the copies from before upgrades."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_PARENT: Final = "backups"
_PREFIX: Final = "replaced-"
_STAMP: Final = "%Y%m%dT%H%M%S%fZ"
_NAME: Final = re.compile(r"replaced-(\d{8}T\d{12}Z)")


def replaced_name(now: datetime) -> str:
    """Return the name, within the data folder, of a folder for data that is replaced now."""
    return f"{_PARENT}/{_PREFIX}{now.astimezone(UTC).strftime(_STAMP)}"


def remove_replaced(folder: Path, before: datetime) -> int:
    """Delete the data that restores replaced before then. Returns the number of folders. Blocking.

    It holds what was deleted from the database since.

    Args:
        folder: The data folder.
        before: The moment. One that is interrupted goes on with the next call.

    Raises:
        OSError: A file cannot be deleted.
    """
    latest, parent = before.astimezone(UTC).strftime(_STAMP), folder / _PARENT
    if not parent.is_dir():
        return 0
    old = [
        path
        for path in sorted(parent.iterdir())
        if (match := _NAME.fullmatch(path.name))
        and match[1] < latest
        and path.is_dir()
        and not path.is_symlink()
    ]
    for path in old:
        shutil.rmtree(path)
    return len(old)
