"""Archives that are no backup, or not as they were written: nothing of them reaches the data."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.errors import BackupFailedError
from bot.backups.restoring import put_back
from tests.backups.stored_data import NOW, backed_up, files

Members: TypeAlias = list[tuple[tarfile.TarInfo, bytes]]


def members(archive: Path) -> Members:
    with tarfile.open(archive) as tar:
        return [(info, content.read()) for info in tar if (content := tar.extractfile(info)) is not None]


def rewritten(archive: Path, change: Callable[[Members], None]) -> None:
    """Have the archive hold other members."""
    found = members(archive)
    change(found)
    with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, content in found:
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))


def escapes(found: Members) -> None:
    found.insert(1, (tarfile.TarInfo("../escaped"), b"x"))


def is_absolute(found: Members) -> None:
    found.insert(1, (tarfile.TarInfo("/tmp/escaped"), b"x"))  # noqa: S108 - nothing is written


def links(found: Members) -> None:
    link = tarfile.TarInfo("media/a.mp4")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    found.insert(1, (link, b""))


def has_a_long_name(found: Members) -> None:
    found.insert(1, (tarfile.TarInfo(f"media/{'a' * 300}.mp4"), b"x"))


def is_unknown(found: Members) -> None:
    found.insert(1, (tarfile.TarInfo(".env"), b"x"))


def comes_twice(found: Members) -> None:
    found.insert(1, found[1])


def is_changed(found: Members) -> None:
    place = next(number for number, (info, _) in enumerate(found) if info.name == "links.key")
    found[place] = (found[place][0], b"z")


def lacks_one(found: Members) -> None:
    found[:] = [one for one in found if one[0].name != "links.key"]


def lacks_the_manifest(found: Members) -> None:
    found.pop()


def goes_on(found: Members) -> None:
    found.append((tarfile.TarInfo("media/b.mp4"), b"x"))


def is_of_a_newer_schema(found: Members) -> None:
    info, content = found[0]
    found[0] = (info, content.replace(b'"revision":"0', b'"revision":"9'))


def is_of_a_newer_layout(found: Members) -> None:
    info, content = found[0]
    found[0] = (info, content.replace(b'"format":1', b'"format":2,"more":true'))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (escapes, "'../escaped' is not what a backup holds"),
        (is_absolute, "'/tmp/escaped' is not what a backup holds"),
        (links, "'media/a.mp4' is not what a backup holds"),
        (has_a_long_name, "is not what a backup holds"),
        (is_unknown, "'.env' is not what a backup holds"),
        (comes_twice, "is not what a backup holds"),
        (is_changed, "links.key is not as it was backed up"),
        (lacks_one, "it does not hold what it lists"),
        (lacks_the_manifest, "its end is missing"),
        (goes_on, "there is more in it than it lists"),
        (is_of_a_newer_schema, "update the bot first"),
        (is_of_a_newer_layout, "update the bot first"),
    ],
)
def test_what_is_not_as_it_was_written_changes_nothing(
    data: DataFolder, change: Callable[[Members], None], why: str
) -> None:
    archive = backed_up(data)
    rewritten(archive, change)
    before = files(data.folder)
    with pytest.raises(BackupFailedError) as refused:
        put_back(data, archive, NOW)
    assert why in str(refused.value)
    assert "nothing was changed" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert files(data.folder) == before
    assert not (data.folder.parent / "escaped").exists()


def test_an_archive_that_says_it_is_larger_than_the_disk_fills_no_disk(data: DataFolder) -> None:
    archive = backed_up(data)
    found = members(archive)
    large = tarfile.TarInfo("media/large.mp4")
    large.size = 2**62
    with tarfile.open(archive, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(found[0][0], io.BytesIO(found[0][1]))
        assert tar.fileobj is not None
        tar.fileobj.write(large.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    before = files(data.folder)
    with pytest.raises(BackupFailedError, match="has no room for it"):
        put_back(data, archive, NOW)
    assert files(data.folder) == before


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def without_its_checksum(content: bytes) -> bytes:
    return content[:-8] + bytes(8)


def nothing(_content: bytes) -> bytes:
    return b""


def a_text(_content: bytes) -> bytes:
    return b"not an archive" * 1000


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (cut, "is damaged"),
        (flipped, "is damaged"),
        (without_its_checksum, "is damaged"),
        (nothing, "is no backup of Stillmotion"),
        (a_text, "is no backup of Stillmotion"),
    ],
)
def test_a_damaged_or_wrong_file_is_told_from_a_backup(
    data: DataFolder, damage: Callable[[bytes], bytes], why: str
) -> None:
    archive = backed_up(data)
    archive.write_bytes(damage(archive.read_bytes()))
    before = files(data.folder)
    with pytest.raises(BackupFailedError, match=why):
        put_back(data, archive, NOW)
    assert files(data.folder) == before


def test_other_archives_and_missing_files_are_no_backup(data: DataFolder, tmp_path: Path) -> None:
    other = tmp_path / "other.tar.gz"
    with tarfile.open(other, "w:gz") as tar:
        tar.add(data.database, "database.sqlite3")
    with pytest.raises(BackupFailedError, match="is no backup of Stillmotion"):
        put_back(data, other, NOW)
    with pytest.raises(BackupFailedError, match="cannot be read: No such file"):
        put_back(data, tmp_path / "missing", NOW)
    with pytest.raises(BackupFailedError, match="cannot be read: Is a directory"):
        put_back(data, data.folder, NOW)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BackupFailedError, match="is no ordinary file"):
        put_back(data, tmp_path / "pipe", NOW)
