"""A local service that speaks as much of S3's protocol as the bot uses, and can misbehave."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web

from bot.files.store import StoreTimes

BUCKET = "films"
KEY_ID, SECRET = "AKIAIOSFODNN7TESTKEY", "a-secret-that-stands-in-no-log"
QUICK_TIMES = StoreTimes(request_s=2.0, retry_s=0.3, deletions_s=0.0, unused_s=60.0)
_MOST_LISTED = 1000


class Trouble(StrEnum):
    """Misbehaviour of the service instead of an answer."""

    UNAVAILABLE = "unavailable"
    """503, and nothing done."""
    SLOW = "slow"
    """Nothing, until the client gives up."""
    CUT = "cut"
    """Half of what was asked for, and the end of the connection."""
    STRANGE_404 = "strange_404"
    """A page of a proxy that finds nobody behind it, and nothing done."""
    LOST_ANSWER = "lost_answer"
    """The service does what it was asked for, and ends the connection instead of answering."""


@dataclass
class Fault:
    """Trouble of the next requests of a method whose key matches; `times` None is for ever."""

    trouble: Trouble
    method: str = ".*"
    key: str = ".*"
    times: int | None = None

    def strikes(self, method: str, key: str) -> bool:
        """Return True, and count, if this request is struck."""
        if self.times == 0 or not re.fullmatch(self.method, method) or not re.fullmatch(self.key, key):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class StoredObject:
    """A file in the bucket."""

    content: bytes
    changed_at: datetime


@dataclass
class S3Server:
    """The service: one bucket, one access key."""

    objects: dict[str, StoredObject] = field(default_factory=dict[str, StoredObject])
    faults: list[Fault] = field(default_factory=list[Fault])
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Methods and keys, with the query behind a question mark."""
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])
    url: str = ""
    _numbers: Iterator[int] = field(default_factory=count)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    def environment(self, prefix: str = "bot") -> dict[str, str]:
        """Return the settings by which a bot uses it."""
        return {
            "store_url": f"s3://{BUCKET}/{prefix}",
            "aws_access_key_id": KEY_ID,
            "aws_secret_access_key": SECRET,
            "aws_region": "us-east-1",
            "aws_endpoint_url": self.url,
        }

    def names(self, prefix: str = "bot/") -> list[str]:
        """Return the names of the files below a prefix."""
        return sorted(key.removeprefix(prefix) for key in self.objects if key.startswith(prefix))

    def fail(self, trouble: Trouble = Trouble.UNAVAILABLE, **chosen: str | int) -> Fault:
        """Begin to misbehave."""
        fault = Fault(trouble, **chosen)  # type: ignore[arg-type]
        self.faults.append(fault)
        return fault

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["S3Server"]:
        """Serve until the block ends."""
        runner = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self._ending.set()
            await runner.cleanup()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        bucket, _, key = unquote(request.rel_url.raw_path).lstrip("/").partition("/")
        self.requests.append(
            (request.method, f"{key}?{request.query_string}" if request.query_string else key)
        )
        body = await request.content.read()
        fault = next((one for one in self.faults if one.strikes(request.method, key)), None)
        match fault.trouble if fault is not None else None:
            case Trouble.UNAVAILABLE:
                return _error(503, "SlowDown")
            case Trouble.SLOW:
                await self._ending.wait()
            case Trouble.STRANGE_404:
                return web.Response(
                    status=404, text="<html>404 page not found</html>", content_type="text/html"
                )
            case Trouble.LOST_ANSWER:
                await self._answer(request, bucket, key, body)
                return _broken_off(request)
            case Trouble.CUT:
                whole = await self._answer(request, bucket, key, body)
                return await _half(request, whole)
            case None:
                pass
        return await self._answer(request, bucket, key, body)

    async def _answer(  # noqa: C901, PLR0911, PLR0912 - the protocol is a table
        self, request: web.BaseRequest, bucket: str, key: str, body: bytes
    ) -> web.Response:
        if f"Credential={KEY_ID}/" not in request.headers.get("Authorization", ""):
            return _error(403, "InvalidAccessKeyId")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        query = request.query
        match request.method:
            case "GET" if query.get("list-type") == "2":
                return self._list(query.get("prefix", ""), query.get("continuation-token", ""))
            case "GET" | "HEAD":
                return self._read(request, key)
            case "PUT" if "x-amz-copy-source" in request.headers:
                return self._copy(unquote(request.headers["x-amz-copy-source"]), key)
            case "PUT" if "uploadId" in query:
                self.uploads[query["uploadId"]][int(query["partNumber"])] = body
                return web.Response(headers={"ETag": _tag(body)})
            case "PUT":
                self.objects[key] = StoredObject(body, datetime.now(UTC))
                return web.Response(headers={"ETag": _tag(body)})
            case "POST" if "uploads" in query:
                return self._begin_upload(key)
            case "POST" if "uploadId" in query:
                return self._complete(key, query["uploadId"])
            case "POST" if "delete" in query:
                return self._delete_many(body)
            case "DELETE" if "uploadId" in query:
                self.uploads.pop(query["uploadId"], None)
                return web.Response(status=204)
            case "DELETE":
                self.objects.pop(key, None)
                return web.Response(status=204)
            case _:
                return _error(405, "MethodNotAllowed")

    def _read(self, request: web.BaseRequest, key: str) -> web.Response:
        found = self.objects.get(key)
        if found is None:
            return _error(404, "NoSuchKey")
        headers = {
            "ETag": _tag(found.content),
            "Last-Modified": f"{found.changed_at:%a, %d %b %Y %H:%M:%S GMT}",
        }
        if (span := re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))) is None:
            return web.Response(body=found.content, headers=headers)
        first, last = int(span[1]), min(int(span[2] or len(found.content)), len(found.content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(found.content)}"
        return web.Response(status=206, body=found.content[first : last + 1], headers=headers)

    def _list(self, prefix: str, after: str) -> web.Response:
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page, rest = keys[:_MOST_LISTED], keys[_MOST_LISTED:]
        listed = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key].content)}</Size>"
            f"<ETag>{escape(_tag(self.objects[key].content))}</ETag>"
            f"<LastModified>{self.objects[key].changed_at:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
            for key in page
        )
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
        truncated = str(bool(rest)).lower()
        return _xml(
            f"<ListBucketResult><Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{truncated}</IsTruncated>{more}{listed}</ListBucketResult>"
        )

    def _copy(self, source: str, key: str) -> web.Response:
        found = self.objects.get(source.lstrip("/").partition("/")[2])
        if found is None:
            return _error(404, "NoSuchKey")
        self.objects[key] = StoredObject(found.content, datetime.now(UTC))
        return _xml(f"<CopyObjectResult><ETag>{escape(_tag(found.content))}</ETag></CopyObjectResult>")

    def _begin_upload(self, key: str) -> web.Response:
        upload = f"upload-{next(self._numbers)}"
        self.uploads[upload] = {}
        return _xml(
            f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
            f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        )

    def _complete(self, key: str, upload: str) -> web.Response:
        parts = self.uploads.pop(upload, None)
        if parts is None:
            return _error(404, "NoSuchUpload")
        content = b"".join(parts[number] for number in sorted(parts))
        self.objects[key] = StoredObject(content, datetime.now(UTC))
        return _xml(
            f"<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
            f"<ETag>{escape(_tag(content))}</ETag></CompleteMultipartUploadResult>"
        )

    def _delete_many(self, body: bytes) -> web.Response:
        keys = [one.text or "" for one in ET.fromstring(body).iter() if one.tag.endswith("Key")]  # noqa: S314
        for key in keys:
            self.objects.pop(key, None)
        deleted = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        return _xml(f"<DeleteResult>{deleted}</DeleteResult>")


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'  # noqa: S324 - as S3's tags are


def _xml(text: str) -> web.Response:
    return web.Response(text=f'<?xml version="1.0" encoding="UTF-8"?>{text}', content_type="application/xml")


def _error(status: int, code: str) -> web.Response:
    answer = _xml(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>")
    answer.set_status(status)
    return answer


def _broken_off(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    content = whole.body if isinstance(whole.body, bytes) else b""
    begun = web.StreamResponse(status=whole.status, headers=whole.headers)
    begun.content_length = len(content)
    await begun.prepare(request)
    await begun.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.close()
    return begun
