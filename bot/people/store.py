"""Database access for users' defaults: all SQL about the table `people`."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select

from bot.people.preferences import Preferences
from bot.storage.database import Database
from bot.storage.tables import people
from bot.video import Preset, Resolution, Seconds, Size


class PeopleStore:
    """Reads and writes users' defaults. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everybody(self) -> Mapping[int, Preferences]:
        """Return the defaults of all users who have any, by user id."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(people))).all()
        return {
            row.person_id: Preferences(
                Seconds(str(row.seconds)) if row.seconds is not None else None,
                Size(row.size) if row.size is not None else None,
                Resolution(row.resolution) if row.resolution is not None else None,
                Preset(row.preset) if row.preset is not None else None,
                row.private,
                row.ping,
            )
            for row in rows
        }

    async def save(self, person_id: int, chosen: Preferences, now: datetime) -> None:
        """Replace a user's stored defaults."""
        row = {
            "person_id": person_id,
            "changed_at": now,
            "seconds": int(chosen.seconds) if chosen.seconds is not None else None,
            "size": chosen.size.value if chosen.size is not None else None,
            "resolution": chosen.resolution.value if chosen.resolution is not None else None,
            "preset": chosen.preset.value if chosen.preset is not None else None,
            "private": chosen.private,
            "ping": chosen.ping,
        }
        async with self._database.write() as connection:
            await connection.execute(delete(people).where(people.c.person_id == person_id))
            await connection.execute(people.insert().values(row))

    async def forget(self, person_id: int) -> None:
        """Delete a user's stored defaults."""
        async with self._database.write() as connection:
            await connection.execute(delete(people).where(people.c.person_id == person_id))
