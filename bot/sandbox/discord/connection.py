"""One gateway connection: frames out in order, frames in with their deadlines."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping

from aiohttp import WSMessage, WSMsgType, web

from bot.sandbox.discord.sessions import Session
from bot.sandbox.discord.wire import JsonObject, as_object, to_json

MAX_COMMANDS, COMMAND_WINDOW_S = 120, 60.0
"""Commands a client may send (DOCS "Gateway Rate Limiting")."""
HEARTBEAT_GRACE = 1.5
_CLOSING = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}


class GatewayCloseError(Exception):
    """The gateway ends the connection with this close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Connection:
    """A WebSocket and what is to be sent on it."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, interval_s: float) -> None:
        loop = asyncio.get_running_loop()
        self.outbox: asyncio.Queue[str] = asyncio.Queue()
        self.session: Session | None = None
        self.ended = asyncio.Event()
        self._request = request
        self._socket = socket
        self._clock = loop.time
        self._allowance_s = interval_s * HEARTBEAT_GRACE
        self._deadline = self._clock() + self._allowance_s
        self._received: deque[float] = deque(maxlen=MAX_COMMANDS + 1)

    def check_query(self, query: Mapping[str, str]) -> None:
        """Refuse versions and encodings that this gateway does not speak."""
        if query.get("v") != "10":
            raise GatewayCloseError(4012, "Invalid API version.")
        if query.get("encoding", "json") != "json":
            raise GatewayCloseError(4002, "Only JSON is spoken here.")

    def send(self, op: int, data: object) -> None:
        """Queue a packet that is not an event."""
        self.outbox.put_nowait(to_json({"op": int(op), "d": data, "s": None, "t": None}))

    def beat(self) -> None:
        """A heartbeat arrived."""
        self._deadline = self._clock() + self._allowance_s

    async def write_all(self) -> None:
        """Send what is queued, in order, until cancelled or the connection is gone."""
        try:
            while True:
                await self.write_one()
        except ConnectionError:
            return

    async def write_one(self) -> None:
        """Send the next packet. Raises `ConnectionError` if the connection is gone."""
        await self._socket.send_str(await self.outbox.get())

    async def receive(self) -> WSMessage | None:
        """The next frame, None at the end. Raises close 4009 without heartbeats, 4008 for a flood."""
        try:
            message = await self._socket.receive(timeout=max(self._deadline - self._clock(), 0.001))
        except TimeoutError:
            if self._clock() < self._deadline:
                return await self.receive()
            raise GatewayCloseError(4009, "Session timed out.") from None
        if message.type in _CLOSING:
            return None
        at = self._clock()
        self._received.append(at)
        if len(self._received) > MAX_COMMANDS and at - self._received[0] < COMMAND_WINDOW_S:
            raise GatewayCloseError(4008, "You are being rate limited.")
        return message

    def decode(self, text: str) -> JsonObject:
        """The packet in a text frame. Raises close 4002."""
        try:
            packet = as_object(json.loads(text))
        except ValueError:
            packet = None
        if packet is None:
            raise GatewayCloseError(4002, "Error while decoding payload.")
        return packet

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self, code: int, reason: str) -> None:
        """Close with a code; waits a second at most for the other side."""
        await self._socket.close(code=code, message=reason.encode())
