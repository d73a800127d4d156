"""`python -m bot run`: the bot in one process, until a signal stops it."""

import asyncio
import signal
from typing import Final

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
    """Run until SIGINT or SIGTERM, then stop cleanly. Raises `CommandFailedError` where it cannot run."""
    logs.configure(settings.log_format, settings.log_level, settings.secrets)
    try:
        async with open_app(settings) as app:
            freeze_startup_objects()
            await _until_stopped(app)
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


async def _until_stopped(app: App) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    running = asyncio.create_task(app.run(), name="bot")
    asked = asyncio.create_task(stopping.wait(), name="stop-signal")
    try:
        await asyncio.wait([running, asked], return_when=asyncio.FIRST_COMPLETED)
        if stopping.is_set():
            log.info("stopping")
            await app.stop()
        await running
    finally:
        for task in (running, asked):
            task.cancel()
        await asyncio.wait([running, asked])
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
