"""The composition root: the only place that builds the parts and connects them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import aiohttp
import discord
import structlog
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from pydantic import SecretStr

from bot.delivery.discord_messages import DiscordMessages
from bot.delivery.live import EDIT_INTERVAL_S
from bot.dimilinks import DimiLinks
from bot.images import ReferenceSpool
from bot.jobs import (
    Lifecycle,
    MemoryJobStore,
    Parts,
    Patience,
    PollPace,
    TaskEngine,
    VideoService,
)
from bot.settings import BadConfigurationError, SettingProblem, Settings
from cogs.tree import Tree
from cogs.ui.card_layout import card_layout
from cogs.video import VideoCog

log: Final = structlog.get_logger(__name__)

STOP_GRACE_S: Final = 20.0
_COMMANDS_STATE: Final = "commands.sha256"
_API_CONNECTIONS: Final = 100
_UPLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=30.0, sock_read=120.0)
"""No total: `DiscordMessages` bounds each call by the size of what it carries."""


@dataclass(frozen=True)
class Tuning:
    """Waits and paces. Only tests and benchmarks use others than these."""

    edit_interval_s: float = EDIT_INTERVAL_S
    poll_pace: PollPace = field(default_factory=PollPace)
    patience: Patience = field(default_factory=Patience)
    stop_grace_s: float = STOP_GRACE_S


_TUNING: Final = Tuning()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Stillmotion(commands.AutoShardedBot):
    """The Discord client. It caches no members and no messages: nothing here needs them."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=discord.app_commands.AppCommandContext(guild=True, dm_channel=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self._data_dir = data_dir
        self._starting_cogs: list[commands.Cog] = []

    def start_with(self, *cogs: commands.Cog) -> None:
        """Load these cogs once the bot has logged in."""
        self._starting_cogs.extend(cogs)

    async def setup_hook(self) -> None:
        """Load the cogs and, if they changed, register the commands; called between login and gateway."""
        # The library asks for the address once, but falls back to Discord's own when a session starts anew.
        _shards, gateway_url, _limits = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        for cog in self._starting_cogs:
            await self.add_cog(cog)
        tree = self.tree
        if isinstance(tree, Tree):
            try:
                await tree.sync_if_changed(self._data_dir / _COMMANDS_STATE)
            except discord.HTTPException as error:
                # The commands of the last registration still work; the next start tries again.
                log.error("commands_not_registered", status=error.status, code=error.code)

    async def on_ready(self) -> None:
        """Log that the gateway is up."""
        log.info("bot_ready", user=str(self.user), guilds=len(self.guilds), shards=self.shard_count)


@dataclass(frozen=True)
class App:
    """The connected bot. `run` and `stop` belong to `open_app`, which stops it when it is left."""

    bot: Stillmotion
    engine: TaskEngine
    service: VideoService
    token: SecretStr
    stop_grace_s: float

    async def run(self) -> None:
        """Log in and stay connected. Raises `discord.LoginFailure` for a wrong token, and network errors."""
        await self.bot.start(self.token.get_secret_value())

    async def stop(self) -> None:
        """Take no more orders, end what runs, then leave Discord, in this order; `run` returns."""
        self.service.stopping = True
        await self.engine.close(grace_s=self.stop_grace_s)
        await self.bot.close()


def _point_library_at(api_url: str) -> None:
    # discord.py keeps the base of its routes in a class attribute and offers no other way to set it.
    Route.BASE = api_url


def _required(name: str, secret: SecretStr | None) -> SecretStr:
    if secret is None:
        field = Settings.model_fields[name]
        raise BadConfigurationError((SettingProblem(name.upper(), f"missing; expected {field.description}"),))
    return secret


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncGenerator[DimiLinks]:
    """A client of the video API. Raises `BadConfigurationError` without a key."""
    key = _required("dimilinks_api_key", settings.dimilinks_api_key)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_API_CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield DimiLinks(session, base_url=yarl.URL(settings.dimilinks_base_url), api_key=key)


@asynccontextmanager
async def open_spool(settings: Settings) -> AsyncGenerator[ReferenceSpool]:
    """The spool of reference images, with a session of its own towards Discord's file servers."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield ReferenceSpool(session, folder=settings.spool_dir, allowed_hosts=settings.discord_cdn_hosts)


@asynccontextmanager
async def open_app(
    settings: Settings, *, tuning: Tuning = _TUNING, now: Callable[[], datetime] = _utc_now
) -> AsyncGenerator[App]:
    """The whole bot, connected but not started; leaving stops it cleanly.

    Raises `BadConfigurationError` for a missing token or key, or a data folder that cannot be written.
    """
    token = _required("discord_token", settings.discord_token)
    await asyncio.to_thread(_make_folders, settings)
    _point_library_at(settings.discord_api_url)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(open_api(settings))
        spool = await stack.enter_async_context(open_spool(settings))
        uploads = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=_UPLOAD_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        )
        bot = Stillmotion(settings.data_dir)
        await stack.enter_async_context(bot)
        store = MemoryJobStore()
        parts = Parts(
            store=store,
            api=api,
            spool=spool,
            media_dir=settings.media_dir,
            now=now,
            poll_pace=tuning.poll_pace,
            patience=tuning.patience,
            random=Random(),  # noqa: S311 - spreads retries, guards nothing
        )
        messages = DiscordMessages(bot, uploads, card_layout)
        engine = TaskEngine(Lifecycle(parts, messages, edit_interval_s=tuning.edit_interval_s), store)
        service = VideoService(store, engine, now, allowed_hosts=settings.discord_cdn_hosts)
        bot.start_with(VideoCog(service, group=settings.dimilinks_group))
        app = App(bot, engine, service, token, tuning.stop_grace_s)
        try:
            yield app
        finally:
            await app.stop()


def _make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.data_dir, settings.spool_dir, settings.media_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = SettingProblem("DATA_DIR", f"cannot be used: {error.strerror}")
        raise BadConfigurationError((problem,)) from None
