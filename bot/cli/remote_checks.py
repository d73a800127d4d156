"""The checks of `python -m bot check` that ask Discord and the video service. All are free."""

import asyncio
from typing import Any, Final

import aiohttp
from pydantic import BaseModel, TypeAdapter

from bot.app import open_api
from bot.cli.check_line import CheckLine
from bot.dimilinks import BadKeyError, DimiLinksError, FaultReason
from bot.settings import BadConfigurationError, Settings
from bot.texts import console
from bot.video import MODEL
from cogs.tree import COMMANDS_STATE, CommandsState

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20.0)
_UNAUTHORIZED: Final = 401
_OF_ANOTHER_SITE: Final = {*range(200, 300), 404, 405}
"""Statuses of a page at a wrong address. Others come of a failure or a ban, with a page of what stands in front."""
_MESSAGE_CONTENT_FLAGS: Final = 1 << 18 | 1 << 19
"""Discord, *Application Flags*: the message content intent, for large and for small applications."""


class _BotUser(BaseModel):
    username: str


class _Application(BaseModel):
    id: str
    flags: int = 0


class _Command(BaseModel):
    name: str


_BOT_USER: Final = TypeAdapter(_BotUser)
_APPLICATION: Final = TypeAdapter(_Application)
_COMMANDS: Final = TypeAdapter(list[_Command])


class DiscordSaidNoError(Exception):
    """Discord answered otherwise than to a working token, or not at all. The text says how."""


async def check_token(settings: Settings) -> CheckLine:
    """Check that Discord accepts the token."""
    try:
        user = await ask_discord(settings, "/users/@me", _BOT_USER)
    except DiscordSaidNoError as refused:
        return CheckLine("discord token", passed=False, told=str(refused))
    return CheckLine("discord token", passed=True, told=console.bot_is(user.username))


async def check_intents(settings: Settings) -> CheckLine:
    """Check that the intents for which the settings ask are switched on."""
    try:
        application = await ask_discord(settings, "/applications/@me", _APPLICATION)
    except DiscordSaidNoError as refused:
        return CheckLine("intents", passed=False, told=str(refused))
    if not settings.message_content:
        return CheckLine("intents", passed=True, told=console.INTENTS_OK)
    if not application.flags & _MESSAGE_CONTENT_FLAGS:
        return CheckLine("intents", passed=False, told=console.INTENT_REFUSED)
    return CheckLine("intents", passed=True, told=console.INTENT_OK)


async def check_commands(settings: Settings) -> CheckLine:
    """Check that Discord has the commands that the bot registered last."""
    try:
        application = await ask_discord(settings, "/applications/@me", _APPLICATION)
        listed = await ask_discord(settings, f"/applications/{application.id}/commands", _COMMANDS)
    except DiscordSaidNoError as refused:
        return CheckLine("commands", passed=False, told=str(refused))
    state = await asyncio.to_thread(CommandsState.read, settings.data_dir / COMMANDS_STATE)
    if state is None:
        return CheckLine("commands", passed=True, told=console.COMMANDS_NOT_YET)
    absent = set(state.names) - {command.name for command in listed}
    if absent:
        return CheckLine("commands", passed=False, told=console.commands_absent(sorted(absent)))
    return CheckLine("commands", passed=True, told=console.commands_registered(len(state.names)))


async def check_key(settings: Settings) -> CheckLine:
    """Check that the service is at the address, takes the key, and lets it use the model."""
    try:
        async with open_api(settings) as api:
            models = await api.models()
    except BadConfigurationError as error:
        return CheckLine("api key", passed=False, told=str(error))
    except BadKeyError:
        return CheckLine("api key", passed=False, told=console.KEY_REFUSED)
    except DimiLinksError as error:
        page = error.verdict.reason is FaultReason.PAGE and error.http_status in _OF_ANOTHER_SITE
        told = console.web_page("DIMILINKS_BASE_URL", settings.dimilinks_base_url) if page else str(error)
        return CheckLine("api key", passed=False, told=told)
    if MODEL not in models:
        return CheckLine("api key", passed=False, told=console.model_absent(MODEL, len(models)))
    return CheckLine("api key", passed=True, told=console.KEY_OK)


async def ask_discord(settings: Settings, path: str, answer: TypeAdapter[Any]) -> Any:  # noqa: ANN401 - by the adapter
    """Return what Discord answers to a GET as the bot. Raises `DiscordSaidNoError`."""
    token = settings.discord_token
    if token is None:
        raise DiscordSaidNoError(console.missing("DISCORD_TOKEN"))
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(
                f"{settings.discord_api_url}{path}",
                headers={"Authorization": f"Bot {token.get_secret_value()}"},
            ) as response,
        ):
            if response.content_type == "text/html" and response.status in _OF_ANOTHER_SITE:
                raise DiscordSaidNoError(console.web_page("DISCORD_API_URL", settings.discord_api_url))
            if response.status == _UNAUTHORIZED:
                raise DiscordSaidNoError(console.TOKEN_REFUSED)
            if not response.ok:
                raise DiscordSaidNoError(console.discord_answered(response.status))
            return answer.validate_json(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise DiscordSaidNoError(f"{console.DISCORD_UNREACHABLE} ({type(error).__name__})") from None
