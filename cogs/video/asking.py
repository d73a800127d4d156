"""A request as an interaction brings it: what is wanted, with who wants it and where."""

import discord

from bot.images.model import ImageSource, Reference
from bot.services.order import Ask, Wish
from cogs.shared.interactions import person_of
from cogs.shared.place import channel_of, missing_for_reply, place_of


def ask_of(
    interaction: discord.Interaction[discord.Client],
    wish: Wish,
    pictures: tuple[ImageSource, ...],
    kept: tuple[Reference, ...] | None = None,
) -> Ask:
    """The request, with the facts of this interaction; `kept` are pictures of an earlier job."""
    return Ask(
        wish,
        pictures,
        place_of(interaction),
        person_of(interaction),
        channel_of(interaction),
        kept,
        missing_for_reply(interaction),
    )
