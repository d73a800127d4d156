"""Requests and answers: the only module that touches aiohttp's session, and the only one that holds the key.

Two rules hold throughout. Errors of aiohttp can hold the request's headers, so none is kept as cause or
context of ours: each is put into words inside an `except` block and raised outside of it. And every wait
has a deadline from `ApiTimeouts`, except for the one for a turn, which comes before all others: nothing has
left then, and no deadline runs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import hdrs
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks.answers import Answer
from bot.dimilinks.body import SubmissionBody, UploadWatch
from bot.dimilinks.errors import (
    ConnectionFailedError,
    DimiLinksError,
    Purchase,
    TimedOutError,
    UnreadableAnswerError,
)
from bot.dimilinks.holds import RequestKind
from bot.dimilinks.inflation import AnswerBody
from bot.dimilinks.pace import Pace, Turn
from bot.dimilinks.retry_after import retry_after_s
from bot.dimilinks.scrub import EXCERPT_LIMIT_CHARS, Scrubber
from bot.dimilinks.timeouts import ApiTimeouts

T = TypeVar("T")

Leaving = Callable[[], Awaitable[None]]
"""Work before a submission leaves. An error that it raises ends the submission, which then bought nothing."""

# An honest answer is below 1 kB. Reading must be bounded, and parsing stay far below a millisecond or two.
_ANSWER_LIMIT_BYTES: Final = 64 * 1024

# Edges in front of the API send long security policies and cookies. An answer that tells what was bought must
# not be lost to one of them, and aiohttp's own limit is 8 KiB.
_HEADER_LIMIT_BYTES: Final = 64 * 1024


class _Bearer(str):
    """The header's value; hides itself in the repr of the headers that aiohttp's errors keep."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'Bearer …'"


class _UnsharedName(str):
    """The name that TLS asks for, equal to nothing else: aiohttp keys its pool of idle connections by it."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Exchange:
    """Sends requests through a session that somebody else owns. Never follows a redirect, never repeats."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_key: SecretStr,
        scrubber: Scrubber,
        timeouts: ApiTimeouts,
        *,
        pace: Pace | None,
        now: Callable[[], datetime],
        deadline: asyncio.Timeout | None = None,
    ) -> None:
        """Without a `pace`, requests leave as they come. `now` is for `Retry-After` given as a date."""
        self._session = session
        self._api_key = api_key
        self._scrubber = scrubber
        self._timeouts = timeouts
        self._pace = pace
        self._now = now
        self._deadline = deadline
        self._bodies: WeakKeyDictionary[aiohttp.ClientResponse, AnswerBody] = WeakKeyDictionary()

    def under(self, deadline: asyncio.Timeout) -> "Exchange":
        """The same exchange for one call under `deadline`, which stands still while a turn is waited for."""
        return Exchange(
            self._session,
            self._api_key,
            self._scrubber,
            self._timeouts,
            pace=self._pace,
            now=self._now,
            deadline=deadline,
        )

    async def post(self, url: URL, body: SubmissionBody, leaving: Leaving) -> Answer:
        """Send a submission and read its answer, which may come before the body is out.

        `leaving` is awaited once it is the request's turn, before its first byte leaves. When this returns or
        raises, nothing reads the references any more. Whoever cancels it before its turn has bought nothing,
        and `body` says so.

        Raises:
            DimiLinksError: No answer came, and `purchase` says what that proves; or a reference failed.
        """
        try:
            turn = await self._turn(RequestKind.SUBMISSION)
            with self._unless_answered(turn):
                await leaving()
                response = await self._translated(self._send(url, body))
            self._learn(turn, response)
            # A refusal that is here already was not made by whoever has to read the request's end first. A
            # success may have been begun early and still be about the whole request.
            came_early = (
                body.purchase is Purchase.NOT_BOUGHT and response.status >= HTTPStatus.MULTIPLE_CHOICES
            )
            answer = await self.read(response, within_s=self._timeouts.submit_answer_s)
        except DimiLinksError as error:
            if body.failure is not None:
                raise body.failure from None
            error.purchase = body.purchase
            raise
        finally:
            await body.settle()
        return replace(answer, came_early=came_early or body.purchase is Purchase.NOT_BOUGHT)

    async def ask(self, url: URL, kind: RequestKind, *, limit_bytes: int = _ANSWER_LIMIT_BYTES) -> Answer:
        """GET an API route and read its answer, at most `limit_bytes` of it. Raises what `open` raises."""
        answer_s = self._timeouts.task_answer_s
        response = await self._get(url, kind, authorized=True, answer_s=answer_s)
        return await self.read(response, within_s=answer_s, limit_bytes=limit_bytes)

    async def open(self, url: URL, *, authorized: bool, answer_s: float) -> aiohttp.ClientResponse:
        """GET `url` for a download up to the answer's headers; the caller closes the response.

        Raises `ConnectionFailedError`, `TimedOutError` or `UnreadableAnswerError`. Without `authorized` the
        key stays at home, and the request, which goes to somebody else, needs no turn.
        """
        kind = RequestKind.DOWNLOAD if authorized else None
        return await self._get(url, kind, authorized=authorized, answer_s=answer_s)

    async def read(
        self,
        response: aiohttp.ClientResponse,
        *,
        within_s: float,
        head: bytes = b"",
        limit_bytes: int = _ANSWER_LIMIT_BYTES,
    ) -> Answer:
        """Return what is left of an answer behind `head`, at most `limit_bytes`; closes the response.

        A fault on the way does not raise, because the status alone may say enough: it becomes the answer's
        `interruption`.
        """
        body = bytearray(head)
        interruption: DimiLinksError | None = None
        try:
            await self._translated(_read_into(body, self._body_of(response), within_s, limit_bytes))
        except DimiLinksError as error:
            interruption = error
        finally:
            response.close()
        return Answer(
            status=response.status,
            content_type=response.headers.get(hdrs.CONTENT_TYPE, ""),
            retry_after=response.headers.get(hdrs.RETRY_AFTER),
            location=response.headers.get(hdrs.LOCATION),
            body=bytes(body),
            interruption=interruption,
        )

    async def chunk(self, response: aiohttp.ClientResponse, *, within_s: float) -> bytes:
        """The next piece of a body, empty at its end. Raises what `open` raises."""
        return await self._translated(_chunk(self._body_of(response), within_s))

    async def _send(self, url: URL, body: SubmissionBody) -> aiohttp.ClientResponse:
        timeouts = self._timeouts
        async with asyncio.timeout(timeouts.connect_s + timeouts.upload_stall_s) as deadline:
            watch = UploadWatch(deadline, stall_s=timeouts.upload_stall_s, answer_s=timeouts.submit_answer_s)
            body.watch_with(watch)
            try:
                return await self._live_session().post(
                    url,
                    data=body,
                    allow_redirects=False,
                    raise_for_status=False,
                    timeout=self._client_timeout(),
                    max_field_size=_HEADER_LIMIT_BYTES,
                    # A connection that the API closed while it lay idle would swallow a small request whole
                    # and leave its purchase in doubt. Each submission therefore travels on a connection of its
                    # own, whatever a server makes of `close`.
                    server_hostname=_UnsharedName(url.raw_host or ""),
                    headers=self._headers(authorized=True) | {hdrs.CONNECTION: "close"},
                )
            finally:
                watch.end()

    async def _get(
        self, url: URL, kind: RequestKind | None, *, authorized: bool, answer_s: float
    ) -> aiohttp.ClientResponse:
        turn = await self._turn(kind)
        with self._unless_answered(turn):
            response = await self._translated(self._get_now(url, authorized=authorized, answer_s=answer_s))
        self._learn(turn, response)
        return response

    async def _get_now(self, url: URL, *, authorized: bool, answer_s: float) -> aiohttp.ClientResponse:
        async with asyncio.timeout(self._timeouts.connect_s + answer_s):
            return await self._live_session().get(
                url,
                allow_redirects=False,
                raise_for_status=False,
                timeout=self._client_timeout(),
                max_field_size=_HEADER_LIMIT_BYTES,
                headers=self._headers(authorized=authorized),
            )

    async def _turn(self, kind: RequestKind | None) -> Turn | None:
        if self._pace is None or kind is None:
            return None
        if self._deadline is None or (due_s := self._deadline.when()) is None:
            return await self._pace.turn(kind)
        loop = asyncio.get_running_loop()
        rest_s = due_s - loop.time()
        self._deadline.reschedule(None)
        turn = await self._pace.turn(kind)
        self._deadline.reschedule(loop.time() + rest_s)
        return turn

    @contextmanager
    def _unless_answered(self, turn: Turn | None) -> Generator[None]:
        """Give the turn up when what is done in it ends without an answer."""
        try:
            yield
        except BaseException:
            if self._pace is not None and turn is not None:
                self._pace.unanswered(turn)
            raise

    def _learn(self, turn: Turn | None, response: aiohttp.ClientResponse) -> None:
        # As soon as the headers are here: what is left of an answer may take long, and others leave meanwhile.
        # And the header of failures alone: no odd one may spoil an answer that means a video was bought.
        if self._pace is not None and turn is not None:
            asked_s = None
            if response.status >= HTTPStatus.BAD_REQUEST:
                asked_s = retry_after_s(response.headers.get(hdrs.RETRY_AFTER), self._now())
            self._pace.answered(turn, response.status, asked_s)

    def _body_of(self, response: aiohttp.ClientResponse) -> AnswerBody:
        return self._bodies.setdefault(response, AnswerBody(response.content))

    def _live_session(self) -> aiohttp.ClientSession:
        # aiohttp answers a closed session with RuntimeError; at shutdown that is a lost connection like
        # others.
        if self._session.closed:
            raise aiohttp.ClientConnectionError("the session is closed")
        return self._session

    def _client_timeout(self) -> aiohttp.ClientTimeout:
        # aiohttp counts the wait for a free connection, DNS, TCP and TLS as connecting. Its other timeouts
        # are off, because ours around it know what is being waited for.
        return aiohttp.ClientTimeout(total=None, connect=self._timeouts.connect_s)

    def _headers(self, *, authorized: bool) -> dict[str, str]:
        # Uncompressed, so that Content-Length is the video's length and a bounded answer stays bounded.
        headers: dict[str, str] = {hdrs.ACCEPT_ENCODING: "identity"}
        if authorized:
            headers[hdrs.AUTHORIZATION] = _Bearer(f"Bearer {self._api_key.get_secret_value()}")
        return headers

    async def _translated(self, operation: Awaitable[T]) -> T:
        """Await `operation`, with the network's errors turned into ours."""
        try:
            return await operation
        except TimeoutError:
            error = TimedOutError("no answer in time")
        except aiohttp.ClientResponseError as fault:
            # Raised for answers that are no HTTP; its repr holds the headers, and its status is aiohttp's own.
            error = UnreadableAnswerError(self._words(fault, fault.message))
        except (aiohttp.ClientError, OSError) as fault:
            error = ConnectionFailedError(self._words(fault, str(fault)))
        except Exception as fault:  # noqa: BLE001 - whatever a server sends, aiohttp's parsers included, is told
            # Broken compression, a name that is none in the network's alphabet, and what is not known yet.
            error = UnreadableAnswerError(self._words(fault, str(fault)))
        raise error

    def _words(self, fault: Exception, text: str) -> str:
        return self._scrubber.clean(f"{type(fault).__name__}: {text}", EXCERPT_LIMIT_CHARS)


async def _chunk(coming: AnswerBody, within_s: float) -> bytes:
    async with asyncio.timeout(within_s):
        return await coming.next()


async def _read_into(body: bytearray, coming: AnswerBody, within_s: float, limit_bytes: int) -> None:
    async with asyncio.timeout(within_s):
        while len(body) < limit_bytes:
            piece = await coming.next()
            if not piece:
                return
            body += piece[: limit_bytes - len(body)]
