"""Refusal to make a new database beside the data of another one.

With a changed `DATABASE_URL`, or before a lost database is restored, a bot would start that knows of no suspension,
of no purchase, and of none of the files that lie there.
"""

from pathlib import Path
from typing import Final

from bot.storage.address import DatabaseAddress, database_address
from bot.storage.errors import OtherDatabaseError

DIGEST_NAME: Final = "audit-log.digest"
"""The file in the data folder that vouches for the newest entry of the database's audit log."""


def refuse_beside_another(address: DatabaseAddress, data_dir: Path) -> None:
    """Raise `OtherDatabaseError` if the data folder is that of a bot with another database. Blocking.

    Args:
        address: A database that has no tables yet.
        data_dir: The data folder.
    """
    own = database_address(None, data_dir)
    traces = [data_dir / DIGEST_NAME]
    if own != address:
        traces.insert(0, data_dir / Path(own.name).name)
    found = [path for path in traces if path.is_file() and path.stat().st_size]
    if found:
        raise OtherDatabaseError(address.name, data_dir, found)
