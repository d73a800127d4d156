"""The archive of a backup: a tar file, compressed with gzip, that is written and read once from front to end.

Reading believes nothing that stands in it: every member has a name that backups have, is an ordinary file, and is
what the manifest says of it.
"""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Final, Self

from pydantic import BaseModel, ValidationError

from bot.backups.errors import BackupFailedError
from bot.backups.manifest import (
    ABOUT_NAME,
    DATABASE_NAME,
    FORMAT,
    MANIFEST_NAME,
    BackupAbout,
    BackupFile,
    Manifest,
    is_data_file,
)
from bot.texts import console_backup as words

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_COMPRESSION: Final = 1
"""Videos and pictures are compressed already; a higher level only takes longer."""
_CHUNK_BYTES: Final = 256 * 1024
_ABOUT_LIMIT_BYTES: Final = 64 * 1024
_MANIFEST_LIMIT_BYTES: Final = 64 * 1024 * 1024
_SPARE_BYTES: Final = 16 * 1024 * 1024
"""Space that is left on the disk beside what is unpacked."""


class ArchiveWriter:
    """Writes one archive, as a context manager. Nothing of it is a backup before `finish` has returned."""

    def __init__(self, file: IO[bytes], about: BackupAbout) -> None:
        """Begin an archive in an empty file. Raises `OSError`."""
        self._about = about
        self._compressed = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_COMPRESSION, mtime=0)
        self._tar = tarfile.open(fileobj=self._compressed, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 - closed by `finish`
        self._files: list[BackupFile] = []

    def __enter__(self) -> Self:
        """Write what the backup says of itself. Raises `OSError`."""
        self._add_text(ABOUT_NAME, self._about.model_dump_json())
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file, which nobody takes for a backup if `finish` has not returned."""
        with suppress(OSError, ValueError):
            self._compressed.close()

    @property
    def names(self) -> frozenset[str]:
        """Names of the files that were added."""
        return frozenset(file.name for file in self._files)

    def add(self, name: str, path: Path) -> None:
        """Add a file that does not change. Raises `OSError`, `FileNotFoundError` if it is gone."""
        with path.open("rb") as file:
            info = tarfile.TarInfo(name)
            info.size = os.fstat(file.fileno()).st_size
            info.mode = _FILE_MODE
            digested = _Digested(file)
            self._tar.addfile(info, digested)  # pyright: ignore[reportArgumentType] - only `read` is called
        self._files.append(BackupFile(name=name, size_bytes=info.size, sha256=digested.sha256))

    def finish(self) -> Manifest:
        """Write the manifest and end the archive. Raises `OSError`."""
        manifest = Manifest(about=self._about, files=tuple(self._files))
        self._add_text(MANIFEST_NAME, manifest.model_dump_json())
        self._tar.close()
        self._compressed.close()
        return manifest

    def _add_text(self, name: str, text: str) -> None:
        content = text.encode()
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), _FILE_MODE
        self._tar.addfile(info, BytesIO(content))


def unpack(
    archive: Path, folder: Path, *, free_bytes: int, accept: Callable[[BackupAbout], None]
) -> Manifest:
    """Unpack a backup into an empty folder, and verify all of it.

    Args:
        archive: The backup.
        folder: Where its files go, under their names in it.
        free_bytes: Free space of that folder's disk.
        accept: Called with what the backup says of itself, before anything is unpacked; it raises to refuse it.

    Returns:
        The manifest, which every file agrees with.

    Raises:
        BackupFailedError: It is no backup, damaged, of a newer layout, or larger than the disk has space for.
        OSError: The disk refused.
    """
    about: BackupAbout | None = None
    manifest: Manifest | None = None
    found: dict[str, BackupFile] = {}
    left_bytes = free_bytes - _SPARE_BYTES
    try:
        with _members(archive) as members:
            about = _about(archive, next(members, None))
            accept(about)
            for info, content in members:
                if manifest is not None:
                    raise BackupFailedError(words.damaged(str(archive), words.MORE_THAN_LISTED))
                if info.name == MANIFEST_NAME:
                    manifest = _manifest(archive, info, content)
                    continue
                _check_name(archive, info.name, found)
                left_bytes -= info.size
                if left_bytes < 0:
                    raise BackupFailedError(words.no_room(str(folder), free_bytes))
                found[info.name] = _write(content, info, folder / info.name)
    except (_UnusualMemberError, tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        if about is None:
            raise BackupFailedError(words.no_backup(str(archive))) from None
        unusual = isinstance(error, _UnusualMemberError)
        why = words.unknown_member(str(error)) if unusual else words.CUT_OFF
        raise BackupFailedError(words.damaged(str(archive), why)) from None
    if manifest is None:
        raise BackupFailedError(words.damaged(str(archive), words.CUT_OFF))
    _check_manifest(archive, manifest, about, found)
    return manifest


class _Member(tarfile.TarInfo):
    """A member that is refused if it is anything but an ordinary file, before anything of it is read.

    Headers with further headers in them (long names, sparse files, PAX) are such: backups have none, and they name
    sizes that would be read into memory.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.size < 0:
            raise _UnusualMemberError(member.name)
        return member


class _Format(BaseModel):
    """Facts that a backup of any version states about itself."""

    format: int
    version: str


class _UnusualMemberError(Exception):
    """The archive holds a link, a folder, a device or the like."""


@contextmanager
def _members(archive: Path) -> Generator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """Yield the members of an archive with their contents, each to be read before the next one is taken."""
    with (
        archive.open("rb") as file,
        gzip.GzipFile(fileobj=file, mode="rb") as plain,
        tarfile.open(fileobj=plain, mode="r|", tarinfo=_Member) as tar,
    ):
        yield _with_contents(tar)
        # Behind the tar file's end stands the checksum of the compression, which is compared when it is read.
        while plain.read(_CHUNK_BYTES):
            pass


def _with_contents(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for info in tar:
        content = tar.extractfile(info)
        if content is None:
            raise _UnusualMemberError(info.name)
        with closing(content):
            yield info, content


def _about(archive: Path, first: tuple[tarfile.TarInfo, IO[bytes]] | None) -> BackupAbout:
    if first is None or first[0].name != ABOUT_NAME or first[0].size > _ABOUT_LIMIT_BYTES:
        raise BackupFailedError(words.no_backup(str(archive)))
    try:
        loose = _Format.model_validate_json(text := first[1].read())
        if loose.format > FORMAT:
            raise BackupFailedError(words.newer_format(str(archive), loose.version))
        return BackupAbout.model_validate_json(text)
    except ValidationError:
        raise BackupFailedError(words.no_backup(str(archive))) from None


def _manifest(archive: Path, info: tarfile.TarInfo, content: IO[bytes]) -> Manifest:
    try:
        text = content.read() if info.size <= _MANIFEST_LIMIT_BYTES else b""
        return Manifest.model_validate_json(text)
    except ValidationError:
        raise BackupFailedError(words.damaged(str(archive), words.MANIFEST_UNREADABLE)) from None


def _check_name(archive: Path, name: str, found: Mapping[str, BackupFile]) -> None:
    if name in found or not (name == DATABASE_NAME or is_data_file(name)):
        raise BackupFailedError(words.damaged(str(archive), words.unknown_member(name)))


def _check_manifest(
    archive: Path, manifest: Manifest, about: BackupAbout, found: Mapping[str, BackupFile]
) -> None:
    if manifest.about != about or {file.name for file in manifest.files} != set(found):
        raise BackupFailedError(words.damaged(str(archive), words.MANIFEST_DIFFERS))
    for file in manifest.files:
        if found[file.name] != file:
            raise BackupFailedError(words.damaged(str(archive), words.file_differs(file.name)))


def _write(content: IO[bytes], info: tarfile.TarInfo, path: Path) -> BackupFile:
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    digest, size_bytes = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return BackupFile(name=info.name, size_bytes=size_bytes, sha256=digest.hexdigest())


class _Digested:
    """A file that is digested while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._digest.update(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
