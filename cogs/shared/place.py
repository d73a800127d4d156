"""Where something happened, in the terms of the rules, and what the bot may do there."""

from typing import Any, Final

import discord

from bot.moderation.policy import Place, Right

_FLAGGED: Final = (
    discord.TextChannel,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
    discord.Thread,
)


def place_of(interaction: discord.Interaction[discord.Client]) -> Place:
    """The place; what cannot be told to be restricted is open.

    The flag comes with the interaction. A thread has none of its own: discord.py asks its parent, and says
    "not restricted" where the parent is not known.
    """
    if interaction.guild_id is None:
        return Place.DIRECT_MESSAGE
    if not interaction.is_guild_integration():
        return Place.FOREIGN_SERVER
    return place_of_channel(interaction.channel)


def place_of_channel(channel: Any) -> Place:  # noqa: ANN401 - discord.py's many kinds of channels
    """The place that a channel of a server is, of which the bot is a member."""
    if isinstance(channel, _FLAGGED) and channel.is_nsfw():
        return Place.AGE_RESTRICTED_CHANNEL
    return Place.OPEN_CHANNEL


def channel_of(interaction: discord.Interaction[discord.Client]) -> int | None:
    """The channel whose rules count: of a thread, the one that it is in."""
    return parent_of(interaction.channel) or interaction.channel_id


def missing_for_reply(interaction: discord.Interaction[discord.Client]) -> tuple[Right, ...]:
    """What the bot would need to be allowed to post a video as the reply to an interaction.

    Where it is no member it acts for the person, and what Discord says of its own permissions there is not
    documented: then theirs suffice.
    """
    allowed = interaction.app_permissions.attach_files or (
        interaction.guild_id is not None
        and not interaction.is_guild_integration()
        and interaction.permissions.attach_files
    )
    return () if allowed else (Right.ATTACH_FILES,)


def missing_for_message(permissions: discord.Permissions, *, thread: bool) -> tuple[Right, ...]:
    """What the bot would need to be allowed to answer a message with a video; in the order of the settings."""
    needed = {
        Right.VIEW_CHANNEL: permissions.view_channel,
        (Right.SEND_MESSAGES_IN_THREADS if thread else Right.SEND_MESSAGES): (
            permissions.send_messages_in_threads if thread else permissions.send_messages
        ),
        Right.READ_MESSAGE_HISTORY: permissions.read_message_history,
        Right.ATTACH_FILES: permissions.attach_files,
    }
    return tuple(right for right, allowed in needed.items() if not allowed)


def parent_of(channel: Any) -> int | None:  # noqa: ANN401 - discord.py's many kinds of channels
    """The channel whose rules count: a thread's parent, else the channel itself."""
    if isinstance(channel, discord.Thread):
        return channel.parent_id
    found = getattr(channel, "id", None)
    return found if isinstance(found, int) else None
