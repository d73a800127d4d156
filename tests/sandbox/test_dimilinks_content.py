"""The content that the local DimiLinks can send: odd, too early, lost, or not what was ordered."""

import asyncio
import io
from pathlib import Path

import aiohttp
import av
import pytest

from bot.sandbox.dimilinks import Fault, LateContent, LostContent, OddContent, OtherVideo
from bot.sandbox.dimilinks.known_faults import CONTENT_TOO_EARLY, WHOLE_CONTENT
from tests.sandbox.dimilinks_client import PlainClient


def content_of(task_id: str) -> str:
    return f"/videos/{task_id}/content"


def frames_in(content: bytes) -> int:
    with av.open(io.BytesIO(content)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("fault", WHOLE_CONTENT.values(), ids=WHOLE_CONTENT)
async def test_the_whole_video_comes_with_odd_words(client: PlainClient, fault: OddContent) -> None:
    path = content_of(await client.ended())
    whole = (await client.ask("GET", path))[1]
    client.service.faults.content.append(fault)
    status, content = await client.ask("GET", path)
    assert (status, len(content)) == (fault.status, len(whole + fault.trailing))
    assert content.endswith(fault.trailing)
    assert (content == whole + fault.trailing) is (fault.brand and fault.readable and not fault.open_ended)
    if fault.readable:
        assert frames_in(content) == frames_in(whole)
    assert ("Content-Range" in client.headers) is fault.content_range
    assert client.headers["Content-Type"].split(";")[0] == fault.content_type
    assert ("Content-Length" in client.headers) is fault.length


@pytest.mark.parametrize("status", [400, 404, 409, 502])
async def test_content_is_too_early_for_a_while(client: PlainClient, status: int) -> None:
    client.service.faults.outcomes.append(LateContent(0.6, status))
    task_id = await client.ended()
    early, answer = await client.ask("GET", content_of(task_id))
    assert (early, isinstance(answer, bytes)) == (status, status == 502)
    async with asyncio.timeout(60):
        while (await client.ask("GET", content_of(task_id)))[0] != 200:  # noqa: ASYNC110 - asked again, as clients do
            await asyncio.sleep(0.1)
    assert client.service.request_log.downloads[task_id] == 1


@pytest.mark.parametrize("fault", CONTENT_TOO_EARLY.values(), ids=CONTENT_TOO_EARLY)
async def test_content_is_refused_once(client: PlainClient, fault: Fault) -> None:
    path = content_of(await client.ended())
    client.service.faults.content.append(fault)
    assert [(await client.ask("GET", path))[0] for _ in range(2)] == [fault.status, 200]


@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_lost_content_stays_lost_though_the_task_is_completed(client: PlainClient, status: int) -> None:
    client.service.faults.outcomes.append(LostContent(status))
    task_id = await client.ended()
    assert [(await client.ask("GET", content_of(task_id)))[0] for _ in range(3)] == [status] * 3
    assert (await client.states(task_id))[0]["status"] == "completed"


async def test_content_is_there_until_it_is_lost(client: PlainClient) -> None:
    client.service.faults.outcomes.append(LostContent(410, after_s=1.5))
    path = content_of(await client.ended())
    assert (await client.ask("GET", path))[0] == 200
    async with asyncio.timeout(60):
        while (await client.ask("GET", path))[0] == 200:  # noqa: ASYNC110 - asked again, as clients do
            await asyncio.sleep(0.1)
    assert (await client.ask("GET", path))[0] == 410


async def test_the_video_can_have_another_shape_than_ordered(client: PlainClient, tmp_path: Path) -> None:
    client.service.faults.outcomes.append(OtherVideo(seconds="6", size="720x1280"))
    path = content_of(await client.ended(seconds="20", size="1280x720"))
    video = tmp_path / "video.mp4"
    video.write_bytes((await client.ask("GET", path))[1])
    with av.open(str(video)) as container:
        codec = container.streams.video[0].codec_context
        assert codec.height > codec.width
    (bought,) = client.service.request_log.submissions
    assert (bought.seconds, bought.size) == ("20", "1280x720")


async def test_a_connection_ends_with_the_last_byte_of_a_video_without_length(client: PlainClient) -> None:
    path = content_of(await client.ended())
    client.service.faults.content.append(OddContent(length=False))
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"{client.service.base_url}{path}"
        headers = {"Authorization": f"Bearer {client.service.api_key}"}
        async with session.get(url, headers=headers) as response:
            await response.read()
            assert response.headers["Connection"] == "close"
            assert "Transfer-Encoding" not in response.headers
