"""Restoring hidden videos: the rules and what moderators decided since are asked first, and before every try."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from bot.delivery.allowed_words import send_in_allowed_words
from bot.delivery.messages import DeliveryError, Post, PostForbiddenError
from bot.delivery.upload_limits import UploadLimits
from bot.dimilinks import TaskAbsentError, VideoMissingError
from bot.jobs import cards
from bot.jobs.job import Job
from bot.jobs.postable_files import PostableFile, PostableFiles
from bot.jobs.request_facts import shows_spicy, stored_request
from bot.jobs.shown_video import video_file_of
from bot.moderation.gatekeeper import Gatekeeper
from bot.reviews.hidden_copies import HiddenCopies
from bot.reviews.review import Outstanding, Review, ReviewSubject
from bot.reviews.store import ReviewStore

log: Final = structlog.get_logger(__name__)

Ask = Callable[[], Awaitable[None]]
"""Called right before every try to change a message; raises where it is not to be made."""


class RestorePutOffError(Exception):
    """A video stays as it is for now: spicy is stopped there, or moderators decided about the video once more."""


class RuleUntoldError(DeliveryError):
    """Discord does not tell what a rule needs to know about this video: others are not held up by that.

    As `PermissionUntoldError`, but of a message that is there: a Discord that is away holds all of them up.
    """


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Restoring:
    """Shows hidden videos again. Methods raise `bot.storage.errors.StorageError` as well."""

    reviews: ReviewStore
    gatekeeper: Gatekeeper
    copies: HiddenCopies
    files: PostableFiles
    limits: UploadLimits
    now: Callable[[], datetime]
    _absent: set[str] = field(default_factory=set[str], init=False)

    async def restore(self, review: Review, job: Job, edit: Callable[[Post, Ask], Awaitable[bool]]) -> bool:
        """Show a hidden video again if the rules allow it now. Returns True if the message shows it.

        Args:
            review: The question by which moderators restored it.
            job: Its job, whose reply is the message.
            edit: Changes that message. Returns False if Discord has no such message any more.

        Raises:
            DeliveryError: The message cannot show it at present.
            DimiLinksError: There is no copy, and none can be fetched at present.
            OSError: As `DimiLinksError`.
            RestorePutOffError: It is not to be shown for now.
        """
        ask = partial(self._ask, review, job)

        async def show(file: PostableFile) -> bool:
            posted = replace(job, posted_file=file.posted, file_facts=file.facts or job.file_facts)
            card = cards.delivered_card(posted, now=job.ready_at or self.now())
            # A minute may have passed until here, and Discord may be away for a while.
            post = Post(card, video_file_of(posted, file.path))
            return await send_in_allowed_words(lambda allowed: edit(allowed, ask), post)

        try:
            await ask()
            path = await self._fetch(job)
            limit_bytes = await self.limits.of_reply(job.reply, by_token=False)
            return path is not None and await self.files.post(job, path, limit_bytes, show)
        except PostForbiddenError:
            return False

    async def _fetch(self, job: Job) -> Path | None:
        """Return the copy of a video; None if there is none any more."""
        try:
            return await self.copies.fetch(job)
        except (TaskAbsentError, VideoMissingError):
            if job.id in self._absent:
                return None
            # A service that answers oddly may have it after all: the second answer is believed.
            self._absent.add(job.id)
            raise

    async def _ask(self, review: Review, job: Job) -> None:
        """Return if a video may be shown again now.

        Raises:
            RestorePutOffError: It is not to be shown for now.
            PostForbiddenError: The rules do not allow it there.
            RuleUntoldError: That cannot be told.
        """
        await self._ask_moderators(review, job)
        decision = await self.gatekeeper.decide_again(stored_request(job))
        if not decision.allowed:
            if decision.untold:
                raise RuleUntoldError("Discord does not tell what a rule needs to know")
            log.info("hidden_video_not_allowed", job=job.id, verdict=decision.verdict)
            raise PostForbiddenError("the rules do not allow it here")
        await self._ask_moderators(review, job)  # once more: Discord may have taken its time

    async def _ask_moderators(self, review: Review, job: Job) -> None:
        latest = await self.reviews.latest(job.id, ReviewSubject.REPORT)
        if latest is None or latest.id != review.id or latest.outstanding is not Outstanding.RESTORE:
            raise RestorePutOffError("decided once more")
        if shows_spicy(job) and (await self.gatekeeper.caches.rules.current(review.guild_id)).spicy_stopped:
            raise RestorePutOffError("spicy is stopped")
