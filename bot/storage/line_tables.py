"""The line of jobs that several processes share; one process has its line in memory, and no rows here."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, false

from bot.storage.partial_index import only_where
from bot.storage.tables import UtcMoment, metadata

line_entries: Final = Table(  # jobs that wait for a slot, or have one and are not over
    "line_entries",
    metadata,
    Column("job_id", String(32), primary_key=True),
    # The run that waits: what another run has taken over waits no longer, and has no slot.
    Column("claim", Integer, nullable=False),
    Column(
        "turn", Integer, nullable=False
    ),  # all of one turn come before the next; a user has one job in each
    Column("number", BigInteger, nullable=False),  # the place in the order of arrival
    Column("slot_at", UtcMoment),  # since when it has a slot
    # No run waits: it is too far back in the line, and begins anew when it has come nearer.
    Column("resting", Boolean, nullable=False, default=False, server_default=false()),
)
Index("ix_line_entries_waiting", line_entries.c.turn, line_entries.c.number, **only_where("slot_at IS NULL"))
Index("ix_line_entries_slots", line_entries.c.slot_at, **only_where("slot_at IS NOT NULL"))
