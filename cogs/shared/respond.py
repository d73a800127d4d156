"""Acknowledging an interaction, and what can become of it."""

import asyncio
from collections.abc import Awaitable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord import ui

from bot.services.requests import STORE_WITHIN_S, Acknowledged
from bot.texts.messages import Translatable
from cogs.shared.buttons import PlainButton, view_of
from cogs.shared.interactions import language_of

log: Final = structlog.get_logger(__name__)

_ALREADY_ACKNOWLEDGED: Final = 40060
"""Discord, *JSON error codes*: a repetition, whose first try arrived although it seemed to fail."""
_UPLOAD_TIMEOUT_S: Final = 300.0
BEFORE_ACKNOWLEDGING_S: Final = STORE_WITHIN_S
"""What a look-up on the disk may take before an acknowledgement."""
_TIMEOUT_S: Final = 10.0
"""Longer than the three seconds that Discord grants (*Receiving and Responding*): it has the last word."""


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


async def refuse(
    interaction: discord.Interaction[discord.Client], words: Translatable, buttons: Sequence[PlainButton] = ()
) -> None:
    """Answer at once, to nobody but the person; where Discord does not take it, only the log knows."""
    view: Any = view_of(buttons) if buttons else discord.utils.MISSING
    await _shown(
        interaction.response.send_message(
            _in_own_language(interaction, words),
            view=view,
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    )


async def open_form(interaction: discord.Interaction[discord.Client], form: ui.Modal) -> bool:
    """Answer with a form, which has to be the first answer; whether Discord took it."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await interaction.response.send_modal(form)
    except discord.HTTPException as error:
        log.warning("form_not_opened", status=error.status, code=error.code)
        return error.code == _ALREADY_ACKNOWLEDGED
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("form_not_opened", error=type(error).__name__)
        return False
    return True


async def delete_message(interaction: discord.Interaction[discord.Client]) -> bool:
    """Delete the message whose button was pressed, which was acknowledged; whether it is gone."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await interaction.delete_original_response()
    except discord.HTTPException as error:
        log.warning("message_not_deleted", status=error.status, code=error.code)
        return error.status == HTTPStatus.NOT_FOUND
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("message_not_deleted", error=type(error).__name__)
        return False
    return True


async def answer(
    interaction: discord.Interaction[discord.Client], words: Translatable | ui.LayoutView
) -> None:
    """Fill in the answer that was announced by acknowledging, for the person alone to read."""
    nobody = discord.AllowedMentions.none()
    if isinstance(words, ui.LayoutView):
        await _shown(interaction.edit_original_response(view=words, allowed_mentions=nobody))
    else:
        told = _in_own_language(interaction, words)
        await _shown(interaction.edit_original_response(content=told, allowed_mentions=nobody))


async def show_file(
    interaction: discord.Interaction[discord.Client], words: Translatable, path: Path, name: str
) -> None:
    """Fill in the answer that was announced with a file, for the person alone to see."""
    await _shown(
        interaction.edit_original_response(
            content=_in_own_language(interaction, words),
            attachments=[discord.File(path, filename=name)],
            allowed_mentions=discord.AllowedMentions.none(),
        ),
        _UPLOAD_TIMEOUT_S,
    )


async def reply_privately(interaction: discord.Interaction[discord.Client], words: Translatable) -> None:
    """Say something to the person alone, beside the message whose button they pressed."""
    await _shown(
        interaction.followup.send(
            _in_own_language(interaction, words),
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    )


async def tell(interaction: discord.Interaction[discord.Client], words: Translatable) -> None:
    """Say something to the user alone in the way that the first answer to the interaction left open."""
    match interaction.response.type:
        case None:
            await refuse(interaction, words)
        case discord.InteractionResponseType.deferred_channel_message:
            await answer(interaction, words)
        case _:
            await reply_privately(interaction, words)


def _in_own_language(interaction: discord.Interaction[discord.Client], words: Translatable) -> str:
    return words.in_language(language_of(interaction, private=True))


async def _shown(call: Awaitable[object], timeout_s: float = _TIMEOUT_S) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await call
    except discord.HTTPException as error:
        log.warning("answer_not_shown", status=error.status, code=error.code)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("answer_not_shown", error=type(error).__name__)
