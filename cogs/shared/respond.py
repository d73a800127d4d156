"""Answers to interactions: the acknowledgement, and what can follow it.

What Discord and the network may raise is logged and not raised; where it matters, the result tells of it.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

import discord
import structlog
from discord import ui

from bot.services.requests import STORE_WITHIN_S, Acknowledged
from bot.texts import jobs as job_words
from bot.texts.messages import Translatable
from cogs.shared.attempt import TIMEOUT_S, FailedCall, attempt
from cogs.shared.buttons import PlainButton, view_of
from cogs.shared.callbacks import WatchesCallbacks
from cogs.shared.interactions import Interaction, language_of

_T = TypeVar("_T")

log: Final = structlog.get_logger(__name__)

BEFORE_ACKNOWLEDGING_S: Final = STORE_WITHIN_S
"""Maximum duration of a look-up on the disk before an acknowledgement."""

_ALREADY_ACKNOWLEDGED: Final = 40060
"""Discord, *JSON error codes*: somebody answered this interaction before."""
_NO_SUCH_REPLY: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_LOOK_FOR_REPLY_S: Final = 840.0
"""An interaction's token works for 15 minutes (Discord, *Receiving and Responding*)."""
_FIRST_LOOK_S: Final = 0.5
_LONGEST_LOOK_S: Final = 30.0
_UPLOAD_TIMEOUT_S: Final = 300.0
_NOBODY: Final = discord.AllowedMentions.none()


async def acknowledge(interaction: Interaction, *, private: bool) -> Acknowledged | None:
    """Tell Discord that an answer will come.

    Returns:
        None if Discord did not take that, or another process has the interaction. Then nothing may be started; in
        the first case Discord tells the user itself that the application did not respond.
    """
    done = await _callback(interaction, interaction.response.defer(ephemeral=private, thinking=True))
    if isinstance(done, FailedCall):
        return None
    return Acknowledged(message_id=done.message_id if done is not None else None)


async def acknowledge_press(interaction: Interaction) -> bool:
    """Tell Discord that the message whose button was pressed will change. Returns False if it did not take that."""
    return not isinstance(await _callback(interaction, interaction.response.defer()), FailedCall)


async def refuse(interaction: Interaction, words: Translatable, buttons: Sequence[PlainButton] = ()) -> None:
    """Answer at once, for the user alone."""
    view: Any = view_of(buttons) if buttons else discord.utils.MISSING
    text = _in_own_language(interaction, words)
    await _shown(interaction.response.send_message(text, view=view, ephemeral=True, allowed_mentions=_NOBODY))


async def open_modal(interaction: Interaction, form: ui.Modal) -> bool:
    """Answer with a form, which has to be the first answer. Returns False if Discord did not take it."""
    done = await attempt(interaction.response.send_modal(form))
    if not isinstance(done, FailedCall):
        return True
    log.warning("form_not_opened", **done.facts)
    return done.code == _ALREADY_ACKNOWLEDGED and _is_own(interaction)


async def _callback(interaction: Interaction, call: Awaitable[_T]) -> _T | FailedCall | None:
    """Make a deferral. Where it is not clear if it arrived, look at the reply, which only then exists.

    Returns:
        What Discord answered; None where it took the deferral without our seeing that; or why it did not.
    """
    try:
        done = await attempt(call)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        # discord.py takes an answer of 2xx apart as if Discord had given it, also a page or an empty body.
        done = FailedCall({"error": type(error).__name__})
    if not isinstance(done, FailedCall):
        return done
    if done.code == _ALREADY_ACKNOWLEDGED:
        return None if _is_own(interaction) else done
    if done.status is not None and done.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("acknowledgement_refused", **done.facts)
        return done
    log.warning("acknowledgement_failed", **done.facts)
    return None if await _is_there(interaction) else done


def _is_own(interaction: Interaction) -> bool:
    """Return True if an earlier try of this process took the interaction; otherwise another process has it."""
    client = interaction.client
    if not isinstance(client, WatchesCallbacks) or client.callbacks.own_try_failed(interaction.id):
        return True
    log.error("interaction_taken_elsewhere", interaction=interaction.id)
    client.callbacks.taken_elsewhere()
    return False


async def _is_there(interaction: Interaction) -> bool:
    """Look whether the reply to an interaction exists, as long as its token can tell."""
    loop = asyncio.get_running_loop()
    ends_s, pause_s = loop.time() + _LOOK_FOR_REPLY_S, _FIRST_LOOK_S
    while loop.time() < ends_s:
        found = await attempt(interaction.original_response())
        if not isinstance(found, FailedCall):
            return True
        if found.status in _NO_SUCH_REPLY:
            log.info("reply_not_there", **found.facts)
            return False
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_LOOK_S)
    return False


async def delete_message(interaction: Interaction) -> bool:
    """Delete the message whose button was pressed, after its acknowledgement. Returns True if it is gone."""
    done = await attempt(interaction.delete_original_response())
    if not isinstance(done, FailedCall):
        return True
    log.warning("message_not_deleted", **done.facts)
    return done.status == HTTPStatus.NOT_FOUND


async def answer(interaction: Interaction, words: Translatable | ui.LayoutView) -> None:
    """Fill in the answer that was announced by acknowledging, for the user alone to read."""
    if isinstance(words, ui.LayoutView):
        await _shown(interaction.edit_original_response(view=words, allowed_mentions=_NOBODY))
    else:
        text = _in_own_language(interaction, words)
        await _shown(interaction.edit_original_response(content=text, allowed_mentions=_NOBODY))


async def show_file(interaction: Interaction, words: Translatable, path: Path, name: str) -> bool:
    """Fill in the answer that was announced with a file. Returns False if it cannot be sent; the user is told."""
    shown = await _shown(_attach(interaction, words, path, name), _UPLOAD_TIMEOUT_S)
    if not shown:
        await answer(interaction, job_words.FILE_REFUSED)
    return shown


async def _attach(interaction: Interaction, words: Translatable, path: Path, name: str) -> None:
    await interaction.edit_original_response(
        content=_in_own_language(interaction, words),
        attachments=[discord.File(path, filename=name)],  # raises OSError if the file is gone by now
        allowed_mentions=_NOBODY,
    )


async def reply_privately(interaction: Interaction, words: Translatable) -> None:
    """Say something to the user alone, beside the message whose button was pressed."""
    text = _in_own_language(interaction, words)
    await _shown(interaction.followup.send(text, ephemeral=True, allowed_mentions=_NOBODY))


async def tell(interaction: Interaction, words: Translatable) -> None:
    """Say something to the user alone in the way that the first answer to the interaction left open."""
    match interaction.response.type:
        case None:
            await refuse(interaction, words)
        case discord.InteractionResponseType.deferred_channel_message:
            await answer(interaction, words)
        case _:
            await reply_privately(interaction, words)


def _in_own_language(interaction: Interaction, words: Translatable) -> str:
    return words.in_language(language_of(interaction, private=True))


async def _shown(call: Awaitable[object], timeout_s: float = TIMEOUT_S) -> bool:
    done = await attempt(call, timeout_s)
    if isinstance(done, FailedCall):
        log.warning("answer_not_shown", **done.facts)
    return not isinstance(done, FailedCall)
