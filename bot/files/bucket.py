"""A bucket of Amazon S3, or of another service that speaks its protocol. Only here is obstore used."""

import asyncio
import os
import re
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from bot.files.store import FilesUnavailableError, StoreFault, StoreTimes
from bot.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config

_PART_BYTES: Final = 5 * 1024 * 1024
"""The smallest part of an upload that S3 takes; so much of a file is in memory for each of two."""
_PARTS_AT_ONCE: Final = 2
_CHUNK_BYTES: Final = 1024 * 1024
_CONNECT_S: Final = 5.0
_CODE: Final = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS: Final = re.compile(r"status(?: code)?:? (\d{3})\b")
_NO_BUCKET: Final = "NoSuchBucket"
_NO_KEY: Final = "NoSuchKey"
_REFUSED: Final = frozenset({"401", "403"})


@dataclass(frozen=True)
class StoredFile:
    """A file in a bucket."""

    name: str
    changed_at: datetime


class Bucket:
    """Files by their names below the prefix of an address. Methods raise `FilesUnavailableError`.

    Credentials that the settings do not have are looked for as Amazon's tools do: in the environment
    (`AWS_…`), and at the machine's own service for them.
    """

    def __init__(self, settings: Settings, times: StoreTimes) -> None:
        bucket, _, prefix = settings.store_url.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        plain_http = (settings.aws_endpoint_url or "").startswith("http://")
        self._store = S3Store(
            bucket,
            config=_config_of(settings),
            client_options={
                "allow_http": plain_http,
                "connect_timeout": timedelta(seconds=min(_CONNECT_S, times.request_s)),
                "timeout": timedelta(seconds=times.request_s),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=times.retry_s)},
        )

    async def put(self, name: str, path: Path) -> None:
        """Write a file of this machine, in parts if it is large. It is there as a whole or not at all."""
        with _translated():
            await self._store.put_async(
                self._key(name), path, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )

    async def get(self, name: str, path: Path) -> None:
        """Read a file onto this machine's disk. Raises `FileNotFoundError`, and `OSError` of the disk."""
        with _translated(names_missing=True):
            result = await self._store.get_async(self._key(name))
            size_bytes = result.meta["size"]
            stream = result.stream(min_chunk_size=_CHUNK_BYTES)
        written_bytes = 0
        with await asyncio.to_thread(path.open, "wb") as file:
            while True:
                with _translated():
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                written_bytes += await asyncio.to_thread(file.write, chunk)
            # A power cut must not leave a part of it under the name that it is given next.
            await asyncio.to_thread(_flush, file)
        if written_bytes != size_bytes:
            raise FilesUnavailableError(StoreFault.AWAY, f"{written_bytes} of {size_bytes} bytes")

    async def copy(self, source: str, name: str) -> None:
        """Copy a file within the bucket, in place of an earlier one. Raises `FileNotFoundError`."""
        with _translated(names_missing=True):
            await self._store.copy_async(self._key(source), self._key(name))

    async def delete(self, names: Collection[str]) -> None:
        """Delete files, as far as they exist."""
        if not names:
            return
        with _translated():
            try:
                await self._store.delete_async([self._key(name) for name in names])
            except FileNotFoundError as error:
                if _NO_BUCKET in str(error):
                    raise

    async def holds(self, name: str) -> bool:
        """Return True if there is such a file."""
        try:
            with _translated():
                await self._store.head_async(self._key(name))
        except FileNotFoundError:
            return False
        return True

    async def listed(self, prefix: str) -> Sequence[StoredFile]:
        """Return all files whose names begin with a prefix that ends with a slash."""
        with _translated():
            listing = self._store.list(f"{self._prefix}{prefix}")  # pyright: ignore[reportUnknownMemberType] - Arrow's
            found = await listing.collect_async()
        return [StoredFile(one["path"].removeprefix(self._prefix), one["last_modified"]) for one in found]

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"


def _config_of(settings: Settings) -> "S3Config":
    config: S3Config = {}
    if settings.aws_access_key_id is not None:
        config["access_key_id"] = settings.aws_access_key_id.get_secret_value()
    if settings.aws_secret_access_key is not None:
        config["secret_access_key"] = settings.aws_secret_access_key.get_secret_value()
    if settings.aws_session_token is not None:
        config["session_token"] = settings.aws_session_token.get_secret_value()
    if settings.aws_region is not None:
        config["region"] = settings.aws_region
    if settings.aws_endpoint_url is not None:
        config["endpoint"] = settings.aws_endpoint_url
    return config


def _flush(file: BinaryIO) -> None:
    """Have what was written on the disk. Blocks."""
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _translated(*, names_missing: bool = False) -> Generator[None]:
    """Turn errors of obstore into `FilesUnavailableError`. Their texts quote requests, so none is kept.

    Args:
        names_missing: True for requests whose answer names what is missing: a 404 that does not is somebody else's,
            such as a proxy's whose service starts. The answer to HEAD has no words.
    """
    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET in str(error):
            raise FilesUnavailableError(StoreFault.NO_BUCKET, _NO_BUCKET) from None
        if names_missing and _NO_KEY not in str(error):
            raise FilesUnavailableError(StoreFault.AWAY, _term_of(error)) from None
        raise FileNotFoundError("no such file in the store") from None
    except BaseError as error:
        raise FilesUnavailableError(_fault_of(error), _term_of(error)) from None


def _fault_of(error: BaseError) -> StoreFault:
    text = str(error)
    status = _STATUS.search(text)
    if _NO_BUCKET in text:
        return StoreFault.NO_BUCKET
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return StoreFault.REFUSED
    # A refused listing is told by its status alone.
    return StoreFault.REFUSED if status is not None and status[1] in _REFUSED else StoreFault.AWAY


def _term_of(error: Exception) -> str:
    """Return what of an error can be shown: the status and the code that the service gave, or its kind."""
    text = str(error)
    found = [pattern.search(text) for pattern in (_STATUS, _CODE)]
    return " ".join(one[1] for one in found if one is not None) or type(error).__name__
