"""Files that are posted: made of videos as they came, marked, within the limit of where they go."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import structlog

from bot.delivery.final_post import CountUpload, uncounted
from bot.delivery.messages import DeliveryError, UploadTooLargeError
from bot.delivery.upload_limits import limit_below
from bot.jobs.file_facts import FileFacts
from bot.jobs.job import Job, full_name_of, postable_name_of
from bot.jobs.posted_file import PostedFile
from bot.storage.shielding import shield_until_done
from bot.texts import files as words
from bot.texts.cards import MADE_BY_AI
from bot.video_files.finishing import (
    AigcMark,
    FinishedBy,
    FinishOrder,
    NotFinishedError,
    VideoFinishing,
)

log: Final = structlog.get_logger(__name__)

MOST_STEPS_DOWN: Final = 2
"""Number of smaller limits that are tried after Discord refused a file for its size."""

_ROOM_IN_FULL: Final = 1.1
_MARK_BYTES: Final = 1_000_000
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class FileMarks:
    """Marks that videos are made by AI: in the file for programs, signed where possible, and in the picture."""

    in_file: bool = True
    visible: bool = False

    def of(self, job: Job) -> tuple[AigcMark | None, str | None]:
        """Return the tag and the line for files of a job; None for each that they do not get."""
        language = job.reply.language
        mark = AigcMark(words.PRODUCER, job.id, words.COMMENT.in_language(language))
        line = MADE_BY_AI.in_language(language)
        return mark if self.in_file else None, line if self.visible else None


@dataclass(frozen=True)
class PostableFile:
    """A file to post. It is there until the post was made. `facts` is None if it is the video as it came."""

    path: Path
    posted: PostedFile
    facts: FileFacts | None = None


class NotFittedError(DeliveryError):
    """There is no file within the limit, for a fault here: another time there may be one."""


def _unheard(share: float) -> None:
    del share


class PostableFiles:
    """Makes postable files and has them posted."""

    def __init__(self, finishing: VideoFinishing, media_dir: Path, marks: FileMarks) -> None:
        self._finishing = finishing
        self._media_dir = media_dir
        self._marks = marks
        self._full: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def warm(self) -> None:
        """Start what makes files while there is still something else to wait for."""
        await self._finishing.warm()

    async def post(
        self,
        job: Job,
        source: Path,
        limit_bytes: int,
        send: Callable[[PostableFile], Awaitable[_Result]],
        *,
        counted: CountUpload = uncounted,
        on_progress: Callable[[float], None] = _unheard,
    ) -> _Result:
        """Make the file and have it posted; a smaller one each time that Discord refuses it for its size.

        Args:
            job: The job of the video.
            source: The video as it came, which stays as it is.
            limit_bytes: Largest size of a file where it goes, as far as that is known.
            send: Posts a file.
            counted: Surrounds work on bytes.
            on_progress: Called with the share that is done of a file, from 0 to 1.

        Returns:
            The result of `send`.

        Raises:
            UploadTooLargeError: Discord takes no file that the video can be made to fit in.
            NotFittedError: A file that fits could not be made.
            Exception: Any other of `send`.
        """
        for steps_down in range(MOST_STEPS_DOWN + 1):
            file = await self._make(job, source, limit_bytes, counted, on_progress)
            try:
                return await send(file)
            except UploadTooLargeError as error:
                smaller_bytes = limit_below(file.posted.size_bytes)
                if smaller_bytes is None or steps_down == MOST_STEPS_DOWN:
                    raise
                log.warning(
                    "upload_too_large",
                    job=job.id,
                    size_bytes=file.posted.size_bytes,
                    limit_bytes=smaller_bytes,
                    reason=str(error),
                )
                limit_bytes = smaller_bytes
            finally:
                if file.path != source:
                    # The disk may take its time for megabytes, and a stop must not leave them behind.
                    await shield_until_done(asyncio.to_thread(file.path.unlink, missing_ok=True))
        raise AssertionError("the last step down returns or raises")

    async def full(self, job: Job, original: Path) -> Path:
        """Return a file in full quality, which has the marks of one that is posted and no limit.

        It is made once and goes with the original: `Originals` deletes both. With a line in its picture it is
        compressed anew, to about the size of the original.

        Args:
            job: The job of the video.
            original: The video as it came, which is the file itself where nothing is marked or that fails.
        """
        original_bytes = (await asyncio.to_thread(original.stat)).st_size
        order = self._order(job, int(original_bytes * _ROOM_IN_FULL) + _MARK_BYTES)
        if order.mark is None and order.visible_text is None:
            return original
        destination = self._media_dir / full_name_of(job.id)
        async with self._full.setdefault(job.id, asyncio.Lock()):
            if await asyncio.to_thread(destination.exists):
                return destination
            try:
                owner = str(job.reply.person_id)
                await self._finishing.finish(owner, original, destination, order, _unheard)
            except NotFinishedError as error:
                log.warning("video_not_marked", job=job.id, reason=error.term)
                return original
        return destination

    async def _make(
        self,
        job: Job,
        source: Path,
        limit_bytes: int,
        counted: CountUpload,
        on_progress: Callable[[float], None],
    ) -> PostableFile:
        original_bytes = (await asyncio.to_thread(source.stat)).st_size
        as_it_came = PostableFile(
            source, PostedFile(FinishedBy.UNCHANGED, original_bytes, original_bytes, limit_bytes)
        )
        order, fits = self._order(job, limit_bytes), original_bytes <= limit_bytes
        if fits and order.mark is None and order.visible_text is None:
            return as_it_came
        destination = self._media_dir / postable_name_of(job)
        owner = str(job.reply.person_id)
        try:
            async with counted():
                made = await self._finishing.finish(owner, source, destination, order, on_progress)
        except NotFinishedError as error:
            if fits:
                log.warning("video_not_marked", job=job.id, reason=error.term)
                return as_it_came
            log.warning("video_not_fitted", job=job.id, reason=error.term, limit_bytes=limit_bytes)
            if error.hopeless:
                raise UploadTooLargeError(f"{original_bytes} of {limit_bytes} bytes") from None
            raise NotFittedError(error.term) from None
        facts = FileFacts(made.size_bytes, made.duration_s, (made.width_px, made.height_px))
        posted = PostedFile(made.by, made.size_bytes, original_bytes, limit_bytes)
        return PostableFile(made.path, posted, facts)

    def _order(self, job: Job, limit_bytes: int) -> FinishOrder:
        mark, visible_text = self._marks.of(job)
        sign = self._marks.in_file
        return FinishOrder(limit_bytes, mark=mark, visible_text=visible_text, sign=sign)
