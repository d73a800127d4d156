"""Who may have a copy of a delivered video: asked at each press, and again before the copy is sent."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.delivery.messages import ReplyAddress
from bot.jobs.job import Job, JobState
from bot.jobs.originals import Originals
from bot.jobs.postable_files import PostableFiles
from bot.jobs.request_facts import stored_request
from bot.jobs.store import JobStore
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.rules import ReviewStage
from bot.texts import copies
from bot.texts import jobs as words
from bot.texts.messages import Message


@dataclass(frozen=True)
class KeptVideo:
    """A delivered video whose original is kept: where it is once it was fetched, and until when."""

    job: Job
    path: Path
    until: datetime


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CopyAccess:
    """Finds originals for users. Methods raise `bot.storage.errors.StorageError`."""

    store: JobStore
    originals: Originals
    files: PostableFiles
    gatekeeper: Gatekeeper
    is_hidden: Callable[[str], Awaitable[bool]]
    """Tells if a job's video is hidden or was removed because of reports."""
    now: Callable[[], datetime]

    async def permit(self, job_id: str, reply: ReplyAddress) -> KeptVideo | Message:
        """Decide if a user may have a copy: everybody may who sees the video, by the rules of this moment.

        Args:
            job_id: The job whose button was pressed.
            reply: The answer to the press.

        Returns:
            The video, or the words for the user.
        """
        job = await self.store.find(job_id)
        if job is None:
            return words.GONE
        if reply.person_id != job.reply.person_id and not _sees(job, reply):
            return words.NOT_YOURS
        if job.failure is not None or await self.is_hidden(job.id):
            return words.PUT_AWAY
        here = replace(
            job.reply,
            guild_id=reply.guild_id,
            channel_id=reply.channel_id,
            rules_channel_id=reply.rules_channel_id,
            foreign=reply.foreign,
        )
        decision = await self.gatekeeper.decide_again(stored_request(replace(job, reply=here)))
        if not decision.lets_pass(ReviewStage.POSTING):
            return words.NOT_LOOKED_UP if decision.untold else copies.NOT_HERE
        return await self.kept(job) or copies.NOT_KEPT

    async def kept(self, job: Job) -> KeptVideo | None:
        """Return the original of a job's video if it is kept, whoever wants it."""
        until = job.original_until
        if job.state is not JobState.DELIVERED or until is None or self.now() >= until:
            return None
        path = await self.originals.path_of(job)
        return KeptVideo(job, path, until) if path is not None else None

    async def fetch(self, kept: KeptVideo) -> None:
        """Have an original at its path on this machine.

        Raises:
            FileNotFoundError: It went.
            FilesUnavailableError: The store of files cannot be asked.
        """
        await self.originals.fetch(kept.path)

    async def in_full(self, kept: KeptVideo) -> Path | None:
        """Return the file in full quality with its marks; None if the original went while it was made.

        Raises:
            OSError: The disk fails, or, as `FilesUnavailableError`, the store of files.
        """
        try:
            await self.fetch(kept)
            path = await self.files.full(kept.job, kept.path)
        except FileNotFoundError:
            return None
        if await self.kept(kept.job) is not None:
            return path
        if path != kept.path:  # else it would come back by its copy
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return None


def _sees(job: Job, reply: ReplyAddress) -> bool:
    """Return True if the video stands where the press came from, for all to see."""
    return not job.reply.private and job.reply.channel_id == reply.channel_id


class Turns:
    """Places of users who wait for a file: one for each user, and not too many at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: set[int] = set()

    @asynccontextmanager
    async def turn_of(self, person_id: int) -> AsyncGenerator[Message | None]:
        """Hold a user's place; gives the words for the user if there is none."""
        if person_id in self._taken:
            yield copies.BUSY_WITH_YOURS
        elif len(self._taken) >= self._most:
            yield copies.BUSY
        else:
            self._taken.add(person_id)
            try:
                yield None
            finally:
                self._taken.discard(person_id)
