"""Servers' *Integrations* pages, asked of Discord and kept in memory; and who acts, by these and by channels."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import discord
import structlog
from discord.ext import commands
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.moderation.integrations import (
    VIDEO_COMMAND,
    Access,
    CommandOverwrites,
    IntegrationsPage,
    access_in_channel,
)
from bot.moderation.policy import Person
from bot.moderation.rights import person_in_direct_messages
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.channels import known_guild
from cogs.shared.interactions import Interaction, parent_of, person_from, person_of
from cogs.shared.respond import seconds_for_looking_up

log: Final = structlog.get_logger(__name__)

_ASK_AGAIN_AFTER_S: Final = 600.0
"""Changes are told over the gateway; this is for those that were missed while it was away."""
_UNTOLD_KEPT_S: Final = 3.0
"""Of a server of whose changes the gateway does not tell this process."""
_ROLE, _USER, _CHANNEL = 1, 2, 3
"""Discord, *Application Command Permission Type*."""


class _Overwrite(BaseModel):
    id: int
    type: int
    permission: bool


class _Overwritten(BaseModel):
    id: int
    permissions: list[_Overwrite]


_PAGE: Final = TypeAdapter(list[_Overwritten])


class IntegrationsPages(commands.Cog):
    """Knows what servers' pages say."""

    def __init__(self, client: discord.Client, wait_s: float, is_told_of: Callable[[int], bool]) -> None:
        """Args: `is_told_of` tells if the gateway tells this process of changes in a server."""
        self._client = client
        self._is_told_of = is_told_of
        self._wait_s = wait_s
        self._pages: dict[int, tuple[IntegrationsPage, float]] = {}
        self._asking: dict[int, asyncio.Task[IntegrationsPage | None]] = {}
        self._names: Mapping[int, str] = {}

    async def page(self, guild_id: int, within_s: float | None = None) -> IntegrationsPage | None:
        """Return a server's page; None if Discord does not tell it in time, if need be `within_s` seconds.

        A page that was read before stays in use while Discord cannot be asked, unless it was changed meanwhile.
        """
        known = self._pages.get(guild_id)
        kept_s = _ASK_AGAIN_AFTER_S if self._is_told_of(guild_id) else _UNTOLD_KEPT_S
        if known is not None and asyncio.get_running_loop().time() - known[1] < kept_s:
            return known[0]
        task = self._asking.get(guild_id)
        if task is None:
            task = self._asking[guild_id] = asyncio.create_task(self._ask(guild_id))
        await asyncio.wait([task], timeout=self._wait_s if within_s is None else within_s)
        found = task.result() if task.done() and not task.cancelled() else None
        if found is not None:
            return found
        kept = self._pages.get(guild_id)
        return kept[0] if kept is not None else None

    def _left_s(self, interaction: Interaction) -> float:
        """Return the seconds that a page may take, of which an acknowledgement may still leave less."""
        if interaction.response.is_done():
            return self._wait_s
        return min(self._wait_s, seconds_for_looking_up(interaction))

    async def person_of(self, interaction: Interaction) -> Person:
        """Return the user with what the server's page says, which decides who moderates."""
        person = person_of(interaction)
        if person.guild_id is None or person.administers or not interaction.is_guild_integration():
            return person
        return person_of(interaction, await self.page(person.guild_id, self._left_s(interaction)))

    async def moderator_of(self, interaction: Interaction, guild_id: int) -> Person:
        """Return the user as one who decides in a server, where questions may come in direct messages too."""
        if interaction.guild_id is None:
            owner_id = await self._owner_of(guild_id, self._left_s(interaction))
            return person_in_direct_messages(interaction.user.id, guild_id, owner_id=owner_id)
        return await self.person_of(interaction)

    async def presser_of(self, interaction: Interaction, *, public: bool) -> Person:
        """Return the user of a button or a form, with what the page and the channel say about `/video`.

        Discord has asked them itself only where a command was typed. `public` is True if the answer is for all.
        """
        user, person, channel = interaction.user, person_of(interaction), interaction.channel
        if not isinstance(user, discord.Member):
            return person
        if interaction.is_guild_integration():
            page = await self.page(user.guild.id, self._left_s(interaction))
            person = _with_access(person_of(interaction, page), page, channel)
        return _with_permissions(person, interaction.permissions, channel, public=public)

    async def author_of(self, message: discord.Message) -> Person:
        """Return the user of a message, with what the server's page and the channel say about `/video` there."""
        author, channel = message.author, message.channel
        if message.guild is None or not isinstance(author, discord.Member):
            return Person(author.id, message.guild.id if message.guild is not None else None)
        page = await self.page(message.guild.id)
        person = _with_access(person_from(author, page), page, channel)
        return _with_permissions(person, channel.permissions_for(author), channel, public=True)

    @commands.Cog.listener()
    async def on_raw_app_command_permissions_update(
        self, event: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        """Forget a page that was changed."""
        self._forget(event.guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget the page of a server that the bot left: it may come back to another one."""
        self._forget(guild.id)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Forget all pages: before this session of the gateway some may have been changed."""
        del shard_id
        for guild_id in tuple(self._pages):
            self._forget(guild_id)

    async def _owner_of(self, guild_id: int, within_s: float) -> int | None:
        """Return the owner of a server that another process may be told of; None if nobody tells in time."""
        try:
            async with asyncio.timeout(within_s):
                guild = await known_guild(self._client, guild_id)
        except TimeoutError:
            return None
        return guild.owner_id if guild is not None else None

    def _forget(self, guild_id: int) -> None:
        self._pages.pop(guild_id, None)
        # What is being read may be older than the change.
        self._asking.pop(guild_id, None)

    async def _ask(self, guild_id: int) -> IntegrationsPage | None:
        asking = asyncio.current_task()
        try:
            found = await self._read(guild_id)
        finally:
            current = self._asking.get(guild_id) is asking
            if current:
                del self._asking[guild_id]
        if found is not None and current:
            self._pages[guild_id] = (found, asyncio.get_running_loop().time())
        return found

    async def _read(self, guild_id: int) -> IntegrationsPage | None:
        application_id = self._client.application_id
        if application_id is None:
            return None
        http = self._client.http
        told = await attempt(http.get_guild_application_command_permissions(application_id, guild_id))
        if isinstance(told, FailedCall):
            log.info("integrations_not_told", guild=guild_id, **told.facts)
            # Without its commands in a server the app has no such page there.
            absent = told.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
            return IntegrationsPage(guild_id) if absent else None
        try:
            read = {one.id: _overwrites(one) for one in _PAGE.validate_python(told)}
        except ValidationError:
            log.warning("integrations_not_understood", guild=guild_id)
            return None
        app = read.pop(application_id, CommandOverwrites())
        if not read.keys() <= self._names.keys():
            await self._read_names(application_id)
        if not read.keys() <= self._names.keys():
            # A command that was removed, as a rule; but if it is one in use, nobody can tell what is set for it.
            log.info("integrations_of_unknown_commands", guild=guild_id)
            if not self._names:
                return None
        named = {self._names[key]: value for key, value in read.items() if key in self._names}
        return IntegrationsPage(guild_id, app, named)

    async def _read_names(self, application_id: int) -> None:
        listed = await attempt(self._client.http.get_global_commands(application_id))
        if isinstance(listed, FailedCall):
            log.info("commands_not_listed", **listed.facts)
            return
        self._names = {int(command["id"]): command["name"] for command in listed}


def _with_access(person: Person, page: IntegrationsPage | None, channel: Any) -> Person:  # noqa: ANN401 - many kinds
    # A thread goes by its parent and that one's category.
    own, parent = getattr(channel, "id", None), getattr(channel, "parent", None)
    places = (parent_of(channel) or own, getattr(parent or channel, "category_id", None))
    access = access_in_channel(
        page,
        VIDEO_COMMAND,
        user_id=person.id,
        role_ids=person.role_ids,
        channel_ids=[one for one in places if one is not None],
        administers=person.administers,
    )
    return replace(person, video_access=access)


def _with_permissions(
    person: Person,
    permissions: discord.Permissions,
    channel: Any,  # noqa: ANN401 - many kinds
    *,
    public: bool,
) -> Person:
    if person.administers or permissions.administrator:
        return person
    in_thread = isinstance(channel, discord.Thread)
    writes = permissions.send_messages_in_threads if in_thread else permissions.send_messages
    access = person.video_access if permissions.use_application_commands else Access.DENIED
    return replace(person, video_access=access, may_write=writes or not public)


def _overwrites(told: _Overwritten) -> CommandOverwrites:
    by_type: dict[int, dict[int, bool]] = {_ROLE: {}, _USER: {}, _CHANNEL: {}}
    for one in told.permissions:
        by_type.setdefault(one.type, {})[one.id] = one.permission
    return CommandOverwrites(by_type[_USER], by_type[_ROLE], by_type[_CHANNEL])
