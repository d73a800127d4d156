"""`python -m bot unknown`: lists the requests of unknown outcome. Works while the bot runs."""

from datetime import datetime
from typing import Final

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.operator_input import printable
from bot.cli.screen import print_result
from bot.jobs.unknown_jobs import UnknownJob, UnknownJobs
from bot.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.opening import open_existing
from bot.texts import console, console_purchases

_PROMPT_SHOWN_CHARS: Final = 100


async def unknown(settings: Settings) -> None:
    """Print every unknown job with what the video service answered. Raises `CommandFailedError`."""
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        async with open_existing(url, settings.data_dir) as database:
            store = UnknownJobs(database)
            found, never_told = await store.all(), await store.never_told()
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    for job in (*found, *never_told):
        print_result(_described(job))
    print_result(console_purchases.unknown_jobs(len(found)))
    if never_told:
        print_result(console_purchases.never_told_jobs(len(never_told)))


def _described(job: UnknownJob) -> str:
    prompt = printable(job.prompt)
    if len(prompt) > _PROMPT_SHOWN_CHARS:
        prompt = f"{prompt[:_PROMPT_SHOWN_CHARS]}…"
    return console_purchases.unknown_job(
        job.id,
        asked=_moment(job.asked_at),
        submitted=_moment(job.submitted_at) if job.submitted_at is not None else None,
        person_id=job.person_id,
        guild_id=job.guild_id,
        prompt=prompt,
        answer=printable(job.raw_answer or ""),
        task_id=job.task_id,
    )


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
