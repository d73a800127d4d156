"""Fetching from a CDN that lies, breaks off, redirects or never ends."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from bot.images.model import ImageRefusedError, ImageSource
from bot.images.problems import ImageProblem
from bot.images.spool import ReferenceSpool
from tests.e2e.actors.pictures import picture, png_of
from tests.images.cdn import Cdn


async def problem_of(spool: ReferenceSpool, source: ImageSource) -> ImageProblem:
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect("job", [source], "user")
    assert refused.value.filename == source.filename
    return refused.value.problem


@pytest.mark.parametrize("status", [403, 410])
async def test_what_is_gone_is_not_asked_for_again(cdn: Cdn, spool: ReferenceSpool, status: int) -> None:
    async def gone(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    assert await problem_of(spool, cdn.source("a.png", gone)) is ImageProblem.GONE
    assert cdn.requests == ["a.png"]


async def test_what_is_still_not_there_at_last_is_gone(cdn: Cdn, spool: ReferenceSpool) -> None:
    async def absent(_request: web.Request) -> web.Response:
        return web.Response(status=404)

    assert await problem_of(spool, cdn.source("a.png", absent)) is ImageProblem.GONE
    assert len(cdn.requests) > 1


@pytest.mark.parametrize("status", [404, 408, 425, 429, 500, 503])
async def test_a_server_that_stumbles_is_asked_again(cdn: Cdn, spool: ReferenceSpool, status: int) -> None:
    async def stumbling(_request: web.Request) -> web.Response:
        return web.Response(status=status) if len(cdn.requests) == 1 else web.Response(body=picture())

    (reference,) = await spool.collect("job", [cdn.source("a.png", stumbling)], "user")
    assert reference.size_bytes == len(picture())
    assert len(cdn.requests) == 2


async def test_a_connection_that_breaks_off_is_asked_again(cdn: Cdn, spool: ReferenceSpool) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        if len(cdn.requests) > 1:
            return web.Response(body=picture())
        response = web.StreamResponse()
        response.content_length = len(picture())
        await response.prepare(request)
        await response.write(picture()[:50])
        assert request.transport is not None
        request.transport.abort()
        return response

    (reference,) = await spool.collect("job", [cdn.source("a.png", broken)], "user")
    assert reference.path.read_bytes() == picture()


async def test_a_redirect_is_not_followed(cdn: Cdn, spool: ReferenceSpool) -> None:
    target = cdn.source("target.png", picture())

    async def elsewhere(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target.url})

    assert await problem_of(spool, cdn.source("a.png", elsewhere)) is ImageProblem.UNREACHABLE
    assert cdn.requests == ["a.png"]


async def test_a_body_without_end_is_stopped_at_the_limit(
    cdn: Cdn, spool: ReferenceSpool, tmp_path: Path
) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"\0" * 1_000_000)
                sent += 1_000_000
        except ConnectionError:
            return response

    assert await problem_of(spool, cdn.source("a.png", endless)) is ImageProblem.TOO_LARGE
    assert 50_000_000 <= sent < 80_000_000
    assert not list((tmp_path / "spool").iterdir())


async def test_an_announced_length_beyond_the_limit_is_refused_before_the_body(
    cdn: Cdn, spool: ReferenceSpool
) -> None:
    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 60_000_000
        await response.prepare(request)
        await asyncio.sleep(0)
        return response

    assert await problem_of(spool, cdn.source("a.png", huge)) is ImageProblem.TOO_LARGE


async def test_a_foreign_host_is_refused_without_a_request(cdn: Cdn, spool: ReferenceSpool) -> None:
    cdn.source("a.png", picture())
    foreign = ImageSource(f"{cdn.origin.replace('127.0.0.1', 'localhost')}/a.png", "a.png")
    assert await problem_of(spool, foreign) is ImageProblem.FOREIGN_HOST
    assert cdn.requests == []


async def test_nobody_listening_is_unreachable(spool: ReferenceSpool) -> None:
    source = ImageSource("http://127.0.0.1:9/a.png", "a.png")
    assert await problem_of(spool, source) is ImageProblem.UNREACHABLE


async def test_a_large_picture_lies_on_the_disk_byte_for_byte(cdn: Cdn, spool: ReferenceSpool) -> None:
    content = png_of(9_900_000)
    (reference,) = await spool.collect("job", [cdn.source("a.png", content)], "user")
    assert reference.path.read_bytes() == content
    assert reference.size_bytes == len(content)
