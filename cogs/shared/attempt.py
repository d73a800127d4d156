"""Calls to Discord whose failure is an outcome: the one place that names what they may raise."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, TypeVar

import aiohttp
import discord

_T = TypeVar("_T")

NETWORK_ERRORS: Final = (aiohttp.ClientError, OSError, TimeoutError)
DISCORD_ERRORS: Final = (discord.HTTPException, discord.InvalidData, *NETWORK_ERRORS)

TIMEOUT_S: Final = 10.0
"""Longer than the three seconds that Discord grants (*Receiving and Responding*): it has the last word."""


@dataclass(frozen=True)
class FailedCall:
    """A call that Discord refused, or that did not reach it. `facts` are the fields for the log."""

    facts: dict[str, object]
    status: int | None = None
    """Discord's HTTP status; None if there was no answer."""
    code: int | None = None
    """Discord's error code (*JSON Error Codes*)."""


def failed_call(error: Exception) -> FailedCall:
    """Return one of `DISCORD_ERRORS` as an outcome."""
    if isinstance(error, discord.HTTPException):
        return FailedCall({"status": error.status, "code": error.code}, error.status, error.code)
    return FailedCall({"error": type(error).__name__})


async def attempt(call: Awaitable[_T], timeout_s: float | None = TIMEOUT_S) -> _T | FailedCall:
    """Await a call to Discord. Returns its result, or why there is none; the caller logs that."""
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except DISCORD_ERRORS as error:
        return failed_call(error)
