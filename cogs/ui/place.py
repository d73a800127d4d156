"""Where an interaction happened, in the terms of the rules."""

from typing import Final

import discord

from bot.moderation.policy import Place

_FLAGGED: Final = (
    discord.TextChannel,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
    discord.Thread,
)


def place_of(interaction: discord.Interaction) -> Place:
    """The place; what cannot be told to be restricted is open.

    The flag comes with the interaction. A thread has none of its own: discord.py asks its parent, and says
    "not restricted" where the parent is not known.
    """
    if interaction.guild_id is None:
        return Place.DIRECT_MESSAGE
    channel = interaction.channel
    if isinstance(channel, _FLAGGED) and channel.is_nsfw():
        return Place.AGE_RESTRICTED_CHANNEL
    return Place.OPEN_CHANNEL
