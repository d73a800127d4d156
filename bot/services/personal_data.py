"""Shows, exports and deletes what is stored about users; also deletes the data of servers that were left."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog

from bot.jobs.deadline_clock import DeadlineClock
from bot.lifecycle.runner import JobRuns
from bot.personal_data.archive import fitted
from bot.personal_data.deletion_store import DeletionStore
from bot.personal_data.export import PersonExport
from bot.personal_data.inventory import Inventory, PersonInventory
from bot.personal_data.job_erasure import CHARGED_FOR
from bot.personal_data.person_erasure import ErasureResult, PersonErasure
from bot.personal_data.server_erasure import ServerErasure
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

SERVER_KEPT_FOR: Final = timedelta(days=30)
"""Time for which the data of a server that was left is kept: it may come back."""
COPIES_KEPT_FOR: Final = timedelta(days=30)
"""Time for which a copy of the database from before an upgrade is kept, with what was deleted since; also what a
restore replaced."""
_EVERY_S: Final = 60.0
_TOLD_WITHIN_S: Final = 10.0
"""For the cards of requests that ended to say so, while the user waits."""
_EXPORTS_AT_ONCE: Final = 2


class ExportBusyError(Exception):
    """The user's export is being made, or those of too many others."""


@dataclass(frozen=True)
class ExportedData:
    """Files with what is stored about a user, and the number of records in them."""

    paths: Sequence[Path]
    records: int


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PersonalData:
    """Serves `/privacy`, and goes on with deletions in its task `run`.

    Methods raise `bot.storage.errors.StorageError`.
    """

    inventory: PersonInventory
    exporting: PersonExport
    erasure: PersonErasure
    servers: ServerErasure
    store: DeletionStore
    runner: JobRuns
    deadlines: DeadlineClock
    remove_copies: Callable[[datetime], int]
    """Deletes copies of the database that were made before a moment, and returns their number. Blocks."""
    is_in_server: Callable[[int], Awaitable[bool | None]]
    """Tells if the bot is in a server, also while Discord has it unavailable; None if nobody can tell now."""
    now: Callable[[], datetime]
    _erasing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _exporting: set[int] = field(default_factory=set[int], init=False)

    async def overview(self, person_id: int) -> Inventory:
        """Return how much is stored about a user."""
        return await self.inventory.of(person_id)

    @asynccontextmanager
    async def exported(self, person_id: int, limit_bytes: int) -> AsyncGenerator[ExportedData]:
        """Give files with everything about a user, which are deleted at the end of the block.

        Raises:
            ExportBusyError: One is being made for the user, or too many for others.
            OSError: A file cannot be written.
        """
        if person_id in self._exporting or len(self._exporting) >= _EXPORTS_AT_ONCE:
            raise ExportBusyError
        self._exporting.add(person_id)
        try:
            with TemporaryDirectory(prefix="stillmotion-export-") as folder:
                now = self.now()
                path = Path(folder) / f"my-data-{now:%Y-%m-%d}.json"
                records = await self.exporting.write(person_id, path, now)
                paths = await asyncio.to_thread(fitted, path, limit_bytes)
                log.info("person_data_exported", records=records, files=len(paths))
                yield ExportedData(paths, records)
        finally:
            self._exporting.discard(person_id)

    async def delete(self, person_id: int, noted: Callable[[], Awaitable[None]]) -> ErasureResult:
        """Delete what is stored about a user; what is still needed goes later, by itself.

        Args:
            person_id: The user.
            noted: Awaited once the deletion is stored, which nothing can keep from being completed then.

        Raises:
            OSError: A file cannot be deleted. It is tried again, and so is the rest.
        """
        request = await self.erasure.ask(person_id, by=person_id)
        await noted()
        async with self._erasing:
            return await self.erasure.proceed(request, self._settled)

    async def _settled(self, job_ids: Sequence[str]) -> None:
        await self.runner.ended(job_ids, within_s=_TOLD_WITHIN_S)

    async def run(self) -> None:
        """Go on with what is not complete, once a minute, until cancelled."""
        while True:
            try:
                await self.run_once()
            except (StorageError, OSError) as error:
                log.warning("deletion_not_finished", reason=str(error))
            await asyncio.sleep(_EVERY_S)

    async def run_once(self) -> None:
        """Go on with deletions, and delete the data of servers that were left. Raises `OSError` as well."""
        async with self._erasing:
            for request in await self.store.pending():
                try:
                    await self.erasure.proceed(request, self._settled)
                except (StorageError, OSError) as error:
                    # One file that cannot be deleted holds back nobody else's.
                    log.warning("deletion_not_finished", reason=str(error))
            await self.erasure.jobs.forget_charges(self.now() - CHARGED_FOR)
            now = self.deadlines.look()
            if now is None:
                return
            if removed := await asyncio.to_thread(self.remove_copies, now - COPIES_KEPT_FOR):
                log.info("database_copies_deleted", copies=removed)
            await self._delete_servers(now)

    async def _delete_servers(self, now: datetime) -> None:
        for guild_id in await self.store.left_before(now - SERVER_KEPT_FOR):
            try:
                present = await self.is_in_server(guild_id)
                if present is None:
                    continue
                if present or await self.servers.erase(guild_id, now):
                    await self.store.forget_servers([guild_id])
            except (StorageError, OSError) as error:
                log.warning("server_data_not_deleted", guild=guild_id, reason=str(error))

    async def server_left(self, guild_id: int) -> None:
        """Note that the bot is no longer in a server."""
        await self.store.note_left([guild_id], self.now())

    async def servers_seen(self, present: Collection[int], is_told_of: Callable[[int], bool]) -> None:
        """Note in which servers the bot is, and which it left while it was away.

        Args:
            present: All servers of the bot, those included that are unavailable at the moment.
            is_told_of: Tells if a server would be among them. Of others another process is told.
        """
        await self.store.note_present(present)
        left = await self.store.known_servers() - set(present)
        await self.store.note_left([one for one in left if is_told_of(one)], self.now())
