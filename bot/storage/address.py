"""Where the database is: a file of SQLite, or a server of PostgreSQL."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from bot.storage.errors import UnsupportedDatabaseError

_NAME: Final = "stillmotion.sqlite3"
_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql://", "postgres://")
_EXPECTED: Final = f"expected {_SQLITE}path or {_POSTGRESQL[0]}user:password@host/name"


@dataclass(frozen=True)
class SqliteAddress:
    """A database file."""

    path: Path

    @property
    def name(self) -> str:
        """The address as the operator reads it."""
        return str(self.path)


@dataclass(frozen=True)
class PostgresqlAddress:
    """A database on a server. Only `url` contains the user and the password; no text shows it."""

    name: str
    """`postgresql://host:port/name`, as the operator reads it."""
    url: str = field(repr=False)
    """The address as libpq takes it, with parameters such as `sslmode`."""
    role: str | None = None
    """The command that this process carries out; who looks at the server's sessions sees it."""


DatabaseAddress: TypeAlias = SqliteAddress | PostgresqlAddress


def database_address(url: str | None, data_dir: Path) -> DatabaseAddress:
    """Resolve the configured address. Blocking.

    Args:
        url: `sqlite:///path`, where a fourth slash makes the path absolute; `postgresql://…`; or None for the
            default file in `data_dir`.
        data_dir: The bot's data folder.

    Raises:
        UnsupportedDatabaseError: Any other address. The text does not quote it: it may hold a password.
    """
    if url is None:
        return SqliteAddress((data_dir / _NAME).resolve())
    if url.startswith(_POSTGRESQL):
        return PostgresqlAddress(_shown(url), url)
    path = url.removeprefix(_SQLITE)
    if not url.startswith(_SQLITE) or path in {"", ":memory:"} or "?" in path:
        raise UnsupportedDatabaseError(f"DATABASE_URL is not supported; {_EXPECTED}")
    return SqliteAddress(Path(path).resolve())


def _shown(url: str) -> str:
    """Return the hosts and the name in an address, without users, passwords and parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UnsupportedDatabaseError(f"DATABASE_URL cannot be read; {_EXPECTED}") from None
    # A password with an unescaped slash, question mark or hash would end the host for everybody but its author.
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise UnsupportedDatabaseError(
            "DATABASE_URL cannot be read; write special characters of the password as %XX"
        )
    return f"{_POSTGRESQL[0]}{parts.netloc.rpartition('@')[2]}{parts.path}"
