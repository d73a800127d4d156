"""The checks of `python -m bot check` that concern this machine: the file of settings, and the port for metrics."""

import asyncio
import errno
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import yarl

from bot.cli.check_line import CheckLine
from bot.settings import ENV_FILE, Settings
from bot.storage.errors import StorageError
from bot.storage.inspection import inspect_database_in_thread
from bot.texts import console_start as words

_OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5.0)
_OURS: Final = b"stillmotion_"
_READ_BYTES: Final = 1_000_000
_ANY_HOST: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound by it
_METRICS: Final = "metrics"


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
    address = settings.metrics_address
    if address is None:
        return CheckLine(_METRICS, passed=True, told=words.METRICS_OFF)
    url = yarl.URL(f"//{address}")
    host, port = url.host or "", url.port or 0
    fault = await asyncio.to_thread(_fault_of, host, port)
    if fault is None:
        return CheckLine(_METRICS, passed=True, told=words.metrics_free(address))
    if fault.errno == errno.EADDRINUSE and await _bot_runs(settings) and await _serves_ours(host, port):
        return CheckLine(_METRICS, passed=True, told=words.metrics_served(address))
    reason = fault.strerror or type(fault).__name__
    return CheckLine(_METRICS, passed=False, told=words.metrics_taken(address, reason))


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


async def _serves_ours(host: str, port: int) -> bool:
    """Return True if metrics of a Stillmotion are served at an address."""
    url = yarl.URL.build(scheme="http", host=_ANY_HOST.get(host, host), port=port, path="/metrics")
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.get(url) as response:
            return _OURS in await response.content.read(_READ_BYTES)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
