"""Database access for users' defaults: all SQL about the table `people`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.people.preferences import Preferences
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import people


class PeopleStore:
    """Reads and writes users' defaults. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.feed = database.feed

    async def everybody(self) -> Mapping[int, Preferences]:
        """Return the defaults of all users who have any, by user id. Those that cannot be read are left out."""
        async with self._database.read() as connection:
            return dict(await self._read(connection, select(people)))

    async def of(self, person_id: int) -> Preferences | None:
        """Return a user's defaults, or None if the user has none that can be read."""
        async with self._database.read() as connection:
            return await self._one(connection, person_id)

    async def change(
        self,
        person_id: int,
        newer: Preferences,
        now: datetime,
        known: Callable[[Preferences], None],
    ) -> Preferences:
        """Store the fields that are set in `newer`.

        Args:
            person_id: The user.
            newer: What the user chose now.
            now: The moment.
            known: Called with the complete defaults once they are committed. It must not raise.

        Returns:
            The complete defaults, with what other processes stored.
        """
        try:
            return await self._change(person_id, newer, now, known)
        except IntegrityError:  # another process stored the user's first ones at the same moment
            return await self._change(person_id, newer, now, known)

    async def _change(
        self,
        person_id: int,
        newer: Preferences,
        now: datetime,
        known: Callable[[Preferences], None],
    ) -> Preferences:
        values = newer.model_dump(exclude_none=True) | {"changed_at": now}
        if newer.seconds is not None:
            values["seconds"] = int(newer.seconds)
        this, chosen = people.c.person_id == person_id, newer
        async with self._database.write(lambda: known(chosen)) as connection:
            await connection.execute(update(people).where(this).values(values))
            stored = await self._one(connection, person_id)
            if stored is None:  # there are none, or they cannot be read
                await connection.execute(delete(people).where(this))
                await connection.execute(people.insert().values(values | {"person_id": person_id}))
            chosen = stored or newer
            await self._database.announce(connection, ChangeKind.PREFERENCES, str(person_id))
        return chosen

    async def forget(self, person_id: int) -> None:
        """Delete a user's stored defaults."""
        async with self._database.write() as connection:
            await connection.execute(delete(people).where(people.c.person_id == person_id))
            await self._database.announce(connection, ChangeKind.PREFERENCES, str(person_id))

    async def _one(self, connection: AsyncConnection, person_id: int) -> Preferences | None:
        found = await self._read(connection, select(people).where(people.c.person_id == person_id))
        return found[0][1] if found else None

    async def _read(
        self, connection: AsyncConnection, chosen: Select[*tuple[Any, ...]]
    ) -> Sequence[tuple[int, Preferences]]:
        keys, alarms = (people.c.person_id,), self._database.alarms
        return await read_rows(connection, chosen, _preferences, keys=keys, alarms=alarms)


def _preferences(row: RowMapping) -> tuple[int, Preferences]:
    seconds = row["seconds"]  # a number in the table, a string elsewhere
    fields = {**row, "seconds": str(seconds) if seconds is not None else None}
    return row["person_id"], Preferences.model_validate(fields)
