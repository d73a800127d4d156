"""Acknowledging an interaction, and what can become of it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord
import structlog

log: Final = structlog.get_logger(__name__)

_ALREADY_ACKNOWLEDGED: Final = 40060
"""Discord, *JSON error codes*: a repetition, whose first try arrived although it seemed to fail."""
_TIMEOUT_S: Final = 10.0
"""Longer than the three seconds that Discord grants (*Receiving and Responding*): it has the last word."""


@dataclass(frozen=True)
class Acknowledged:
    """The interaction is acknowledged; the reply's message id where Discord told it."""

    message_id: int | None


async def acknowledge(interaction: discord.Interaction, *, private: bool) -> Acknowledged | None:
    """Tell Discord that an answer will come. None where it did not take that: then nothing may be started.

    Discord itself tells the person that the application did not respond.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            response = await interaction.response.defer(ephemeral=private, thinking=True)
    except discord.HTTPException as error:
        if error.code == _ALREADY_ACKNOWLEDGED:
            return Acknowledged(message_id=None)
        log.warning("acknowledgement_refused", status=error.status, code=error.code)
        return None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("acknowledgement_failed", error=type(error).__name__)
        return None
    return Acknowledged(message_id=response.message_id if response is not None else None)


async def refuse(interaction: discord.Interaction, answer: str) -> None:
    """Answer at once, to nobody but the person; where Discord does not take it, only the log knows."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await interaction.response.send_message(
                answer, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
            )
    except discord.HTTPException as error:
        log.warning("refusal_not_shown", status=error.status, code=error.code)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("refusal_not_shown", error=type(error).__name__)
