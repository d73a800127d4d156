"""The check of `python -m bot check` that concerns where files are: in a store one is written and deleted."""

import asyncio
import secrets
import tempfile
from pathlib import Path
from typing import Final

from bot.cli.check_line import CheckLine
from bot.files.deletions import count_deletions
from bot.files.opening import open_bucket
from bot.files.store import FilesUnavailableError, StoreFault, StoreTimes
from bot.lifecycle.file_waits import WORDS
from bot.settings import BadConfigurationError, Settings
from bot.storage.errors import StorageError
from bot.storage.opening import open_existing
from bot.texts import console_files as words

_TIMES: Final = StoreTimes(request_s=10.0, retry_s=5.0)
_NAME: Final = "files"
_CONTENT: Final = b"written by the check of Stillmotion, which deletes it"


async def check_files(settings: Settings, times: StoreTimes = _TIMES) -> CheckLine:
    """Tell where files are kept, and try a store out."""
    if not settings.has_store:
        return CheckLine(_NAME, passed=True, told=words.IN_FOLDER)
    url = settings.store_url
    try:
        await _try(settings, times)
    except BadConfigurationError as error:
        return CheckLine(_NAME, passed=False, told=str(error))
    except FilesUnavailableError as error:
        return CheckLine(_NAME, passed=False, told=words.store_fails(url, WORDS[error.fault], error.detail))
    waiting = await _deletions_of(settings)
    told = words.store_works(url)
    if waiting:
        return CheckLine(_NAME, passed=True, warns=True, told=words.deletions_wait(told, waiting))
    return CheckLine(_NAME, passed=True, told=told)


async def _try(settings: Settings, times: StoreTimes) -> None:
    bucket = open_bucket(settings, times)
    # The bot's own clean-up deletes what a check that is killed leaves there.
    name = f"media/check-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory() as folder:
        path, read = Path(folder, "written"), Path(folder, "read")
        await asyncio.to_thread(path.write_bytes, _CONTENT)
        await bucket.put(name, path)
        try:
            await bucket.get(name, read)
        except FileNotFoundError:
            raise FilesUnavailableError(StoreFault.AWAY, "a file that was written is not there") from None
        if await asyncio.to_thread(read.read_bytes) != _CONTENT:
            raise FilesUnavailableError(StoreFault.AWAY, "other bytes came back")
        await bucket.delete([name])
        if await bucket.holds(name):
            raise FilesUnavailableError(StoreFault.AWAY, "a deleted file is still there")


async def _deletions_of(settings: Settings) -> int:
    """Return how many deletions wait; 0 where the database does not tell, as its own check says why."""
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        async with open_existing(url, settings.data_dir) as database:
            return await count_deletions(database)
    except StorageError:
        return 0
