"""Posts that AutoMod may refuse for the prompt that they quote."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from bot.delivery.messages import Post, WordsRefusedError

log: Final = structlog.get_logger(__name__)

_Result = TypeVar("_Result")


async def send_in_allowed_words(send: Callable[[Post], Awaitable[_Result]], post: Post) -> _Result:
    """Make a post; once more without the prompt if AutoMod refuses that. Returns and raises what `send` does."""
    try:
        return await send(post)
    except WordsRefusedError as error:
        log.warning("prompt_left_out", job=post.card.job_id, reason=str(error))
        return await send(post.without_quote())
