"""The advisory locks of this bot on a PostgreSQL server. They belong to one database of the server."""

from typing import Final

OWNER_KEY: Final = (0x5374696C, 0x6C6D6F74)
"""The owner's lock, in ASCII: Stil lmot."""
MIGRATION_KEY: Final = (0x5374696C, 0x6D696772)
"""Held by the transaction that migrates: Stil migr."""
# `objsubid` 2 marks keys of two numbers (PostgreSQL, *pg_locks*).
HOLDER: Final = (
    "SELECT l.pid, a.backend_start, a.application_name, host(a.client_addr)"  # noqa: S608 - constants
    " FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    f" AND l.classid = {OWNER_KEY[0]} AND l.objid = {OWNER_KEY[1]}"
)
