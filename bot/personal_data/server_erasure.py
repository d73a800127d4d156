"""Deletion of the data of a server that the bot left: rules, words, decisions, and the requests made there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import and_, delete, select

from bot.jobs.job import NOBODY
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.sealing import EntryEmptying
from bot.moderation.gatekeeper import ModerationCaches
from bot.personal_data.job_erasure import JobErasure
from bot.storage.advisory_locks import SharedLock
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.moderation_tables import (
    audit,
    members,
    person_news,
    reviews,
    servers,
    strikes,
    terms,
    votes,
)
from bot.storage.tables import jobs, reports

log: Final = structlog.get_logger(__name__)

_WHOLE_BOT: Final = 0
_TABLES: Final = (reviews, reports, strikes, members, terms, servers, person_news)
"""Tables whose rows of the server go. Those of `votes` belong to reviews."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ServerErasure:
    """Deletes it. Entries of the log stay, without texts."""

    database: Database
    jobs: JobErasure
    emptying: EntryEmptying
    caches: ModerationCaches

    async def erase(self, guild_id: int, now: datetime) -> bool:
        """Delete a server's data.

        Returns:
            False if a request from there is still under way; a later call deletes the rest.

        Raises:
            StorageError: Calling it again goes on.
            OSError: As `StorageError`: a file cannot be deleted.
        """
        async with self.database.write() as connection:
            await self.database.lock(connection, SharedLock.DECISIONS)
            for kind, key in (
                (ChangeKind.RULES, str(guild_id)),
                (ChangeKind.WORDS, str(guild_id)),
                (ChangeKind.MEMBER, f"{guild_id}:"),
            ):
                await self.database.announce(connection, kind, key)
            asked = select(reviews.c.id).where(reviews.c.guild_id == guild_id)
            await connection.execute(delete(votes).where(votes.c.review_id.in_(asked)))
            for table in _TABLES:
                await connection.execute(delete(table).where(table.c.guild_id == guild_id))
        self.caches.rules.forget_server(guild_id)
        self.caches.members.forget_server(guild_id)
        self.caches.words.forget_server(guild_id)
        details = {"server": str(guild_id)}
        seal = AuditEntry(_WHOLE_BOT, now, AuditAction.SERVER_DATA_REMOVED, None, details=details)
        # What users made there with their own installation of the bot is theirs, as in direct messages.
        theirs = and_(
            jobs.c.guild_id == guild_id, jobs.c.reply_foreign.is_(False), jobs.c.person_id != NOBODY
        )
        erased = await self.jobs.erase(theirs, seal)
        emptied = await self.emptying.empty(audit.c.guild_id == guild_id, self.emptying.in_full, seal)
        await self.database.empty_log_file()
        left = await self.jobs.left(theirs)
        log.info("server_data_deleted", guild=guild_id, jobs=erased, entries=emptied, left=left)
        return not left
