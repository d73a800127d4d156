"""*Full quality*: the video as it came, as the private answer to a press, or by a link for its owner."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from bot.delivery.allowed_words import send_in_allowed_words
from bot.delivery.messages import (
    DeliveryError,
    Messages,
    ReplyAddress,
    UploadTooLargeError,
)
from bot.jobs.copy_posts import copy_post
from bot.services.copy_access import CopyAccess, KeptVideo, Turns
from bot.services.linked_videos import LinkedVideos
from bot.texts import copies
from bot.texts.messages import Message

log: Final = structlog.get_logger(__name__)

_AT_ONCE: Final = 8


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FullQuality:
    """Sends originals with their marks. `send` raises `bot.storage.errors.StorageError`."""

    access: CopyAccess
    messages: Messages
    links: LinkedVideos | None
    """None where the operator set no address for links."""
    _turns: Turns = field(default_factory=lambda: Turns(_AT_ONCE), init=False)

    async def send(self, job_id: str, reply: ReplyAddress) -> Message | None:
        """Fill in the answer to a press.

        Args:
            job_id: The job whose button was pressed.
            reply: The answer, announced and private.

        Returns:
            None if it shows the video, else the words for the user.
        """
        async with self._turns.turn_of(reply.person_id) as busy:
            if busy is not None:
                return busy
            kept = await self.access.permit(job_id, reply)
            if isinstance(kept, Message):
                return kept
            return await self._send(kept, reply)

    async def _send(self, kept: KeptVideo, reply: ReplyAddress) -> Message | None:
        try:
            path = await self.access.in_full(kept)
        except OSError as error:
            log.warning("copy_not_sent", job=kept.job.id, error=type(error).__name__, reason=str(error))
            return copies.NOT_SENT
        still = await self.access.permit(kept.job.id, reply)
        if isinstance(still, Message):
            return still
        if path is None:
            return copies.NOT_KEPT
        try:
            post = copy_post(kept.job, reply, copies.FULL_QUALITY, path)
            await send_in_allowed_words(partial(self.messages.edit_by_token, reply), post)
        except UploadTooLargeError:
            return self._instead(still, reply, path.stat().st_size)
        except (DeliveryError, OSError) as error:
            log.warning("copy_not_sent", job=kept.job.id, error=type(error).__name__, reason=str(error))
            return copies.NOT_SENT
        log.info("full_quality_sent", job=kept.job.id, person=reply.person_id)
        return None

    def _instead(self, kept: KeptVideo, reply: ReplyAddress, size_bytes: int) -> Message:
        """Return a link for the owner, where there are links, else what is the case."""
        owns = reply.person_id == kept.job.reply.person_id
        link = self.links.link_to(kept) if self.links is not None and owns else None
        if link is None:
            return copies.too_large(size_bytes, reply.upload_limit_bytes, kept.until)
        log.info("media_link_made", job=kept.job.id, person=reply.person_id)
        url, ends_at = link
        return copies.link(size_bytes, reply.upload_limit_bytes, url, ends_at)
