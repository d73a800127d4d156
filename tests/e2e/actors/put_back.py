"""Backups of the bot that runs, put back where it ran or on another machine."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from bot.backups.data_folder import DataFolder
from bot.backups.restoring import BackupPutBack, put_back
from bot.backups.taking import take_backup
from bot.storage.opening import database_path
from tests.e2e.actors.harness import Harness


def _data(harness: Harness) -> DataFolder:
    return DataFolder(database_path(None, harness.data_dir), harness.data_dir.resolve())


def backed_up(harness: Harness) -> Path:
    """A backup of the bot, which runs."""
    archive = harness.data_dir.parent / "backup.tar.gz"
    take_backup(_data(harness), archive, datetime.now(UTC), force=True)
    return archive


async def put_back_elsewhere(harness: Harness, archive: Path) -> None:
    """The machine is lost: nothing is left but the backup."""
    await harness.stop()
    shutil.rmtree(harness.data_dir)
    put_back(_data(harness), archive, datetime.now(UTC))
    await harness.start()


async def put_back_here(harness: Harness, archive: Path) -> BackupPutBack:
    """The backup replaces the data of a bot that went on after it."""
    await harness.stop()
    done = put_back(_data(harness), archive, datetime.now(UTC))
    await harness.start()
    return done
