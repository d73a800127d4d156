"""Refusal to make a new database beside the data of another one.

With a changed `DATABASE_URL` a bot would start that knows of no suspension, of no purchase, and of none of the
files that lie there.
"""

from pathlib import Path

from bot.storage.address import DatabaseAddress, database_address
from bot.storage.errors import OtherDatabaseError


def refuse_beside_another(address: DatabaseAddress, data_dir: Path) -> None:
    """Raise `OtherDatabaseError` if the data folder holds the database of a bot. Blocking.

    A folder whose own database is lost is none of another one: the audit log's digest then tells the operator.

    Args:
        address: A database that has no tables yet.
        data_dir: The data folder.
    """
    own = database_address(None, data_dir)
    beside = data_dir / Path(own.name).name
    if own != address and beside.is_file() and beside.stat().st_size:
        raise OtherDatabaseError(address.name, beside)
