"""*As GIF* and *As WebP*: an animation of a delivered video, as the private answer to a press."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from bot.delivery.allowed_words import send_in_allowed_words
from bot.delivery.messages import DeliveryError, Messages, ReplyAddress
from bot.jobs.copy_posts import copy_post
from bot.jobs.postable_files import FileMarks
from bot.services.copy_access import CopyAccess, KeptVideo, Turns
from bot.texts import copies
from bot.texts.messages import Message
from bot.video_files.animating import AnimationKind, AnimationOrder, NotAnimatedError, VideoAnimating

log: Final = structlog.get_logger(__name__)

LIMIT_BYTES: Final = 10_000_000
"""Places that play no videos take no larger pictures, as a rule."""
_AT_ONCE: Final = 6
"""Users who wait for one, among them the one whose animation is being made: an answer has 15 minutes."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Animations:
    """Makes animations and sends them. `send` raises `bot.storage.errors.StorageError`."""

    access: CopyAccess
    animating: VideoAnimating
    marks: FileMarks
    messages: Messages
    media_dir: Path
    _turns: Turns = field(default_factory=lambda: Turns(_AT_ONCE), init=False)

    async def send(self, job_id: str, reply: ReplyAddress, kind: AnimationKind) -> Message | None:
        """Fill in the answer to a press. Arguments and result are as of `FullQuality.send`."""
        async with self._turns.turn_of(reply.person_id) as busy:
            if busy is not None:
                return busy
            kept = await self.access.permit(job_id, reply)
            if isinstance(kept, Message):
                return kept
            path = self.media_dir / f"{job_id}.{reply.person_id}.{kind}"
            try:
                return await self._send(kept, reply, path, kind)
            finally:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _send(
        self, kept: KeptVideo, reply: ReplyAddress, path: Path, kind: AnimationKind
    ) -> Message | None:
        mark, line = self.marks.of(kept.job)
        order = AnimationOrder(kind, min(LIMIT_BYTES, reply.upload_limit_bytes), mark, line)
        try:
            await self.access.fetch(kept)
            await self.animating.animate(str(reply.person_id), kept.path, path, order)
            problem = None
        except NotAnimatedError:
            problem = copies.NOT_ANIMATED  # unless the video is gone, which comes first
        except FileNotFoundError:
            problem = copies.NOT_KEPT
        except OSError as error:
            log.warning("copy_not_sent", job=kept.job.id, error=type(error).__name__, reason=str(error))
            problem = copies.NOT_SENT
        still = await self.access.permit(kept.job.id, reply)
        if isinstance(still, Message) or problem is not None:
            return still if isinstance(still, Message) else problem
        try:
            post = copy_post(kept.job, reply, copies.ANIMATION, path)
            await send_in_allowed_words(partial(self.messages.edit_by_token, reply), post)
        except (DeliveryError, OSError) as error:
            log.warning("copy_not_sent", job=kept.job.id, error=type(error).__name__, reason=str(error))
            return copies.NOT_SENT
        log.info("animation_sent", job=kept.job.id, kind=kind, person=reply.person_id)
        return None
