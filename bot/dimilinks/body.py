"""The body of a submission: JSON written around streamed Data URLs.

Base64 needs no JSON escaping and a Data URL knows its length, so the body's exact `Content-Length` is known
before a byte of a picture is read, and no picture is ever whole in memory.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Final, Protocol

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from bot.dimilinks.errors import Purchase, ReferenceBodyError
from bot.video import MODEL, REFERENCES_MAX, VideoRequest

# One write: small enough that a stall on a slow line shows and the transport's buffer stays small, large
# enough that seven pictures are some hundred writes.
_WRITE_BYTES: Final = 128 * 1024

# Neither a fast connection nor a source without waits of its own may keep the event loop for itself.
_YIELD_BYTES: Final = 512 * 1024

_UNWIND_S: Final = 10.0


class ReferenceBody(Protocol):
    """A reference image as the text of a Data URL (`data:image/png;base64,…`), produced in pieces."""

    @property
    def length_bytes(self) -> int:
        """Exact length of the whole text in bytes. It is ASCII and needs no JSON escaping."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The text, in pieces of any size. May raise `OSError`, which breaks the request off."""
        ...


class UploadWatch:
    """Moves one deadline along with an upload: it passes when the upload stalls, or when no answer follows.

    It may still be told of progress after it has ended: the task that writes a body outlives the wait for the
    answer when that comes early.
    """

    def __init__(self, deadline: asyncio.Timeout, *, stall_s: float, answer_s: float) -> None:
        self._deadline = deadline
        self._stall_s = stall_s
        self._answer_s = answer_s
        self._ended = False

    def moved(self) -> None:
        """The connection has taken a piece of the body."""
        self._allow(self._stall_s)

    def handed_over(self) -> None:
        """The connection has taken all of it."""
        self._allow(self._answer_s)

    def end(self) -> None:
        """The answer has come, or never will: nothing moves the deadline any more."""
        if not self._ended and not self._deadline.expired():
            self._deadline.reschedule(None)
        self._ended = True

    def _allow(self, seconds: float) -> None:
        if not self._ended and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time() + seconds)


class SubmissionBody(aiohttp.Payload):
    """The JSON body of one submission, to be written once.

    `purchase` is UNKNOWN from the moment its last byte is about to be handed to the connection; until then
    no server can have parsed the request. `failure` tells why the writing was broken off, if a reference
    was why: the body then stays unfinished.
    """

    def __init__(
        self,
        request: VideoRequest,
        references: Sequence[ReferenceBody],
        may_be_bought: Callable[[], None] | None = None,
    ) -> None:
        """Raises `ReferenceBodyError`: fewer references than asked for, more than seven, or unreadable.

        `may_be_bought` is called when `purchase` becomes UNKNOWN.
        """
        if not request.reference_count <= len(references) <= REFERENCES_MAX:
            raise ReferenceBodyError(
                f"{len(references)} reference images came with a request for {request.reference_count}"
            )
        super().__init__(None, content_type="application/json")
        self._references = tuple(
            (reference, _length_bytes(reference, number)) for number, reference in enumerate(references)
        )
        self._seams = _seams(request, len(references))
        self._size = sum(map(len, self._seams)) + sum(length for _, length in self._references)
        self._watch: UploadWatch | None = None
        self._settled = asyncio.Event()
        self._begun = False
        self._unyielded_bytes = 0
        self._may_be_bought = may_be_bought
        self.purchase = Purchase.NOT_BOUGHT
        self.failure: ReferenceBodyError | None = None

    def watch_with(self, watch: UploadWatch) -> None:
        """Have `watch` told of every piece that the connection takes."""
        self._watch = watch

    async def settle(self) -> None:
        """Return when nothing reads the references any more: at once, unless the writing is being cancelled.

        A source that does not let itself be cancelled is waited for 10 seconds.
        """
        if self._begun:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_UNWIND_S):
                    await self._settled.wait()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Part of aiohttp's interface, for bodies that fit into memory."""
        raise TypeError(f"a submission is only ever streamed, not made {encoding} text ({errors})")

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Part of aiohttp's interface: write the body, all of it or, after a fault, never its end."""
        if self._begun:
            raise RuntimeError("a submission is written once")
        self._begun = True
        # aiohttp repeats a request (redirects, middlewares) only with a body that can be written again.
        self._consumed = True
        try:
            for number, (reference, length) in enumerate(self._references):
                await self._write_piece(writer, self._seams[number])
                await self._write_reference(writer, number, reference, length)
            self.purchase = Purchase.UNKNOWN
            if self._may_be_bought is not None:
                self._may_be_bought()
            await self._write_piece(writer, self._seams[-1])
            if self._watch is not None:
                self._watch.handed_over()
        finally:
            self._settled.set()

    async def _write_piece(self, writer: AbstractStreamWriter, piece: bytes | memoryview) -> None:
        await writer.write(piece)
        if self._watch is not None:
            self._watch.moved()
        self._unyielded_bytes += len(piece)
        if self._unyielded_bytes >= _YIELD_BYTES:
            self._unyielded_bytes = 0
            await asyncio.sleep(0)

    async def _write_reference(
        self, writer: AbstractStreamWriter, number: int, reference: ReferenceBody, length: int
    ) -> None:
        rest = length
        chunks = reference.chunks()
        try:
            while (chunk := await self._next_chunk(chunks, number)) is not None:
                rest -= len(chunk)
                if rest < 0:
                    raise self._fail(number, f"is longer than the {length} bytes it promised")
                view = memoryview(chunk)
                for start in range(0, len(chunk), _WRITE_BYTES):
                    await self._write_piece(writer, view[start : start + _WRITE_BYTES])
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
        if rest:
            raise self._fail(number, f"is {rest} bytes shorter than the {length} it promised")

    async def _next_chunk(self, chunks: AsyncIterator[bytes], number: int) -> bytes | None:
        try:
            return await anext(chunks, None)
        except OSError as error:
            raise self._fail(number, _unreadable(error)) from error

    def _fail(self, number: int, reason: str) -> ReferenceBodyError:
        self.failure = _reference_error(number, reason)
        return self.failure


def _length_bytes(reference: ReferenceBody, number: int) -> int:
    try:
        return reference.length_bytes
    except OSError as error:
        raise _reference_error(number, _unreadable(error)) from error


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror or type(error).__name__}"


def _reference_error(number: int, reason: str) -> ReferenceBodyError:
    return ReferenceBodyError(f"reference image {number + 1} {reason}")


def _seams(request: VideoRequest, reference_count: int) -> tuple[bytes, ...]:
    """The JSON text before, between and behind the references; all of it when there are none."""
    fields = {
        "model": MODEL,
        "prompt": request.prompt,
        "seconds": request.seconds.value,
        "size": request.size.value,
        "resolution_name": request.resolution.value,
        "preset": request.preset.value,
    }
    if request.group is not None:
        fields["group"] = request.group
    # UTF-8 cannot hold a lone surrogate. Discord never sends one, but a crash here would cost the job.
    text = "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character
        for character in json.dumps(fields, ensure_ascii=False)
    )
    whole = text.encode()
    if not reference_count:
        return (whole,)
    return (whole[:-1] + b', "input_reference": ["', *([b'", "'] * (reference_count - 1)), b'"]}')
