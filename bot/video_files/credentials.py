"""Content credentials (C2PA) of finished files: signed by a child process, with a key that only it reads."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

import structlog
from pydantic import AwareDatetime, BaseModel, ValidationError

from bot import __version__
from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec
from bot.video_files.signing.faults import IdentityFault

log: Final = structlog.get_logger(__name__)

REPACKAGED: Final = "c2pa.repackaged"
TRANSCODED: Final = "c2pa.transcoded"
EDITED: Final = "c2pa.edited"
"""C2PA's names of changes to an original that has credentials."""
_MAKER: Final = {"name": "Stillmotion", "version": __version__}
_PACKAGE: Final = "c2pa"
_WITHIN_S: Final = 60.0
_ENVIRONMENT: Final = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""The library holds a file twice for a moment: in large pages, where Linux has some, it signs a third faster."""


def is_installed(import_paths: Sequence[Path] = ()) -> bool:
    """Return True if Python finds the library that signs. Importing it, which takes 20 MB, is avoided."""
    return PathFinder.find_spec(_PACKAGE, [*map(str, import_paths), *sys.path]) is not None


def signing_pool(memory_bytes: int, import_paths: Sequence[Path] = ()) -> ChildPool:
    """Return a pool of one child that signs, which is an async context manager.

    Args:
        memory_bytes: Limit of the child's address space.
        import_paths: Further folders to import from, for tests.
    """
    spec = ChildSpec("bot.video_files.signing.main", memory_bytes, import_paths, _ENVIRONMENT)
    return ChildPool(spec, at_once=1, within_s=_WITHIN_S)


@dataclass(frozen=True)
class IdentityFiles:
    """Where the key and its certificates are. Both are made by the bot unless they are the operator's own."""

    key: Path
    certificate: Path
    made_here: bool


@dataclass(frozen=True)
class Prepared:
    """Result of a preparation: until when files can be signed, or why not, in a short technical term."""

    until: datetime | None = None
    fault: str = ""


class NotSignedError(Exception):
    """There is no signed file; the text is a short technical term."""


class _Answer(BaseModel):
    problem: str = ""
    until: AwareDatetime | None = None
    kept: bool = False


class ContentCredentials:
    """Signs finished files."""

    def __init__(self, pool: ChildPool, files: IdentityFiles) -> None:
        self._pool = pool
        self._files = files
        self.usable = True
        """False where it is known that there is nothing to sign with."""

    async def prepare(self) -> Prepared:
        """Make the key and certificate if they are made here and missing; see if they are good for signing."""
        try:
            answer = await self._asked("prepare", made_here=self._files.made_here)
        except NotSignedError as error:
            # What is wrong with a key stays so; a child that did not start may do so the next time.
            self.usable = str(error) not in [*IdentityFault]
            return Prepared(fault=str(error))
        self.usable = True
        return Prepared(until=answer.until)

    async def warm(self) -> None:
        """Start the child while there is still something else to wait for."""
        if self.usable:
            await self._pool.warm()

    async def sign(
        self, source: Path, destination: Path, *, title: str, original: Path | None, changes: Sequence[str]
    ) -> None:
        """Write a signed copy of an mp4.

        Args:
            source: The file.
            destination: The copy. After an error there may be a part of it.
            title: Its name in its credentials.
            original: The video that the file was made of, if that has credentials, which are kept.
            changes: What was done to it, in terms of C2PA.

        Raises:
            NotSignedError: There is none.
        """
        answer = await self._asked(
            "sign",
            source=str(source.resolve()),  # noqa: ASYNC240 - names of files in one folder: microseconds
            destination=str(destination.resolve()),  # noqa: ASYNC240
            title=title,
            maker=_MAKER,
            original=str(original.resolve()) if original is not None else "",  # noqa: ASYNC240
            changes=list(changes),
        )
        if original is not None and not answer.kept:
            log.warning("credentials_not_kept", title=title)

    async def _asked(self, task: str, **arguments: object) -> _Answer:
        files = {
            "key": str(self._files.key.resolve()),
            "certificate": str(self._files.certificate.resolve()),
        }
        try:
            # All owners alike: files are small, and signing takes less than a second.
            answer = _Answer.model_validate(
                await self._pool.ask("", task, on_progress=None, **files, **arguments)
            )
        except ChildFaultError as error:
            raised = error.fault is ChildFault.RAISED
            raise NotSignedError(error.detail if raised else error.fault.value) from None
        except ValidationError:
            raise NotSignedError("unreadable_answer") from None
        if answer.problem:
            raise NotSignedError(answer.problem[:80])
        return answer
