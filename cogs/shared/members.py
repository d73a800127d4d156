"""Look-ups of servers' members on the Discord client, kept for some seconds."""

import asyncio
from http import HTTPStatus
from typing import Final

import discord
import structlog
from discord.ext import commands
from pydantic import BaseModel, ValidationError

from bot.moderation.integrations import Access
from bot.moderation.memberships import Membership
from bot.moderation.policy import Person
from bot.moderation.presence import Presence
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.channels import known_guild
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import person_from

log: Final = structlog.get_logger(__name__)

KEPT_S: Final = 3.0
"""So that a purchase, and the tries of one post, ask once."""
_MOST_KEPT: Final = 1000
_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013
"""Discord, *JSON Error Codes*."""

_Key = tuple[int, int]


class _SentMember(BaseModel):
    roles: list[int]


class DiscordMemberships(commands.Cog):
    """Asks Discord itself: without a privileged intent it tells nobody of members who leave or change."""

    def __init__(self, client: discord.Client, pages: IntegrationsPages, *, kept_s: float) -> None:
        self._client = client
        self._pages = pages
        self._kept_s = kept_s
        self._kept: dict[_Key, tuple[Membership, float]] = {}
        self._asking: dict[_Key, asyncio.Task[Membership]] = {}

    async def look(self, guild_id: int, person_id: int) -> Membership:
        """Return a user's membership. Without an answer of Discord it is unknown, and nobody has roles."""
        key = (guild_id, person_id)
        kept = self._kept.get(key)
        if kept is not None and asyncio.get_running_loop().time() - kept[1] < self._kept_s:
            return kept[0]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key))
        return await asyncio.shield(task)

    @commands.Cog.listener()
    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Note that a user was banned, of which Discord tells with the intent for moderation."""
        self._keep((guild.id, user.id), _nobody(Presence.GONE, guild.id, user.id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget the members of a server that the bot left."""
        self._kept = {key: value for key, value in self._kept.items() if key[0] != guild.id}

    async def _ask(self, key: _Key) -> Membership:
        try:
            found = await self._read(*key)
        finally:
            del self._asking[key]
        self._keep(key, found)
        return found

    async def _read(self, guild_id: int, person_id: int) -> Membership:
        guild = await known_guild(self._client, guild_id)
        if guild is None or guild.unavailable:
            return await self._read_from_afar(guild_id, person_id)
        found = await attempt(guild.fetch_member(person_id))
        if isinstance(found, FailedCall):
            return _failed(found, guild_id, person_id)
        person = person_from(found, await self._pages.page(guild_id))
        return Membership(Presence.TIMED_OUT if found.is_timed_out() else Presence.MEMBER, person)

    async def _read_from_afar(self, guild_id: int, person_id: int) -> Membership:
        """Look a member up in a server that is not in memory: there are roles then, but no rights."""
        sent = await attempt(self._client.http.get_member(guild_id, person_id))
        if isinstance(sent, FailedCall):
            return _failed(sent, guild_id, person_id)
        try:
            role_ids = frozenset(_SentMember.model_validate(sent).roles)
        except ValidationError:
            log.warning("member_not_understood", guild=guild_id)
            return _nobody(Presence.UNKNOWN, guild_id, person_id)
        until = discord.utils.parse_time(sent.get("communication_disabled_until"))
        timed_out = until is not None and until > discord.utils.utcnow()
        person = Person(person_id, guild_id, role_ids, spicy_access=Access.UNKNOWN)
        return Membership(Presence.TIMED_OUT if timed_out else Presence.MEMBER, person)

    def _keep(self, key: _Key, found: Membership) -> None:
        self._kept.pop(key, None)
        self._kept[key] = (found, asyncio.get_running_loop().time())
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]


def _failed(call: FailedCall, guild_id: int, person_id: int) -> Membership:
    if call.status == HTTPStatus.NOT_FOUND and call.code in {_UNKNOWN_MEMBER, _UNKNOWN_USER}:
        return _nobody(Presence.GONE, guild_id, person_id)
    log.info("member_not_seen", **call.facts)
    # Discord says of no server, but of those that the bot is in, who is a member.
    left = call.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    return _nobody(Presence.NO_SERVER if left else Presence.UNKNOWN, guild_id, person_id)


def _nobody(presence: Presence, guild_id: int, person_id: int) -> Membership:
    return Membership(presence, Person(person_id, guild_id, spicy_access=Access.UNKNOWN))
