"""The checks of `python -m bot check` that concern this machine: the file of settings, and ports to listen on."""

import asyncio
import errno
import socket
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import yarl

from bot.cli.check_line import CheckLine
from bot.media_links.headers import PLAIN_HEADERS
from bot.settings import ENV_FILE, Settings
from bot.storage.errors import StorageError
from bot.storage.inspection import inspect_database_in_thread
from bot.texts import console_start as words

_OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5.0)
_OURS: Final = b"stillmotion_"
_READ_BYTES: Final = 1_000_000
_ANY_HOST: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound by it
_SETTINGS: Final = {"metrics": "METRICS_ADDRESS", "links": "MEDIA_ADDRESS"}
_NOT_FOUND: Final = 404


def check_env_file(path: Path = ENV_FILE) -> CheckLine:
    """Tell which file of settings was looked for, and warn if others can read the secrets in it."""
    whole = path
    try:
        whole = path.absolute()
        mode = whole.stat().st_mode
        if not stat.S_ISFIFO(mode):  # which is read once
            with whole.open("rb"):
                pass
    except FileNotFoundError:
        return CheckLine(".env", passed=True, told=words.env_file_absent(whole))
    except OSError as error:
        told = words.env_file_unreadable(whole, error.strerror or type(error).__name__)
        return CheckLine(".env", passed=False, told=told)
    if mode & _OTHERS_READ:
        return CheckLine(".env", passed=True, warns=True, told=words.env_file_open(whole, stat.S_IMODE(mode)))
    return CheckLine(".env", passed=True, told=words.env_file_read(whole))


async def check_metrics(settings: Settings) -> CheckLine:
    """Check that the address for metrics can be used, or is used by the bot that runs on this database."""
    if settings.metrics_address is None:
        return CheckLine("metrics", passed=True, told=words.METRICS_OFF)
    return await _check_address(settings, "metrics", settings.metrics_address, _serves_metrics)


async def check_links(settings: Settings) -> CheckLine:
    """Check that links to videos can be served, or are served by the bot that runs on this database."""
    if settings.media_address is None:
        return CheckLine("links", passed=True, told=words.LINKS_OFF)
    return await _check_address(settings, "links", settings.media_address, _serves_links)


async def _check_address(
    settings: Settings, name: str, address: str, serves_ours: Callable[[yarl.URL], Awaitable[bool]]
) -> CheckLine:
    url = yarl.URL(f"//{address}")
    host, port = url.host or "", url.port or 0
    fault = await asyncio.to_thread(_fault_of, host, port)
    if fault is None:
        return CheckLine(name, passed=True, told=words.address_free(address))
    if fault.errno == errno.EADDRINUSE and await _bot_runs(settings):
        here = yarl.URL.build(scheme="http", host=_ANY_HOST.get(host, host), port=port)
        if await serves_ours(here):
            return CheckLine(name, passed=True, told=words.address_served(address))
    reason = fault.strerror or type(fault).__name__
    told = words.address_taken(_SETTINGS[name], address, reason)
    return CheckLine(name, passed=False, told=told)


def _fault_of(host: str, port: int) -> OSError | None:
    """Return why an address cannot be listened on, or None if it can."""
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself does
            probe.bind(target)
            probe.listen()
    except OSError as error:
        return error
    return None


async def _bot_runs(settings: Settings) -> bool:
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        report = await inspect_database_in_thread(url, settings.data_dir, since=datetime.now(UTC))
    except StorageError:
        return False
    return report.in_use_by is not None


async def _serves_metrics(here: yarl.URL) -> bool:
    """Return True if metrics of a Stillmotion are served at an address."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(here / "metrics") as response,
        ):
            return _OURS in await response.content.read(_READ_BYTES)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False


async def _serves_links(here: yarl.URL) -> bool:
    """Return True if links of a Stillmotion are served at an address: nothing is there without one."""
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.head(here) as response:
            headers = response.headers
            return response.status == _NOT_FOUND and all(
                headers.get(name) == value for name, value in PLAIN_HEADERS.items()
            )
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
