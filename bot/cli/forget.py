"""`python -m bot forget`: removes a user's texts at the user's request. Moderators' decisions stay."""

from datetime import UTC, datetime

import typer

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.jobs.originals import Originals
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.store import AuditStore
from bot.moderation.members.news import NewsStore
from bot.people.store import PeopleStore
from bot.services.drafts import DraftStore
from bot.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.opening import open_database
from bot.texts import console


async def forget(settings: Settings, person_id: int) -> None:
    """Remove a user's prompts, original videos, drafts, defaults and news, and record the removal in the audit log.

    Raises:
        CommandFailedError: The database cannot be opened or written, for example because the bot is running.
    """
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        async with open_database(url, settings.data_dir) as database:
            store = JobStore(database, settings.spool_dir)
            jobs = await store.forget_prompts(person_id)
            await Originals(database, store, settings.media_dir).drop_of_person(person_id)
            await DraftStore(database).remove_of(person_id)
            await PeopleStore(database).forget(person_id)
            await NewsStore(database).remove_of(person_id)
            done = AuditEntry(0, datetime.now(UTC), AuditAction.PERSON_DATA_REMOVED, None, person_id)
            entries = await AuditStore(database).forget_prompts(person_id, done)
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    typer.echo(console.forgotten(jobs, entries))
