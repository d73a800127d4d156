"""The line of jobs that several processes share; one process has its line in memory, and no rows here."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from bot.storage.partial_index import only_where
from bot.storage.tables import UtcMoment, metadata

line_entries: Final = Table(  # jobs that wait for a slot, or have one and are not over
    "line_entries",
    metadata,
    Column("job_id", String(32), primary_key=True),
    # The run that waits: what another run has taken over waits no longer, and has no slot.
    Column("claim", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),  # the place in the order of arrival
    Column("slot_at", UtcMoment),  # since when it has a slot
)
Index("ix_line_entries_waiting", line_entries.c.number, **only_where("slot_at IS NULL"))
Index("ix_line_entries_slots", line_entries.c.slot_at, **only_where("slot_at IS NOT NULL"))
