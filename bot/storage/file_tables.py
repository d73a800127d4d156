"""Files that are to be deleted in a store; also its column types."""

from typing import Final

from sqlalchemy import Column, Table, Text

from bot.storage.tables import UtcMoment, metadata

file_deletions: Final = Table(  # files that the store may still have, and nobody may be given any more
    "file_deletions",
    metadata,
    Column("name", Text, primary_key=True),  # media/…, spool/…/… or, for all that begins so, spool/…/
    Column("noted_at", UtcMoment, nullable=False),
)
