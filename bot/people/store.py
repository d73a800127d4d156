"""Database access for users' defaults: all SQL about the table `people`."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import RowMapping, delete, select

from bot.people.preferences import Preferences
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import people


class PeopleStore:
    """Reads and writes users' defaults. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everybody(self) -> Mapping[int, Preferences]:
        """Return the defaults of all users who have any, by user id. Those that cannot be read are left out."""
        keys, alarms = (people.c.person_id,), self._database.alarms
        async with self._database.read() as connection:
            return dict(await read_rows(connection, select(people), _preferences, keys=keys, alarms=alarms))

    async def of(self, person_id: int) -> Preferences | None:
        """Return a user's defaults, or None if the user has none that can be read."""
        chosen, keys = select(people).where(people.c.person_id == person_id), (people.c.person_id,)
        async with self._database.read() as connection:
            found = await read_rows(connection, chosen, _preferences, keys=keys, alarms=self._database.alarms)
        return found[0][1] if found else None

    async def save(self, person_id: int, chosen: Preferences, now: datetime) -> None:
        """Replace a user's stored defaults."""
        seconds = int(chosen.seconds) if chosen.seconds is not None else None
        row = chosen.model_dump() | {"person_id": person_id, "changed_at": now, "seconds": seconds}
        async with self._database.write() as connection:
            await connection.execute(delete(people).where(people.c.person_id == person_id))
            await connection.execute(people.insert().values(row))

    async def forget(self, person_id: int) -> None:
        """Delete a user's stored defaults."""
        async with self._database.write() as connection:
            await connection.execute(delete(people).where(people.c.person_id == person_id))


def _preferences(row: RowMapping) -> tuple[int, Preferences]:
    seconds = row["seconds"]  # a number in the table, a string elsewhere
    fields = {**row, "seconds": str(seconds) if seconds is not None else None}
    return row["person_id"], Preferences.model_validate(fields)
