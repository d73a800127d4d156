"""Last cards of a run: how its job ended, or what it waits for. None leaves a video in a message beside it."""

from typing import Final

import stamina
import structlog

from bot.delivery.card import Card
from bot.delivery.messages import DeliveryError, DiscordUnavailableError, Post
from bot.jobs import cards
from bot.jobs.being_posted import found_answer
from bot.lifecycle.context import JobContext

log: Final = structlog.get_logger(__name__)


async def shows_video(context: JobContext) -> bool | None:
    """Look if the reply, or a new message in its place, holds the video; None if nobody knows."""
    if context.is_unseen:
        return None
    shown = await context.reply_shows_video()
    try:
        return await _follow_video(context) if shown is False else shown
    except DiscordUnavailableError:
        return None


async def tell(context: JobContext, card: Card) -> None:
    """Make a last post without a video, in the place of a new message with one, of which nobody may have heard.

    Where the user cannot be reached, `/jobs` shows the same.
    """
    try:
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=context.patience_s, wait_max=30.0
        ):
            with attempt:
                await _follow_video(context)
        await context.post(Post(card))
    except DeliveryError as error:
        log.error("person_not_told", job=context.job.id, reason=str(error))


async def settle(context: JobContext) -> None:
    """Tell the user how the job ended, unless that may take a video away; store that nothing is left to do."""
    if not context.is_unseen:
        await tell(context, cards.ended_card(context.job))
    await context.amend(settled_at=context.now())


async def _follow_video(context: JobContext) -> bool:
    """Take the new message with the video, if there is one, for the reply: the next card takes its place.

    Returns False if there is none, or none that can be seen. Raises `DiscordUnavailableError`.
    """
    try:
        message_id = await found_answer(context.messages, context.job, context.now())
    except DiscordUnavailableError:
        raise
    except DeliveryError as error:
        log.info("new_message_not_looked_up", job=context.job.id, reason=str(error))
        return False
    if message_id is None:
        return False
    await context.move_reply(message_id)
    return True
