"""Messages of storage to the operator: each kind of trouble once in the life of the process."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)


class StorageTrouble(StrEnum):
    """Kind of trouble that only the operator can end."""

    UNREADABLE_ROW = "unreadable_row"
    FILE_REPLACED = "file_replaced"


class StorageAlarms:
    """Logs troubles, and passes the first of each kind and subject on to a listener."""

    def __init__(self) -> None:
        self.listener: Callable[[StorageTrouble, str], None] | None = None
        """Called with the trouble and its subject, such as a table. It must neither wait nor raise."""
        self._rows: set[tuple[str, tuple[object, ...]]] = set()
        self._told: set[tuple[StorageTrouble, str]] = set()

    def unreadable(self, table: str, key: Sequence[object], error: Exception) -> None:
        """Report a row that cannot be read. The error's text stays out of the log: it may quote the row."""
        row = (table, tuple(key))
        if row not in self._rows:
            self._rows.add(row)
            log.error("row_unreadable", table=table, key=[*map(str, key)], error=type(error).__name__)
        self.tell(StorageTrouble.UNREADABLE_ROW, table)

    def tell(self, trouble: StorageTrouble, subject: str) -> None:
        """Have the operator told, unless that was done before."""
        if self.listener is not None and (trouble, subject) not in self._told:
            self._told.add((trouble, subject))
            self.listener(trouble, subject)
