"""`python -m bot forget`: deletes a user's data, as `/privacy delete` does, while the bot is stopped."""

from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.files.deletions import count_deletions
from bot.files.opening import open_files
from bot.jobs.store import JobStore
from bot.moderation.audit.log import AuditLog
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.store import MemberStore
from bot.people.cache import PreferenceCache
from bot.people.store import PeopleStore
from bot.personal_data.parts import ErasureParts
from bot.personal_data.person_erasure import ErasureResult
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.opening import open_database
from bot.texts import console


async def forget(settings: Settings, person_id: int) -> None:
    """Delete what is stored about a user, but for decisions, and record that in the audit log.

    What is still needed goes when the bot runs: open questions, and requests of whose end their user is not told.

    Raises:
        CommandFailedError: The database or a file cannot be opened or written, as while the bot runs.
    """
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    for folder in (settings.spool_dir, settings.media_dir):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        async with open_database(url, settings.data_dir) as database:
            done = await _delete(database, settings, person_id)
            stored = await count_deletions(database)
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    except OSError as error:
        raise CommandFailedError(console.files_not_deleted(str(error)), ExitStatus.FAILED) from None
    told = console.forgotten(done.erased, done.emptied, ended=done.ended, waiting=done.waiting, stored=stored)
    typer.echo(told)


async def _delete(database: Database, settings: Settings, person_id: int) -> ErasureResult:
    members = MemberCache(MemberStore(database))
    await members.load()
    parts = ErasureParts(
        database=database,
        store=JobStore(database, settings.spool_dir),
        audit=AuditLog(database),
        members=members,
        people=PreferenceCache(PeopleStore(database), _utc_now),
        files=open_files(settings, database, _utc_now),
        restart=_leave_to_the_bot,
        show_later=_leave_to_the_bot,
        now=_utc_now,
    )
    request = await parts.person.ask(person_id, by=None)
    return await parts.person.proceed(request, _tell_later)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _leave_to_the_bot(_job_or_review_id: str) -> None:
    """The next start runs the job, which tells its user, and has the card of the question say so."""


async def _tell_later(_job_ids: Sequence[str]) -> None:
    """Nobody can be told while the bot is stopped."""
