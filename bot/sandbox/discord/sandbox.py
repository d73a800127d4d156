"""The whole of the local Discord: one object that starts, is told what happens, and says what it saw."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.discord.api_call import Core, RequestChecks
from bot.sandbox.discord.cdn import Attachment, FileHost
from bot.sandbox.discord.client import Clients
from bot.sandbox.discord.command_rules import CommandType
from bot.sandbox.discord.commands import CommandBook
from bot.sandbox.discord.event_faults import EventFaults
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.faults import DiscordFaults
from bot.sandbox.discord.gateway import Gateway
from bot.sandbox.discord.guilds import Channel, Guild
from bot.sandbox.discord.integrations import Integrations
from bot.sandbox.discord.interactions import Interactions
from bot.sandbox.discord.messages import Message, MessageStore
from bot.sandbox.discord.people import User
from bot.sandbox.discord.ratelimits import RateLimiter, RateLimits
from bot.sandbox.discord.reply import Reply
from bot.sandbox.discord.request_log import DiscordRequestLog
from bot.sandbox.discord.rest import PREFIX, Rest
from bot.sandbox.discord.routes_application import ApplicationRoutes, application_payload
from bot.sandbox.discord.routes_channels import ChannelRoutes
from bot.sandbox.discord.routes_interactions import InteractionRoutes
from bot.sandbox.discord.stickers import Sticker, StickerFormat
from bot.sandbox.discord.user_actions import UserActions
from bot.sandbox.discord.wire import Intents, JsonObject
from bot.sandbox.discord.world import World
from bot.sandbox.listening import LoopbackSite

DEFAULT_UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024
SPECIFICATION_VARIABLE = "DISCORD_OPENAPI"


class DiscordSandbox(UserActions):
    """A local Discord. Use it with `async with`; it listens on 127.0.0.1 alone, on ports of its own choice.

    `files_dir` keeps every uploaded file (a temporary folder otherwise, removed at the end). Requests are
    checked against Discord's API description at `openapi`, or where the variable DISCORD_OPENAPI says.
    Durations are seconds. `identify_interval_s` above zero refuses a second IDENTIFY within that time, as
    Discord does with 5 s; zero lets tests restart a bot at once.
    """

    def __init__(
        self,
        *,
        files_dir: Path | None = None,
        openapi: Path | None = None,
        application_name: str = "Stillmotion",
        default_upload_limit_bytes: int = DEFAULT_UPLOAD_LIMIT_BYTES,
        ack_deadline_s: float = 3.0,
        token_lifetime_s: float = 900.0,
        heartbeat_interval_s: float = 41.25,
        identify_interval_s: float = 0.0,
        shards: int = 1,
        privileged_intents: Intents = Intents.NONE,
        limits: RateLimits | None = None,
        latency_s: float = 0.0,
        seed: int = 0,
        ports: tuple[int, int] = (0, 0),
    ) -> None:
        self._own_folder = files_dir is None
        self.files_dir = files_dir or Path(tempfile.mkdtemp(prefix="discord-sandbox-"))
        self._openapi = openapi
        world = World(default_upload_limit_bytes, application_name)
        self.application_id = world.bot.id
        self.bot_user_id = world.bot.id
        self.token = (
            f"{urlsafe_b64encode(str(world.bot.id).encode()).decode().rstrip('=')}.sandbox.{seed:038x}"
        )
        self.request_log = DiscordRequestLog()
        self.faults = DiscordFaults(seed)
        self.event_faults = EventFaults(seed)
        self.latency_s = latency_s
        self.limiter = RateLimiter(limits or RateLimits())
        for folder in (self.files_dir / "cdn", self.files_dir / "foreign"):
            folder.mkdir(parents=True, exist_ok=True)
        self._foreign = FileHost(self.files_dir / "foreign", world.ids, signing=False)
        commands = CommandBook(world.ids, self.application_id)
        self.core = Core(
            world=world,
            messages=MessageStore(),
            interactions=Interactions(
                ack_deadline_s=ack_deadline_s,
                token_lifetime_s=token_lifetime_s,
                application_id=self.application_id,
            ),
            commands=commands,
            integrations=Integrations(self.application_id, commands),
            files=FileHost(self.files_dir / "cdn", world.ids, signing=True),
            gateway=Gateway(
                world,
                self.request_log,
                self.token,
                application=lambda: application_payload(self.core),
                event_faults=self.event_faults,
                url=lambda: self.gateway_url,
                allowed_privileged=privileged_intents,
                heartbeat_interval_s=heartbeat_interval_s,
                shards=shards,
                max_concurrency=max(shards, 1),
                identify_interval_s=identify_interval_s,
            ),
            request_log=self.request_log,
            application_id=self.application_id,
            application_name=application_name,
        )
        world.announce = self._announce
        super().__init__(Clients(self.core))
        self.rest = Rest(self.core, self.limiter, self.faults, self.token)
        self.rest.latency_s = lambda: self.latency_s
        for group in (ApplicationRoutes, InteractionRoutes, ChannelRoutes):
            self.rest.add(group(self.core, self.limiter.limits).routes())
        self._main_site = LoopbackSite(self._application(), port=ports[0], shutdown_timeout_s=1.0)
        foreign = web.Application()
        foreign.add_routes(self._foreign.routes())
        self._foreign_site = LoopbackSite(foreign, port=ports[1], shutdown_timeout_s=1.0)
        self.cdn_host = self.foreign_host = ""

    async def __aenter__(self) -> Self:
        """Start both servers."""
        path = self._openapi or (Path(text) if (text := os.environ.get(SPECIFICATION_VARIABLE)) else None)
        if path is not None:
            self.core.specification = await asyncio.to_thread(_load_specification, path)
        try:
            await self._main_site.open()
            await self._foreign_site.open()
        except BaseException:
            await self.close()
            raise
        self.cdn_host, self.foreign_host = self._main_site.host, self._foreign_site.host
        self.core.files.origin = f"http://{self.cdn_host}"
        self._foreign.origin = f"http://{self.foreign_host}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; see `close`."""
        await self.close()

    async def close(self) -> None:
        """Close every connection, stop the servers, remove the temporary folder."""
        self.core.interactions.close()
        await self.core.gateway.close()
        for site in (self._main_site, self._foreign_site):
            await site.close()
        if self._own_folder:
            await asyncio.to_thread(shutil.rmtree, self.files_dir, ignore_errors=True)

    @property
    def api_url(self) -> str:
        """The base of every REST route, for DISCORD_API_URL."""
        return f"http://{self.cdn_host}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        """The address of the gateway, as `GET /gateway/bot` gives it."""
        return f"ws://{self.cdn_host}/gateway"

    @property
    def gateway(self) -> Gateway:
        """Sessions and connections."""
        return self.core.gateway

    @property
    def integrations(self) -> Integrations:
        """The *Integrations* pages of the servers."""
        return self.core.integrations

    @property
    def world(self) -> World:
        """Accounts, servers and channels."""
        return self.core.world

    @property
    def violations(self) -> list[str]:
        """Every rule that was broken, in order."""
        return self.request_log.violations

    @property
    def commands(self) -> list[JsonObject]:
        """The registered global commands, as the API gives them back."""
        return self.core.commands.registered()

    def add_guild(
        self, name: str, *, locale: str = "en-US", boost_tier: int = 0, bot_installed: bool = True
    ) -> Guild:
        """A new server; the bot is in it unless `bot_installed` is False."""
        return self.world.add_guild(name, locale=locale, boost_tier=boost_tier, bot_installed=bot_installed)

    def add_user(self, name: str, *, locale: str = "en-US", nitro: bool = False, bot: bool = False) -> User:
        """A new account; with `bot` another application's."""
        return self.world.add_user(name, locale=locale, nitro=nitro, bot=bot)

    def add_group(self, users: Sequence[User]) -> Channel:
        """A group DM of `users`: the bot is not in it, only those who installed the app use it there."""
        return self.world.add_group(users)

    def add_sticker(self, name: str, data: bytes, format_type: int = StickerFormat.PNG) -> Sticker:
        """A sticker whose picture the CDN serves as `/stickers/{id}.png`, `.gif` or `.json` by its format."""
        return self.core.files.add_sticker(name, data, format_type)

    def dm(self, user: User) -> Channel:
        """The direct messages between the bot and `user`."""
        return self.world.direct_channel(user)

    def upload(self, filename: str, data: bytes | Path, content_type: str | None = None) -> Attachment:
        """A file that a user attaches to a command: hosted on the CDN, for a while."""
        folder = self.world.ids.next()
        return self.core.files.take(filename, data, folder=folder, content_type=content_type, ephemeral=True)

    def foreign_upload(
        self, filename: str, data: bytes | Path, content_type: str | None = None
    ) -> Attachment:
        """A file on a server that is not Discord's."""
        return self._foreign.take(filename, data, folder=self.world.ids.next(), content_type=content_type)

    def redeliver(self, target: Reply | Message, *, after_s: float = 0.0) -> None:
        """Deliver the event of an interaction or a message once more, to whatever is connected then."""
        self._clients.redeliver(target, after_s)

    def add_entry_point(self, name: str = "launch") -> JsonObject:
        """Register an Entry Point command, which no bulk overwrite may leave out."""
        return self.core.commands.add_entry_point(name)

    async def pause(self) -> None:
        """Refuse every connection until `resume`, as when Discord is away; open ones are cut."""
        await self._main_site.pause()

    async def resume(self) -> None:
        """Take connections again, on the same port."""
        await self._main_site.resume()

    async def wait_until_ready(self, timeout_s: float = 10.0) -> None:
        """Until every shard is connected and got READY and its servers."""

        def found() -> bool | None:
            return True if self.gateway.ready_shards() >= set(range(self.gateway.shards)) else None

        await self.gateway.changed.until(found, timeout_s, "the bot to identify")

    async def wait_for_commands(self, timeout_s: float = 10.0) -> list[JsonObject]:
        """Wait until commands are registered by the bot; answers all of them."""

        def found() -> list[JsonObject] | None:
            own = any(command["type"] != CommandType.ENTRY_POINT for command in self.commands)
            return self.commands if own else None

        return await self.core.commands.changed.until(found, timeout_s, "commands")

    async def wait_for_request(self, name: str, timeout_s: float, *, count: int = 1) -> None:
        """Until `count` requests to a route (such as `POST /users/@me/channels`) were answered."""

        def found() -> bool | None:
            answered = sum(n for (route, _), n in self.request_log.counts.items() if route == name)
            return True if answered >= count else None

        await self.request_log.changed.until(found, timeout_s, f"{count} of {name}")

    def expire_tokens(self, status: int = 401) -> None:
        """Every interaction token so far dies: later requests answer 401/50027, or 404/10015."""
        self.core.interactions.expire_all(status)

    async def drop_gateway(self, *, resumable: bool = True) -> None:
        """Cut the gateway's connections; unless `resumable`, a RESUME gets INVALID_SESSION."""
        await self.gateway.drop(resumable=resumable)

    async def reconnect_request(self) -> None:
        """Ask the bot to reconnect, as Discord does several times a day."""
        await self.gateway.request_reconnect()

    def _application(self) -> web.Application:
        main = web.Application()
        main.router.add_route("*", PREFIX + "/{tail:.*}", self.rest.handle)
        main.router.add_get("/gateway", self.core.gateway.handle)
        main.router.add_get("/gateway/", self.core.gateway.handle)
        main.add_routes(self.core.files.routes())
        return main

    def _announce(self, event: Event) -> None:
        self.gateway.broadcast(event)


def _load_specification(path: Path) -> RequestChecks:
    # Imported only when a description is given: its library, jsonschema, costs time and memory.
    from bot.sandbox.discord.openapi import Specification  # noqa: PLC0415

    return Specification.load(path)
