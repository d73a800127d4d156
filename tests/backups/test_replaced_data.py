"""Data that a restore replaced ends after a while: it holds what was deleted since."""

from datetime import timedelta

from bot.backups.data_folder import DataFolder
from bot.backups.replaced_data import remove_replaced
from bot.backups.restoring import put_back
from tests.backups.stored_data import JOB, NOW, backed_up, change, names


def test_what_a_restore_replaced_ends_when_it_is_old(data: DataFolder) -> None:
    archive = backed_up(data)
    old, newer = (put_back(data, archive, NOW + timedelta(days=days)).aside for days in (0, 1))
    assert old is not None
    assert newer is not None
    foreign = old.with_name("replaced-by-hand")
    foreign.mkdir()
    assert remove_replaced(data.folder, NOW) == 0
    assert remove_replaced(data.folder, NOW + timedelta(days=1)) == 1
    assert (old.exists(), newer.exists(), foreign.exists()) == (False, True, True)


def test_a_folder_without_replaced_data_is_left_alone(data: DataFolder) -> None:
    assert remove_replaced(data.folder / "media", NOW) == 0


def test_what_moderators_look_at_of_a_deleted_user_is_backed_up(data: DataFolder) -> None:
    change(
        data.database,
        "UPDATE jobs SET state = 'failed', settled_at = '2026-11-28' WHERE state = 'delivering'",
        "INSERT INTO reviews (id, job_id, guild_id, person_id, stage, state, created_at, expires_at) "
        "SELECT 'r1', id, 1, 1, 'posting', 'open', '2026-11-28', '2026-11-29' FROM jobs WHERE state = 'failed'",
    )
    assert f"media/{JOB}.mp4" in names(backed_up(data))
    change(data.database, "UPDATE reviews SET state = 'denied'")
    assert f"media/{JOB}.mp4" not in names(backed_up(data))
