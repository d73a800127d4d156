"""Hosted files: signed links that expire, as on Discord's CDN, and a foreign host that is not Discord's.

Links carry `ex`, `is` and `hm` (expiry, issue time, signature). Refetching a message gives fresh links to
the same file (DOCS reference "Signed Attachment CDN URLs"). How long a link lives is not documented; a day
is what people see.
"""

import asyncio
import hashlib
import hmac
import mimetypes
import secrets
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from PIL import Image, UnidentifiedImageError

from bot.sandbox.discord.snowflakes import Snowflakes
from bot.sandbox.discord.stickers import Sticker
from bot.sandbox.discord.wire import JsonObject

LINK_LIFETIME_S = 24 * 3600
_GONE = "This content is no longer available."
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """How a file's host fails: an error status, a cut after so many bytes, a pause before the body."""

    status: int | None = None
    cut_after_bytes: int | None = None
    stall_s: float = 0.0


@dataclass(eq=False)
class Attachment:
    """One file in the sandbox, on disk at `path`."""

    host: "FileHost"
    id: int
    folder: str
    filename: str
    path: Path
    size_bytes: int
    content_type: str | None
    width: int | None = None
    height: int | None = None
    description: str | None = None
    ephemeral: bool = False
    misbehaviour: Misbehaviour | None = None
    served: int = 0
    generation: int = 0
    deleted: bool = field(default=False)

    @property
    def url(self) -> str:
        """A link to the file, signed now (unsigned on the foreign host)."""
        return self.host.link(self)

    @property
    def is_video(self) -> bool:
        """True if a client would show a player for the file."""
        return (self.content_type or "").startswith("video/")

    def expire(self) -> None:
        """Every link given out so far stops working; links given out later work."""
        self.generation += 1

    def delete(self) -> None:
        """The file vanishes, as attachments of private interactions do after a while."""
        self.deleted = True

    def misbehave(
        self, *, status: int | None = None, cut_after_bytes: int | None = None, stall_s: float = 0.0
    ) -> None:
        """From now on the host fails for this file; see `Misbehaviour`."""
        self.misbehaviour = Misbehaviour(status, cut_after_bytes, stall_s)

    def payload(self) -> JsonObject:
        """The attachment object, with freshly signed links. Sizes of videos are left out."""
        body: JsonObject = {
            "id": str(self.id),
            "filename": self.filename,
            "size": self.size_bytes,
            "url": self.url,
            "proxy_url": self.url,
            "content_scan_version": 0,
        }
        if self.content_type is not None:
            body["content_type"] = self.content_type
        if self.width is not None and self.height is not None:
            body |= {"width": self.width, "height": self.height}
        if self.description is not None:
            body["description"] = self.description
        if self.ephemeral:
            body["ephemeral"] = True
        return body


def clean_filename(name: str) -> str:
    """The name the CDN keeps: spaces become underscores, what is not plain is dropped."""
    kept = "".join(c for c in name.replace(" ", "_") if c.isascii() and (c.isalnum() or c in "._-"))
    return kept.lstrip(".") or "unknown"


def _picture_size(path: Path) -> tuple[int, int] | tuple[None, None]:
    """Width and height of a picture from its header; nothing for what Pillow does not know."""
    try:
        with Image.open(path) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None, None


class FileHost:
    """Serves files over HTTP. A signing host imitates Discord's CDN, the other is a foreign server."""

    def __init__(self, folder: Path, ids: Snowflakes, *, signing: bool) -> None:
        self.folder = folder
        self.files: dict[int, Attachment] = {}
        self.stickers: dict[str, Attachment] = {}
        self.origin = ""
        self._ids = ids
        self._signing = signing
        self._key = secrets.token_bytes(16)

    def routes(self) -> list[web.RouteDef]:
        """Where the files are served."""
        prefixes = ("attachments", "ephemeral-attachments") if self._signing else ("files",)
        files = [
            web.get(f"/{prefix}/{{folder}}/{{id:\\d+}}/{{filename}}", self._serve) for prefix in prefixes
        ]
        return [*files, web.get("/stickers/{filename}", self._serve_sticker)]

    def new_path(self) -> Path:
        """A path in the host's folder for a file that is about to be written."""
        return self.folder / f"{self._ids.next()}.bin"

    def host_file(
        self,
        path: Path,
        filename: str,
        *,
        folder: int,
        content_type: str | None = None,
        ephemeral: bool = False,
    ) -> Attachment:
        """Host the file at `path` (already in the host's folder). Reads a picture's header, nothing more."""
        kind = content_type or mimetypes.guess_type(filename)[0]
        width, height = _picture_size(path) if (kind or "").startswith("image/") else (None, None)
        attachment = Attachment(
            host=self,
            id=self._ids.next(),
            folder=str(folder),
            filename=clean_filename(filename),
            path=path,
            size_bytes=path.stat().st_size,
            content_type=kind,
            width=width,
            height=height,
            ephemeral=ephemeral,
        )
        self.files[attachment.id] = attachment
        return attachment

    def take(
        self,
        filename: str,
        data: bytes | Path,
        *,
        folder: int,
        content_type: str | None = None,
        ephemeral: bool = False,
    ) -> Attachment:
        """Host a copy of `data` under `filename`."""
        path = self.new_path()
        if isinstance(data, Path):
            shutil.copyfile(data, path)
        else:
            path.write_bytes(data)
        return self.host_file(path, filename, folder=folder, content_type=content_type, ephemeral=ephemeral)

    def add_sticker(self, name: str, data: bytes, format_type: int) -> Sticker:
        """Host a sticker's picture. Its link is not signed and does not expire."""
        sticker = Sticker(self._ids.next(), name, format_type)
        self.stickers[sticker.filename] = self.take(sticker.filename, data, folder=sticker.id)
        return sticker

    def link(self, attachment: Attachment) -> str:
        """The URL of a file, signed now when this host signs."""
        prefix = "files"
        if self._signing:
            prefix = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"/{prefix}/{attachment.folder}/{attachment.id}/{quote(attachment.filename)}"
        if not self._signing:
            return self.origin + path
        issued = int(time.time())
        expires = issued + LINK_LIFETIME_S
        signature = self._sign(attachment, f"{expires:x}", f"{issued:x}")
        return f"{self.origin}{path}?ex={expires:x}&is={issued:x}&hm={signature}&"

    def _sign(self, attachment: Attachment, expires: str, issued: str) -> str:
        text = f"{attachment.id}/{attachment.filename}/{expires}/{issued}/{attachment.generation}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _allowed(self, attachment: Attachment | None, request: web.Request) -> Attachment | None:
        if attachment is None or attachment.deleted:
            return None
        if attachment.filename != request.match_info["filename"]:
            return None
        if not self._signing:
            return attachment
        query = request.query
        expires, issued = query.get("ex", ""), query.get("is", "")
        genuine = hmac.compare_digest(self._sign(attachment, expires, issued), query.get("hm", ""))
        return attachment if genuine and int(expires, 16) > time.time() else None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await self._deliver(
            request, self._allowed(self.files.get(int(request.match_info["id"])), request)
        )

    async def _serve_sticker(self, request: web.Request) -> web.StreamResponse:
        return await self._deliver(request, self.stickers.get(request.match_info["filename"]))

    async def _deliver(self, request: web.Request, attachment: Attachment | None) -> web.StreamResponse:
        if attachment is None:
            return web.Response(status=404, text=_GONE)
        attachment.served += 1
        if attachment.misbehaviour is not None:
            return await self._misbehave(request, attachment, attachment.misbehaviour)
        headers = {"Content-Type": attachment.content_type or "application/octet-stream"}
        return web.FileResponse(attachment.path, chunk_size=_CHUNK_BYTES, headers=headers)

    async def _misbehave(
        self, request: web.Request, attachment: Attachment, how: Misbehaviour
    ) -> web.StreamResponse:
        if how.stall_s:
            await asyncio.sleep(how.stall_s)
        if how.status is not None:
            return web.Response(status=how.status, text="the host is out of order")
        response = web.StreamResponse(
            headers={"Content-Type": attachment.content_type or "application/octet-stream"}
        )
        response.content_length = attachment.size_bytes
        await response.prepare(request)
        left = attachment.size_bytes if how.cut_after_bytes is None else how.cut_after_bytes
        with attachment.path.open("rb") as source:
            while left > 0 and (chunk := await asyncio.to_thread(source.read, min(left, _CHUNK_BYTES))):
                await response.write(chunk)
                left -= len(chunk)
        if how.cut_after_bytes is not None and request.transport is not None:
            request.transport.close()
        return response
