"""Tables of deletions that are not complete yet: of users who asked for them, and of servers that were left."""

from typing import Final

from sqlalchemy import BigInteger, Column, Table

from bot.storage.tables import UtcMoment, metadata

deletions: Final = Table(  # users whose data goes; a row stays until nothing of them is left to delete
    "deletions",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("asked_at", UtcMoment, nullable=False),  # what is newer stays
    Column("texts_gone_at", UtcMoment),  # what nothing needed has gone; jobs that are needed are left
)

left_servers: Final = Table(  # servers that the bot left, or was removed from
    "left_servers",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("left_at", UtcMoment, nullable=False),
)
