"""The whole of the local Discord: one object that starts, is told what happens, and says what it saw."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.discord.api_call import Core, RequestChecks
from bot.sandbox.discord.cdn import Attachment, FileHost
from bot.sandbox.discord.client import Clients
from bot.sandbox.discord.commands import CommandBook
from bot.sandbox.discord.errors import InvalidInvocation
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.faults import DiscordFaults
from bot.sandbox.discord.gateway import Gateway
from bot.sandbox.discord.guilds import Channel, Guild
from bot.sandbox.discord.interactions import Interactions
from bot.sandbox.discord.invocation import OptionValue, PickedValue
from bot.sandbox.discord.messages import Message, MessageStore
from bot.sandbox.discord.modals import FormValue
from bot.sandbox.discord.people import User
from bot.sandbox.discord.ratelimits import RateLimiter, RateLimits
from bot.sandbox.discord.reply import Reply
from bot.sandbox.discord.request_log import DiscordRequestLog
from bot.sandbox.discord.rest import PREFIX, Rest
from bot.sandbox.discord.routes_application import ApplicationRoutes, application_payload
from bot.sandbox.discord.routes_channels import ChannelRoutes
from bot.sandbox.discord.routes_interactions import InteractionRoutes
from bot.sandbox.discord.stickers import Sticker, StickerFormat
from bot.sandbox.discord.wire import Intents, JsonObject
from bot.sandbox.discord.world import World

LOCALHOST = "127.0.0.1"
DEFAULT_UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024
SPECIFICATION_VARIABLE = "DISCORD_OPENAPI"


class DiscordSandbox:
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
        self._ports = ports
        self._own_folder = files_dir is None
        self.files_dir = files_dir or Path(tempfile.mkdtemp(prefix="discord-sandbox-"))
        self._openapi = openapi
        self._runners: list[web.AppRunner] = []
        world = World(default_upload_limit_bytes, application_name)
        self.application_id = world.bot.id
        self.bot_user_id = world.bot.id
        self.token = (
            f"{urlsafe_b64encode(str(world.bot.id).encode()).decode().rstrip('=')}.sandbox.{seed:038x}"
        )
        self.request_log = DiscordRequestLog()
        self.faults = DiscordFaults(seed)
        self.latency_s = latency_s
        self.limiter = RateLimiter(limits or RateLimits())
        for folder in (self.files_dir / "cdn", self.files_dir / "foreign"):
            folder.mkdir(parents=True, exist_ok=True)
        self._foreign = FileHost(self.files_dir / "foreign", world.ids, signing=False)
        self.core = Core(
            world=world,
            messages=MessageStore(),
            interactions=Interactions(
                ack_deadline_s=ack_deadline_s,
                token_lifetime_s=token_lifetime_s,
                application_id=self.application_id,
            ),
            commands=CommandBook(world.ids, self.application_id),
            files=FileHost(self.files_dir / "cdn", world.ids, signing=True),
            gateway=Gateway(
                world,
                self.request_log,
                self.token,
                application=lambda: application_payload(self.core),
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
        self._clients = Clients(self.core)
        self.rest = Rest(self.core, self.limiter, self.faults, self.token)
        self.rest.latency_s = lambda: self.latency_s
        for group in (ApplicationRoutes, InteractionRoutes, ChannelRoutes):
            self.rest.add(group(self.core, self.limiter.limits).routes())
        self.cdn_host = self.foreign_host = ""

    async def __aenter__(self) -> Self:
        """Start both servers."""
        path = self._openapi or (Path(text) if (text := os.environ.get(SPECIFICATION_VARIABLE)) else None)
        if path is not None:
            self.core.specification = await asyncio.to_thread(_load_specification, path)
        main = web.Application()
        main.router.add_route("*", PREFIX + "/{tail:.*}", self.rest.handle)
        main.router.add_get("/gateway", self.core.gateway.handle)
        main.router.add_get("/gateway/", self.core.gateway.handle)
        main.add_routes(self.core.files.routes())
        foreign = web.Application()
        foreign.add_routes(self._foreign.routes())
        try:
            self.cdn_host = await self._serve(main, self._ports[0])
            self.foreign_host = await self._serve(foreign, self._ports[1])
        except BaseException:
            await self.close()
            raise
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
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
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

    async def invoke(
        self,
        name: str,
        *,
        user: User,
        channel: Channel,
        options: Mapping[str, OptionValue] | None = None,
        guild: Guild | None = None,
        force: bool = False,
    ) -> Reply:
        """`user` runs the slash command `name` (sub-commands as further words) in `channel`.

        Raises `InvalidInvocation` when a real client could not have sent it; `force` skips the checks of
        place and values. A bot that is not connected makes a reply that failed.
        """
        if guild is not None and channel.guild is not guild:
            raise InvalidInvocation(f"#{channel.name} is not in {guild.name}")
        return self._clients.slash(name, user, channel, options or {}, force=force)

    async def complete(
        self,
        name: str,
        *,
        user: User,
        channel: Channel,
        focused: str,
        typed: str,
        options: Mapping[str, OptionValue] | None = None,
        timeout_s: float = 5.0,
    ) -> list[JsonObject]:
        """The choices offered to `user` who typed `typed` into the option `focused` of the command `name`.

        `options` are those filled in already. Raises `InvalidInvocation` when the option is not declared
        with autocomplete, `TimeoutError` when no choices came that Discord accepts.
        """
        typing = self._clients.complete(name, user, channel, options or {}, focused=focused, typed=typed)
        return await typing.wait_for_choices(timeout_s)

    async def menu(self, name: str, *, user: User, message: Message) -> Reply:
        """`user` picks the message command `name` on `message`."""
        return self._clients.menu(name, user, message)

    async def press(self, target: Reply | Message, button: str, *, user: User) -> Reply:
        """`user` presses the button with this custom_id or label."""
        return self._clients.press(target, button, user)

    async def select(
        self, target: Reply | Message, custom_id: str, values: Sequence[PickedValue], *, user: User
    ) -> Reply:
        """`user` chooses `values` in a select: the values of its options, or roles, or channels."""
        return self._clients.select(target, custom_id, values, user)

    async def submit(self, opened: Reply, values: Mapping[str, FormValue]) -> Reply:
        """The form that `opened` brought is filled in (by custom_id or label) and sent."""
        return self._clients.submit(opened, values)

    async def say(
        self,
        user: User,
        channel: Channel,
        content: str = "",
        *,
        attachments: Sequence[Attachment] = (),
        reply_to: Message | None = None,
        mention_author: bool = True,
        forwards: Message | None = None,
        embeds: Sequence[JsonObject] = (),
        stickers: Sequence[Sticker] = (),
        webhook: bool = False,
    ) -> Message:
        """`user` writes a message; the bot hears of it as far as its intents go.

        `forwards` makes it a forward, `embeds` are its unfurled links, `webhook` makes `user` a webhook.
        """
        return self._clients.say(
            user,
            channel,
            content,
            attachments=attachments,
            reply_to=reply_to,
            mention_author=mention_author,
            forwards=forwards,
            embeds=embeds,
            stickers=stickers,
            webhook=webhook,
        )

    async def wait_until_ready(self, timeout_s: float = 10.0) -> None:
        """Until every shard is connected and got READY and its servers."""

        def found() -> bool | None:
            return True if self.gateway.ready_shards() >= set(range(self.gateway.shards)) else None

        await self.gateway.changed.until(found, timeout_s, "the bot to identify")

    async def wait_for_commands(self, timeout_s: float = 10.0) -> list[JsonObject]:
        """Until commands are registered; answers them."""
        return await self.core.commands.changed.until(lambda: self.commands or None, timeout_s, "commands")

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

    def _announce(self, event: Event) -> None:
        self.gateway.broadcast(event)

    async def _serve(self, application: web.Application, port: int) -> str:
        runner = web.AppRunner(application, access_log=None, handler_cancellation=False, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, LOCALHOST, port)
        await site.start()
        return f"{LOCALHOST}:{runner.addresses[0][1]}"


def _load_specification(path: Path) -> RequestChecks:
    # Imported only when a description is given: its library, jsonschema, costs time and memory.
    from bot.sandbox.discord.openapi import Specification  # noqa: PLC0415

    return Specification.load(path)
