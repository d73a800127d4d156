"""A database as the bot makes it at its first start, made once for each process of tests and then copied.

The migrations, which `tests/storage` and `tests/cli` run, take a share of every end-to-end test otherwise.
"""

import tempfile
from functools import cache
from pathlib import Path

from bot.storage.migrate import migrate
from bot.storage.opening import database_path


def place_new_database(data_dir: Path) -> None:
    """Put a database without any rows where the bot looks for it, unless one is there."""
    path = database_path(None, data_dir)
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_made())


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory(prefix="stillmotion-database-") as folder:
        path = Path(folder, "new.sqlite3")
        migrate(path)
        # Nothing is left in a write-ahead log once the last connection is closed.
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        return path.read_bytes()
