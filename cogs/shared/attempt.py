"""Calls to Discord whose failure is an outcome: the one place that names what they may raise."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Final, TypeVar

import aiohttp
import discord

from bot.delivery.discord_errors import WORDS_REFUSED_CODES, is_too_large

_T = TypeVar("_T")

NETWORK_ERRORS: Final = (aiohttp.ClientError, OSError, TimeoutError)
DISCORD_ERRORS: Final = (discord.HTTPException, discord.InvalidData, *NETWORK_ERRORS)

TIMEOUT_S: Final = 10.0
"""Longer than the three seconds that Discord grants (*Receiving and Responding*): it has the last word."""

_REPEATED_FOR_S: Final = 60.0
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 10.0

_SESSION_CLOSED: Final = "Session is closed"
"""aiohttp's words for a request after the stop, which raises a plain RuntimeError."""

_RATE_LIMITED: Final = 429
_REDIRECTIONS_FROM: Final = 300
_SERVER_ERRORS_FROM: Final = 500


@dataclass(frozen=True)
class FailedCall:
    """A call that Discord refused, or that did not reach it. `facts` are the fields for the log."""

    facts: dict[str, object]
    status: int | None = None
    """Discord's HTTP status; None if there was no answer, or none that could be read."""
    code: int | None = None
    """Discord's error code (*JSON Error Codes*)."""
    tried_before: bool = False
    """True if a request of this very call was lost, or answered by a server error: it may have arrived."""

    @property
    def doubtful(self) -> bool:
        """True if Discord may have done what it was asked."""
        return self.tried_before or self.status is None or self.status >= _SERVER_ERRORS_FROM

    @property
    def words_refused(self) -> bool:
        """True if AutoMod, or Discord's filter of links, refused a message for its words."""
        return self.code in WORDS_REFUSED_CODES

    @property
    def too_large(self) -> bool:
        """True if Discord refused a message for the size of its files."""
        return is_too_large(self.status, self.code)

    @property
    def passing(self) -> bool:
        """True if the same call may work later."""
        return self.status is None or self.status == _RATE_LIMITED or self.status >= _SERVER_ERRORS_FROM


@dataclass
class _Requests:
    """The requests of one call: discord.py makes up to five, as long as the answer is 429 or a server error."""

    statuses: list[int] = field(default_factory=list[int])
    doubtful: bool = False

    def note(self, status: int | None) -> None:
        """Note how a request ended; None is without an answer."""
        if status is not None:
            self.statuses.append(status)
        if status is None or status >= _SERVER_ERRORS_FROM:
            self.doubtful = True


_requests: ContextVar[_Requests | None] = ContextVar("requests", default=None)


def watch_requests(trace: aiohttp.TraceConfig) -> None:
    """Let `attempt` see every request of a session, also those that discord.py repeats by itself."""

    async def answered(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if (requests := _requests.get()) is not None:
            requests.note(end.response.status)

    async def broken(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, _end: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if (requests := _requests.get()) is not None:
            requests.note(None)

    trace.on_request_end.append(answered)
    trace.on_request_exception.append(broken)


def failed_call(error: Exception, *, tried_before: bool = False) -> FailedCall:
    """Return one of `DISCORD_ERRORS` as an outcome."""
    if isinstance(error, discord.HTTPException):
        facts: dict[str, object] = {"status": error.status, "code": error.code}
        return FailedCall(facts, error.status, error.code, tried_before)
    return FailedCall({"error": type(error).__name__}, tried_before=tried_before)


async def attempt(call: Awaitable[_T], timeout_s: float | None = TIMEOUT_S) -> _T | FailedCall:
    """Await one call to Discord. Returns its result, or why there is none; the caller logs that."""
    requests = _Requests()
    outer = _requests.set(requests)
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except DISCORD_ERRORS as error:
        return failed_call(error, tried_before=requests.doubtful)
    except Exception as error:
        if str(error) == _SESSION_CLOSED:
            return FailedCall({"error": "stopped"}, tried_before=requests.doubtful)
        # discord.py takes an answer apart as if Discord had given it: a page, an empty body or a list becomes
        # whatever error comes of that. Without an answer it is a bug of ours.
        if not requests.statuses:
            raise
        status = requests.statuses[-1]
        facts: dict[str, object] = {"error": type(error).__name__, "status": status}
        return FailedCall(facts, status if status >= _REDIRECTIONS_FROM else None)
    finally:
        _requests.reset(outer)


async def repeat(call: Callable[[], Awaitable[_T]]) -> _T:
    """Await a call to Discord that does no harm twice, again and again for a minute while Discord is away.

    Raises what the last try raised; after the stop, `aiohttp.ClientConnectionError`.
    """
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + _REPEATED_FOR_S
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await call()
        except DISCORD_ERRORS as error:
            if not failed_call(error).passing or loop.time() + pause_s >= ends_s:
                raise
        except RuntimeError as error:
            if str(error) != _SESSION_CLOSED:
                raise
            raise aiohttp.ClientConnectionError("the bot stops") from None
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
