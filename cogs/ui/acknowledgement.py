"""Acknowledging an interaction, and what can become of it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord
import structlog
from discord import ui

log: Final = structlog.get_logger(__name__)

_ALREADY_ACKNOWLEDGED: Final = 40060
"""Discord, *JSON error codes*: a repetition, whose first try arrived although it seemed to fail."""
_TIMEOUT_S: Final = 10.0
"""Longer than the three seconds that Discord grants (*Receiving and Responding*): it has the last word."""


@dataclass(frozen=True)
class Acknowledged:
    """The interaction is acknowledged; the reply's message id where Discord told it."""

    message_id: int | None


async def acknowledge(
    interaction: discord.Interaction[discord.Client], *, private: bool
) -> Acknowledged | None:
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


async def acknowledge_press(interaction: discord.Interaction[discord.Client]) -> bool:
    """Tell Discord that the message whose button was pressed will change; whether it took that."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await interaction.response.defer()
    except discord.HTTPException as error:
        if error.code != _ALREADY_ACKNOWLEDGED:
            log.warning("acknowledgement_refused", status=error.status, code=error.code)
            return False
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("acknowledgement_failed", error=type(error).__name__)
        return False
    return True


async def refuse(interaction: discord.Interaction[discord.Client], answer: str) -> None:
    """Answer at once, to nobody but the person; where Discord does not take it, only the log knows."""
    await _shown(
        interaction.response.send_message(
            answer, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
        )
    )


async def answer(
    interaction: discord.Interaction[discord.Client], words: str, view: ui.LayoutView | None = None
) -> None:
    """Fill in the answer that was announced by acknowledging; `view` stands for words and more."""
    if view is not None:
        await _shown(
            interaction.edit_original_response(view=view, allowed_mentions=discord.AllowedMentions.none())
        )
    else:
        await _shown(
            interaction.edit_original_response(content=words, allowed_mentions=discord.AllowedMentions.none())
        )


async def whisper(interaction: discord.Interaction[discord.Client], words: str) -> None:
    """Say something to the person alone, beside the message whose button they pressed."""
    await _shown(
        interaction.followup.send(words, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
    )


async def _shown(call: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await call
    except discord.HTTPException as error:
        log.warning("answer_not_shown", status=error.status, code=error.code)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("answer_not_shown", error=type(error).__name__)
