"""Spool of reference images: one folder for each job, from the request until the job no longer needs them.

Jobs collect their pictures here before they are bought; submission streams them from here.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiohttp

from bot.files.store import FileStore
from bot.images.fetching import fetch
from bot.images.model import ImageRefusedError, ImageSource, Reference, SourceKind
from bot.images.preparation import PicturePreparation
from bot.images.problems import ImageProblem, UnusableImageError
from bot.images.sources import check_source
from bot.video_files.frames import NoFrameError, VideoFrames

_FETCHES_AT_ONCE: Final = 16
"""For all jobs together: eight jobs of seven pictures must not hold buffers for 56 pictures."""
_FETCHES_EACH: Final = 4
"""For one job: its first pictures are being prepared while the others still arrive, and others get their turn."""


_FILE_LIMIT_BYTES: Final = 512 * 1024 * 1024
"""Size of the largest file of this machine that is copied, as large as any that Discord takes."""


@dataclass(frozen=True)
class _Raw:
    """A fetched or copied file that nobody has looked into yet.

    Attributes:
        owner: For whom it is prepared.
        filename: The name that the user gave it.
    """

    owner: str
    path: Path
    filename: str
    size_bytes: int


class ReferenceSpool:
    """Collects jobs' pictures.

    Files are named by number, never by the users' file names, and readable only for the bot's account.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        files: FileStore,
        allowed_hosts: Sequence[str],
        pictures: PicturePreparation,
        frames: VideoFrames,
    ) -> None:
        self._session = session
        self._files = files
        self._allowed_hosts = tuple(allowed_hosts)
        self._pictures = pictures
        self._frames = frames
        self._fetching = asyncio.Semaphore(_FETCHES_AT_ONCE)

    async def collect(self, job_id: str, sources: Sequence[ImageSource], owner: str) -> tuple[Reference, ...]:
        """Fetch and prepare a job's pictures. Files of an earlier attempt are replaced.

        Args:
            job_id: The job, which names the folder.
            sources: The pictures to fetch.
            owner: For whom: pictures of one owner are prepared one after the other.

        Returns:
            The pictures in the order of `sources`.

        Raises:
            ImageRefusedError: For the first picture, in that order, that cannot be used. No file of the job is
                left on the disk then.
        """
        folder = await self._fresh_folder(job_id)
        own_turn = asyncio.Semaphore(_FETCHES_EACH)

        async def one(number: int, source: ImageSource) -> Reference:
            problem = check_source(source, self._allowed_hosts)
            if problem is not None:
                raise ImageRefusedError(source.filename, problem)
            path = folder / f"{number}.raw"
            fetched = path if source.kind is SourceKind.PICTURE else path.with_suffix(".video")
            async with own_turn, self._fetching:
                size_bytes = await fetch(self._session, source, fetched)
            if fetched != path:
                size_bytes = await self._frame(source, fetched, path, owner)
            prepared = await self._prepared(
                _Raw(owner, path, source.filename, size_bytes), folder / str(number)
            )
            return replace(prepared, own_spicy_video=source.own_spicy_video, public_in=source.public_in)

        return await self._all(job_id, [one(number, source) for number, source in enumerate(sources)])

    async def adopt(self, job_id: str, files: Sequence[Path]) -> tuple[Reference, ...]:
        """Copy and prepare files of this machine like `collect`. Raises `ImageRefusedError`."""
        folder = await self._fresh_folder(job_id)

        async def one(number: int, file: Path) -> Reference:
            path = folder / f"{number}.raw"
            try:
                await asyncio.to_thread(_copy, file, path)
            except OSError as error:
                raise ImageRefusedError(file.name, ImageProblem.GONE, error.strerror or "") from None
            size_bytes = path.stat().st_size
            if size_bytes == 0:
                raise ImageRefusedError(file.name, ImageProblem.EMPTY)
            return await self._prepared(_Raw(job_id, path, file.name, size_bytes), folder / str(number))

        return await self._all(job_id, [one(number, file) for number, file in enumerate(files)])

    async def share(self, pictures: Sequence[Reference], job_id: str) -> tuple[Reference, ...]:
        """Give another job the same pictures, without copying them. Raises `FileNotFoundError` if one is gone."""
        # Links: each job removes its own folder, and a file's contents stay until its last link is removed.
        folder = await self._fresh_folder(job_id)
        shared: list[Reference] = []
        for picture in pictures:
            path = folder / picture.path.name
            await self._files.link(picture.stored_name, f"{job_id}/{path.name}")
            shared.append(replace(picture, path=path))
        return tuple(shared)

    async def keep(self, pictures: Sequence[Reference]) -> None:
        """Have collected pictures where another process finds them. Raises `FilesUnavailableError`."""
        await self._files.keep([picture.stored_name for picture in pictures])

    async def fetch(self, pictures: Sequence[Reference]) -> None:
        """Have pictures that were kept on this machine.

        Raises:
            FileNotFoundError: One is gone.
            FilesUnavailableError: The store cannot be asked.
        """
        for picture in pictures:
            await self._files.fetch(picture.stored_name)

    def may_hold(self, pictures: Sequence[Reference]) -> bool:
        """Return False if one of these is surely gone. Blocks for microseconds."""
        return all(self._files.may_hold(picture.stored_name) for picture in pictures)

    async def discard(self, job_id: str) -> None:
        """Remove the job's pictures, if there are any. Raises `StorageError`."""
        with suppress(OSError):
            await self._files.delete_entry(job_id)

    async def _all(self, job_id: str, preparing: Sequence[Awaitable[Reference]]) -> tuple[Reference, ...]:
        """Prepare all pictures at once. If several are refused, the first in order is reported."""

        # Refusals are returned: raised, the first in time would make the TaskGroup cancel the others, and the
        # user would read of another picture at each attempt.
        async def settled(one: Awaitable[Reference]) -> Reference | ImageRefusedError:
            try:
                return await one
            except ImageRefusedError as refused:
                return refused

        async with asyncio.TaskGroup() as group:
            group.create_task(self._pictures.warm())
            tasks = [group.create_task(settled(one)) for one in preparing]
        references: list[Reference] = []
        for number, task in enumerate(tasks, 1):
            result = task.result()
            if isinstance(result, ImageRefusedError):
                result.number = number
                await self._clear(job_id)
                raise result
            references.append(result)
        return tuple(references)

    async def _clear(self, job_id: str) -> Path:
        """Remove what an earlier attempt left on this machine, and return the path of the job's folder."""
        folder = self._files.path(job_id)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return folder

    async def _fresh_folder(self, job_id: str) -> Path:
        folder = await self._clear(job_id)
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True)
        return folder

    async def _frame(self, source: ImageSource, video: Path, destination: Path, owner: str) -> int:
        """Save a frame of a fetched video, which is removed, and return the frame's size in bytes."""
        take = self._frames.last_frame if source.kind is SourceKind.VIDEO else self._frames.first_frame
        try:
            await take(owner, video, destination)
        except NoFrameError as error:
            raise ImageRefusedError(source.filename, ImageProblem.NO_FRAME, str(error)) from None
        finally:
            await asyncio.to_thread(video.unlink, missing_ok=True)
        # A file that was just written: this takes microseconds.
        return destination.stat().st_size  # noqa: ASYNC240

    async def _prepared(self, raw: _Raw, stem: Path) -> Reference:
        made = stem.with_suffix(".made")
        try:
            picture = await self._pictures.prepare(raw.owner, raw.path, made)
        except UnusableImageError as error:
            raise ImageRefusedError(raw.filename, error.problem, error.detail) from None
        path = (made if picture.made else raw.path).rename(
            stem.with_suffix(f".{picture.mime.removeprefix('image/')}")
        )
        raw.path.unlink(missing_ok=True)
        return Reference(
            path,
            picture.mime,
            path.stat().st_size,
            picture.width_px,
            picture.height_px,
            raw.filename,
            picture.conversion(raw.size_bytes),
        )


def _copy(file: Path, path: Path) -> None:
    """Copy an ordinary file: a device may have no end. Blocks; raises `OSError` and `ImageRefusedError`."""
    if file.exists() and not file.is_file() and not file.is_dir():
        raise ImageRefusedError(file.name, ImageProblem.NOT_AN_IMAGE)
    if file.stat().st_size > _FILE_LIMIT_BYTES:
        raise ImageRefusedError(file.name, ImageProblem.TOO_LARGE)
    shutil.copyfile(file, path)
