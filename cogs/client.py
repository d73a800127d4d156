"""The Discord client: its intents and caches, how it logs in, connects, and leaves."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final, cast

import aiohttp
import discord
import structlog
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket

from bot.texts import console, console_start, explanations
from cogs.asked_guilds import AskedGuilds
from cogs.gateway import bound_reconnecting, shard_of
from cogs.installation import invite_link
from cogs.outage import is_refusal, is_wrong_token, until_discord_answers
from cogs.shared.attempt import watch_requests
from cogs.shared.interactions import Interaction
from cogs.shared.respond import tell
from cogs.translation import Translator
from cogs.tree import COMMANDS_STATE, ENTRY_POINT_LEFT_OUT, Tree

log: Final = structlog.get_logger(__name__)

_SHARD_TIMEOUT_S: Final = 30.0
_LEAVE_WITHIN_S: Final = 2.0


class _ShardNotLaunchedError(Exception):
    """A try to connect a shard failed, and the pause after it is over."""


class Stillmotion(commands.AutoShardedBot):
    """The Discord client. It caches no members and no messages: nothing here needs them."""

    register_within_s: ClassVar = 10.0
    """Longer than this the gateway does not wait for the commands, which may be those of the last registration."""

    def __init__(self, data_dir: Path, trace: aiohttp.TraceConfig, *, message_content: bool = False) -> None:
        """`trace` sees every request to Discord's API; `message_content` asks for that privileged intent."""
        watch_requests(trace)
        # The library warns of each package for voice that is absent. The bot neither speaks nor listens.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(
                guilds=True,
                guild_messages=True,
                dm_messages=True,
                moderation=True,
                message_content=message_content,
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=trace,
            shard_connect_timeout=_SHARD_TIMEOUT_S,
        )
        bound_reconnecting()
        self._data_dir = data_dir
        self._starting_cogs: list[commands.Cog] = []
        self._starting_menus: list[discord.app_commands.ContextMenu] = []
        self._registering: asyncio.Task[None] | None = None
        self._launching: set[int] = set()
        self._told: set[int] = set()
        """Shards whose servers are in memory, and whose connection tells of changes unless it is closed by now."""
        self._lost: dict[int, list[discord.Guild]] = {}
        """Servers that were in memory when the connection of their shard was lost."""
        self.asked = AskedGuilds(self)
        self._say_once_ready: Callable[[str], None] | None = None
        self.max_concurrency = 1
        """Number of shards that may identify at the same time, as Discord says at the login."""

    @property
    def connected(self) -> bool:
        """True while every shard is connected to the gateway, after the first of all servers were named."""
        return self.is_ready() and not any(shard.is_closed() for shard in self.shards.values())

    @property
    def is_being_told(self) -> bool:
        """True until Discord has told of all servers for the first time."""
        return not self.is_ready()

    def is_told_of(self, guild_id: int) -> bool:
        """Return True if Discord tells this process of a server and its changes, if the bot is in it.

        It does not while the connection of the server's shard is lost, nor before the next one has told what was
        missed (`RESUMED`) or begun anew (`READY`, which lists all servers): what is in memory may be old by then.
        """
        shard = self.get_shard(shard_of(guild_id, self.shard_count)) if self.shard_count else None
        return shard is not None and shard.id in self._told and not shard.is_closed()

    def serves(self, shard_id: int) -> bool:
        """Return True if a shard is one of this process's."""
        del shard_id
        return True

    async def look_up_guild(self, guild_id: int) -> discord.Guild | None:
        """Return a server as it is now: from memory while Discord tells of it, else as Discord says when asked.

        None if the bot is not in it, or that cannot be told. At the start it may be absent or unavailable though it
        is about to be told of.
        """
        found = self.get_guild(guild_id)
        is_there = found is not None and not found.unavailable
        is_told = self.is_told_of(guild_id) and (is_there or found is None)
        if is_told or (self.is_being_told and not is_there):
            return found
        return await self.asked.look_up(guild_id)

    async def is_in_server(self, guild_id: int) -> bool | None:
        """Return True if the bot is in a server, also while Discord has it unavailable; None if it is not known."""
        if self.is_being_told:
            return None
        if self.is_told_of(guild_id):
            return self.get_guild(guild_id) is not None
        return await self.asked.has_bot(guild_id)

    def start_with(self, *cogs: commands.Cog) -> None:
        """Load these cogs once the bot has logged in."""
        self._starting_cogs.extend(cogs)

    def start_with_menu(self, menu: discord.app_commands.ContextMenu) -> None:
        """Offer this menu of messages once the bot has logged in."""
        self._starting_menus.append(menu)

    async def on_message(self, message: discord.Message) -> None:
        """Do nothing: cogs listen to messages, and there are no commands in their texts."""

    async def log_in(self, token: str, say: Callable[[str], None]) -> None:
        """Log in, load the cogs, and register the commands if they changed; while Discord is away, wait for it.

        `say` shows a line to the operator, and some when the bot is ready for the first time. Raises
        `discord.LoginFailure` for a wrong token.
        """
        self._say_once_ready = say

        async def ask() -> None:
            await self.http.close()
            # A session that is closed closes its connector; the library makes another where there is none.
            self.http.connector = discord.utils.MISSING
            await self.login(token)
            # The library asks for the address once, but falls back to Discord's own when a session starts anew.
            self.shard_count, gateway_url, limits = await self.http.get_bot_gateway()
            self.max_concurrency = limits["max_concurrency"]
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)

        try:
            await until_discord_answers(ask, is_final=is_wrong_token, say=say)
        except discord.HTTPException as error:
            raise discord.LoginFailure(str(error)) from error
        for cog in self._starting_cogs:
            await self.add_cog(cog)
        for menu in self._starting_menus:
            self.tree.add_command(menu)
        await self.tree.set_translator(Translator())
        self._registering = asyncio.create_task(self._register_commands(), name="commands")
        await asyncio.wait([self._registering], timeout=self.register_within_s)

    async def _register_commands(self) -> None:
        tree = cast("Tree", self.tree)

        async def ask() -> None:
            await tree.sync_if_changed(self._data_dir / COMMANDS_STATE)

        try:
            await until_discord_answers(ask, is_final=is_refusal, say=lambda _: None)
        except discord.HTTPException as error:
            # The commands of the last registration still work; the next start tries again.
            why = console.ENTRY_POINT_LEFT_OUT if error.code == ENTRY_POINT_LEFT_OUT else error.text
            log.error("commands_not_registered", status=error.status, code=error.code, why=why)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard, however long that takes."""
        # After a try that failed and five seconds the library calls this method from within itself, deeper at
        # each try: an outage of an hour would end in a RecursionError.
        if shard_id in self._launching:
            raise _ShardNotLaunchedError
        self._launching.add(shard_id)
        try:
            while True:
                try:
                    await super().launch_shard(gateway, shard_id, initial=initial)
                except _ShardNotLaunchedError:
                    continue
                return
        finally:
            self._launching.discard(shard_id)

    async def close(self) -> None:
        """Leave Discord, within a few seconds also where it no longer answers."""
        self.asked.close()
        if self._registering is not None:
            self._registering.cancel()
            await asyncio.wait([self._registering])
        closing = asyncio.create_task(super().close(), name="closing")
        await asyncio.wait([closing], timeout=_LEAVE_WITHIN_S)
        # A gateway that is silent answers no farewell either, for which the library waits 30 s: that ends with
        # the connection.
        await self.http.close()
        await closing

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Log a listener that broke, and tell the user whose interaction it was."""
        del kwargs
        log.error("listener_broke", listener=event_method, exc_info=sys.exception())
        if args and isinstance(args[0], discord.Interaction):
            await tell(cast("Interaction", args[0]), explanations.COMMAND_BROKE)

    async def on_shard_connect(self, shard_id: int) -> None:
        """Note that a new session listed the servers of a shard, which are unavailable until each was told of."""
        for guild in self._lost.pop(shard_id, ()):
            # Those that are not listed the library keeps: the bot was removed from them meanwhile.
            if self.get_guild(guild.id) is guild:
                self._connection._remove_guild(guild)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if self.serves(shard_id):
            self._told.add(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Note that a session told what was missed since its connection was lost."""
        self._lost.pop(shard_id, None)
        if self.serves(shard_id):
            self._told.add(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note that the connection of a shard was lost."""
        shard = self.get_shard(shard_id)
        if shard is not None and not shard.is_closed():
            return  # of an earlier connection, whose close the library ended only after 30 s without an answer
        self._told.discard(shard_id)
        self._lost[shard_id] = [guild for guild in self.guilds if guild.shard_id == shard_id]

    async def on_ready(self) -> None:
        """Log that the gateway is up; the first time tell the operator what to do next."""
        link = invite_link(self.application_id) if self.application_id is not None else None
        log.info(
            "bot_ready", user=str(self.user), guilds=len(self.guilds), shards=self.shard_count, invite=link
        )
        self._tell_ready()

    def _tell_ready(self) -> None:
        """Tell the operator once what to do next."""
        say, self._say_once_ready = self._say_once_ready, None
        if say is not None and self.user is not None and self.application_id is not None:
            say(console_start.ready(self.user.name, len(self.guilds)))
            say(console_start.invite(invite_link(self.application_id)))
            say(console_start.TYPE_VIDEO)
