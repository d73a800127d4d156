"""Remembers greeted servers: each is greeted once, however often it is invited, and whatever restarts between."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from bot.storage.database import Database
from bot.storage.tables import greetings


class Greetings:
    """Remembers greeted servers in the database."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def begin(self, guild_id: int) -> bool:
        """Note that a server is being greeted. Returns False if that was noted before: then nothing may be sent.

        It is noted before anything is sent, so a greeting that a crash cuts off is not sent twice.
        Raises `bot.storage.errors.StorageError`; then nothing may be sent either.
        """
        try:
            async with self._database.write() as connection:
                row = {"guild_id": guild_id, "greeted_at": self._now()}
                await connection.execute(greetings.insert().values(row))
        except IntegrityError:
            return False
        return True
