"""The line of `python -m bot check` about the store of files."""

from pathlib import Path

import pytest

from bot.cli.check_line import CheckLine
from bot.cli.file_check import check_files
from bot.settings import Settings, load
from bot.storage.file_tables import file_deletions
from bot.storage.opening import open_database
from bot.texts import console_files as words
from tests.files.s3_server import KEY_ID, QUICK_TIMES, SECRET, S3Server, Trouble
from tests.jobs.builders import MOMENT

URL = "s3://films/bot"


def settings_of(server: S3Server, folder: Path, **changed: str) -> Settings:
    return load({**server.environment(), "data_dir": folder, **changed}, env_file=None)


async def test_a_store_that_works_is_left_as_it_was(server: S3Server, tmp_path: Path) -> None:
    found = await check_files(settings_of(server, tmp_path), QUICK_TIMES)
    assert found == CheckLine("files", passed=True, told=words.store_works(URL))
    assert server.names("") == []


async def test_the_folder_needs_no_check(tmp_path: Path) -> None:
    found = await check_files(load({"data_dir": tmp_path}, env_file=None))
    assert found == CheckLine("files", passed=True, told=words.IN_FOLDER)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"aws_access_key_id": "AKIANOBODY"}, f"{URL} {words.REFUSED} (403 InvalidAccessKeyId)"),
        ({"store_url": "s3://another/bot"}, f"s3://another/bot {words.NO_BUCKET} (NoSuchBucket)"),
    ],
)
async def test_what_is_set_wrongly_is_named(
    server: S3Server, tmp_path: Path, changed: dict[str, str], told: str
) -> None:
    found = await check_files(settings_of(server, tmp_path, **changed), QUICK_TIMES)
    assert found == CheckLine("files", passed=False, told=told)


async def test_a_store_that_is_away_is_named_without_a_secret(server: S3Server, tmp_path: Path) -> None:
    server.fail(Trouble.UNAVAILABLE)
    found = await check_files(settings_of(server, tmp_path), QUICK_TIMES)
    assert (found.passed, words.AWAY in found.told) == (False, True)
    assert SECRET not in found.told
    assert KEY_ID not in found.told


async def test_deletions_that_wait_are_told(server: S3Server, tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database, database.write() as connection:
        row = {"name": "media/a.mp4", "noted_at": MOMENT}
        await connection.execute(file_deletions.insert().values(row))
    found = await check_files(settings_of(server, tmp_path), QUICK_TIMES)
    assert (found.passed, found.warns) == (True, True)
    assert found.told == words.deletions_wait(words.store_works(URL), 1)
