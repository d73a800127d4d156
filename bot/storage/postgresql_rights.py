"""Check that a database on a server takes what the bot writes. It writes nothing."""

from typing import Final

from sqlalchemy import Connection, text

from bot.storage.migrate import SchemaState
from bot.storage.tables import metadata

_READ_ONLY: Final = text(
    "SELECT pg_is_in_recovery() OR CAST(current_setting('default_transaction_read_only') AS bool)"
)
_MAY_CREATE: Final = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
_FORBIDDEN: Final = text(
    "SELECT count(*) FROM unnest(CAST(:names AS text[])) AS name WHERE NOT ("
    "has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT')"
    " AND has_table_privilege(name, 'UPDATE') AND has_table_privilege(name, 'DELETE'))"
)


def what_forbids_writing(connection: Connection, standing: SchemaState) -> tuple[str, ...]:
    """Return why the bot could not work with a database, in words; empty if nothing is known to forbid it.

    Args:
        connection: One that needs no right to write itself.
        standing: The state of the tables.
    """
    if connection.scalar(_READ_ONLY):
        return ("takes no changes: a standby, or default_transaction_read_only is on",)
    if standing in {SchemaState.NEW, SchemaState.OLDER} and not connection.scalar(_MAY_CREATE):
        return ("the user may make no tables in the first schema of search_path",)
    if standing is SchemaState.CURRENT and connection.scalar(_FORBIDDEN, {"names": list(metadata.tables)}):
        return ("the user may not read and change all tables",)
    return ()
