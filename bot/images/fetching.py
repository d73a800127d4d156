"""Downloads pictures and videos from Discord's file servers to the disk, never whole in memory."""

from io import FileIO
from pathlib import Path
from typing import Final

import aiohttp
import stamina
import structlog

from bot.images.model import ImageRefusedError, ImageSource
from bot.images.problems import ImageProblem

log: Final = structlog.get_logger(__name__)

_WRITE_BYTES: Final = 256 * 1024
"""Bytes a write. A write of this size to the page cache takes less time than handing it to a thread."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=180.0, sock_connect=10.0, sock_read=20.0)
_ATTEMPTS: Final = 4
_GONE_STATUS: Final = frozenset({403, 410})
_NOT_YET_STATUS: Final = 404
"""Also of an attachment that was just uploaded, until all of Discord's file servers know it."""
_PASSING_STATUS: Final = frozenset({408, 425, 429})
_SERVER_ERRORS_FROM: Final = 500
_OK: Final = 200


class _PassingFaultError(Exception):
    """A failure that a repeated download may not have. Downloads cost nothing, so they are repeated.

    Attributes:
        problem: Why the picture is refused if all downloads fail.
    """

    def __init__(self, told: str, problem: ImageProblem = ImageProblem.UNREACHABLE) -> None:
        super().__init__(told)
        self.problem = problem


async def fetch(session: aiohttp.ClientSession, source: ImageSource, destination: Path) -> int:
    """Download a file to `destination` and return its size in bytes.

    Redirects are not followed, because only the host of the given address was checked.

    Raises:
        ImageRefusedError: TOO_LARGE, as soon as the limit is passed, whatever size the server announced. EMPTY.
            GONE: Discord signs addresses for about a day. UNREACHABLE: every attempt failed.
    """
    try:
        async for attempt in stamina.retry_context(
            on=_PassingFaultError, attempts=_ATTEMPTS, wait_initial=0.2, wait_max=5.0
        ):
            with attempt:
                return await _once(session, source, destination)
    except _PassingFaultError as fault:
        log.warning("image_not_fetched", reason=str(fault))
        raise ImageRefusedError(source.filename, fault.problem, str(fault)) from None
    raise AssertionError("a retry context ends by returning or raising")


async def _once(session: aiohttp.ClientSession, source: ImageSource, destination: Path) -> int:
    try:
        async with session.get(source.url, timeout=_TIMEOUT, allow_redirects=False) as response:
            _check_answer(source, response)
            with destination.open("wb", buffering=0) as file:
                size_bytes = await _stream(source, response.content, file)
            _check_length(response, size_bytes)
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise _PassingFaultError(type(error).__name__) from None
    if size_bytes == 0:
        raise ImageRefusedError(source.filename, ImageProblem.EMPTY)
    return size_bytes


def _check_answer(source: ImageSource, response: aiohttp.ClientResponse) -> None:
    if response.status in _GONE_STATUS:
        raise ImageRefusedError(source.filename, ImageProblem.GONE, f"HTTP {response.status}")
    if response.status == _NOT_YET_STATUS:
        raise _PassingFaultError(f"HTTP {response.status}", ImageProblem.GONE)
    if response.status >= _SERVER_ERRORS_FROM or response.status in _PASSING_STATUS:
        raise _PassingFaultError(f"HTTP {response.status}")
    if response.status != _OK:
        raise ImageRefusedError(source.filename, ImageProblem.UNREACHABLE, f"HTTP {response.status}")
    if response.content_length is not None and response.content_length > source.limit_bytes:
        raise ImageRefusedError(source.filename, ImageProblem.TOO_LARGE)


def _check_length(response: aiohttp.ClientResponse, size_bytes: int) -> None:
    # With a Content-Encoding, the announced length is that of the compressed body and says nothing here.
    announced = response.content_length
    if announced is not None and "Content-Encoding" not in response.headers and size_bytes != announced:
        raise _PassingFaultError(f"{size_bytes} of {announced} bytes")


async def _stream(source: ImageSource, content: aiohttp.StreamReader, file: FileIO) -> int:
    size_bytes = 0
    async for chunk in content.iter_chunked(_WRITE_BYTES):
        size_bytes += len(chunk)
        if size_bytes > source.limit_bytes:
            raise ImageRefusedError(source.filename, ImageProblem.TOO_LARGE)
        file.write(chunk)
    return size_bytes
