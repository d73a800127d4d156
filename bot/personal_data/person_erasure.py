"""Deletion of a user's data, from the wish to its end, which may come after a restart.

`/privacy delete` and `python -m bot forget` call it; the bot goes on with what is not complete.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import and_

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.personal_data.deletion_store import DeletionRequest, DeletionStore
from bot.personal_data.inventory import QuestionCounts, open_questions
from bot.personal_data.job_erasure import JobErasure
from bot.personal_data.open_requests import OpenRequests
from bot.personal_data.person_texts import PersonTexts
from bot.storage.database import Database
from bot.storage.tables import jobs

log: Final = structlog.get_logger(__name__)

WHOLE_BOT: Final = 0
"""Stands for the server in entries that concern none."""


@dataclass(frozen=True)
class ErasureResult:
    """Result of a call: requests that ended, the number of those that were bought, and what waits for its end.

    `asked` counts the questions among the latter.
    """

    ended: int
    bought: int
    erased: int
    emptied: int
    waiting: int
    asked: QuestionCounts

    @property
    def complete(self) -> bool:
        """True if nothing is left to delete."""
        return self.waiting == 0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PersonErasure:
    """Deletes everything but decisions. Each step can be repeated, so a deletion that was cut short goes on.

    Methods raise `bot.storage.errors.StorageError`.
    """

    database: Database
    store: DeletionStore
    log: AuditLog
    requests: OpenRequests
    jobs: JobErasure
    texts: PersonTexts
    now: Callable[[], datetime]

    async def ask(self, person_id: int, *, by: int | None) -> DeletionRequest:
        """Store a user's wish, with its entry in the log, before anything is deleted.

        Args:
            person_id: The user.
            by: Who asked: the user, or None for the operator.
        """
        now = self.now()
        async with self.log.transaction() as within:
            request = await self.store.ask(within.connection, person_id, now)
            await within.record(_entry(person_id, now, by))
        return request

    async def proceed(
        self, request: DeletionRequest, settled: Callable[[Sequence[str]], Awaitable[None]]
    ) -> ErasureResult:
        """Delete what can be deleted now.

        Args:
            request: The wish.
            settled: Waits, but not for ever, until the users of these ended jobs were told.

        Raises:
            OSError: A file cannot be deleted. What needs no files is deleted all the same.
        """
        ended = await self.requests.end(request)
        if ended.ids:
            await settled(ended.ids)
        now = self.now()
        seal = _entry(request.person_id, now, None)
        theirs = and_(jobs.c.person_id == request.person_id, jobs.c.created_at <= request.asked_at)
        erased, failed = 0, None
        try:
            erased = await self.jobs.erase(theirs, seal)
        except OSError as error:
            failed = error
        if request.texts_gone_at is None:
            await self.texts.delete(request)
        await self.texts.delete_decided(request, now)
        emptied = await self.texts.empty_log(request, seal)
        await self.store.texts_gone(request, now)
        if failed is not None:
            raise failed
        waiting = await self.jobs.left(theirs) + await self.texts.left(request)
        if not waiting:
            if request.texts_gone_at is not None:
                await self.texts.delete_later_reasons(request.person_id)
            await self.store.complete(request)
        asked = await open_questions(self.database, request.person_id)
        await self.database.empty_log_file()
        # What is still needed may wait for weeks, and is looked at once a minute.
        if erased or emptied or ended.ids or request.texts_gone_at is None or not waiting:
            log.info("person_data_deleted", jobs=erased, entries=emptied, waiting=waiting)
        return ErasureResult(len(ended.ids), ended.bought, erased, emptied, waiting, asked)


def _entry(person_id: int, at: datetime, by: int | None) -> AuditEntry:
    return AuditEntry(WHOLE_BOT, at, AuditAction.PERSON_DATA_REMOVED, by, person_id)
