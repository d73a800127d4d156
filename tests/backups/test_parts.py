"""Unfinished files of backups: what a killed one left goes with the next one, and nothing else does."""

import os
import subprocess
import sys
from pathlib import Path

from bot.backups.data_folder import DataFolder
from bot.backups.parts import parts_beside, remove_left_behind
from bot.backups.taking import take_backup
from tests.backups.stored_data import NOW

KILLED = """
import os, sys
from pathlib import Path
from bot.backups.parts import parts_beside
with parts_beside(Path(sys.argv[1])) as parts:
    for part in parts:
        part.write_bytes(b"half")
    os._exit(9)
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def killed_in(folder: Path) -> set[str]:
    """A backup is killed. Returns what it leaves."""
    before = names(folder)
    killed = subprocess.run([sys.executable, "-c", KILLED, folder / "bot.tar.gz"], check=False)  # noqa: S603 - ours
    assert killed.returncode == 9
    left = names(folder) - before
    assert len(left) == 2
    return left


def test_what_a_killed_backup_left_goes_with_the_next_one(data: DataFolder, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    killed_in(folder)
    (left, *_) = sorted(killed_in(folder))
    (folder / left).unlink()  # half of it is removed by hand
    take_backup(data, folder / "other.tar.gz", NOW, force=False)
    assert names(folder) == {"other.tar.gz"}


def test_what_another_backup_writes_stays(tmp_path: Path) -> None:
    with parts_beside(tmp_path / "bot.tar.gz") as (archive, database):
        remove_left_behind(tmp_path)
        assert names(tmp_path) == {archive.name, database.name}
    assert names(tmp_path) == set()


def test_files_of_others_stay(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    for name in ("bot.tar.gz.part", "bot.tar.gz.0a1b2c3d.part", "x.0a1b2c3.stillmotion.part"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "a.00000001.stillmotion.part").mkdir()
    (tmp_path / "b.00000002.stillmotion.part").symlink_to(target)
    os.mkfifo(tmp_path / "c.00000003.stillmotion.part")
    before = names(tmp_path)
    remove_left_behind(tmp_path)
    remove_left_behind(tmp_path / "no such folder")
    assert names(tmp_path) == before
    assert target.read_text() == "mine"
