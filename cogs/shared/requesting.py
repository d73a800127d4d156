"""From an interaction that asks for a video to `VideoRequests`, and what the user reads if there will be none."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Final

import discord

from bot.delivery.card import Action
from bot.jobs.job import new_job_id
from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.policy import Verdict
from bot.services.acknowledging import Acknowledged
from bot.services.order import RequestOrigin, VideoOrder
from bot.services.requests import Refused, VideoRequests
from bot.texts.buttons import LABELS
from bot.texts.jobs import BEING_STORED
from bot.texts.messages import Language
from cogs.shared.appeal_button import appeal_button
from cogs.shared.buttons import PlainButton
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, address_of, channel_of, language_of, person_of
from cogs.shared.place import missing_for_reply, place_of
from cogs.shared.respond import acknowledge, acknowledge_in_words, refuse, seconds_for_looking_up, tell

REFUSED_PREFIX: Final = "sm-refused:"
"""Begins the id of the button that opens what was refused as a form; the rest names its draft."""


def event_of(interaction: Interaction) -> str:
    """Return the name of the event, from which the job's id follows."""
    return f"interaction:{interaction.id}"


async def request_video(
    requests: VideoRequests,
    interaction: Interaction,
    order: VideoOrder,
    *,
    now: datetime,
    pages: IntegrationsPages | None = None,
) -> None:
    """Ask for a video, or say to the user alone why there will be none.

    Args:
        requests: Accepts the order.
        interaction: It asks, and was not acknowledged yet.
        order: What is asked for.
        now: When the interaction came.
        pages: The servers' *Integrations* pages, where no command was typed right now: then what they and the
            channel's permissions say is for the bot to obey.
    """
    public = not order.private
    person = person_of(interaction) if pages is None else await pages.presser_of(interaction, public=public)
    origin = RequestOrigin(
        event=event_of(interaction),
        person=person,
        channel=ChannelInfo(place_of(interaction), channel_of(interaction)),
        reply=address_of(interaction, message_id=None, private=order.private, now=now),
        missing=missing_for_reply(interaction),
        joined_at=interaction.user.joined_at if isinstance(interaction.user, discord.Member) else None,
    )

    async def acknowledging(*, stored: bool) -> Acknowledged | None:
        if stored:
            return await acknowledge(interaction, private=order.private)
        return await acknowledge_in_words(interaction, BEING_STORED, private=order.private)

    refused = await requests.accept(order, origin, acknowledging)
    if refused is None:
        return
    try:
        await _show_refusal(requests, interaction, order, origin, refused)
    finally:
        # Whatever became of the words.
        await requests.record_refusal(order, origin, refused)


async def _show_refusal(
    requests: VideoRequests,
    interaction: Interaction,
    order: VideoOrder,
    origin: RequestOrigin,
    refused: Refused,
) -> None:
    language = language_of(interaction, private=True)
    if refused.verdict is Verdict.PERSON_SUSPENDED:
        await refuse(interaction, refused.explanation, (appeal_button(origin.person, language),))
    elif refused.no_change_helps:
        await tell(interaction, refused.explanation)
    else:
        keeping = requests.keep_refused(draft_id := new_job_id(), order, interaction.user.id, refused)
        button = change_button(draft_id, language)
        await show_once_kept(
            keeping,
            seconds_for_looking_up(interaction),
            lambda: tell(interaction, refused.explanation, (button,)),
        )


def change_button(draft_id: str, language: Language) -> PlainButton:
    """Return the button that opens what was refused as a form."""
    return PlainButton(LABELS[Action.CHANGE].in_language(language), f"{REFUSED_PREFIX}{draft_id}")


async def show_once_kept(
    keeping: Coroutine[Any, Any, None], within_s: float, show: Callable[[], Awaitable[None]]
) -> None:
    """Show a form, or a refusal with `change_button`, as soon as its draft is kept. Raises what `show` raises.

    Kept first, or who answers at once would find nothing; but no disk, however slow, keeps a user waiting for
    longer than `within_s`.
    """
    try:
        async with asyncio.TaskGroup() as group:
            await asyncio.wait([group.create_task(keeping)], timeout=within_s)
            await show()
    except ExceptionGroup as failed:
        # Callers know the error itself.
        raise failed.exceptions[0] from None
