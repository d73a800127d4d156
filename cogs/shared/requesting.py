"""From an interaction that asks for a video to `VideoRequests`, and what the user reads if there will be none."""

from datetime import datetime

import discord

from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.policy import Verdict
from bot.services.order import RequestOrigin, VideoOrder
from bot.services.requests import Acknowledged, VideoRequests
from bot.texts.jobs import BEING_STORED
from cogs.shared.appeal_button import appeal_button
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, address_of, language_of, person_of
from cogs.shared.place import channel_of, missing_for_reply, place_of
from cogs.shared.respond import acknowledge, acknowledge_in_words, refuse, tell


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
    if refused.verdict is Verdict.PERSON_SUSPENDED:
        language = language_of(interaction, private=True)
        await refuse(interaction, refused.explanation, (appeal_button(origin.person, language),))
    else:
        await tell(interaction, refused.explanation)
    await requests.record_refusal(order, origin, refused)
