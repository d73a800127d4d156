"""Cards of ended questions whose user had their data deleted: they lose the prompt, wherever they were posted.

Erasure (`bot/personal_data/job_erasure.py`) leaves their addresses in the rows until that is done here, so a
process that ends before leaves the rest to the next one. A card's pictures and video went when the question ended.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.reviews.case import ReviewChannel
from bot.reviews.questions import Questions
from bot.reviews.review import Review
from bot.reviews.store import ReviewStore
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_AT_ONCE: Final = 10
"""Cards of one call: Discord limits edits of messages that are older than an hour (code 30046)."""
_EVERY_S: Final = 60.0
_AGAIN_AFTER_S: Final = 3600.0


def _loop_time_s() -> float:
    return asyncio.get_running_loop().time()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EmptiedCards:
    """Edits them, a few with each call."""

    reviews: ReviewStore
    questions: Questions
    review_channel: ReviewChannel
    time_s: Callable[[], float] = _loop_time_s
    _again_at_s: dict[str, float] = field(default_factory=dict[str, float], init=False)
    """Moments before which cards that Discord did not take just now are not tried again."""

    async def run(self) -> None:
        """Edit some once a minute, until cancelled. Needs a client that is logged in."""
        while True:
            try:
                await self.edit()
            except StorageError as error:
                log.warning("review_cards_not_emptied", reason=str(error))
            await asyncio.sleep(_EVERY_S)

    async def edit(self) -> int:
        """Edit some that still show what was deleted. Returns their number.

        Raises:
            StorageError: Calling it again goes on.
        """
        now_s = self.time_s()
        for review_id, at_s in tuple(self._again_at_s.items()):
            if at_s <= now_s:
                del self._again_at_s[review_id]
        found = await self.reviews.emptied(frozenset(self._again_at_s), _AT_ONCE)
        done = 0
        for review in found:
            if await self._edit(review):
                await self.reviews.forget_card(review.id)
                done += 1
            else:
                self._again_at_s[review.id] = now_s + _AGAIN_AFTER_S
        if done:
            log.info("review_cards_emptied", cards=done)
        return done

    async def _edit(self, review: Review) -> bool:
        """Edit one. Returns False if it is to be tried again."""
        case = await self.questions.case(review)
        return case is None or await self.review_channel.update(case)
