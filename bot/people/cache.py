"""Cache of all users' defaults, so that a request needs no database access to apply them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from bot.people.preferences import Preferences
from bot.people.store import PeopleStore
from bot.storage.change_feed import ChangeKind, OwnChanges

_NONE: Final = Preferences()


class PreferenceCache:
    """Defaults of the users who set any, in memory and in the database. Changes are stored before they apply."""

    def __init__(self, store: PeopleStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._known: dict[int, Preferences] = {}
        self._own = OwnChanges()
        store.feed.register(ChangeKind.PREFERENCES, self._follow)

    async def load(self) -> None:
        """Fill the cache from the database. Raises `bot.storage.errors.StorageError`."""
        self._known = dict(await self._own.read(self._store.everybody))

    def of(self, person_id: int) -> Preferences:
        """Return a user's defaults, which are empty if the user never set any."""
        return self._known.get(person_id, _NONE)

    async def change(self, person_id: int, newer: Preferences) -> Preferences:
        """Store the user's defaults with every field that is set in `newer` replaced.

        Returns:
            The complete defaults.

        Raises:
            bot.storage.StorageError: Nothing was changed.
        """

        def know(chosen: Preferences) -> None:
            self._known[person_id] = chosen
            self._own.note()

        return await self._store.change(person_id, newer, self._now(), know)

    async def reload(self, person_id: int) -> None:
        """Read one user's defaults again, after they were changed beside the cache. Raises `StorageError`."""
        stored = await self._own.read(partial(self._store.of, person_id))
        if stored is None:
            self._known.pop(person_id, None)
        else:
            self._known[person_id] = stored

    async def reset(self, person_id: int) -> None:
        """Remove a user's defaults. Raises `bot.storage.errors.StorageError`; then nothing was changed."""
        await self._store.forget(person_id)
        self._known.pop(person_id, None)
        self._own.note()

    async def _follow(self, key: str | None) -> None:
        if key is None:
            await self.load()
        else:
            await self.reload(int(key))
