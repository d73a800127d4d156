"""A real discord.py bot of one command, against the sandbox."""

import asyncio
import io
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Reply, User

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
Handler = Callable[[discord.Interaction], Awaitable[None]]


class Card(discord.ui.LayoutView):
    """A card of V2 components: a headline, perhaps a file, a row of buttons."""

    def __init__(
        self, text: str, *, video: discord.File | None = None, pressed: Handler | None = None
    ) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.TextDisplay(text))
        if video is not None:
            self.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(video)))
        button: discord.ui.Button[Card] = discord.ui.Button(label="Refresh", custom_id="refresh")
        if pressed is not None:
            button.callback = pressed
        self.add_item(discord.ui.ActionRow(button))


class SmallBot(commands.AutoShardedBot):
    """A bot with one command, /video; what it does is given by the test."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=INTENTS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.handler = handler
        self.options: dict[str, object] = {}
        self.resumed = asyncio.Event()
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.errors: list[BaseException] = []
        self.failed = asyncio.Event()

    async def setup_hook(self) -> None:
        @app_commands.command(name="video", description="Make a video")
        @app_commands.describe(prompt="What is to be seen", seconds="How long", image="Where it starts")
        @app_commands.choices(seconds=[app_commands.Choice(name=f"{s} s", value=s) for s in (6, 10)])
        async def video(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 1, 2500],
            seconds: app_commands.Choice[int] | None = None,
            image: discord.Attachment | None = None,
            private: bool = False,  # noqa: FBT001, FBT002  # an option of a slash command
        ) -> None:
            self.options = {"prompt": prompt, "seconds": seconds, "image": image, "private": private}
            await self.handler(interaction)

        @app_commands.context_menu(name="Animate")
        async def animate(interaction: discord.Interaction, message: discord.Message) -> None:
            self.options = {"message": message}
            await self.handler(interaction)

        self.tree.add_command(video)
        self.tree.add_command(animate)

        @self.tree.error
        async def failed(_: discord.Interaction, error: app_commands.AppCommandError) -> None:
            self.errors.append(error)
            self.failed.set()

        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py sleeps five seconds here before it identifies again; the sandbox needs no such pause."""

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.put_nowait(message)


@dataclass
class BotSession:
    """A sandbox with a server, a channel, a person, and a running bot."""

    discord: DiscordSandbox
    bot: SmallBot
    guild: Guild
    channel: Channel
    ana: User

    async def ask(self, prompt: str = "a cat", **options: object) -> Reply:
        """Ana runs /video."""
        return await self.discord.invoke(
            "video", user=self.ana, channel=self.channel, options={"prompt": prompt, **options}
        )


@asynccontextmanager
async def running_bot(sandbox: DiscordSandbox, handler: Handler) -> AsyncIterator[SmallBot]:
    """A bot that is connected and has registered its commands."""
    Route.BASE = sandbox.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sandbox.gateway_url)
    bot = SmallBot(handler)
    task = asyncio.create_task(bot.start(sandbox.token))
    try:
        await sandbox.wait_until_ready(10)
        await sandbox.wait_for_commands(10)
        yield bot
    finally:
        await bot.close()
        await task


@asynccontextmanager
async def bot_session(handler: Handler, **settings: object) -> AsyncIterator[BotSession]:
    """Everything, with a bot that does `handler` for each command."""
    async with DiscordSandbox(**settings) as sandbox:
        guild = sandbox.add_guild("Film Club", locale="de")
        channel = guild.add_channel("videos")
        ana = sandbox.add_user("Ana", locale="en-GB")
        guild.join(ana)
        async with running_bot(sandbox, handler) as bot:
            yield BotSession(sandbox, bot, guild, channel, ana)


def video_file(size_bytes: int = 1000, name: str = "clip.mp4") -> discord.File:
    """A file that is a video by its name."""
    return discord.File(io.BytesIO(b"v" * size_bytes), filename=name)
