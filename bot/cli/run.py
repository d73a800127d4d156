"""`python -m bot run`, `gateway` and `worker`: the bot, or its part in a process, until a signal stops it."""

import asyncio
import os
import signal
import socket
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
import discord
import structlog

from bot import logs
from bot.app import App, Role, open_app
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.interruption import end_within
from bot.cli.screen import say
from bot.interpreter import freeze_startup_objects, let_threads_in
from bot.lifecycle.runner import SupersededError
from bot.settings import BadConfigurationError, Settings
from bot.storage.address import PostgresqlAddress, database_address
from bot.storage.errors import StorageError
from bot.supervision import ServiceManager, Supervision, supervised
from bot.texts import console, console_service
from bot.wiring.roles import GatewayApp

log: Final = structlog.get_logger(__name__)

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_END_WITHIN_S: Final = 2.0
_ENDINGS: Final = (
    BadConfigurationError,
    StorageError,
    SupersededError,
    discord.DiscordException,
    aiohttp.ClientError,
    OSError,
)


class _GatewayClose(IntEnum):
    """Discord, *Gateway Close Event Codes*, as far as the bot tells them apart."""

    AUTHENTICATION_FAILED = 4004
    """The token was reset while the bot ran."""


async def run(settings: Settings, role: Role = Role.ALONE) -> None:
    """Run until SIGINT or SIGTERM, then stop cleanly. Raises `CommandFailedError` where it cannot run.

    A signal that comes while the bot is being opened cancels that, and is a clean stop as well.
    """
    _require_server(settings, role)
    stop = _Stop(asyncio.current_task())
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    logs.configure(settings.log_format, settings.log_level, settings.secrets)
    manager = ServiceManager.of(os.environ)
    manager.tell(f"STATUS={console_service.OPENING}")
    try:
        async with open_app(settings, role=role) as app:
            stop.opened()
            freeze_startup_objects()
            let_threads_in()
            alive_file = _alive_file(settings, role)
            supervision = Supervision(
                manager, app.database, alive_file=alive_file, status=partial(_status, app)
            )
            async with supervised(supervision):
                await _until_stopped(app, stop.asked, supervision)
    except asyncio.CancelledError:
        if not stop.asked.is_set():
            raise
    except _ENDINGS as error:
        raise _failure(error, role) from None
    if stop.asked.is_set():
        # All is closed and stored. What may still run are look-ups of names, in threads that nothing can cancel
        # and that take half a minute where the network is away.
        end_within(_END_WITHIN_S, ExitStatus.DONE)


def _require_server(settings: Settings, role: Role) -> None:
    """Raise `CommandFailedError` where the database cannot be shared, as this role has to."""
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    if role is Role.ALONE:
        return
    try:
        shared = isinstance(database_address(url, settings.data_dir), PostgresqlAddress)
    except StorageError as error:
        raise _failure(error, role) from None
    if not shared:
        problem = console.needs_server(role.value)
        raise CommandFailedError(console.bad_configuration(problem), ExitStatus.BAD_CONFIGURATION)


def _alive_file(settings: Settings, role: Role) -> Path:
    """Return the file by which a health check sees this process. Several may share the data folder."""
    if role is Role.ALONE:
        return settings.alive_file
    return settings.alive_file.with_name(f"{settings.alive_file.name}-{role.value}-{socket.gethostname()}")


def _failure(error: Exception, role: Role) -> CommandFailedError:
    """Return the line and the status with which the command ends for this reason."""
    match error:
        case BadConfigurationError():
            problem = str(error)
        case discord.LoginFailure() | discord.ConnectionClosed(code=_GatewayClose.AUTHENTICATION_FAILED):
            problem = console.DISCORD_REFUSED_TOKEN
        case discord.PrivilegedIntentsRequired():
            problem = console.INTENT_REFUSED
        case SupersededError():
            alone = role is Role.ALONE
            return CommandFailedError(
                console.SUPERSEDED, ExitStatus.FAILED if alone else ExitStatus.SUPERSEDED
            )
        case StorageError():
            return CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED)
        case discord.ConnectionClosed():
            return CommandFailedError(console.gateway_closed(error.code), ExitStatus.FAILED)
        case _:
            told = f"{console.DISCORD_UNREACHABLE} ({type(error).__name__})"
            return CommandFailedError(told, ExitStatus.FAILED)
    return CommandFailedError(console.bad_configuration(problem), ExitStatus.BAD_CONFIGURATION)


class _Stop:
    """Stop that SIGINT and SIGTERM ask for. Handlers stay until the loop closes: a second signal is harmless."""

    def __init__(self, opening: asyncio.Task[Any] | None) -> None:
        self.asked = asyncio.Event()
        self._opening = opening

    def opened(self) -> None:
        """From now on a signal no longer cancels the task that opens the bot."""
        self._opening = None

    def ask(self) -> None:
        """Ask for a stop; where the bot is still being opened, cancel that."""
        self.asked.set()
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None


def _status(app: App) -> str:
    """Return what the bot does, in a line for the operator."""
    if app.bot.connected and isinstance(app, GatewayApp) and app.in_reserve:
        return console_service.IN_RESERVE
    if not app.bot.connected:
        return console_service.WAITING_FOR_DISCORD
    return console_service.running(len(app.bot.guilds), app.jobs.runner.running)


async def _until_stopped(app: App, asked: asyncio.Event, supervision: Supervision) -> None:
    running = asyncio.create_task(app.run(say), name="bot")
    signalled = asyncio.create_task(asked.wait(), name="stop-signal")
    try:
        await asyncio.wait([running, signalled], return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            log.info("stopping")
            supervision.stopping()
            await app.stop()
        await running
    finally:
        for task in (running, signalled):
            task.cancel()
        await asyncio.wait([running, signalled])
