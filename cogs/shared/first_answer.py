"""The first answer to an interaction, of which Discord takes one, and how it ended.

Another process with the same token may have given it; its loss on the way is settled by a look at the reply.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum, auto
from typing import Any, Final, TypeVar

import discord
import structlog

from bot.delivery.announcements import is_announcement
from bot.delivery.routes import TOKEN_TRUSTED_FOR
from bot.services.acknowledging import Acknowledged
from bot.storage.shielding import shield_until_done
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.interactions import Interaction

log: Final = structlog.get_logger(__name__)

_T = TypeVar("_T")

SERVED_ELSEWHERE: Final = "served_elsewhere"
"""Dispatched to the client's listeners, with the interaction's id, where another process has the interaction."""

_ALREADY_ACKNOWLEDGED: Final = 40060
"""Discord, *JSON error codes*: the interaction has its first answer."""
_ORIGINAL: Final[Any] = "@original"
"""Discord's name for an interaction's reply; discord.py's types want a number, but it passes any id on."""
_END_WITHIN_S: Final = 3.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 15.0
_EXTRA: Final = "first_answer"


class FirstAnswer(Enum):
    """The first answer that an interaction got from this process."""

    ANNOUNCED = auto()
    """The user sees that the bot is thinking, until the reply is filled in."""
    ANNOUNCED_IN_WORDS = auto()
    """The user reads that an answer will come, until the reply is filled in."""
    GIVEN = auto()
    """A message, a form, or a press whose message may change."""
    NOT_TAKEN = auto()
    """None: Discord took none, or another process has the interaction."""


_ANNOUNCED: Final = frozenset({FirstAnswer.ANNOUNCED, FirstAnswer.ANNOUNCED_IN_WORDS})


def first_answer_of(interaction: Interaction) -> FirstAnswer | None:
    """Return how the interaction was answered first; None if it was not yet."""
    return interaction.extras.get(_EXTRA)


async def give_first_answer(
    interaction: Interaction,
    call: Awaitable[discord.InteractionCallbackResponse[discord.Client] | None],
    kind: FirstAnswer,
) -> Acknowledged | None:
    """Give the first answer by a call of discord.py. Returns None if Discord did not take it."""
    taken = await _give(interaction, call, kind)
    interaction.extras[_EXTRA] = FirstAnswer.NOT_TAKEN if taken is None else kind
    return taken


async def _give(
    interaction: Interaction,
    call: Awaitable[discord.InteractionCallbackResponse[discord.Client] | None],
    kind: FirstAnswer,
) -> Acknowledged | None:
    done = await attempt(call)
    if not isinstance(done, FailedCall):
        return Acknowledged(done.message_id if done is not None else None)
    if done.code == _ALREADY_ACKNOWLEDGED:
        # A repetition whose first try arrived although it seemed to fail; otherwise it was not this process's.
        if done.tried_before:
            return Acknowledged(message_id=None)
        interaction.client.dispatch(SERVED_ELSEWHERE, interaction.id)
        return None
    log.warning(
        "acknowledgement_failed" if done.doubtful else "acknowledgement_refused", kind=kind.name, **done.facts
    )
    return await _look(interaction, kind) if done.doubtful else None


async def _look(interaction: Interaction, kind: FirstAnswer) -> Acknowledged | None:
    """Look if there is a reply, as there is once Discord took the first answer, that no other process filled."""
    found = await persist(interaction, lambda: interaction.followup.fetch_message(_ORIGINAL))
    if isinstance(found, FailedCall):
        log.warning("reply_not_found", **found.facts)
        return None
    if kind in _ANNOUNCED and not is_announcement(found):
        interaction.client.dispatch(SERVED_ELSEWHERE, interaction.id)
        return None
    return Acknowledged(found.id)


async def persist(interaction: Interaction, call: Callable[[], Coroutine[Any, Any, _T]]) -> _T | FailedCall:
    """Make a call that does no harm twice, again and again while Discord is away and the token can live."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + TOKEN_TRUSTED_FOR.total_seconds()
    pause_s = _FIRST_PAUSE_S
    while True:
        # discord.py (2.7, `AsyncDeferredLock`) never gives a token's lock back if a call is cancelled while it
        # waits for the rate limit: every later call by that token would wait for good.
        done = await attempt(shield_until_done(call(), within_s=_END_WITHIN_S))
        if not isinstance(done, FailedCall) or not done.passing or loop.time() + pause_s >= ends_s:
            return done
        await asyncio.sleep(pause_s)
        if interaction.client.is_closed():
            return done
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
