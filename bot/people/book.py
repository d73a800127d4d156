"""Everybody's defaults at hand, so that no request waits for the disk to learn them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.people.preferences import Preferences
from bot.people.store import PeopleStore

_NONE: Final = Preferences()


class PreferenceBook:
    """The defaults of the few who set some, in memory and on the disk."""

    def __init__(self, store: PeopleStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._known: dict[int, Preferences] = {}

    async def load(self) -> None:
        """Read what is kept. Raises `bot.storage.StorageError`."""
        self._known = dict(await self._store.everybody())

    def of(self, person_id: int) -> Preferences:
        """What somebody chose; nothing for those who never did."""
        return self._known.get(person_id, _NONE)

    async def change(self, person_id: int, newer: Preferences) -> Preferences:
        """Put what `newer` says in place, and return the whole. Raises `bot.storage.StorageError`."""
        chosen = self.of(person_id).changed_by(newer)
        await self._store.save(person_id, chosen, self._now())
        self._known[person_id] = chosen
        return chosen

    async def reset(self, person_id: int) -> None:
        """Forget what somebody chose. Raises `bot.storage.StorageError`."""
        await self._store.forget(person_id)
        self._known.pop(person_id, None)
