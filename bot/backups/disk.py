"""Files that have to be on the disk before what follows from them is done."""

import os
import shutil
from pathlib import Path
from typing import Final

FOLDER_MODE: Final = 0o700


def sync(path: Path) -> None:
    """Flush a file's contents, or a folder's list of names, to the disk. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder that nobody else reads, and those above it, unless they are there. Raises `OSError`."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def keep_copy(path: Path, destination: Path) -> None:
    """Give a file a second name; where the disk has no such names, copy it. Raises `OSError`.

    A file whose last name is removed elsewhere stays, and takes no space until then.
    """
    make_folder(destination.parent)
    try:
        destination.hardlink_to(path)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        shutil.copy2(path, destination)
        sync(destination)
