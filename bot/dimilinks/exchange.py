"""Requests and answers: the only module that touches aiohttp's session, and the only one that holds the key.

Two rules hold throughout. Errors of aiohttp can hold the request's headers, so none is kept as cause or
context of ours: each is put into words inside an `except` block and raised outside of it. And every wait
has a deadline from `ApiTimeouts`, except for the one for a turn, which comes before all others: nothing has
left then, and no deadline runs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
from aiohttp import hdrs
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks.answers import Answer
from bot.dimilinks.body import SubmissionBody, UploadWatch
from bot.dimilinks.errors import ConnectionFailedError, DimiLinksError, TimedOutError, UnreadableAnswerError
from bot.dimilinks.pace import Pace, RequestKind, Turn
from bot.dimilinks.refusals import retry_after_s
from bot.dimilinks.scrub import EXCERPT_LIMIT_CHARS, Scrubber
from bot.dimilinks.timeouts import ApiTimeouts

T = TypeVar("T")

Leaving = Callable[[], Awaitable[None]]
"""What is to be done before a submission leaves. What it raises ends the submission, which then bought nothing."""

# An honest answer is below 1 kB. Reading must be bounded, and parsing stay far below a millisecond or two.
_ANSWER_LIMIT_BYTES: Final = 64 * 1024


class _Bearer(str):
    """The header's value; hides itself in the repr of the headers that aiohttp's errors keep."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'Bearer …'"


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

        `leaving` is awaited once it is the request's turn, before its first byte leaves.

        Raises `ConnectionFailedError`, `TimedOutError` or `UnreadableAnswerError` with `purchase` set, and
        `ReferenceBodyError`. When it returns or raises, nothing reads the references any more. Whoever cancels
        it before its turn has bought nothing, and `body` says so.
        """
        try:
            return await self._translated(self._send(url, body, leaving))
        except DimiLinksError as error:
            if body.failure is not None:
                raise body.failure from None
            error.purchase = body.purchase
            raise
        finally:
            await body.settle()

    async def ask(self, url: URL) -> Answer:
        """GET an API route and read its answer. Raises what `open` raises."""
        response = await self._translated(
            self._get(url, RequestKind.POLL, authorized=True, answer_s=self._timeouts.task_answer_s)
        )
        return await self.read(response, within_s=self._timeouts.task_answer_s)

    async def open(self, url: URL, *, authorized: bool, answer_s: float) -> aiohttp.ClientResponse:
        """GET `url` for a download up to the answer's headers; the caller closes the response.

        Raises `ConnectionFailedError`, `TimedOutError` or `UnreadableAnswerError`. Without `authorized` the
        key stays at home, and the request, which goes to somebody else, needs no turn.
        """
        kind = RequestKind.DOWNLOAD if authorized else None
        return await self._translated(self._get(url, kind, authorized=authorized, answer_s=answer_s))

    async def read(self, response: aiohttp.ClientResponse, *, within_s: float, head: bytes = b"") -> Answer:
        """What is left of an answer behind `head`, at most 64 KiB; closes the response.

        A fault on the way does not raise, because the status alone may say enough: it becomes the answer's
        `interruption`.
        """
        body = bytearray(head)
        interruption: DimiLinksError | None = None
        try:
            await self._translated(_read_into(body, response, within_s))
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
        return await self._translated(_chunk(response, within_s))

    async def _send(self, url: URL, body: SubmissionBody, leaving: Leaving) -> Answer:
        timeouts = self._timeouts
        turn = await self._turn(RequestKind.SUBMISSION)
        await leaving()
        async with asyncio.timeout(timeouts.connect_s + timeouts.upload_stall_s) as deadline:
            watch = UploadWatch(deadline, stall_s=timeouts.upload_stall_s, answer_s=timeouts.submit_answer_s)
            body.watch_with(watch)
            try:
                response = await self._live_session().post(
                    url,
                    data=body,
                    allow_redirects=False,
                    raise_for_status=False,
                    timeout=self._client_timeout(),
                    # A connection that the API closed while it lay idle would swallow a small request whole
                    # and leave its purchase in doubt. Submissions therefore travel on connections of their
                    # own: the name, which TLS would use anyway, keeps them out of the pool that polling
                    # fills (aiohttp keys its pool by it), and `close` keeps that pool empty.
                    server_hostname=url.raw_host,
                    headers=self._headers(authorized=True) | {hdrs.CONNECTION: "close"},
                )
            finally:
                watch.end()
        self._learn(turn, response)
        return await self.read(response, within_s=timeouts.submit_answer_s)

    async def _get(
        self, url: URL, kind: RequestKind | None, *, authorized: bool, answer_s: float
    ) -> aiohttp.ClientResponse:
        turn = await self._turn(kind)
        async with asyncio.timeout(self._timeouts.connect_s + answer_s):
            response = await self._live_session().get(
                url,
                allow_redirects=False,
                raise_for_status=False,
                timeout=self._client_timeout(),
                headers=self._headers(authorized=authorized),
            )
        self._learn(turn, response)
        return response

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

    def _learn(self, turn: Turn | None, response: aiohttp.ClientResponse) -> None:
        # As soon as the headers are here: what is left of an answer may take long, and others leave meanwhile.
        # And from failures alone: no odd header may spoil an answer that means a video was bought.
        if self._pace is not None and turn is not None and response.status >= HTTPStatus.BAD_REQUEST:
            pause_s = retry_after_s(response.headers.get(hdrs.RETRY_AFTER), self._now())
            self._pace.answered(turn, response.status, pause_s)

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
            # Raised for a proxy's refusal and for answers that are no HTTP; its repr holds the headers.
            error = UnreadableAnswerError(self._words(fault, fault.message), http_status=fault.status or None)
        except (aiohttp.ClientError, OSError) as fault:
            error = ConnectionFailedError(self._words(fault, str(fault)))
        raise error

    def _words(self, fault: Exception, text: str) -> str:
        return self._scrubber.clean(f"{type(fault).__name__}: {text}", EXCERPT_LIMIT_CHARS)


async def _chunk(response: aiohttp.ClientResponse, within_s: float) -> bytes:
    async with asyncio.timeout(within_s):
        return await response.content.readany()


async def _read_into(body: bytearray, response: aiohttp.ClientResponse, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while len(body) < _ANSWER_LIMIT_BYTES:
            piece = await response.content.readany()
            if not piece:
                return
            body += piece[: _ANSWER_LIMIT_BYTES - len(body)]
