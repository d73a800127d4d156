"""The Discord client: its intents and caches, and the set-up before the gateway opens."""

import sys
from pathlib import Path
from typing import Final, cast

import aiohttp
import discord
import structlog
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket

from bot.texts import explanations
from cogs.shared.callbacks import CallbackWatch
from cogs.shared.interactions import Interaction
from cogs.shared.respond import refuse
from cogs.translation import Translator
from cogs.tree import Tree

log: Final = structlog.get_logger(__name__)

_COMMANDS_STATE: Final = "commands.sha256"


class Stillmotion(commands.AutoShardedBot):
    """The Discord client. It caches no members and no messages: nothing here needs them."""

    def __init__(self, data_dir: Path, trace: aiohttp.TraceConfig, *, message_content: bool = False) -> None:
        """`trace` sees every request to Discord's API; `message_content` asks for that privileged intent."""
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
        )
        self.callbacks = CallbackWatch()
        self.callbacks.watch(trace)
        self._data_dir = data_dir
        self._starting_cogs: list[commands.Cog] = []
        self._starting_menus: list[discord.app_commands.ContextMenu] = []

    def start_with(self, *cogs: commands.Cog) -> None:
        """Load these cogs once the bot has logged in."""
        self._starting_cogs.extend(cogs)

    def start_with_menu(self, menu: discord.app_commands.ContextMenu) -> None:
        """Offer this menu of messages once the bot has logged in."""
        self._starting_menus.append(menu)

    async def on_message(self, message: discord.Message) -> None:
        """Do nothing: cogs listen to messages, and there are no commands in their texts."""

    async def setup_hook(self) -> None:
        """Load the cogs and, if they changed, register the commands; called between login and gateway."""
        # The library asks for the address once, but falls back to Discord's own when a session starts anew.
        _shards, gateway_url, _limits = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        for cog in self._starting_cogs:
            await self.add_cog(cog)
        for menu in self._starting_menus:
            self.tree.add_command(menu)
        await self.tree.set_translator(Translator())
        tree = self.tree
        if isinstance(tree, Tree):
            try:
                await tree.sync_if_changed(self._data_dir / _COMMANDS_STATE)
            except discord.HTTPException as error:
                # The commands of the last registration still work; the next start tries again.
                log.error("commands_not_registered", status=error.status, code=error.code)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Log a listener that broke, and tell the user whose interaction it was."""
        del kwargs
        log.error("listener_broke", listener=event_method, exc_info=sys.exception())
        if args and isinstance(args[0], discord.Interaction):
            interaction = cast("Interaction", args[0])
            if not interaction.response.is_done():
                await refuse(interaction, explanations.COMMAND_BROKE)

    async def on_ready(self) -> None:
        """Log that the gateway is up."""
        log.info("bot_ready", user=str(self.user), guilds=len(self.guilds), shards=self.shard_count)
