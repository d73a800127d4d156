"""Channels in the terms of the rules, and the permissions of the bot in them."""

from typing import Any, Final

import discord

from bot.moderation.places import Place, Right, place_without_server
from bot.moderation.review_places import ReviewPlace
from cogs.shared.interactions import Interaction, is_brought_along

_FLAGGED: Final = (
    discord.TextChannel,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
    discord.Thread,
)


def place_of(interaction: Interaction) -> Place:
    """Return the kind of the channel of an interaction. One that is not known to be restricted is open.

    The flag comes with the interaction. A thread has none of its own: discord.py asks its parent, and says
    "not restricted" where the parent is not known.
    """
    foreign = is_brought_along(interaction)
    if interaction.guild_id is None:
        return place_without_server(foreign=foreign)
    if foreign:
        return Place.FOREIGN_SERVER
    return place_of_channel(interaction.channel)


def hears_messages(interaction: Interaction) -> bool:
    """Return True if Discord tells the bot of messages in the channel of an interaction.

    It does not where a user brought the bot along: in servers that it is no member of, and among other people.
    """
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    return not is_brought_along(interaction)


def place_of_channel(channel: Any) -> Place:  # noqa: ANN401 - discord.py's many kinds of channels
    """Return the kind of a channel in a server of which the bot is a member."""
    if isinstance(channel, _FLAGGED) and channel.is_nsfw():
        return Place.AGE_RESTRICTED_CHANNEL
    return Place.OPEN_CHANNEL


def missing_for_reply(interaction: Interaction) -> tuple[Right, ...]:
    """Return the permissions that the bot lacks to post a video as the reply to an interaction.

    Where the bot is no member it acts for the user, and what Discord says of the bot's own permissions there is
    not documented: then the user's suffice.
    """
    allowed = interaction.app_permissions.attach_files or (
        interaction.guild_id is not None
        and not interaction.is_guild_integration()
        and interaction.permissions.attach_files
    )
    return () if allowed else (Right.ATTACH_FILES,)


def missing_for_message(permissions: discord.Permissions, *, thread: bool) -> tuple[Right, ...]:
    """Return the permissions that the bot lacks to answer a message with a video, in Discord's order."""
    needed = {
        Right.VIEW_CHANNEL: permissions.view_channel,
        (Right.SEND_MESSAGES_IN_THREADS if thread else Right.SEND_MESSAGES): (
            permissions.send_messages_in_threads if thread else permissions.send_messages
        ),
        Right.READ_MESSAGE_HISTORY: permissions.read_message_history,
        Right.ATTACH_FILES: permissions.attach_files,
    }
    return tuple(right for right, allowed in needed.items() if not allowed)


def review_place_of(guild: discord.Guild, channel: Any) -> ReviewPlace:  # noqa: ANN401 - many kinds
    """Return what the bot may do in a channel or thread where moderators are to be asked."""
    allowed = channel.permissions_for(guild.me)
    in_thread = isinstance(channel, discord.Thread)
    return ReviewPlace(
        sees=allowed.view_channel,
        writes=_may_write_in(channel, allowed) if in_thread else allowed.send_messages,
        attaches=allowed.attach_files,
        restricted=place_of_channel(channel) is Place.AGE_RESTRICTED_CHANNEL,
    )


def _may_write_in(thread: discord.Thread, allowed: discord.Permissions) -> bool:
    return allowed.send_messages_in_threads and (allowed.manage_threads or not thread.locked)


def restricted_channel_in(guild: discord.Guild | None) -> int | None:
    """Return the first age-restricted channel of a server in which moderators may look at spicy videos, or None."""
    channels = guild.text_channels if guild is not None else []
    return next((one.id for one in channels if one.is_nsfw()), None)
