"""The audit log as everybody writes it: kept first, then mirrored to where a server wants to read it."""

from collections.abc import Callable

from bot.moderation.audit.entries import Entry, Recorded
from bot.moderation.audit.store import AuditStore


def _nowhere(recorded: Recorded) -> None:
    """Nobody mirrors the log yet."""
    del recorded


class AuditTrail:
    """Appends entries, and hands each on once it is kept. Raises `bot.storage.StorageError`."""

    def __init__(self, store: AuditStore) -> None:
        self.store = store
        self.mirror: Callable[[Recorded], None] = _nowhere
        """Told of every entry; must not wait."""

    async def append(self, *entries: Entry) -> None:
        """Keep entries in this order, all or none."""
        for recorded in await self.store.append(*entries):
            self.mirror(recorded)
