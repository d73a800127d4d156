"""A real discord.py bot and bots by hand against the local Discord, and a client of the local DimiLinks."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox.dimilinks import DimiLinksSandbox, TaskPace
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Reply, User
from bot.sandbox.video_factory import SampleVideoFactory
from tests.sandbox.dimilinks_client import PlainClient

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
class Scene:
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
async def scene(handler: Handler, **settings: object) -> AsyncIterator[Scene]:
    """Everything, with a bot that does `handler` for each command."""
    async with DiscordSandbox(**settings) as sandbox:
        guild = sandbox.add_guild("Film Club", locale="de")
        channel = guild.add_channel("videos")
        ana = sandbox.add_user("Ana", locale="en-GB")
        guild.join(ana)
        async with running_bot(sandbox, handler) as bot:
            yield Scene(sandbox, bot, guild, channel, ana)


@pytest.fixture(autouse=True)
def discord_py_addresses() -> Iterator[None]:
    """discord.py keeps its addresses on classes: put them back."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


def video_file(size_bytes: int = 1000, name: str = "clip.mp4") -> discord.File:
    """A file that is a video by its name."""
    return discord.File(io.BytesIO(b"v" * size_bytes), filename=name)


COMMAND = {
    "name": "video",
    "description": "Make a video",
    "options": [
        {"type": 3, "name": "prompt", "description": "What", "required": True, "max_length": 20},
        {
            "type": 4,
            "name": "seconds",
            "description": "How long",
            "choices": [{"name": "6 s", "value": 6}, {"name": "10 s", "value": 10}],
        },
        {"type": 11, "name": "image", "description": "Start"},
    ],
}


class RawSocket:
    """A gateway connection without discord.py."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self.socket = socket
        self.token = token
        self.session_id = ""
        self.sequence = 0

    async def packet(self) -> dict:
        """The next packet."""
        packet = await self.socket.receive_json(timeout=5)
        self.sequence = packet.get("s") or self.sequence
        return packet

    async def event(self, name: str) -> dict:
        """The data of the next event of this name; others are passed over."""
        while (packet := await self.packet())["t"] != name:
            pass
        return packet["d"]

    async def send(self, op: int, data: object) -> None:
        """Send a packet."""
        await self.socket.send_json({"op": op, "d": data})

    async def identify(self, **changes: object) -> dict:
        """IDENTIFY and answer READY."""
        await self.packet()
        data = {"token": self.token, "intents": 4609, "properties": {"os": "linux"}} | changes
        await self.send(2, data)
        ready = await self.event("READY")
        self.session_id = ready["session_id"]
        return ready

    async def close_code(self) -> int | None:
        """Read to the end; the code the gateway closed with."""
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


class RawBot:
    """A bot that speaks HTTP by hand, to send what discord.py would not."""

    def __init__(self, sandbox: DiscordSandbox, session: aiohttp.ClientSession) -> None:
        self.discord = sandbox
        self.session = session
        self.sockets: list[aiohttp.ClientWebSocketResponse] = []
        self.guild = sandbox.add_guild("Film Club")
        self.channel = self.guild.add_channel("videos")
        self.ana = sandbox.add_user("Ana")
        self.guild.join(self.ana)

    async def connect(self, query: str = "?v=10&encoding=json") -> RawSocket:
        """Open a gateway connection."""
        socket = await self.session.ws_connect(self.discord.gateway_url + query)
        self.sockets.append(socket)
        return RawSocket(socket, self.discord.token)

    async def disconnect(self) -> None:
        """Close every gateway connection that is still open."""
        for socket in self.sockets:
            await socket.close()

    async def call(
        self, method: str, path: str, payload: object = None, *, token: bool = True, data: object = None
    ) -> tuple[int, dict]:
        """One request; answers status and body."""
        status, text = await self.call_text(method, path, payload, token=token, data=data)
        return status, json.loads(text) if text else {}

    async def call_text(
        self, method: str, path: str, payload: object = None, *, token: bool = True, data: object = None
    ) -> tuple[int, str]:
        """One request; answers status and body as it came."""
        headers = {"Authorization": f"Bot {self.discord.token}"} if token else {}
        body = {"json": payload} if payload is not None else {"data": data}
        async with self.session.request(
            method, self.discord.api_url + path, headers=headers, **body
        ) as response:
            text = await response.text()
            self.headers = response.headers
            return response.status, text

    async def register(self, *commands: dict) -> tuple[int, dict]:
        """Bulk overwrite the global commands."""
        return await self.call(
            "PUT", f"/applications/{self.discord.application_id}/commands", list(commands or (COMMAND,))
        )

    async def ask(self, prompt: str = "a cat", **options: object) -> Reply:
        """Ana runs /video."""
        return await self.discord.invoke(
            "video", user=self.ana, channel=self.channel, options={"prompt": prompt, **options}
        )

    async def callback(self, reply: Reply, kind: int, data: dict | None = None) -> tuple[int, dict]:
        """Answer an interaction."""
        body = {"type": kind} | ({"data": data} if data is not None else {})
        return await self.call("POST", self.callback_path(reply), body, token=False)

    def callback_path(self, reply: Reply) -> str:
        """The path to answer an interaction at."""
        i = reply.interaction
        return f"/interactions/{i.id}/{i.token}/callback?with_response=1"

    def hook(self, reply: Reply, rest: str = "") -> str:
        """The path of the interaction's webhook."""
        return f"/webhooks/{self.discord.application_id}/{reply.interaction.token}{rest}"

    async def edit(self, reply: Reply, payload: object = None, *, data: object = None) -> tuple[int, dict]:
        """Edit the original answer."""
        path = self.hook(reply, "/messages/@original")
        return await self.call("PATCH", path, payload, token=False, data=data)

    def form(self, payload: dict, *sizes: int) -> aiohttp.FormData:
        """A multipart body with files of these sizes, named f0.mp4, f1.mp4, ..."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps(payload))
        for index, size in enumerate(sizes):
            form.add_field(f"files[{index}]", io.BytesIO(b"x" * size), filename=f"f{index}.mp4")
        return form


@asynccontextmanager
async def raw_bot(**settings: object) -> AsyncIterator[RawBot]:
    """A sandbox with a bot by hand: connected, with /video registered."""
    async with DiscordSandbox(**settings) as sandbox, aiohttp.ClientSession() as session:
        bot = RawBot(sandbox, session)
        socket = await bot.connect()
        await socket.identify()
        await bot.register()
        yield bot
        await bot.disconnect()


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[PlainClient]:
    factory = SampleVideoFactory(tmp_path / "films")
    async with (
        DimiLinksSandbox(factory=factory, pace=TaskPace(queue_s=0.15, generate_s=0.5)) as service,
        aiohttp.ClientSession() as session,
    ):
        yield PlainClient(service, session)
