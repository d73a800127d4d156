"""Files that have to be on the disk before what follows from them is done."""

import errno
import os
import shutil
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
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
    # One by one: `parents=True` would give those above it the usual mode.
    for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        one.mkdir(mode=FOLDER_MODE, exist_ok=True)


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


def move(path: Path, destination: Path) -> None:
    """Rename a file that is on the disk, also to another file system, replacing what is there. Raises `OSError`."""
    try:
        path.replace(destination)
    except OSError as error:
        if error.errno != errno.EXDEV:  # also between two mounts of one disk
            raise
    else:
        return
    part = destination.with_name(f"{destination.name}.moved")
    try:
        with (
            path.open("rb") as source,
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        part.replace(destination)
    finally:
        part.unlink(missing_ok=True)
