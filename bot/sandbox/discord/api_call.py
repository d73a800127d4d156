"""One request on its way through the API: what the handlers of routes get and give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from aiohttp import web

from bot.sandbox.discord.cdn import FileHost
from bot.sandbox.discord.commands import CommandBook
from bot.sandbox.discord.errors import FieldError, form_error
from bot.sandbox.discord.faults import DiscordFault
from bot.sandbox.discord.gateway import Gateway
from bot.sandbox.discord.integrations import Integrations
from bot.sandbox.discord.interactions import Interactions
from bot.sandbox.discord.messages import MessageStore
from bot.sandbox.discord.multipart import Body, read_body
from bot.sandbox.discord.ratelimits import BucketRule
from bot.sandbox.discord.request_log import DiscordRequestLog, RequestRecord
from bot.sandbox.discord.wire import JsonObject
from bot.sandbox.discord.world import World

SMALL_BODY_BYTES = 1024 * 1024


class Auth(Enum):
    """Who may call a route."""

    BOT = auto()
    TOKEN_IN_PATH = auto()


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer of the API; a body of None is an empty one."""

    status: int = 200
    body: object = None


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One operation. `major` names the path parameters that have a rate limit bucket each."""

    method: str
    template: str
    handler: Callable[[ApiCall], Awaitable[ApiAnswer]]
    bucket: BucketRule
    auth: Auth = Auth.BOT
    major: tuple[str, ...] = ()
    counts_globally: bool = True


class RequestChecks(Protocol):
    """Checks requests against a description of the API; each text is one fault."""

    def knows(self, method: str, route: str) -> bool:
        """True if the API has this operation."""
        ...

    def check_query(self, method: str, route: str, query: Mapping[str, str]) -> list[str]:
        """The faults of a query."""
        ...

    def check_body(self, method: str, route: str, content_type: str, payload: object) -> list[str]:
        """The faults of the JSON part of a body."""
        ...


@dataclass(eq=False)
class Core:
    """The parts the handlers work on."""

    world: World
    messages: MessageStore
    interactions: Interactions
    commands: CommandBook
    integrations: Integrations
    files: FileHost
    gateway: Gateway
    request_log: DiscordRequestLog
    application_id: int
    application_name: str
    application_changes: JsonObject = field(default_factory=dict[str, object])
    specification: RequestChecks | None = None


@dataclass(eq=False)
class ApiCall:
    """A request that was let in."""

    core: Core
    request: web.Request
    route: ApiRoute
    params: dict[str, str]
    record: RequestRecord
    fault: DiscordFault | None = None
    _body: Body | None = None

    def check_query(self) -> None:
        """Raise 400/50035 when the query is not what the API describes."""
        specification = self.core.specification
        if specification is None:
            return
        if not specification.knows(self.route.method, self.route.template):
            self.core.request_log.violate("the API description has no such operation", self.record)
            return
        self._refuse(specification.check_query(self.route.method, self.route.template, self.request.query))

    async def body(self, limit_bytes: int = SMALL_BODY_BYTES) -> Body:
        """The body, read and checked against the API's description; no file may exceed `limit_bytes`."""
        if self._body is None:
            self._body = body = await read_body(self.request, self.core.files, limit_bytes)
            self.record.payload = body.payload
            self.record.files = tuple((f.filename, f.size_bytes) for f in body.files.values())
            specification = self.core.specification
            if specification is not None and specification.knows(self.route.method, self.route.template):
                self._refuse(
                    specification.check_body(
                        self.route.method, self.route.template, body.content_type, body.payload
                    )
                )
        return self._body

    def discard(self) -> None:
        """The request was refused: remove what it uploaded."""
        if self._body is not None:
            self._body.discard()

    def _refuse(self, faults: list[str]) -> None:
        if not faults:
            return
        for fault in faults:
            self.core.request_log.violate(f"OpenAPI: {fault}", self.record)
        raise form_error(FieldError((fault.split(":", 1)[0],), "SCHEMA", fault) for fault in faults)
