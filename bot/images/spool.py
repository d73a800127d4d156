"""Spool of reference images: one folder for each job, from the request until the job no longer needs them.

Jobs collect their pictures here before they are bought; submission streams them from here.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiohttp
import structlog

from bot.images.conversion import Converter
from bot.images.fetching import fetch
from bot.images.model import (
    IMAGE_LIMITS,
    Conversion,
    ConversionReason,
    Finding,
    ImageProblem,
    ImageRefusedError,
    ImageSource,
    Reference,
    SourceKind,
    UnusableImageError,
)
from bot.images.sources import check_source
from bot.video import REFERENCE_LIMIT_BYTES, ImageMime

log: Final = structlog.get_logger(__name__)

_FETCHES_AT_ONCE: Final = 8
_INSPECTIONS_AT_ONCE: Final = 2


@dataclass(frozen=True)
class _Raw:
    """A fetched or copied file that is not inspected yet."""

    path: Path
    filename: str
    size_bytes: int


class ReferenceSpool:
    """Collects jobs' pictures in `folder`.

    Files are named by number, never by the users' file names, and readable only for the bot's account.
    """

    def __init__(self, session: aiohttp.ClientSession, *, folder: Path, allowed_hosts: Sequence[str]) -> None:
        self._session = session
        self._folder = folder
        self._allowed_hosts = tuple(allowed_hosts)
        self._converter = Converter()
        # Limits for all jobs together: eight jobs of seven pictures must not hold buffers for 56 pictures.
        self._fetching = asyncio.Semaphore(_FETCHES_AT_ONCE)
        self._inspecting = asyncio.Semaphore(_INSPECTIONS_AT_ONCE)

    async def collect(self, job_id: str, sources: Sequence[ImageSource]) -> tuple[Reference, ...]:
        """Fetch, check and where needed convert a job's pictures. Files of an earlier attempt are replaced.

        Args:
            job_id: The job, which names the folder.
            sources: The pictures to fetch.

        Returns:
            The pictures in the order of `sources`.

        Raises:
            ImageRefusedError: For the first picture, in that order, that cannot be used. No file of the job is
                left on the disk then.
        """
        folder = await self._fresh_folder(job_id)

        async def one(number: int, source: ImageSource) -> Reference:
            problem = check_source(source, self._allowed_hosts)
            if problem is not None:
                raise ImageRefusedError(source.filename, problem)
            path = folder / f"{number}.raw"
            if source.kind is SourceKind.VIDEO:
                size_bytes = await self._last_frame(source, path)
            else:
                async with self._fetching:
                    size_bytes = await fetch(self._session, source, path)
            prepared = await self._prepared(_Raw(path, source.filename, size_bytes), folder / str(number))
            return replace(prepared, own_spicy_video=source.own_spicy_video)

        return await self._all(job_id, [one(number, source) for number, source in enumerate(sources)])

    async def adopt(self, job_id: str, files: Sequence[Path]) -> tuple[Reference, ...]:
        """Copy, check and convert files of this machine like `collect`. Raises `ImageRefusedError`."""
        folder = await self._fresh_folder(job_id)

        async def one(number: int, file: Path) -> Reference:
            path = folder / f"{number}.raw"
            try:
                await asyncio.to_thread(shutil.copyfile, file, path)
            except OSError as error:
                raise ImageRefusedError(file.name, ImageProblem.GONE, error.strerror or "") from None
            size_bytes = path.stat().st_size
            if size_bytes == 0:
                raise ImageRefusedError(file.name, ImageProblem.EMPTY)
            return await self._prepared(_Raw(path, file.name, size_bytes), folder / str(number))

        return await self._all(job_id, [one(number, file) for number, file in enumerate(files)])

    async def share(self, pictures: Sequence[Reference], job_id: str) -> tuple[Reference, ...]:
        """Give another job the same pictures, without copying them. Raises `FileNotFoundError` if one is gone."""
        # Hard links: each job removes its own folder, and a file's contents stay until its last link is removed.
        folder = await self._fresh_folder(job_id)
        shared: list[Reference] = []
        for picture in pictures:
            path = folder / picture.path.name
            await asyncio.to_thread(path.hardlink_to, picture.path)
            shared.append(replace(picture, path=path))
        return tuple(shared)

    async def discard(self, job_id: str) -> None:
        """Remove the job's folder, if there is one."""
        await asyncio.to_thread(shutil.rmtree, self._folder / job_id, ignore_errors=True)

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
            tasks = [group.create_task(settled(one)) for one in preparing]
        references: list[Reference] = []
        for task in tasks:
            result = task.result()
            if isinstance(result, ImageRefusedError):
                await self.discard(job_id)
                raise result
            references.append(result)
        return tuple(references)

    async def _fresh_folder(self, job_id: str) -> Path:
        await self.discard(job_id)
        folder = self._folder / job_id
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True)
        return folder

    async def _last_frame(self, source: ImageSource, destination: Path) -> int:
        """Fetch a video, save its last frame and return the frame's size in bytes."""
        video = destination.with_suffix(".video")
        async with self._fetching:
            await fetch(self._session, source, video)
        try:
            await self._converter.last_frame(video, destination)
        except UnusableImageError as error:
            raise ImageRefusedError(source.filename, error.problem, error.detail) from None
        finally:
            video.unlink(missing_ok=True)
        # A file that was just written: this takes microseconds.
        return destination.stat().st_size  # noqa: ASYNC240

    async def _prepared(self, raw: _Raw, stem: Path) -> Reference:
        try:
            async with self._inspecting:
                finding = await asyncio.to_thread(_inspect, raw.path)
            if finding.mime is not None and raw.size_bytes < REFERENCE_LIMIT_BYTES:
                return _as_it_is(raw, finding, finding.mime, stem)
            return await self._converted(raw, finding, stem)
        except UnusableImageError as error:
            raise ImageRefusedError(raw.filename, error.problem, error.detail) from None

    async def _converted(self, raw: _Raw, finding: Finding, stem: Path) -> Reference:
        destination = stem.with_suffix(".converted")
        outcome = await self._converter.convert(raw.path, destination, IMAGE_LIMITS)
        raw.path.unlink()
        reason = ConversionReason.FORMAT if finding.mime is None else ConversionReason.TOO_LARGE
        log.info("image_converted", reason=reason, original_format=finding.image_format)
        return Reference(
            destination,
            ImageMime(outcome.mime),
            destination.stat().st_size,
            outcome.width_px,
            outcome.height_px,
            raw.filename,
            Conversion(reason, finding.image_format, raw.size_bytes),
        )


def _inspect(path: Path) -> Finding:
    # Pillow and its formats take 6 MB, which a bot without pictures does without.
    from bot.images.inspection import inspect  # noqa: PLC0415

    return inspect(path, IMAGE_LIMITS)


def _as_it_is(raw: _Raw, finding: Finding, mime: ImageMime, stem: Path) -> Reference:
    path = raw.path.rename(stem.with_suffix(f".{mime.removeprefix('image/')}"))
    return Reference(path, mime, raw.size_bytes, finding.width_px, finding.height_px, raw.filename)
