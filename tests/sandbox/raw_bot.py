"""A bot that speaks HTTP and the gateway by hand, to send what discord.py would not."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bot.sandbox.discord import DiscordSandbox, Reply

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
