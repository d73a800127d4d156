"""Builds the parts that delete data, for the bot and for the command line alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.files.job_files import JobFiles
from bot.jobs.store import JobStore
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.sealing import EntryEmptying
from bot.moderation.members.cache import MemberCache
from bot.moderation.reporting import ReportReason
from bot.people.cache import PreferenceCache
from bot.personal_data.deletion_store import DeletionStore
from bot.personal_data.job_erasure import JobErasure
from bot.personal_data.open_requests import OpenRequests
from bot.personal_data.person_erasure import PersonErasure
from bot.personal_data.person_texts import PersonTexts
from bot.reviews.review import DenyReason
from bot.storage.database import Database

CHOSEN_REASONS = frozenset({*ReportReason, *DenyReason})
"""Reasons that are chosen from a list, so that they are nobody's words."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ErasureParts:
    """The parts, each built when it is first needed."""

    database: Database
    store: JobStore
    audit: AuditLog
    members: MemberCache
    people: PreferenceCache
    files: JobFiles
    restart: Callable[[str], None]
    """Runs a job anew from the state in which it is stored."""
    show_later: Callable[[str], None]
    """Has the card of a question say how it stands, soon."""
    now: Callable[[], datetime]

    @cached_property
    def emptying(self) -> EntryEmptying:
        """Empties entries of the log."""
        return EntryEmptying(self.audit, (reason.value for reason in CHOSEN_REASONS))

    @cached_property
    def jobs(self) -> JobErasure:
        """Erases jobs."""
        return JobErasure(
            database=self.database,
            emptying=self.emptying,
            files=self.files,
        )

    @cached_property
    def person(self) -> PersonErasure:
        """Deletes the data of users."""
        return PersonErasure(
            database=self.database,
            store=DeletionStore(self.database),
            log=self.audit,
            requests=OpenRequests(
                database=self.database,
                store=self.store,
                audit=self.audit,
                spool_dir=self.files.pictures.folder,
                restart=self.restart,
                show_later=self.show_later,
                now=self.now,
            ),
            jobs=self.jobs,
            texts=PersonTexts(
                database=self.database,
                log=self.audit,
                emptying=self.emptying,
                members=self.members,
                people=self.people,
            ),
            now=self.now,
        )
