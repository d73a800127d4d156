"""`python -m bot check`: verifies configuration, database, Discord token and API key without buying anything."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import aiohttp
from pydantic import BaseModel, SecretStr

from bot.app import open_api
from bot.dimilinks import BadKeyError, DimiLinksError, TaskAbsentError
from bot.moderation.audit.chain import Flaw
from bot.moderation.audit.store import LogReport, verify_log
from bot.settings import BadConfigurationError, Settings, load
from bot.storage.errors import StorageError
from bot.storage.inspection import DatabaseReport, inspect_database_in_thread
from bot.storage.migrate import SchemaState
from bot.storage.opening import database_path
from bot.texts import console

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20.0)
_ABSENT_TASK: Final = "stillmotion-check"
"""Task id that does not exist. The API answers 404 to an accepted key, and nothing is bought."""
_UNKNOWN_TOLD_FOR: Final = timedelta(days=30)
_UNAUTHORIZED: Final = 401
_MESSAGE_CONTENT_FLAGS: Final = 1 << 18 | 1 << 19
"""Discord, *Application Flags*: the message content intent, for large and for small applications."""
_FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.NUMBER_SKIPPED: console.AUDIT_NUMBER_SKIPPED,
    Flaw.UNREADABLE: console.AUDIT_UNREADABLE,
    Flaw.PREVIOUS_DIFFERS: console.AUDIT_PREVIOUS_DIFFERS,
    Flaw.DIGEST_DIFFERS: console.AUDIT_DIGEST_DIFFERS,
    Flaw.PROMPT_DIFFERS: console.AUDIT_PROMPT_DIFFERS,
}


@dataclass(frozen=True)
class CheckLine:
    """Outcome of one check; `told` is the text of its line."""

    name: str
    passed: bool
    told: str


class _BotUser(BaseModel):
    username: str


class _Application(BaseModel):
    name: str
    flags: int = 0


_Answer = TypeVar("_Answer", bound=BaseModel)


async def check(print_line: Callable[[str], None]) -> bool:
    """Run all checks and print a line for each. Returns True if all passed."""
    try:
        settings = load()
    except BadConfigurationError as error:
        print_line(console.check_line("configuration", str(error), passed=False))
        return False
    checks: tuple[Callable[[Settings], Awaitable[CheckLine]], ...] = (
        _configuration,
        _data_folder,
        _database,
        _outcomes,
        _audit_log,
        _token,
        _intents,
        _key,
    )
    all_passed = True
    for one in checks:
        finding = await one(settings)
        all_passed = all_passed and finding.passed
        print_line(console.check_line(finding.name, finding.told, passed=finding.passed))
    return all_passed


async def _configuration(_settings: Settings) -> CheckLine:
    return CheckLine("configuration", passed=True, told=console.CONFIGURATION_OK)


async def _data_folder(settings: Settings) -> CheckLine:
    try:
        await asyncio.to_thread(_write_something, settings.data_dir)
    except OSError as error:
        return CheckLine("data folder", passed=False, told=f"{settings.data_dir}: {error.strerror}")
    return CheckLine("data folder", passed=True, told=str(settings.data_dir.resolve()))


def _database_url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url is not None else None


async def _report(settings: Settings) -> DatabaseReport:
    since = datetime.now(UTC) - _UNKNOWN_TOLD_FOR
    return await inspect_database_in_thread(_database_url(settings), settings.data_dir, since=since)


async def _database(settings: Settings) -> CheckLine:
    try:
        report = await _report(settings)
    except StorageError as error:
        return CheckLine("database", passed=False, told=str(error))
    if report.problems:
        return CheckLine("database", passed=False, told=f"{report.path}: {'; '.join(report.problems[:3])}")
    path = str(report.path)
    match report.standing:
        case SchemaState.FOREIGN:
            passed, told = False, console.database_foreign(path)
        case SchemaState.NEWER:
            passed, told = False, console.database_newer(path)
        case SchemaState.NEW:
            passed, told = True, console.database_new(path)
        case SchemaState.OLDER:
            passed, told = True, console.database_older(path)
        case SchemaState.CURRENT | None:
            passed, told = True, console.database_ok(path, report.size_bytes, report.in_use_by)
    return CheckLine("database", passed=passed, told=told)


async def _outcomes(settings: Settings) -> CheckLine:
    try:
        report = await _report(settings)
    except StorageError as error:
        return CheckLine("jobs", passed=False, told=str(error))
    told = console.jobs_found(report.unfinished or 0, report.undelivered or 0, report.unknown or 0)
    return CheckLine("jobs", passed=True, told=told)


async def _audit_log(settings: Settings) -> CheckLine:
    try:
        report = await asyncio.to_thread(_verified_log, settings)
    except StorageError as error:
        return CheckLine("audit log", passed=False, told=str(error))
    broken = report.broken
    if broken is not None:
        told = console.audit_broken(broken.number, _FLAWS[broken.flaw])
        return CheckLine("audit log", passed=False, told=told)
    return CheckLine("audit log", passed=True, told=console.audit_unbroken(report.entries))


def _verified_log(settings: Settings) -> LogReport:
    return verify_log(database_path(_database_url(settings), settings.data_dir))


def _write_something(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"check")


async def _token(settings: Settings) -> CheckLine:
    if settings.discord_token is None:
        return CheckLine("discord token", passed=False, told=console.missing("DISCORD_TOKEN"))
    try:
        user = await _ask_discord(settings, settings.discord_token, "/users/@me", _BotUser)
    except _DiscordSaidNoError as refused:
        return CheckLine("discord token", passed=False, told=str(refused))
    return CheckLine("discord token", passed=True, told=console.bot_is(user.username))


async def _intents(settings: Settings) -> CheckLine:
    if settings.discord_token is None:
        return CheckLine("intents", passed=False, told=console.missing("DISCORD_TOKEN"))
    try:
        application = await _ask_discord(settings, settings.discord_token, "/applications/@me", _Application)
    except _DiscordSaidNoError as refused:
        return CheckLine("intents", passed=False, told=str(refused))
    if not settings.message_content:
        return CheckLine("intents", passed=True, told=console.INTENTS_OK)
    if not application.flags & _MESSAGE_CONTENT_FLAGS:
        return CheckLine("intents", passed=False, told=console.INTENT_REFUSED)
    return CheckLine("intents", passed=True, told=console.INTENT_OK)


async def _key(settings: Settings) -> CheckLine:
    try:
        async with open_api(settings) as api:
            await api.task(_ABSENT_TASK)
    except TaskAbsentError:
        return CheckLine("api key", passed=True, told=console.KEY_OK)
    except BadConfigurationError as error:
        return CheckLine("api key", passed=False, told=str(error))
    except BadKeyError:
        return CheckLine("api key", passed=False, told=console.KEY_REFUSED)
    except DimiLinksError as error:
        return CheckLine("api key", passed=False, told=str(error))
    return CheckLine("api key", passed=True, told=console.KEY_OK)


class _DiscordSaidNoError(Exception):
    """Discord answered otherwise than to a working token, or not at all. The text says how."""


async def _ask_discord(settings: Settings, token: SecretStr, path: str, model: type[_Answer]) -> _Answer:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(
                f"{settings.discord_api_url}{path}",
                headers={"Authorization": f"Bot {token.get_secret_value()}"},
            ) as response,
        ):
            if response.status == _UNAUTHORIZED:
                raise _DiscordSaidNoError(console.TOKEN_REFUSED)
            if not response.ok:
                raise _DiscordSaidNoError(console.discord_answered(response.status))
            return model.model_validate_json(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise _DiscordSaidNoError(f"{console.DISCORD_UNREACHABLE} ({type(error).__name__})") from None
