"""Reading of a database that another process may be using, without its owner's lock. For commands. Blocking."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from bot.storage import sqlite_engines
from bot.storage.address import DatabaseAddress, PostgresqlAddress
from bot.storage.errors import translating
from bot.storage.postgresql import read_only_server


@contextmanager
def read_only_connection(address: DatabaseAddress) -> Generator[Connection | None]:
    """Open a connection that changes and creates nothing; None if there is no such file.

    Bytes in a file that are not UTF-8 are read as a text that matches no digest; otherwise the driver would end the
    query with an error that quotes them.

    Raises:
        StorageError: Any error of the database within the block.
    """
    if isinstance(address, PostgresqlAddress):
        with read_only_server(address) as connection:
            yield connection
        return
    with translating(address.path):
        if not address.path.exists():
            yield None
            return
        with sqlite_engines.read_only(address.path).connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.text_factory = _text
            yield connection


def _text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")
