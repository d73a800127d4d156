"""No database is made beside the data of another one; whoever means it moves that away."""

from pathlib import Path

import pytest

from bot.moderation.audit.checkpoint import DIGEST_NAME
from bot.storage.errors import OtherDatabaseError
from bot.storage.opening import open_database
from tests.storage.new_database import place_new_database


async def opened(url: str | None, folder: Path) -> None:
    async with open_database(url, folder):
        pass


async def test_another_address_than_that_of_the_data_is_refused_until_that_is_moved_away(
    tmp_path: Path,
) -> None:
    folder, other = tmp_path / "data", tmp_path / "other.sqlite3"
    place_new_database(folder)
    (folder / DIGEST_NAME).write_text("{}")
    own = folder / "stillmotion.sqlite3"
    for _ in range(2):
        with pytest.raises(
            OtherDatabaseError, match=r"move stillmotion\.sqlite3, spool and media"
        ) as refused:
            await opened(f"sqlite:///{other}", folder)
        assert str(refused.value).startswith(f"{other}: empty, and {own} is the database of a bot")
    assert not other.stat().st_size
    own.rename(tmp_path / own.name)
    await opened(f"sqlite:///{other}", folder)


async def test_a_lost_database_is_made_anew_and_the_audit_log_tells_of_it(tmp_path: Path) -> None:
    (tmp_path / DIGEST_NAME).write_text("{}")
    await opened(None, tmp_path)


async def test_a_database_that_is_not_new_is_opened_beside_anything(tmp_path: Path) -> None:
    place_new_database(tmp_path / "data")
    place_new_database(tmp_path)
    (tmp_path / "data" / DIGEST_NAME).write_text("{}")
    await opened(f"sqlite:///{tmp_path / 'stillmotion.sqlite3'}", tmp_path / "data")
