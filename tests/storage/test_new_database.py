"""No database is made beside the data of another one; whoever means it moves that away."""

from pathlib import Path

import pytest

from bot.storage.errors import OtherDatabaseError
from bot.storage.new_database import DIGEST_NAME
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
    for _ in range(2):
        with pytest.raises(
            OtherDatabaseError, match=r"\(stillmotion\.sqlite3, audit-log\.digest\)"
        ) as refused:
            await opened(f"sqlite:///{other}", folder)
        assert str(refused.value).startswith(f"{other}: empty, and {folder} is the data folder of a bot")
    assert not other.stat().st_size
    for name in ("stillmotion.sqlite3", DIGEST_NAME):
        (folder / name).rename(tmp_path / name)
    await opened(f"sqlite:///{other}", folder)


async def test_a_lost_database_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / DIGEST_NAME).write_text("{}")
    with pytest.raises(OtherDatabaseError, match=r"restore or pg_restore"):
        await opened(None, tmp_path)
    (tmp_path / DIGEST_NAME).unlink()
    await opened(None, tmp_path)


async def test_a_database_that_is_not_new_is_opened_beside_anything(tmp_path: Path) -> None:
    place_new_database(tmp_path / "data")
    place_new_database(tmp_path)
    (tmp_path / "data" / DIGEST_NAME).write_text("{}")
    await opened(f"sqlite:///{tmp_path / 'stillmotion.sqlite3'}", tmp_path / "data")
