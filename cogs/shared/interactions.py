"""Facts of an interaction in the terms of the services: user, language, address of the reply."""

from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import discord
from pydantic import SecretStr

from bot.delivery.messages import ReplyAddress
from bot.moderation.integrations import SPICY_COMMAND, Access, IntegrationsPage
from bot.moderation.policy import Person
from bot.texts.messages import Language

Interaction: TypeAlias = discord.Interaction[discord.Client]


def person_from(member: discord.Member, page: IntegrationsPage | None) -> Person:
    """Return a member of a server with the rights of their roles there, and what the server's page says of them.

    A server that this process does not have in memory has no roles here, so nobody has rights in it.
    """
    rights = member.guild_permissions
    role_ids = frozenset(role.id for role in member.roles)
    if rights.administrator:
        access = Access.UNSET  # the page says nothing about administrators
    else:
        access = page.access(SPICY_COMMAND, member.id, role_ids) if page is not None else Access.UNKNOWN
    return Person(
        member.id,
        member.guild.id,
        role_ids,
        moderates=rights.manage_messages,
        manages=rights.manage_guild,
        administers=rights.administrator,
        owns=member.id == member.guild.owner_id,
        spicy_access=access,
    )


def person_of(interaction: Interaction, page: IntegrationsPage | None = None) -> Person:
    """Return the user, with roles and rights in the server and the channel of the interaction.

    Without the server's page nobody moderates but administrators.
    """
    user, guild_id = interaction.user, interaction.guild_id
    if guild_id is None or not isinstance(user, discord.Member):
        return Person(user.id, guild_id)
    clears = interaction.permissions.manage_messages
    return replace(person_from(user, page), clears_channel_id=interaction.channel_id if clears else None)


def channel_of(interaction: Interaction) -> int | None:
    """Return the channel whose rules count: of a thread, its parent."""
    return parent_of(interaction.channel) or interaction.channel_id


def parent_of(channel: Any) -> int | None:  # noqa: ANN401 - discord.py's many kinds of channels
    """Return the channel whose rules count: a thread's parent, else the channel itself."""
    if isinstance(channel, discord.Thread):
        return channel.parent_id
    found = getattr(channel, "id", None)
    return found if isinstance(found, int) else None


def is_brought_along(interaction: Interaction) -> bool:
    """Return True if the bot is no member of the server or the private channel: a user brought it along.

    The interaction says by whose installation it came, whatever this process has in memory. A button keeps what its
    message came by: a server that the bot joined since is not foreign any more.
    """
    guild_id = interaction.guild_id
    if guild_id is None:
        # Without a context, which Discord need not tell, the stricter rules hold.
        return not interaction.context.dm_channel
    if interaction.is_guild_integration():
        return False
    return interaction.client.get_guild(guild_id) is None


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
        foreign=is_brought_along(interaction),
        rules_channel_id=channel_of(interaction),
    )
