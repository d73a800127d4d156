"""From an interaction that asks for a video to `VideoRequests`, and what the user reads if there will be none."""

import asyncio
from datetime import datetime
from typing import Final

import discord

from bot.delivery.card import Action
from bot.jobs.job import new_job_id
from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.policy import Verdict
from bot.services.order import RequestOrigin, VideoOrder
from bot.services.requests import Acknowledged, VideoRequests
from bot.texts.buttons import LABELS
from bot.texts.jobs import BEING_STORED
from cogs.shared.appeal_button import appeal_button
from cogs.shared.buttons import PlainButton
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, address_of, language_of, person_of
from cogs.shared.place import channel_of, missing_for_reply, place_of
from cogs.shared.respond import BEFORE_ACKNOWLEDGING_S, acknowledge, acknowledge_in_words, refuse, tell

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
        pages: The servers' *Integrations* pages, for a press that no command came before.
    """
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    origin = RequestOrigin(
        event=event_of(interaction),
        person=person_of(interaction) if pages is None else await pages.presser_of(interaction),
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
    language = language_of(interaction, private=True)
    if refused.verdict is Verdict.PERSON_SUSPENDED:
        await refuse(interaction, refused.explanation, (appeal_button(origin.person, language),))
    elif refused.was_made:
        await tell(interaction, refused.explanation)
    else:
        draft_id = new_job_id()
        button = PlainButton(LABELS[Action.CHANGE].in_language(language), f"{REFUSED_PREFIX}{draft_id}")
        async with asyncio.TaskGroup() as group:
            # Kept first, or *Change* would find nothing for who presses it at once; but no disk, however slow,
            # may keep a person waiting for the refusal.
            keeping = group.create_task(requests.keep_refused(draft_id, order, interaction.user.id))
            left_s = max(0.0, begun_s + BEFORE_ACKNOWLEDGING_S - loop.time())
            await asyncio.wait([keeping], timeout=left_s)
            await tell(interaction, refused.explanation, (button,))
    await requests.record_refusal(order, origin, refused)
