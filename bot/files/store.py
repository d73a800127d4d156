"""Files of one kind, pictures or videos, wherever they are kept; and what keeps a store from being used."""

import errno
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

LIST_EVERY_S: Final = 3600.0
"""Pause between two looks for leftovers in a store, which takes a request for every thousand files."""


class StoreFault(StrEnum):
    """Reason why a store of files cannot be used."""

    AWAY = "away"
    """It cannot be reached, or fails."""
    REFUSED = "refused"
    """It does not accept the credentials, or they do not allow this."""
    NO_BUCKET = "no_bucket"


class FilesUnavailableError(OSError):
    """The store of files did not do what was asked. Another time it may; nothing is lost.

    `detail` is a short technical term, without an address or a key.
    """

    def __init__(self, fault: StoreFault, detail: str) -> None:
        super().__init__(errno.EIO, f"store of files: {fault.value} ({detail})")
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True)
class StoreTimes:
    """Limits on what is asked of a store, in seconds."""

    request_s: float = 60.0
    """For one request."""
    retry_s: float = 15.0
    """Time after which a request that failed is not repeated."""
    deletions_s: float = 60.0
    """Pause before deletions that failed are repeated."""
    unused_s: float = 3600.0
    """Time after which a copy on this machine that was not used goes."""


class FileEntries(Protocol):
    """Contents of a store when it was asked. `names` are the first parts of the names of files."""

    @property
    def names(self) -> Sequence[str]:
        """The entries."""
        ...

    async def delete_older(
        self, names: Collection[str], moment: datetime, *, since: datetime | None = None
    ) -> None:
        """Delete those of these entries that were last changed before then; what is just being made has no row.

        Those that were last changed before `since` stay as well.
        """
        ...


class FileStore(Protocol):
    """Files by their names, which are relative to `folder`, such as `<job>.mp4` and `<job>/0.png`.

    Methods raise `OSError` where the disk fails, and its subclass `FilesUnavailableError` where the store does.
    """

    @property
    def folder(self) -> Path:
        """The folder of this machine in which files are, or copies of them."""
        ...

    @property
    def is_copied(self) -> bool:
        """True if the folder holds copies of what is in a store."""
        ...

    def path(self, name: str) -> Path:
        """Return where a file, or its copy, is or would be on this machine."""
        ...

    def may_hold(self, name: str) -> bool:
        """Return False if there is surely no such file. Asks no store."""
        ...

    async def keep(self, names: Iterable[str]) -> None:
        """Have files that are on this machine in the store. Only then a row may say that they exist."""
        ...

    async def fetch(self, name: str) -> Path:
        """Have a file on this machine, and return its path. Raises `FileNotFoundError` if there is none."""
        ...

    async def link(self, source: str, name: str) -> None:
        """Give a file a second name, which stays when the first goes. Raises `FileNotFoundError`."""
        ...

    async def move(self, source: str, name: str) -> bool:
        """Give a file another name, in place of a file that has it. Returns False if there is no such file."""
        ...

    async def delete(self, names: Iterable[str]) -> None:
        """Delete files, as far as they exist. What a store does not delete now is deleted later.

        Raises:
            StorageError: It could not be noted that they go; they are as they were.
        """
        ...

    async def delete_entry(self, entry: str) -> None:
        """Delete everything whose name begins with this part; as `delete`."""
        ...

    async def entries(self) -> FileEntries:
        """Return what there is."""
        ...

    async def names_of(self, chosen: Callable[[str], bool]) -> Sequence[str]:
        """Return the names of all files whose first part is chosen."""
        ...
