"""The content route: the finished video, whole, in part, or not at all."""

import asyncio
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from bot.sandbox.dimilinks.answers import cut, error, json_answer, plain_fault
from bot.sandbox.dimilinks.faults import Fault, Html, JsonInstead, OddContent, Truncated
from bot.sandbox.raw_answers import send_raw

VIDEO_TYPE = "video/mp4"


def absent(request: web.Request, status: int = HTTPStatus.NOT_FOUND) -> web.StreamResponse:
    """The answer while there is no video, or none any more: an error of the API, or a page from 500 on."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return plain_fault(request, Html(status)) or web.Response(status=status)
    return error(status, "content_not_found", "视频不存在")


async def content_answer(request: web.Request, video: Path, fault: Fault | None) -> web.StreamResponse:
    """The video, as the fault wants it sent."""
    match fault:
        case Truncated(part, honest_length):
            return await _part(request, video, part, honest_length=honest_length)
        case JsonInstead():
            return json_answer({"url": "https://example.invalid/video.mp4"})
        case OddContent():
            return await _odd(request, video, fault)
        case _:
            return web.FileResponse(video, headers={"Content-Type": VIDEO_TYPE})


async def _odd(request: web.Request, video: Path, fault: OddContent) -> web.StreamResponse:
    body = _with_odd_boxes(await asyncio.to_thread(video.read_bytes), fault) + fault.trailing
    headers = {"Content-Type": fault.content_type}
    if fault.content_range:
        headers["Content-Range"] = f"bytes 0-{len(body) - 1}/{len(body)}"
    if fault.length:
        return web.Response(status=fault.status, body=body, headers=headers)
    return send_raw(request, fault.status, headers, body)


def _with_odd_boxes(video: bytes, fault: OddContent) -> bytes:
    # A box of the same size that means nothing takes the brand's place, as tables name places in the file.
    if not fault.brand:
        video = video.replace(b"ftyp", b"free", 1)
    if not fault.readable:
        begin = video.index(b"moov") + 4
        end = begin - 8 + int.from_bytes(video[begin - 8 : begin - 4])
        video = video[:begin] + bytes(end - begin) + video[end:]
    if fault.open_ended:
        size_at = video.index(b"mdat") - 4
        video = video[:size_at] + bytes(4) + video[size_at + 4 :]
    return video


async def _part(request: web.Request, video: Path, part: float, *, honest_length: bool) -> web.StreamResponse:
    whole = await asyncio.to_thread(video.read_bytes)
    sent = whole[: int(len(whole) * part)]
    length = len(sent) if honest_length else len(whole)
    response = web.StreamResponse(headers={"Content-Type": VIDEO_TYPE, "Content-Length": str(length)})
    await response.prepare(request)
    await response.write(sent)
    if not honest_length:
        cut(request)
    return response
