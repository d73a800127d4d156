"""The gateway: a WebSocket that speaks version 10 in uncompressed JSON (DOCS topic "Gateway").

HELLO, heartbeats, IDENTIFY, RESUME with replay, RECONNECT and INVALID_SESSION work as documented, with the
documented close codes. Compression may be asked for; text frames are uncompressed and clients take them.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto

from aiohttp import WSMsgType, web

from bot.sandbox.discord.connection import Connection, GatewayCloseError
from bot.sandbox.discord.event_faults import EventFaults
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.presences import Presences
from bot.sandbox.discord.request_log import DiscordRequestLog
from bot.sandbox.discord.sessions import Session
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.wire import (
    KNOWN_INTENT_BITS,
    PRIVILEGED_INTENTS,
    Intents,
    JsonObject,
    as_array,
    as_int,
    as_object,
)
from bot.sandbox.discord.world import World


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Absence(Enum):
    """How a gateway that is away turns connections away."""

    REFUSED = auto()
    """With 503."""
    HUNG_UP = auto()
    """Accepted, then closed without a word."""
    GREETED = auto()
    """Accepted with a HELLO, then closed at the first packet."""


@dataclass(eq=False)
class Gateway:
    """Sessions and connections. `allowed_privileged` are the intents switched on for the application.

    `event_faults` deliver events twice; `replayed_again` says how many events of users, seen by the client
    already, every RESUME replays once more.
    """

    world: World
    request_log: DiscordRequestLog
    token: str
    application: Callable[[], JsonObject]
    url: Callable[[], str]
    event_faults: EventFaults
    allowed_privileged: Intents = Intents.NONE
    heartbeat_interval_s: float = 41.25
    shards: int = 1
    max_concurrency: int = 1
    identify_interval_s: float = 0.0
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    connections: set[Connection] = field(default_factory=set[Connection])
    changed: Signal = field(default_factory=Signal)
    resumes: int = 0
    identifies: int = 0
    identifies_refused: int = 0
    """Number of those that came too soon after another one of their bucket."""
    replayed_again: int = 0
    turned_away: int = 0
    """How many connections were, while the gateway stayed away."""
    presences: Presences = field(init=False)
    _away_until: float = 0.0
    _absence: Absence = Absence.REFUSED
    _repetitions: set[asyncio.TimerHandle] = field(default_factory=set[asyncio.TimerHandle])
    _last_identify: dict[int, float] = field(default_factory=dict[int, float])

    def __post_init__(self) -> None:
        self.presences = Presences(self.request_log)

    def broadcast(self, event: Event) -> int:
        """Send an event to the sessions that are to get it; answers to how many it went."""
        sent = self._offer(event)
        if (after_s := self.event_faults.next_for(event.name)) is not None:
            self.repeat(event, after_s)
        return sent

    def repeat(self, event: Event, after_s: float = 0.0) -> None:
        """Send an event that was sent before, after so many seconds; 0 is at once."""
        if after_s <= 0:
            self._offer(event)
            return

        def due() -> None:
            self._repetitions.discard(timer)
            self._offer(event)

        timer = asyncio.get_running_loop().call_later(after_s, due)
        self._repetitions.add(timer)

    def _offer(self, event: Event) -> int:
        return sum(
            session.offer(event)
            for session in list(self.sessions.values())
            if session.valid and session.ready
        )

    def ready_shards(self) -> set[int]:
        """Shards whose session is connected and ready."""
        return {
            s.shard[0] if s.shard else 0
            for s in self.sessions.values()
            if s.ready and s.valid and s.connected
        }

    async def drop(self, *, resumable: bool = True) -> None:
        """Cut every connection without a close frame. Unless `resumable`, sessions are forgotten too."""
        if not resumable:
            self._forget_sessions()
        dropped = list(self.connections)
        for connection in dropped:
            connection.abort()
        for connection in dropped:
            await connection.ended.wait()

    async def stay_away(
        self, duration_s: float, absence: Absence = Absence.REFUSED, *, resumable: bool = True
    ) -> None:
        """Cut every connection, and turn new ones away for `duration_s` seconds."""
        self._away_until, self._absence = asyncio.get_running_loop().time() + duration_s, absence
        await self.drop(resumable=resumable)

    async def request_reconnect(self, *, grace_s: float = 5.0) -> None:
        """Ask every client to reconnect and resume; whoever stays longer than `grace_s` is cut off."""
        asked = list(self.connections)
        for connection in asked:
            connection.send(Op.RECONNECT, None)
        for connection in asked:
            try:
                await asyncio.wait_for(connection.ended.wait(), grace_s)
            except TimeoutError:
                connection.abort()

    async def close(self) -> None:
        """Close every connection, as at the end of the sandbox."""
        for timer in self._repetitions:
            timer.cancel()
        for connection in list(self.connections):
            await connection.close(1001, "going away")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO to its end."""
        absence = self._absence if asyncio.get_running_loop().time() < self._away_until else None
        self.turned_away += absence is not None
        if absence is Absence.REFUSED:
            return web.Response(status=503)
        socket = web.WebSocketResponse(
            autoping=True, heartbeat=None, compress=False, max_msg_size=4096 * 4, timeout=1.0
        )
        await socket.prepare(request)
        connection = Connection(request, socket, self.heartbeat_interval_s)
        self.connections.add(connection)
        try:
            connection.check_query(request.query)
            if absence is None:
                await self._serve(connection)
            else:
                await self._turn_away(connection, absence)
        except GatewayCloseError as close:
            self.request_log.violate(f"gateway closed with {close.code}: {close.reason}")
            await connection.close(close.code, close.reason)
        finally:
            if connection.session is not None and connection.session.outbox is connection.outbox:
                connection.session.outbox = None
            self.connections.discard(connection)
            connection.ended.set()
            self.changed.ring()
        return socket

    async def _turn_away(self, connection: Connection, absence: Absence) -> None:
        if absence is Absence.GREETED:
            self._greet(connection)
            await connection.write_one()
            await connection.receive()
        await connection.close(1001, "going away")

    def _greet(self, connection: Connection) -> None:
        connection.send(
            Op.HELLO, {"heartbeat_interval": int(self.heartbeat_interval_s * 1000), "_trace": ["sandbox"]}
        )

    async def _serve(self, connection: Connection) -> None:
        self._greet(connection)
        writer = asyncio.create_task(connection.write_all(), name="sandbox-gateway-writer")
        try:
            while (message := await connection.receive()) is not None:
                if message.type is not WSMsgType.TEXT:
                    raise GatewayCloseError(4002, "Error while decoding payload.")
                await self._receive(connection, connection.decode(message.data))
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _receive(self, connection: Connection, packet: JsonObject) -> None:
        op, data = packet.get("op"), packet.get("d")
        if op == Op.HEARTBEAT:
            connection.beat()
            connection.send(Op.HEARTBEAT_ACK, None)
            return
        if op in {Op.IDENTIFY, Op.RESUME}:
            if connection.session is not None:
                raise GatewayCloseError(4005, "Already authenticated.")
            content = as_object(data) or {}
            if content.get("token") != self.token:
                raise GatewayCloseError(4004, "Authentication failed.")
            await (
                self._identify(connection, content)
                if op == Op.IDENTIFY
                else self._resume(connection, content)
            )
            return
        if connection.session is None:
            raise GatewayCloseError(4003, "Not authenticated.")
        if op == Op.REQUEST_MEMBERS:
            self._members(connection.session, as_object(data) or {})
        elif op == Op.PRESENCE:
            self.presences.take(connection.session.id, data)
        elif op != Op.VOICE_STATE:
            raise GatewayCloseError(4001, "Unknown opcode.")

    async def _identify(self, connection: Connection, data: JsonObject) -> None:
        shard = self._shard(data.get("shard"))
        intents = self._intents(data.get("intents"))
        if not as_object(data.get("properties")):
            raise GatewayCloseError(4002, "IDENTIFY needs properties.")
        if not self._may_identify(shard):
            self.identifies_refused += 1
            connection.send(Op.INVALID_SESSION, False)  # noqa: FBT003  # the payload is this one boolean
            return
        self.identifies += 1
        self._forget_sessions(only_disconnected=True, shard=shard)
        session = Session(shard, intents)
        session.outbox = connection.outbox
        connection.session = session
        self.sessions[session.id] = session
        here = [g for g in self.world.guilds.values() if g.bot_installed and session.serves(g.id)]
        ready: JsonObject = {
            "v": 10,
            "user": self.world.bot.payload()
            | {"verified": True, "mfa_enabled": True, "email": None, "flags": 0},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in here],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url(),
            "application": {key: self.application()[key] for key in ("id", "flags")},
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "geo_ordered_rtc_regions": [],
            "user_settings": {},
            "auth": {},
            "_trace": ["sandbox"],
        }
        session.dispatch("READY", ready | ({"shard": list(shard)} if shard else {}))
        if Intents.GUILDS in intents:
            for guild in here:
                session.dispatch("GUILD_CREATE", guild.payload(with_members=Intents.GUILD_MEMBERS in intents))
        session.ready = True
        self.changed.ring()

    async def _resume(self, connection: Connection, data: JsonObject) -> None:
        session = self.sessions.get(str(data.get("session_id")))
        sequence = as_int(data.get("seq"))
        missed = (
            session.missed(sequence, self.replayed_again)
            if session is not None and sequence is not None
            else None
        )
        if session is None or missed is None or not session.valid:
            connection.send(Op.INVALID_SESSION, False)  # noqa: FBT003  # the payload is this one boolean
            return
        session.outbox = connection.outbox
        connection.session = session
        for text in missed:
            connection.outbox.put_nowait(text)
        self.resumes += 1
        session.dispatch("RESUMED", {"_trace": ["sandbox"]})
        self.changed.ring()

    def _members(self, session: Session, data: JsonObject) -> None:
        guild = self.world.guilds.get(int(data.get("guild_id") or 0))
        if guild is None:
            return
        wanted = as_array(data.get("user_ids"))
        everybody = Intents.GUILD_MEMBERS in session.intents
        found = [
            member.payload()
            for member in guild.members.values()
            if (str(member.user.id) in [str(i) for i in wanted] if wanted is not None else everybody)
        ]
        chunk: JsonObject = {
            "guild_id": str(guild.id),
            "members": found,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | ({"nonce": data["nonce"]} if "nonce" in data else {}))

    def _shard(self, raw: object) -> tuple[int, int] | None:
        if raw is None:
            return None
        numbers = [as_int(item) for item in as_array(raw) or []]
        match numbers:
            case [int(own), int(count)] if 0 <= own < count:
                return own, count
            case _:
                raise GatewayCloseError(4010, "Invalid shard.")

    def _intents(self, raw: object) -> Intents:
        bits = as_int(raw)
        if bits is None or bits < 0 or bits & ~KNOWN_INTENT_BITS:
            raise GatewayCloseError(4013, "Invalid intent(s).")
        if bits & int(PRIVILEGED_INTENTS & ~self.allowed_privileged):
            raise GatewayCloseError(4014, "Disallowed intent(s).")
        return Intents(bits)

    def _may_identify(self, shard: tuple[int, int] | None) -> bool:
        bucket = (shard[0] if shard else 0) % self.max_concurrency
        at = asyncio.get_running_loop().time()
        last = self._last_identify.get(bucket)
        self._last_identify[bucket] = at
        return last is None or at - last >= self.identify_interval_s

    def _forget_sessions(
        self, *, only_disconnected: bool = False, shard: tuple[int, int] | None = None
    ) -> None:
        for key, session in list(self.sessions.items()):
            if only_disconnected and (session.connected or session.shard != shard):
                continue
            session.valid = False
            del self.sessions[key]
