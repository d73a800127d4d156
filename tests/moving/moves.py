"""A database in its file with something in every table, a server to move it to, and what is in both afterwards."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.moving.move import move_database
from bot.storage.address import PostgresqlAddress
from bot.storage.errors import DatabaseMovedError, UnfinishedMoveError
from bot.storage.opening import open_database
from tests.postgresql.outside import FILE, rows_of

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
MARKS = {"alembic_version", "database_move"}
KEYS = {"INTEGER", "BIGINT"}


@dataclass(frozen=True)
class Move:
    """A file, and a database on a server."""

    folder: Path
    address: PostgresqlAddress
    told: list[str] = field(default_factory=list[str])

    @property
    def path(self) -> Path:
        return self.folder / FILE

    def carry_out(
        self, address: PostgresqlAddress | None = None, tell: Callable[[str], None] | None = None
    ) -> None:
        """Move, perhaps by another way to the server."""
        move_database(self.path, address or self.address, tell or self.told.append, now=lambda: NOW)

    async def startable(self) -> list[str]:
        """On which side a bot would start with the rows. Any other refusal than that of a move fails."""
        sides = (
            (("file", None), ("server", self.address.url)) if self.tables_on_server() else (("file", None),)
        )
        return [name for name, url in sides if await self._starts(url)]

    async def _starts(self, url: str | None) -> bool:
        try:
            async with open_database(url, self.folder):
                return True
        except (DatabaseMovedError, UnfinishedMoveError):
            return False

    def in_file(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of the file as they are stored, in the order of their first columns."""
        tables = rows_of(None, self.folder, "SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            table: rows_of(None, self.folder, f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - ours
            for table in sorted(row["name"] for row in tables if row["name"] not in MARKS)
        }

    def on_server(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the same tables on the server, with texts in the order of their bytes."""
        found: dict[str, list[dict[str, Any]]] = {}
        for table, rows in self.in_file().items():
            names = [*rows[0]][:2] if rows else []
            order = ", ".join(
                f'"{name}"' + (' COLLATE "C"' if isinstance(rows[0][name], str) else "") for name in names
            )
            query = f"SELECT * FROM {table}" + (f" ORDER BY {order}" if order else "")  # noqa: S608 - ours
            found[table] = rows_of(self.address.url, self.folder, query)
        # What a bot that starts again tells by is written when the move is complete.
        found["heartbeats"] = [
            row for row in found["heartbeats"] if not row["process_id"].startswith("place ")
        ]
        return found

    def change_file(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def tables_on_server(self) -> list[str]:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        return [row["tablename"] for row in rows_of(self.address.url, self.folder, query)]
