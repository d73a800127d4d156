"""Who acts, and where their answer goes, in the terms of the services."""

from datetime import datetime

import discord
from pydantic import SecretStr

from bot.delivery.messages import ReplyAddress
from bot.moderation.policy import Person
from bot.texts.messages import Language


def person_of(interaction: discord.Interaction[discord.Client]) -> Person:
    """Who started the interaction, with what they are in this server."""
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


def moderator_of(interaction: discord.Interaction[discord.Client], guild_id: int) -> Person:
    """Who acts, as a server knows them; in direct messages only its owner is anybody."""
    if interaction.guild_id is not None:
        return person_of(interaction)
    guild = interaction.client.get_guild(guild_id)
    owns = guild is not None and guild.owner_id == interaction.user.id
    return Person(interaction.user.id, guild_id if owns else None, moderates=owns, manages=owns)


def link_to(message: discord.Message | None) -> str | None:
    """The address of a message that others can follow; private ones have none."""
    if message is None or message.flags.ephemeral:
        return None
    return message.jump_url


def language_of(interaction: discord.Interaction[discord.Client], *, private: bool) -> Language:
    """What is read by the person alone is in their language, and what a channel reads in the server's."""
    if private or interaction.guild_locale is None:
        return Language.of(interaction.locale.value)
    return Language.of(interaction.guild_locale.value)


def address_of(
    interaction: discord.Interaction[discord.Client],
    *,
    message_id: int | None,
    private: bool,
    now: datetime,
) -> ReplyAddress:
    """Where the reply to the interaction lives; `now` is when it came."""
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
