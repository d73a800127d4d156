"""The file that is posted, made in a child process: marked as made by AI, and within the limit of its reply."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import BaseModel, Field, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec
from bot.video_files.credentials import EDITED, REPACKAGED, TRANSCODED, ContentCredentials, NotSignedError

log: Final = structlog.get_logger(__name__)

WITHIN_S: Final = 600.0
"""Seconds for one video: a long one is compressed three times at worst, on a slow machine."""
_AGAIN: Final = frozenset({ChildFault.TIMED_OUT, ChildFault.OUT_OF_MEMORY, ChildFault.NOT_STARTED})
"""Faults after which a fresh child may do better. One that died was already replaced by the pool."""
_UNDECODABLE: Final = frozenset(
    {"InvalidDataError", "EOFError", "DecoderNotFoundError", "DemuxerNotFoundError"}
)
"""Errors of FFmpeg about the file itself."""
_LONGEST_S: Final = 86_400.0


def finishing_pool(memory_bytes: int, *, within_s: float = WITHIN_S) -> ChildPool:
    """Return a pool of one child that finishes videos, which is an async context manager.

    Args:
        memory_bytes: Limit of the child's address space.
        within_s: Seconds for one video.
    """
    spec = ChildSpec("bot.video_files.decoding.main", memory_bytes)
    return ChildPool(spec, at_once=1, within_s=within_s)


class FinishedBy(StrEnum):
    """Largest change that was made to a video."""

    UNCHANGED = "unchanged"
    REMUXED = "remuxed"
    COMPRESSED = "compressed"


@dataclass(frozen=True)
class AigcMark:
    """The tag of GB 45438-2025 that says that a machine made the file.

    Attributes:
        producer: Who made it: a name, or a code of the register.
        produce_id: The number of the file at its producer.
        comment: The same for people, in a sentence.
    """

    producer: str
    produce_id: str
    comment: str

    @property
    def values(self) -> Mapping[str, str]:
        """The values of the tag by their names in the standard."""
        return {
            "Label": "1",
            "ContentProducer": self.producer,
            "ProduceID": self.produce_id,
            "ReservedCode1": "",
            "ContentPropagator": "",
            "PropagateID": "",
            "ReservedCode2": "",
        }


@dataclass(frozen=True)
class FinishOrder:
    """Requirements of the file.

    Attributes:
        limit_bytes: Its largest size.
        mark: Its tag; None for a file without one.
        visible_text: A line for its first seconds; None for none.
        sign: True if it gets content credentials.
    """

    limit_bytes: int
    mark: AigcMark | None = None
    visible_text: str | None = None
    sign: bool = False


@dataclass(frozen=True)
class FinishedVideo:
    """The file that is posted; dimensions and duration are those that players show."""

    path: Path
    size_bytes: int
    by: FinishedBy
    width_px: int
    height_px: int
    duration_s: float


class NotFinishedError(Exception):
    """There is no file to post.

    Attributes:
        term: A short technical term for the log.
        hopeless: True where neither another attempt nor another limit would help.
    """

    def __init__(self, term: str, *, hopeless: bool) -> None:
        super().__init__(term)
        self.term = term
        self.hopeless = hopeless


class _Answer(BaseModel):
    problem: str = ""
    by: FinishedBy = FinishedBy.UNCHANGED
    width_px: Annotated[int, Field(ge=0, le=65_536)] = 0
    height_px: Annotated[int, Field(ge=0, le=65_536)] = 0
    duration_s: Annotated[float, Field(ge=0, le=_LONGEST_S)] = 0.0
    had_credentials: bool = False


class VideoFinishing:
    """Makes the files that are posted."""

    def __init__(self, pool: ChildPool, credentials: ContentCredentials | None = None) -> None:
        """Args: `credentials` signs files; None if nothing is signed, whatever is ordered."""
        self._pool = pool
        self._credentials = credentials

    async def warm(self) -> None:
        """Start the children while there is still something else to wait for."""
        with suppress(ChildFaultError):
            await self._pool.warm()
            if self._credentials is not None:
                await self._credentials.warm()

    async def finish(
        self,
        owner: str,
        source: Path,
        destination: Path,
        order: FinishOrder,
        on_progress: Callable[[float], None],
    ) -> FinishedVideo:
        """Write the file that is posted.

        Args:
            owner: For whom: one owner's videos are finished one after the other.
            source: The video as it came, which stays as it is.
            destination: The file to write. It is there when it is whole; after an error there is none. It is not
                made to outlast a power failure: after one it is made anew.
            order: What it must be like.
            on_progress: Called with the share that is done, from 0 to 1.

        Raises:
            NotFinishedError: There is no file.
        """
        part = destination.with_name(f"{destination.name}.part")
        destination.unlink(missing_ok=True)  # noqa: ASYNC240 - names in one folder: microseconds, as below
        try:
            answer = await self._made(owner, source, part, order, on_progress)
            if answer.by is FinishedBy.UNCHANGED:
                await asyncio.to_thread(_put_beside, source, part)
            size_bytes = part.stat().st_size
            if size_bytes > order.limit_bytes:
                raise NotFinishedError("too_large", hopeless=True)
            part.rename(destination)
        except OSError as error:
            raise NotFinishedError(error.strerror or type(error).__name__, hopeless=False) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        log.info("video_finished", by=answer.by, size_bytes=size_bytes)
        on_progress(1.0)
        return FinishedVideo(
            destination, size_bytes, answer.by, answer.width_px, answer.height_px, answer.duration_s
        )

    async def _made(
        self, owner: str, source: Path, part: Path, order: FinishOrder, on_progress: Callable[[float], None]
    ) -> _Answer:
        """Have the file made and signed. One that cannot be signed goes without."""
        credentials = self._credentials
        if not order.sign or credentials is None or not credentials.usable:
            return await self._answered(owner, source, part, replace(order, sign=False), on_progress)
        answer = await self._answered(owner, source, part, order, on_progress)
        if answer.by is FinishedBy.UNCHANGED:
            return answer
        try:
            await _sign(credentials, part, source if answer.had_credentials else None, answer.by, order)
        except NotSignedError as error:
            log.warning("video_not_signed", file=source.name, fault=str(error))
            if answer.had_credentials:
                # Its own credentials would be lost for nothing.
                return await self._answered(owner, source, part, replace(order, sign=False), on_progress)
        return answer

    async def _answered(
        self, owner: str, source: Path, part: Path, order: FinishOrder, on_progress: Callable[[float], None]
    ) -> _Answer:
        arguments: dict[str, object] = {
            "source": str(source.resolve()),  # noqa: ASYNC240
            "destination": str(part.resolve()),  # noqa: ASYNC240
            "limit_bytes": order.limit_bytes,
            "mark": order.mark.values if order.mark is not None else None,
            "comment": order.mark.comment if order.mark is not None else "",
            "visible_text": order.visible_text or "",
            "sign": order.sign,
        }
        try:
            try:
                found = await self._pool.ask(owner, "finish", on_progress=on_progress, **arguments)
            except ChildFaultError as error:
                if error.fault not in _AGAIN:
                    raise
                log.warning("video_finishing_repeated", fault=error.fault)
                found = await self._pool.ask(owner, "finish", on_progress=on_progress, **arguments)
            answer = _Answer.model_validate(found)
        except ChildFaultError as error:
            raise _not_finished(error) from None
        except ValidationError:
            raise NotFinishedError("unreadable_answer", hopeless=False) from None
        if answer.problem:
            log.warning("video_not_finished", fault=answer.problem[:80])
            raise NotFinishedError(answer.problem[:80], hopeless=True)
        return answer


async def _sign(
    credentials: ContentCredentials, part: Path, original: Path | None, by: FinishedBy, order: FinishOrder
) -> None:
    signed = part.with_suffix(".signed")
    changes = [TRANSCODED if by is FinishedBy.COMPRESSED else REPACKAGED]
    if order.visible_text:
        changes.append(EDITED)
    name = order.mark.produce_id if order.mark is not None else "video"
    try:
        await credentials.sign(part, signed, title=f"{name}.mp4", original=original, changes=changes)
        if signed.stat().st_size > order.limit_bytes:
            raise NotSignedError("too_large")
        signed.rename(part)
    finally:
        with suppress(OSError):
            signed.unlink(missing_ok=True)


def _not_finished(error: ChildFaultError) -> NotFinishedError:
    raised = error.fault is ChildFault.RAISED
    term = error.detail if raised else error.fault.value
    log.warning("video_not_finished", fault=term[:80], detail=error.detail)
    return NotFinishedError(term[:80], hopeless=raised and term in _UNDECODABLE)


def _put_beside(source: Path, part: Path) -> None:
    """Give the same bytes another name, or copy them where the file system has no second names."""
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:
        shutil.copyfile(source, part)
