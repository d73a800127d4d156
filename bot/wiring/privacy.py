"""Connects what users see, export and delete of their data, and the deletion of servers that were left."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.backups.replaced_data import remove_replaced
from bot.people.cache import PreferenceCache
from bot.personal_data.export import PersonExport
from bot.personal_data.inventory import PersonInventory
from bot.personal_data.parts import ErasureParts
from bot.personal_data.server_erasure import ServerErasure
from bot.services.documents import DocumentFacts, Documents
from bot.services.personal_data import PersonalData
from bot.settings import Settings
from bot.storage.backup import remove_backups
from bot.wiring.jobs import JobWiring
from bot.wiring.moderation import ModerationWiring
from cogs.privacy.command import PrivacyCog
from cogs.privacy.servers import ServersCog


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PrivacyWiring:
    """The parts of privacy, each built when it is first needed."""

    settings: Settings
    moderation: ModerationWiring
    jobs: JobWiring
    people: PreferenceCache
    resumed: asyncio.Event
    """Set once jobs run: before that none of them may be ended."""
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Go on with deletions, until cancelled."""
        await self.resumed.wait()
        await self.personal_data.run()

    async def edit_cards(self) -> None:
        """Take what was deleted from moderators' cards, until cancelled."""
        await self.resumed.wait()
        await self.moderation.emptied_cards.run()

    @cached_property
    def cogs(self) -> tuple[PrivacyCog, ServersCog]:
        """`/privacy`, and what notes the servers that the bot leaves."""
        return (
            PrivacyCog(self.personal_data, self.documents),
            ServersCog(self.moderation.bot, self.personal_data),
        )

    @cached_property
    def personal_data(self) -> PersonalData:
        """Serves `/privacy`."""
        database, parts = self.moderation.database, self._parts
        return PersonalData(
            inventory=PersonInventory(database, self.moderation.job_files),
            exporting=PersonExport(database),
            erasure=parts.person,
            servers=ServerErasure(
                database=database,
                jobs=parts.jobs,
                emptying=parts.emptying,
                caches=self.moderation.caches,
            ),
            store=parts.person.store,
            runner=self.jobs.runner,
            deadlines=self.jobs.deadline_clock(),
            remove_copies=self._remove_copies,
            is_in_server=self.moderation.bot.is_in_server,
            now=self.now,
        )

    def _remove_copies(self, before: datetime) -> int:
        """Delete copies from before upgrades, and what restores replaced. Blocking."""
        path = self.moderation.database.path
        removed = remove_backups(path, before) if path is not None else 0
        return removed + remove_replaced(self.settings.data_dir, before)

    @cached_property
    def documents(self) -> Documents:
        """The privacy policy and the terms of use."""
        settings = self.settings
        return Documents(DocumentFacts(settings.keep_undelivered_days, settings.keep_pictures_hours))

    @cached_property
    def _parts(self) -> ErasureParts:
        return ErasureParts(
            database=self.moderation.database,
            store=self.jobs.store,
            audit=self.moderation.audit_log,
            members=self.moderation.caches.members,
            people=self.people,
            files=self.moderation.job_files,
            restart=self.jobs.runner.restart,
            show_later=self.moderation.questions.show_later,
            now=self.now,
        )
