"""The REST API's front: routing, authorization, limits, faults, the request log and headers around the handlers."""

import asyncio
import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from aiohttp import web

from bot.sandbox.discord.api_call import ApiAnswer, ApiCall, ApiRoute, Auth, Core
from bot.sandbox.discord.errors import METHOD_NOT_ALLOWED, NOT_FOUND, UNAUTHORIZED, ApiError
from bot.sandbox.discord.faults import DiscordFault, DiscordFaults, Drop, OddAnswer
from bot.sandbox.discord.multipart import drain
from bot.sandbox.discord.ratelimits import LimitVerdict, RateLimiter, Scope, refusal_headers
from bot.sandbox.discord.wire import JsonObject, to_json
from bot.sandbox.raw_answers import send_raw

PREFIX = "/api/v10"
_INVALID_STATUSES = frozenset({401, 403, 429})
_PAGE = "<html><body><h1>Cloudflare</h1></body></html>"
_PARAMETER = re.compile(r"\{(\w+)\}")


class Rest:
    """Serves everything under `/api/v10`."""

    def __init__(self, core: Core, limiter: RateLimiter, faults: DiscordFaults, token: str) -> None:
        self._core = core
        self._limiter = limiter
        self._faults = faults
        self._authorization = f"Bot {token}"
        self._routes: dict[tuple[str, int], list[tuple[re.Pattern[str], ApiRoute]]] = {}
        self.latency_s: Callable[[], float] = lambda: 0.0

    def add(self, routes: Iterable[ApiRoute]) -> None:
        """Serve these operations; a route without parameters goes before those with some."""
        for route in routes:
            pattern = re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", route.template))
            entries = self._routes.setdefault((route.method, route.template.count("/")), [])
            entries.append((pattern, route))
            entries.sort(key=lambda entry: entry[1].template.count("{"))

    def templates(self) -> list[tuple[str, str]]:
        """Method and template of every operation served."""
        return [(route.method, route.template) for entries in self._routes.values() for _, route in entries]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        loop = asyncio.get_running_loop()
        path = request.rel_url.raw_path.removeprefix(PREFIX)
        found = self._match(request.method, path)
        record = self._core.request_log.open(
            request.method, found[0].template if found else path, path, loop.time()
        )
        try:
            if found is None:
                response, scope = await self._unknown(request, path), Scope.USER
                self._core.request_log.violate("the sandbox does not know this route", record)
            else:
                call = ApiCall(self._core, request, found[0], found[1], record)
                response, scope = await self._answer(call)
        except BaseException:
            self._core.request_log.close(record, 0, loop.time(), invalid=False)
            raise
        invalid = response.status in _INVALID_STATUSES and scope is not Scope.SHARED
        self._core.request_log.close(record, response.status, loop.time(), invalid=invalid)
        return response

    def _match(self, method: str, path: str) -> tuple[ApiRoute, dict[str, str]] | None:
        for pattern, route in self._routes.get((method, path.count("/")), ()):
            if (match := pattern.fullmatch(path)) is not None:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    async def _unknown(self, request: web.Request, path: str) -> web.Response:
        await drain(request)
        others = {method for method, _ in self._routes if self._match(method, path) is not None}
        return _respond(ApiError(METHOD_NOT_ALLOWED if others else NOT_FOUND))

    async def _answer(self, call: ApiCall) -> tuple[web.Response, Scope]:
        if (pause_s := self.latency_s()) > 0:
            await asyncio.sleep(pause_s)
        call.fault = fault = self._faults.next_for(call.record.name)
        if fault is not None:
            if fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            if fault.drop is Drop.BEFORE:
                return _cut(call), Scope.SHARED
            if fault.status is not None:
                await drain(call.request)
                return _faulty(call, fault), fault.scope
        verdict = self._admit(call)
        if verdict.exceeded:
            await drain(call.request)
            return _limited(verdict), verdict.scope
        response = await self._carry_out(call, verdict)
        return (response, Scope.USER) if fault is None else await self._spoil(call, fault, response)

    async def _spoil(
        self, call: ApiCall, fault: DiscordFault, response: web.Response
    ) -> tuple[web.Response, Scope]:
        """Answer a request that was carried out, or refused by its own fault, as the fault wants it."""
        if fault.answer_delay_s:
            await asyncio.sleep(fault.answer_delay_s)
        if fault.drop is Drop.AFTER:
            return _cut(call), Scope.SHARED
        carried_out = response.status < 300  # noqa: PLR2004  # HTTP's statuses of success
        if fault.answer is None or not carried_out:
            return response, Scope.USER
        return _odd(call, fault.answer, 200, response, {}), Scope.USER

    def _admit(self, call: ApiCall) -> LimitVerdict:
        route = call.route
        major = "/".join(call.params[name] for name in route.major)
        at = asyncio.get_running_loop().time()
        return self._limiter.take(route.bucket, major, counts_globally=route.counts_globally, at=at)

    def _authorize(self, call: ApiCall) -> None:
        given = call.request.headers.get("Authorization")
        if call.route.auth is Auth.BOT and given != self._authorization:
            raise ApiError(UNAUTHORIZED)

    async def _carry_out(self, call: ApiCall, verdict: LimitVerdict) -> web.Response:
        headers = verdict.headers()
        try:
            self._authorize(call)
            call.check_query()
            answer = await call.route.handler(call)
        except ApiError as error:
            call.discard()
            await drain(call.request)
            return _respond(error, headers)
        await drain(call.request)
        return _respond(answer, headers)


def _respond(answer: ApiAnswer | ApiError, headers: dict[str, str] | None = None) -> web.Response:
    """JSON with exactly Discord's content type: clients read `application/json; charset=…` as plain text."""
    if isinstance(answer, ApiError):
        answer = ApiAnswer(answer.problem.status, answer.body())
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    kind = {"Content-Type": "application/json"}
    return web.Response(
        status=answer.status, body=to_json(answer.body).encode(), headers=kind | (headers or {})
    )


def _limited(verdict: LimitVerdict) -> web.Response:
    body: JsonObject = {
        "message": "You are being rate limited.",
        "retry_after": round(verdict.reset_after_s, 3),
        "global": verdict.scope is Scope.GLOBAL,
    }
    return _respond(ApiAnswer(429, body), verdict.headers())


def _odd(
    call: ApiCall, answer: OddAnswer, status: int, true: web.Response, headers: dict[str, str]
) -> web.Response:
    """An answer that nobody can read, in place of the `true` one."""
    json_type = {"Content-Type": "application/json"}
    match answer:
        case OddAnswer.PAGE:
            text = "error code: 1015" if status == 429 else _PAGE  # noqa: PLR2004  # HTTP's number is its name
            return web.Response(status=status, text=text, content_type="text/html", headers=headers)
        case OddAnswer.EMPTY:
            return web.Response(status=status, headers=headers)
        case OddAnswer.EMPTY_JSON:
            return web.Response(status=status, headers=json_type | headers)
        case OddAnswer.LIST:
            return web.Response(status=status, body=b"[]", headers=json_type | headers)
        case OddAnswer.TORN:
            whole = true.body if isinstance(true.body, bytes) and true.body else b"{}"
            length = {"Content-Length": str(len(whole))}
            return send_raw(call.request, status, json_type | length | headers, whole[: len(whole) // 2])


def _faulty(call: ApiCall, fault: DiscordFault) -> web.Response:
    response = _refusal(fault)
    if fault.answer is None:
        return response
    headers = {name: response.headers[name] for name in ("Retry-After", "Via") if name in response.headers}
    return _odd(call, fault.answer, response.status, response, headers)


def _refusal(fault: DiscordFault) -> web.Response:
    assert fault.status is not None, "only faults with a status answer"  # noqa: S101  # an invariant
    if fault.status != 429:  # noqa: PLR2004  # HTTP's number is its name
        return _respond(ApiAnswer(fault.status, {"message": fault.message, "code": fault.code}))
    body: JsonObject = {
        "message": fault.message,
        "retry_after": fault.retry_after_s,
        "global": fault.scope is Scope.GLOBAL,
    }
    if fault.code:
        body["code"] = fault.code
    headers = refusal_headers(fault.retry_after_s, fault.scope)
    if not fault.via:
        del headers["Via"]
    return _respond(ApiAnswer(429, body), headers)


def _cut(call: ApiCall) -> web.Response:
    """Lose the connection. The response only satisfies aiohttp; nobody receives it."""
    if call.request.transport is not None:
        call.request.transport.abort()
    return web.Response(status=499)
