"""The advisory locks of this bot on a PostgreSQL server. They belong to one database of the server."""

from enum import IntEnum, StrEnum
from typing import Final

OWNER_KEY: Final = (0x5374696C, 0x6C6D6F74)
"""The owner's lock, in ASCII: Stil lmot."""
MIGRATION_KEY: Final = (0x5374696C, 0x6D696772)
"""Held by the transaction that migrates: Stil migr."""
GATEWAY_KEY: Final = (0x5374696C, 0x67617465)
"""Shared by the sessions of all gateways: Stil gate."""
GATEWAYS: Final = 0x47617465
"""The first half of the keys that name the processes of gateways: Gate. The second is the process's number."""
GROUPS: Final = 0x53686172
"""The first half of the keys of groups of shards, each held by one gateway: Shar. The second is the group."""
BUCKETS: Final = 0x4964656E
"""The first half of the keys of IDENTIFYs, one at a time in a bucket: Iden. The second is the bucket."""
SHARED_KEY: Final = 0x5374696C
"""The first half of the keys of `SharedLock`: Stil."""
ALONE_KEY: Final = 0x536F6C65
"""The first half of the keys of `SoleWork`: Sole. The second is made of its name, and of what it is done to."""
# `objsubid` 2 marks keys of two numbers (PostgreSQL, *pg_locks*).
HOLDER: Final = (
    "SELECT l.pid, a.backend_start, a.application_name, host(a.client_addr)"  # noqa: S608 - constants
    " FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    f" AND l.classid = {OWNER_KEY[0]} AND l.objid = {OWNER_KEY[1]}"
)
"""Asks for the sessions that have the owner's lock, alone or shared."""
SOLE_HOLDER: Final = f"{HOLDER} AND l.mode = 'ExclusiveLock'"
"""Asks for the session that has it alone."""

WORKERS: Final = (
    f"SELECT count(*) FILTER (WHERE objid = {OWNER_KEY[1]})"  # noqa: S608 - constants
    f" - count(*) FILTER (WHERE objid = {GATEWAY_KEY[1]}) FROM pg_locks"
    f" WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = {OWNER_KEY[0]}"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""Asks for the number of processes that share the database, but for gateways."""


class SharedLock(IntEnum):
    """Locks that transactions of several processes hold until their ends. The value is the key's second half."""

    DECISIONS = 0x64656369
    """Decisions with entries in the audit log: deci."""
    STARTS = 0x73746172
    """Held for what is done at a start of any process: star."""
    LINE = 0x6C696E65
    """Changes of the line of jobs that wait for a slot: line."""
    LEADER = 0x6C656164
    """Shared by the leader's transactions; held alone by who takes the lease: lead."""


class SoleWork(StrEnum):
    """Work that one process at a time does to the same thing.

    A process that does the first may do one below it as well, never the other way round.
    """

    TAKEDOWN = "takedown"
    """Hides, restores or removes a video; the thing is its job."""
    CARD = "card"
    """Shows a question to moderators; the thing is the question."""
    FILE_DELETIONS = "file deletions"
    """Deletes files from the store, or takes that back; of all files."""
