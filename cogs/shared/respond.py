"""Answers to interactions: the acknowledgement, and what can follow it.

What Discord and the network may raise is logged and not raised; where it matters, the result tells of it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import discord
import structlog
from discord import ui

from bot.delivery.messages import FileLabel
from bot.services.acknowledging import Acknowledged
from bot.texts import jobs as job_words
from bot.texts.messages import Translatable
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.buttons import PlainButton, row_of_plain, view_of
from cogs.shared.first_answer import FirstAnswer, first_answer_of, give_first_answer, persist
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.layout import layout_of

log: Final = structlog.get_logger(__name__)

BEFORE_ACKNOWLEDGING_S: Final = 1.2
"""Maximum duration of all look-ups of one interaction before its acknowledgement together.

Discord wants that within three seconds, of which examining the words of a request may take 0.8, and storing it 0.8.
"""
_LOOKED_UP_BY: Final = "looked_up_by"


@dataclass(frozen=True)
class LookUpTimes:
    """Times for look-ups before an acknowledgement, in seconds; only tests and benchmarks use others than these."""

    all_s: float = BEFORE_ACKNOWLEDGING_S
    """For all of one interaction."""
    page_s: float = 1.0
    """For a server's *Integrations* page, at any time: one that takes longer is there for the next request."""


_USUAL: Final = LookUpTimes()

_UPLOAD_TIMEOUT_S: Final = 300.0
_NOBODY: Final = discord.AllowedMentions.none()


def seconds_for_looking_up(interaction: Interaction, times: LookUpTimes = _USUAL) -> float:
    """Return what is left for look-ups before the acknowledgement. The first call begins the time."""
    now = asyncio.get_running_loop().time()
    by: float = interaction.extras.setdefault(_LOOKED_UP_BY, now + times.all_s)
    return max(by - now, 0.0)


def before_acknowledging(interaction: Interaction) -> asyncio.Timeout:
    """Bound the look-ups in a block that come before the acknowledgement. Raises `TimeoutError` as it ends."""
    return asyncio.timeout(seconds_for_looking_up(interaction))


async def acknowledge(interaction: Interaction, *, private: bool) -> Acknowledged | None:
    """Tell Discord that an answer will come.

    Returns:
        None if Discord did not take that, or another process has the interaction. Then nothing may be started:
        Discord tells the user itself that the application did not respond, or the other process answers.
    """
    call = interaction.response.defer(ephemeral=private, thinking=True)
    return await give_first_answer(interaction, call, FirstAnswer.ANNOUNCED)


async def acknowledge_in_words(
    interaction: Interaction, words: Translatable, *, private: bool
) -> Acknowledged | None:
    """Acknowledge as `acknowledge` does, with words that stay true if nobody ever fills in the reply."""
    view = layout_of(words.in_language(language_of(interaction, private=private)))
    call = interaction.response.send_message(view=view, ephemeral=private, allowed_mentions=_NOBODY)
    return await give_first_answer(interaction, call, FirstAnswer.ANNOUNCED_IN_WORDS)


async def acknowledge_press(interaction: Interaction) -> bool:
    """Tell Discord that the message whose button was pressed will change. Returns False as `acknowledge` does."""
    return await give_first_answer(interaction, interaction.response.defer(), FirstAnswer.GIVEN) is not None


async def refuse(interaction: Interaction, words: Translatable, buttons: Sequence[PlainButton] = ()) -> None:
    """Answer at once, for the user alone."""
    view: Any = view_of(buttons) if buttons else discord.utils.MISSING
    text = _in_own_language(interaction, words)
    call = interaction.response.send_message(text, view=view, ephemeral=True, allowed_mentions=_NOBODY)
    await give_first_answer(interaction, call, FirstAnswer.GIVEN)


async def open_modal(interaction: Interaction, form: ui.Modal) -> None:
    """Answer with a form, which has to be the first answer."""
    await give_first_answer(interaction, interaction.response.send_modal(form), FirstAnswer.GIVEN)


async def delete_message(interaction: Interaction) -> bool:
    """Delete the message whose button was pressed, after its acknowledgement. Returns True if it is gone."""
    done = await attempt(interaction.delete_original_response())
    if not isinstance(done, FailedCall):
        return True
    log.warning("message_not_deleted", **done.facts)
    return done.status == HTTPStatus.NOT_FOUND


async def answer(
    interaction: Interaction, words: Translatable | ui.LayoutView, buttons: Sequence[PlainButton] = ()
) -> None:
    """Fill in the answer that was announced by acknowledging, for the user alone to read."""
    if isinstance(words, ui.LayoutView):
        await _make_sure(interaction, await _fill_in(interaction, words))
        return
    text = _in_own_language(interaction, words)
    if first_answer_of(interaction) is FirstAnswer.ANNOUNCED_IN_WORDS:
        # Discord lets a message with a layout never go back to plain content.
        rows = (row_of_plain(buttons),) if buttons else ()
        done = await _fill_in(interaction, layout_of(text, *rows))
    else:
        view: Any = view_of(buttons) if buttons else discord.utils.MISSING
        done = await persist(
            interaction,
            lambda: interaction.edit_original_response(content=text, view=view, allowed_mentions=_NOBODY),
        )
    _is_shown(done)


async def answer_with_quotes(
    interaction: Interaction, quoting: ui.LayoutView, unquoted: Callable[[], ui.LayoutView]
) -> None:
    """Fill in the answer that was announced; with `unquoted` if AutoMod refuses the words of prompts in it."""
    done = await _fill_in(interaction, quoting)
    if isinstance(done, FailedCall) and done.words_refused:
        log.warning("prompt_left_out", **done.facts)
        done = await _fill_in(interaction, unquoted())
    await _make_sure(interaction, done)


async def _make_sure(interaction: Interaction, done: object) -> None:
    """Say so in plain words if Discord refused a layout: nobody is left with an answer that was announced."""
    if not _is_shown(done) and isinstance(done, FailedCall) and done.status == HTTPStatus.BAD_REQUEST:
        await tell(interaction, job_words.NOT_SHOWN)


async def _fill_in(interaction: Interaction, view: ui.LayoutView) -> object:
    return await persist(
        interaction, lambda: interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)
    )


async def show_file(
    interaction: Interaction,
    words: Translatable,
    path: Path,
    label: FileLabel,
    buttons: Sequence[PlainButton] = (),
) -> bool:
    """Fill in the answer that was announced with a file. Returns False if it cannot be sent; the user is told."""
    shown = _is_shown(await attempt(_attach(interaction, words, path, label, buttons), _UPLOAD_TIMEOUT_S))
    if not shown:
        await answer(interaction, job_words.FILE_REFUSED)
    return shown


async def show_file_beside(
    interaction: Interaction, words: Translatable, path: Path, label: FileLabel
) -> bool:
    """Send one more file, for the user alone. Returns False if it cannot be sent."""

    async def send() -> None:
        # Opening raises OSError if the file is gone by now.
        file = discord.File(path, filename=label.name, description=label.description)
        text = _in_own_language(interaction, words)
        await interaction.followup.send(text, file=file, ephemeral=True, allowed_mentions=_NOBODY)

    return _is_shown(await attempt(send(), _UPLOAD_TIMEOUT_S))


async def _attach(
    interaction: Interaction,
    words: Translatable,
    path: Path,
    label: FileLabel,
    buttons: Sequence[PlainButton],
) -> None:
    # Opening raises OSError if the file is gone by now.
    file = discord.File(path, filename=label.name, description=label.description)
    await interaction.edit_original_response(
        content=_in_own_language(interaction, words),
        view=view_of(buttons) if buttons else None,
        attachments=[file],
        allowed_mentions=_NOBODY,
    )


async def reply_privately(interaction: Interaction, words: Translatable) -> None:
    """Say something to the user alone, beside the message whose button was pressed."""
    text = _in_own_language(interaction, words)
    _is_shown(await attempt(interaction.followup.send(text, ephemeral=True, allowed_mentions=_NOBODY)))


async def tell(interaction: Interaction, words: Translatable, buttons: Sequence[PlainButton] = ()) -> None:
    """Say something to the user alone in the way that the first answer to the interaction left open."""
    match first_answer_of(interaction):
        case None:
            await refuse(interaction, words, buttons)
        case FirstAnswer.ANNOUNCED | FirstAnswer.ANNOUNCED_IN_WORDS:
            await answer(interaction, words, buttons)
        case FirstAnswer.GIVEN:
            await reply_privately(interaction, words)
        case FirstAnswer.NOT_TAKEN:
            pass


def _in_own_language(interaction: Interaction, words: Translatable) -> str:
    return words.in_language(language_of(interaction, private=True))


def _is_shown(done: object) -> bool:
    if isinstance(done, FailedCall):
        log.warning("answer_not_shown", **done.facts)
    return not isinstance(done, FailedCall)
