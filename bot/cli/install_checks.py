"""The checks of `python -m bot check` about how the bot is added to servers, and what it may do there."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, TypeAdapter

from bot.cli.check_line import CheckLine
from bot.cli.remote_checks import DiscordSaidNoError, ask_discord
from bot.settings import Settings
from bot.texts import console_start as words
from bot.texts.quoting import clip
from cogs.installation import SCOPES, invite_link, missing_permissions

_GUILD_INSTALL: Final = "0"
"""Discord, *Application Integration Types*."""
_A_PAGE: Final = 200
_NAMED_SERVERS: Final = 3
_NAME_CHARS: Final = 40
_LINK: Final = "install link"
_PERMISSIONS: Final = "permissions"


class _InstallParams(BaseModel):
    scopes: list[str] = []
    permissions: int = 0


class _InstallKind(BaseModel):
    oauth2_install_params: _InstallParams | None = None


class _Installed(BaseModel):
    id: int
    install_params: _InstallParams | None = None
    integration_types_config: Mapping[str, _InstallKind | None] | None = None


class _Server(BaseModel):
    id: int
    name: str
    permissions: int


_APPLICATION: Final = TypeAdapter(_Installed)
_SERVERS: Final = TypeAdapter(list[_Server])


async def check_install_link(settings: Settings) -> CheckLine:
    """Tell the link that adds the bot to a server, and compare the developer portal's settings with it."""
    try:
        application: _Installed = await ask_discord(settings, "/applications/@me", _APPLICATION)
    except DiscordSaidNoError as refused:
        return CheckLine(_LINK, passed=False, told=str(refused))
    link = invite_link(application.id)
    kinds = application.integration_types_config
    if kinds and _GUILD_INSTALL not in kinds:
        return CheckLine(_LINK, passed=True, warns=True, told=words.GUILD_INSTALL_OFF)
    kind = (kinds or {}).get(_GUILD_INSTALL)
    chosen = (kind.oauth2_install_params if kind is not None else None) or application.install_params
    lacking = _lacking(chosen or _InstallParams())
    if lacking:
        return CheckLine(_LINK, passed=True, warns=True, told=words.install_settings_lack(link, lacking))
    return CheckLine(_LINK, passed=True, told=link)


def _lacking(chosen: _InstallParams) -> tuple[str, ...]:
    scopes = tuple(f"the scope {scope}" for scope in SCOPES if scope not in chosen.scopes)
    return scopes + missing_permissions(chosen.permissions)


async def check_permissions(settings: Settings) -> CheckLine:
    """Check what the bot's roles allow in each of its servers; what single channels take away is not seen here."""
    try:
        servers = await _servers(settings)
    except DiscordSaidNoError as refused:
        return CheckLine(_PERMISSIONS, passed=False, told=str(refused))
    if not servers:
        return CheckLine(_PERMISSIONS, passed=True, told=words.NO_SERVERS)
    found = [(clip(one.name, _NAME_CHARS), missing_permissions(one.permissions)) for one in servers]
    lacking = [(name, missing) for name, missing in found if missing]
    if not lacking:
        return CheckLine(_PERMISSIONS, passed=True, told=words.permissions_enough(len(servers)))
    told = words.permissions_lacking(lacking[:_NAMED_SERVERS], max(len(lacking) - _NAMED_SERVERS, 0))
    return CheckLine(_PERMISSIONS, passed=True, warns=True, told=told)


async def _servers(settings: Settings) -> list[_Server]:
    """Return all servers that the bot is in. Raises `DiscordSaidNoError`."""
    found: list[_Server] = []
    while True:
        after = found[-1].id if found else 0
        path = f"/users/@me/guilds?limit={_A_PAGE}&after={after}"
        page: list[_Server] = await ask_discord(settings, path, _SERVERS)
        found += page
        if len(page) < _A_PAGE:
            return found
