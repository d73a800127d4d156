"""`python -m bot run`: the bot in one process, until a signal stops it."""

import asyncio
import signal
from typing import Any, Final

import aiohttp
import discord
import structlog

from bot import logs
from bot.app import App, open_app
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.gc_policy import freeze_startup_objects
from bot.settings import BadConfigurationError, Settings
from bot.storage.errors import StorageError
from bot.texts import console

log: Final = structlog.get_logger(__name__)

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


async def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM, then stop cleanly. Raises `CommandFailedError` where it cannot run.

    A signal that comes while the bot is being opened cancels that, and is a clean stop as well.
    """
    stop = _Stop(asyncio.current_task())
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    logs.configure(settings.log_format, settings.log_level, settings.secrets)
    try:
        async with open_app(settings) as app:
            stop.opened()
            freeze_startup_objects()
            await _until_stopped(app, stop.asked)
    except asyncio.CancelledError:
        if not stop.asked.is_set():
            raise
    except BadConfigurationError as error:
        raise CommandFailedError(
            console.bad_configuration(str(error)), ExitStatus.BAD_CONFIGURATION
        ) from None
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    except discord.LoginFailure:
        told = console.bad_configuration(console.DISCORD_REFUSED_TOKEN)
        raise CommandFailedError(told, ExitStatus.BAD_CONFIGURATION) from None
    except discord.PrivilegedIntentsRequired:
        told = console.bad_configuration(console.INTENT_REFUSED)
        raise CommandFailedError(told, ExitStatus.BAD_CONFIGURATION) from None
    except (discord.GatewayNotFound, discord.HTTPException, aiohttp.ClientError, OSError) as error:
        told = f"{console.DISCORD_UNREACHABLE} ({type(error).__name__})"
        raise CommandFailedError(told, ExitStatus.FAILED) from None


class _Stop:
    """What SIGINT and SIGTERM ask for. Their handlers stay until the loop closes: a second signal is harmless."""

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


async def _until_stopped(app: App, asked: asyncio.Event) -> None:
    running = asyncio.create_task(app.run(), name="bot")
    signalled = asyncio.create_task(asked.wait(), name="stop-signal")
    try:
        await asyncio.wait([running, signalled], return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            log.info("stopping")
            await app.stop()
            running.cancel()
            await asyncio.wait([running])
            # A login under way breaks off as the session is closed beneath it. That is no failure of the stop.
            if not running.cancelled() and (error := running.exception()) is not None:
                log.info("login_broken_off", error=type(error).__name__)
        else:
            await running
    finally:
        for task in (running, signalled):
            task.cancel()
        await asyncio.wait([running, signalled])
