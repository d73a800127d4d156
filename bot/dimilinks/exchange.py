"""Requests and answers: the only module that touches aiohttp's session, and the only one that holds the key.

Two rules hold throughout. Errors of aiohttp can hold the request's headers, so none is kept as cause or
context of ours: each is put into words inside an `except` block and raised outside of it. And every wait
has a deadline from `Timeouts`.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

import aiohttp
from aiohttp import hdrs
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks.answers import Answer
from bot.dimilinks.body import SubmissionBody, UploadWatch
from bot.dimilinks.errors import ConnectionFailedError, DimiLinksError, TimedOutError, UnreadableAnswerError
from bot.dimilinks.scrub import EXCERPT_LIMIT_CHARS, Scrubber
from bot.dimilinks.timeouts import Timeouts

T = TypeVar("T")

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
        self, session: aiohttp.ClientSession, api_key: SecretStr, scrubber: Scrubber, timeouts: Timeouts
    ) -> None:
        self._session = session
        self._api_key = api_key
        self._scrubber = scrubber
        self._timeouts = timeouts

    async def post(self, url: URL, body: SubmissionBody) -> Answer:
        """Send a submission and read its answer, which may come before the body is out.

        Raises `ConnectionFailedError`, `TimedOutError` or `UnreadableAnswerError` with `purchase` set, and
        `ReferenceBodyError`. When it returns or raises, nothing reads the references any more.
        """
        try:
            return await self._translated(self._send(url, body))
        except DimiLinksError as error:
            if body.failure is not None:
                raise body.failure from None
            error.purchase = body.purchase
            raise
        finally:
            await body.settle()

    async def ask(self, url: URL) -> Answer:
        """GET an API route and read its answer. Raises what `open` raises."""
        response = await self.open(url, authorized=True, answer_s=self._timeouts.task_answer_s)
        return await self.read(response, within_s=self._timeouts.task_answer_s)

    async def open(self, url: URL, *, authorized: bool, answer_s: float) -> aiohttp.ClientResponse:
        """GET `url` up to the answer's headers; the caller closes the response.

        Raises `ConnectionFailedError`, `TimedOutError` or `UnreadableAnswerError`. Without `authorized` the
        key stays at home.
        """
        return await self._translated(self._get(url, authorized=authorized, answer_s=answer_s))

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

    async def _send(self, url: URL, body: SubmissionBody) -> Answer:
        timeouts = self._timeouts
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
        return await self.read(response, within_s=timeouts.submit_answer_s)

    async def _get(self, url: URL, *, authorized: bool, answer_s: float) -> aiohttp.ClientResponse:
        async with asyncio.timeout(self._timeouts.connect_s + answer_s):
            return await self._live_session().get(
                url,
                allow_redirects=False,
                raise_for_status=False,
                timeout=self._client_timeout(),
                headers=self._headers(authorized=authorized),
            )

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
