"""Facts of an interaction in the terms of the services: user, language, address of the reply."""

from datetime import datetime
from typing import TypeAlias

import discord
from pydantic import SecretStr

from bot.delivery.messages import ReplyAddress
from bot.moderation.policy import Person, person_in_direct_messages
from bot.texts.messages import Language

Interaction: TypeAlias = discord.Interaction[discord.Client]


def person_of(interaction: Interaction) -> Person:
    """Return the user, with roles and permissions in the server of the interaction."""
    user = interaction.user
    if interaction.guild_id is None or not isinstance(user, discord.Member):
        return Person(user.id, interaction.guild_id)
    return Person(
        user.id,
        interaction.guild_id,
        frozenset(role.id for role in user.roles),
        interaction.permissions.manage_messages,
        interaction.permissions.manage_guild,
    )


def moderator_of(interaction: Interaction, guild_id: int) -> Person:
    """Return the user as one who decides in a server, where questions may come in direct messages too."""
    if interaction.guild_id is not None:
        return person_of(interaction)
    guild = interaction.client.get_guild(guild_id)
    owner_id = guild.owner_id if guild is not None else None
    return person_in_direct_messages(interaction.user.id, guild_id, owner_id=owner_id)


def link_to(message: discord.Message | None) -> str | None:
    """Return the address of a message, or None for a private one, which others cannot open."""
    if message is None or message.flags.ephemeral:
        return None
    return message.jump_url


def language_of(interaction: Interaction, *, private: bool) -> Language:
    """Return the user's language for a private reply, else the server's."""
    if private or interaction.guild_locale is None:
        return Language.of(interaction.locale.value)
    return Language.of(interaction.guild_locale.value)


def address_of(
    interaction: Interaction,
    *,
    message_id: int | None,
    private: bool,
    now: datetime,
) -> ReplyAddress:
    """Return the address of the reply to an interaction that came at the moment `now`."""
    return ReplyAddress(
        application_id=interaction.application_id,
        token=SecretStr(interaction.token),
        person_id=interaction.user.id,
        channel_id=interaction.channel_id,
        message_id=message_id,
        created_at=now,
        upload_limit_bytes=interaction.filesize_limit,
        private=private,
        language=language_of(interaction, private=private),
        guild_id=interaction.guild_id,
    )
