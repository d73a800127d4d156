"""Request bodies: JSON, or multipart whose files go to disk as they arrive."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from aiohttp import BodyPartReader, MultipartReader, hdrs, web

from bot.sandbox.discord.cdn import FileHost
from bot.sandbox.discord.errors import ENTITY_TOO_LARGE, INVALID_JSON, ApiError, FormErrors

MAX_FILES = 10
"""Files of one message (DOCS reference "Uploading Files")."""
MAX_JSON_BYTES = 8 * 1024 * 1024
_FILE_FIELD = re.compile(r"files\[(\d+)\]")
_WRITE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of a request, on disk."""

    index: int
    filename: str
    path: Path
    size_bytes: int


@dataclass(slots=True)
class Body:
    """A request's body: the JSON part and the files by their index."""

    payload: object = None
    files: dict[int, UploadedFile] = field(default_factory=dict[int, UploadedFile])
    content_type: str = ""

    def discard(self) -> None:
        """Remove the files of a request that was refused."""
        for uploaded in self.files.values():
            uploaded.path.unlink(missing_ok=True)


def parse_json(text: str | bytes) -> object:
    """JSON of a request. Raises 400/50109 for anything else."""
    try:
        return json.loads(text)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise ApiError(INVALID_JSON) from error


async def read_body(request: web.Request, host: FileHost, limit_bytes: int) -> Body:
    """Read the body of `request`; files go to the folder of `host`.

    Raises 413/40005 when one file is larger than `limit_bytes` (the limit counts for each file), 400/50109
    for broken JSON and 400/50035 for multipart fields the API does not know. Files of a refused request are
    removed.
    """
    if request.content_type != "multipart/form-data":
        text = await _read_bounded(request)
        return Body(parse_json(text) if text else None, content_type=request.content_type)
    body = Body(content_type=request.content_type)
    try:
        await _read_parts(await request.multipart(), body, host, limit_bytes)
    except BaseException:
        body.discard()
        raise
    return body


async def drain(request: web.Request) -> None:
    """Read and forget what is left of the body, so that the answer is not lost in a reset connection."""
    with suppress(ConnectionError, web.HTTPRequestEntityTooLarge):
        async for _ in request.content.iter_any():
            pass


async def _read_bounded(request: web.Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > MAX_JSON_BYTES:
            raise ApiError(ENTITY_TOO_LARGE)
        parts.append(chunk)
    return b"".join(parts)


async def _parts(reader: MultipartReader) -> AsyncIterator[BodyPartReader]:
    async for part in reader:
        if isinstance(part, BodyPartReader):
            yield part


async def _read_parts(reader: MultipartReader, body: Body, host: FileHost, limit_bytes: int) -> None:
    errors = FormErrors()
    seen_payload = False
    async for part in _parts(reader):
        name = part.name or ""
        if name == "payload_json":
            body.payload = parse_json(await part.read())
            seen_payload = True
        elif (match := _FILE_FIELD.fullmatch(name)) is not None:
            index = int(match[1])
            if errors.require(index < MAX_FILES, ("files",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer."):
                body.files[index] = await _store(part, index, host, limit_bytes)
        else:
            errors.add((name,), "UNKNOWN_FIELD", f"The API has no multipart field {name!r}.")
    errors.require(
        seen_payload or body.files, (), "BASE_TYPE_REQUIRED", "payload_json or a file is required."
    )
    errors.check()


async def _store(part: BodyPartReader, index: int, host: FileHost, limit_bytes: int) -> UploadedFile:
    path = host.new_path()
    if part.filename is None or hdrs.CONTENT_DISPOSITION not in part.headers:
        errors = FormErrors()
        errors.add(("files", index), "BASE_TYPE_REQUIRED", "A file needs a filename.")
        errors.check()
    with await asyncio.to_thread(path.open, "wb") as target:
        size = await _copy(part, target, limit_bytes)
    if size > limit_bytes:
        path.unlink()
        raise ApiError(ENTITY_TOO_LARGE)
    return UploadedFile(index, part.filename or "unknown", path, size)


async def _copy(part: BodyPartReader, target: BinaryIO, limit_bytes: int) -> int:
    """Write the part to `target` in large pieces from a thread; stops at the first byte over the limit."""
    size, pending = 0, bytearray()
    while size <= limit_bytes and (chunk := await part.read_chunk(64 * 1024)):
        size += len(chunk)
        pending += chunk
        if len(pending) >= _WRITE_BYTES:
            await asyncio.to_thread(target.write, pending)
            pending = bytearray()
    await asyncio.to_thread(target.write, pending)
    return size
