"""Sentences of `move-to`. The operator reads them in English."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

MOVE_TO: Final = (
    "Move the database from its file to a PostgreSQL server, while the bot is stopped. The rows are verified, and "
    "the file stays, but no bot starts on it any more. Whatever ends the command, execute it once more."
)
ADDRESS: Final = (
    "An empty database: postgresql://user:password@host/name. libpq also takes PGPASSWORD and ~/.pgpass."
)
BACK_TO_FILE: Final = (
    "Instead: take the mark off a file that was moved. The bot starts on it as on a restored backup, as it was at "
    "the move."
)

ONE_OF_BOTH: Final = "name a server, or --back-to-file"
NO_SERVER: Final = "expected postgresql://user:password@host/name"
SERVER_CONFIGURED: Final = (
    "DATABASE_URL names a server already, and here it has to name the file, or nothing (DATABASE_URL= in front of "
    "the command); nothing was changed"
)

# Why a value cannot be stored on a server.
NO_NUMBER: Final = "no whole number"
NUMBER_TOO_LARGE: Final = "too large a number"
NO_FLOAT: Final = "no number"
NO_BOOLEAN: Final = "neither true nor false"
NO_TEXT: Final = "no text"
NOT_UTF8: Final = "not UTF-8"
TEXT_TOO_LONG: Final = "too long a text"
NO_JSON: Final = "no JSON"


def no_database(path: str) -> str:
    """There is nothing to move."""
    return f"there is no database at {path}, so nothing to move: set DATABASE_URL, and start the bot"


def unstorable(table: str, key: str, column: str, why: str) -> str:
    """One row that the server does not take."""
    return f"{table} with {key}: {column} is {why}"


def unstorable_rows(path: str, count: int, named: Sequence[str]) -> str:
    """Rows that the server does not take, of which some are named."""
    more = f"; and {count - len(named)} more" if count > len(named) else ""
    return (
        f"{path} holds {_counted(count, 'row')} that a server cannot store ({'; '.join(named)}{more}); correct or "
        "delete them with sqlite3; nothing was changed"
    )


def foreign_tables(path: str, names: Sequence[str]) -> str:
    """Tables that somebody else made in the bot's database."""
    return f"{path} holds tables that are not the bot's ({', '.join(names)}); drop them first; nothing was changed"


def not_writable(server: str, why: str) -> str:
    """The server takes no tables."""
    return f"{server}: {why}; nothing was changed"


def not_empty(server: str, *, is_ours: bool) -> str:
    """The target is used."""
    held = "a database of this bot" if is_ours else "tables of another program"
    return f"{server} is not empty: it holds {held}; make a new database for the move; nothing was changed"


def move_of_another(server: str, file: str) -> str:
    """The target belongs to another move."""
    return (
        f"{server} holds an unfinished move of another file ({file}); complete that one, or make a new database; "
        "nothing was changed"
    )


def move_of_another_version(server: str) -> str:
    """The bot was updated in the middle of a move."""
    return (
        f"the move to {server} was begun by another version of the bot: complete it with that one, or make a new "
        "database; nothing was changed"
    )


def moved_elsewhere(path: str, server: str) -> str:
    """The file was moved to another server."""
    return (
        f"{path} was moved to {server} already, and what was bought since is known there alone; "
        "move-to --back-to-file takes the file again, as it was then; nothing was changed"
    )


def moved_and_gone(path: str, server: str) -> str:
    """The file was moved, and what it was moved to is not there."""
    return (
        f"{path} was moved to {server} already, which does not hold that database now: put a copy of it back "
        "there, or take the file again, as it was then, with move-to --back-to-file; nothing was changed"
    )


def moved_already(path: str, server: str, at: datetime) -> str:
    """The move is complete."""
    return f"{path} was moved to {server} before ({at:%Y-%m-%d %H:%M} UTC). {_SET_ADDRESS}"


def examined(path: str, tables: int, rows: int, seconds: float) -> str:
    """The file was read."""
    return f"Read {path}: {_counted(tables, 'table')}, {_counted(rows, 'row')}, {seconds:.1f} s."


def replaced(rows: int) -> str:
    """Texts that are not the same on the server."""
    return f"{_counted(rows, 'row')} with zero bytes in texts, for which a server stores U+FFFD."


def copied(server: str, rows: int, seconds: float) -> str:
    """The rows are on the server."""
    return f"Copied to {server}: {_counted(rows, 'row')}, {seconds:.1f} s."


def verified(tables: int, seconds: float) -> str:
    """The rows on the server are those of the file."""
    return (
        f"Read back and compared: {_counted(tables, 'table')} with the same rows, by count and SHA-256 digest, "
        f"{seconds:.1f} s."
    )


def different(server: str, tables: Sequence[str]) -> str:
    """The rows on the server are others."""
    return (
        f"{server} does not hold the same rows ({', '.join(tables)}); the move is not complete; execute the same "
        "command once more"
    )


_SET_ADDRESS: Final = "Set DATABASE_URL to that address, and start the bot."


def moved(path: str, server: str) -> str:
    """The move is complete, and what to do now."""
    return (
        f"Moved to {server}. {_SET_ADDRESS} Pictures, videos, keys and notes stay in DATA_DIR. "
        f"{path} stays as it is, marked as moved: no bot starts on it. It holds what people wrote, and no deletion "
        "reaches it any more: delete it, and backups/ beside it, once you are sure."
    )


def interrupted(reason: str) -> str:
    """The file or the server failed."""
    return f"the move is not complete: {reason}. Execute the same command once more when that is mended"


def not_moved(path: str) -> str:
    """There is no mark to take off."""
    return f"{path} was not moved: the bot starts on it as it is"


def taken_again(path: str) -> str:
    """The mark was taken off."""
    return (
        f"{path} is in force again, as it was at the move. What was bought, posted, decided or deleted on the "
        "server since is not in it: let no bot start there, compare with the DimiLinks console, and have "
        "moderators repeat what they forbade. Take DATABASE_URL out of .env. At its next start the bot looks at "
        "the replies of what was under way, and asks whoever waits before it buys anything."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
