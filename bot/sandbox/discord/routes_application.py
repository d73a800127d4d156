"""Routes of the application: itself, its gateway, its commands."""

from bot.sandbox.discord import permissions as rights
from bot.sandbox.discord.api_call import ApiAnswer, ApiCall, ApiRoute, Core
from bot.sandbox.discord.errors import UNKNOWN_APPLICATION, UNKNOWN_GUILD, ApiError
from bot.sandbox.discord.ratelimits import RateLimits
from bot.sandbox.discord.wire import Intents, JsonObject, as_object

_FLAG_OF_INTENT = {
    Intents.GUILD_PRESENCES: 1 << 13,
    Intents.GUILD_MEMBERS: 1 << 15,
    Intents.MESSAGE_CONTENT: 1 << 19,
}
"""The "limited" application flags, which small apps have for each privileged intent switched on."""
_CHANGEABLE = (
    "description",
    "interactions_endpoint_url",
    "tags",
    "integration_types_config",
    "install_params",
)
_USUAL = str(int(rights.EVERYONE))
"""Permissions among the *Default Install Settings* of an application that was set up with care."""


def application_payload(core: Core) -> JsonObject:
    """The application object."""
    flags = sum(bit for intent, bit in _FLAG_OF_INTENT.items() if intent in core.gateway.allowed_privileged)
    payload: JsonObject = {
        "id": str(core.application_id),
        "name": core.application_name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "owner": core.world.operator.payload(),
        "team": None,
        "bot": core.world.bot.payload(),
        "hook": True,
        "rpc_origins": [],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "integration_types_config": {
            "0": {
                "oauth2_install_params": {"scopes": ["applications.commands", "bot"], "permissions": _USUAL}
            },
            "1": {"oauth2_install_params": {"scopes": ["applications.commands"], "permissions": "0"}},
        },
        "approximate_guild_count": len(core.world.guilds),
        "approximate_user_install_count": 0,
    }
    return payload | core.application_changes


class ApplicationRoutes:
    """Handlers of `/applications`, `/oauth2`, `/gateway` and `/users/@me`."""

    def __init__(self, core: Core, limits: RateLimits) -> None:
        self._core = core
        self._limits = limits

    def routes(self) -> list[ApiRoute]:
        """The operations served here."""
        other, commands = self._limits.other, self._limits.commands
        scopes = (
            "/applications/{application_id}/commands",
            "/applications/{application_id}/guilds/{guild_id}/commands",
        )
        return [
            ApiRoute("GET", "/gateway/bot", self._gateway, other),
            ApiRoute("GET", "/users/@me", self._me, other),
            ApiRoute("GET", "/users/@me/guilds", self._guilds, other),
            ApiRoute("GET", "/applications/@me", self._application, other),
            ApiRoute("PATCH", "/applications/@me", self._change_application, other),
            ApiRoute("GET", "/oauth2/applications/@me", self._application, other),
            ApiRoute(
                "GET",
                "/applications/{application_id}/guilds/{guild_id}/commands/permissions",
                self._command_permissions,
                other,
                major=("application_id",),
            ),
            *(
                route
                for scope in scopes
                for route in (
                    ApiRoute("GET", scope, self._list_commands, other, major=("application_id",)),
                    ApiRoute("PUT", scope, self._replace_commands, commands, major=("application_id",)),
                    ApiRoute("POST", scope, self._create_command, commands, major=("application_id",)),
                    ApiRoute("GET", f"{scope}/{{command_id}}", self._get_command, other),
                    ApiRoute("DELETE", f"{scope}/{{command_id}}", self._delete_command, commands),
                )
            ),
        ]

    async def _gateway(self, _: ApiCall) -> ApiAnswer:
        gateway = self._core.gateway
        limit: JsonObject = {
            "total": 1000,
            "remaining": max(1000 - gateway.identifies, 0),
            "reset_after": 14_400_000,
            "max_concurrency": gateway.max_concurrency,
        }
        return ApiAnswer(body={"url": gateway.url(), "shards": gateway.shards, "session_start_limit": limit})

    async def _me(self, _: ApiCall) -> ApiAnswer:
        return ApiAnswer(
            body=self._core.world.bot.payload() | {"verified": True, "mfa_enabled": True, "flags": 0}
        )

    async def _guilds(self, call: ApiCall) -> ApiAnswer:
        after, limit = int(call.request.query.get("after", "0")), int(call.request.query.get("limit", "200"))
        world = self._core.world
        here = sorted(
            (one for one in world.guilds.values() if one.bot_installed and one.id > after),
            key=lambda one: one.id,
        )
        listed: list[JsonObject] = [
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": str(int(guild.permissions_of(world.bot))),
                "features": [],
            }
            for guild in here[:limit]
        ]
        return ApiAnswer(body=listed)

    async def _application(self, _: ApiCall) -> ApiAnswer:
        return ApiAnswer(body=application_payload(self._core))

    async def _change_application(self, call: ApiCall) -> ApiAnswer:
        changes = as_object((await call.body()).payload) or {}
        self._core.application_changes |= {name: changes[name] for name in _CHANGEABLE if name in changes}
        return ApiAnswer(body=application_payload(self._core))

    async def _list_commands(self, call: ApiCall) -> ApiAnswer:
        return ApiAnswer(body=self._core.commands.registered(self._scope(call)))

    async def _command_permissions(self, call: ApiCall) -> ApiAnswer:
        guild_id = self._scope(call)
        guild = self._core.world.guilds[guild_id or 0]
        return ApiAnswer(body=self._core.integrations.payload(guild))

    async def _replace_commands(self, call: ApiCall) -> ApiAnswer:
        scope = self._scope(call)
        return ApiAnswer(body=self._core.commands.replace_all((await call.body()).payload, scope))

    async def _create_command(self, call: ApiCall) -> ApiAnswer:
        scope = self._scope(call)
        command, new = self._core.commands.upsert((await call.body()).payload, scope)
        return ApiAnswer(201 if new else 200, command)

    async def _get_command(self, call: ApiCall) -> ApiAnswer:
        scope = self._scope(call)
        return ApiAnswer(body=self._core.commands.by_id(call.params["command_id"], scope))

    async def _delete_command(self, call: ApiCall) -> ApiAnswer:
        scope = self._scope(call)
        self._core.commands.delete(call.params["command_id"], scope)
        return ApiAnswer(204)

    def _scope(self, call: ApiCall) -> int | None:
        if call.params["application_id"] != str(self._core.application_id):
            raise ApiError(UNKNOWN_APPLICATION)
        raw = call.params.get("guild_id")
        if raw is None:
            return None
        guild = self._core.world.guilds.get(int(raw)) if raw.isdigit() else None
        if guild is None or not guild.bot_installed:
            raise ApiError(UNKNOWN_GUILD)
        return guild.id
