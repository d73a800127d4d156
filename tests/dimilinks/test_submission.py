"""What a submission looks like on the wire, and what its answer means."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks import DimiLinks, Purchase, ReferenceBodyError, Submission, UnreadableAnswerError
from bot.dimilinks.body import SubmissionBody
from bot.video import Preset, Resolution, Seconds, Size, VideoRequest
from tests.dimilinks.clients import KEY, ClientFor, ServeRaw
from tests.dimilinks.references import Picture
from tests.dimilinks.servers import RecordingServer, json_answer, raw_answer, read_request

ACCEPTED = '{"data": {"id": "video_1", "task_id": "video_1", "status": "queued"}}'


def fields(request: VideoRequest, references: list[Picture]) -> dict[str, object]:
    expected: dict[str, object] = {
        "model": "grok-imagine-video",
        "prompt": request.prompt,
        "seconds": str(request.seconds),
        "size": str(request.size),
        "resolution_name": str(request.resolution),
        "preset": str(request.preset),
    }
    if request.group:
        expected["group"] = request.group
    if references:
        expected["input_reference"] = [picture.text.decode() for picture in references]
    return expected


async def test_text_request_is_the_documented_json_with_an_exact_length(
    api: RecordingServer, client: DimiLinks
) -> None:
    api.answers = [json_answer(ACCEPTED)]
    request = VideoRequest(
        prompt='霓虹水母 "quoted" \\ and\nnew line',
        seconds=Seconds.S10,
        size=Size.SQUARE,
        resolution=Resolution.P480,
        preset=Preset.FUN,
    )

    submission = await client.submit(request)

    assert submission == Submission("video_1", "queued")
    [seen] = api.seen
    assert (seen.method, seen.path) == ("POST", "/v1/videos/generations")
    assert json.loads(seen.body) == fields(request, [])
    assert seen.headers["Content-Length"] == str(len(seen.body))
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert not {"Transfer-Encoding", "Expect"} & set(seen.headers)


class Stalling(Picture):
    """A picture of which the last piece never comes."""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.text[:-1]
        self.stalled.set()
        await asyncio.Event().wait()

    def __init__(self) -> None:
        super().__init__(100_000)
        self.stalled = asyncio.Event()


async def test_nothing_may_be_bought_before_the_body_has_left_whole(
    api: RecordingServer, client: DimiLinks
) -> None:
    api.answers = [json_answer(ACCEPTED)]
    told: list[str] = []
    picture, request = Stalling(), VideoRequest(prompt="orbit", reference_count=1)
    under_way = asyncio.ensure_future(
        client.submit(request, [picture], may_be_bought=lambda: told.append("cancelled"))
    )
    await picture.stalled.wait()
    under_way.cancel()
    await asyncio.wait([under_way])
    assert told == []
    await client.submit(request, [Picture(100_000)], may_be_bought=lambda: told.append("whole"))
    assert told == ["whole"]


async def test_pictures_are_streamed_into_the_json(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [json_answer(ACCEPTED)]
    pictures = [Picture(size, chunk) for size, chunk in ((0, 7), (1, 1), (400_000, 65_537), (999, 5000))]
    request = VideoRequest(prompt="orbit", reference_count=4, group="default")

    await client.submit(request, pictures)

    [seen] = api.seen
    assert json.loads(seen.body) == fields(request, pictures)
    assert seen.headers["Content-Length"] == str(len(seen.body))
    assert "Transfer-Encoding" not in seen.headers
    assert all(picture.closed for picture in pictures)


async def test_prompt_with_a_lone_surrogate_is_sent_with_a_replacement(
    api: RecordingServer, client: DimiLinks
) -> None:
    api.answers = [json_answer(ACCEPTED)]
    request = VideoRequest(prompt="x").model_copy(update={"prompt": "a\ud83d🦊"})

    await client.submit(request)

    assert json.loads(api.seen[0].body)["prompt"] == "a\ufffd🦊"


class Sink(aiohttp.abc.AbstractStreamWriter):
    """Collects what a body writes."""

    def __init__(self) -> None:
        self.data = bytearray()

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.data += chunk

    async def write_eof(self, chunk: bytes = b"") -> None:
        raise NotImplementedError

    async def drain(self) -> None:
        raise NotImplementedError

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        raise NotImplementedError

    def enable_chunking(self) -> None:
        raise NotImplementedError

    async def write_headers(self, status_line: str, headers: object) -> None:
        raise NotImplementedError


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prompt=st.text(min_size=1, max_size=2500).filter(lambda text: text.strip()),
    group=st.none() | st.text(min_size=1, max_size=20).filter(lambda text: text.strip()),
    sizes=st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 4000)), max_size=7),
)
async def test_any_body_equals_what_json_dumps_would_have_written(
    prompt: str, group: str | None, sizes: list[tuple[int, int]]
) -> None:
    pictures = [Picture(size, chunk) for size, chunk in sizes]
    request = VideoRequest(prompt=prompt, group=group, reference_count=len(pictures))
    body = SubmissionBody(request, pictures)
    sink = Sink()

    await body.write(sink)

    expected = json.dumps(fields(request, pictures), ensure_ascii=False).encode()
    assert bytes(sink.data) == expected
    assert body.size == len(expected)


async def test_event_loop_keeps_its_beat_even_when_neither_source_nor_connection_ever_waits() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    heart = asyncio.create_task(beat())
    await SubmissionBody(VideoRequest(prompt="x"), [Picture(20_000_000, 20_000_100)]).write(Sink())
    heart.cancel()
    assert beats > 20


async def test_body_refuses_to_be_written_twice() -> None:
    body = SubmissionBody(VideoRequest(prompt="x"), [])
    await body.write(Sink())
    with pytest.raises(RuntimeError):
        await body.write(Sink())


@pytest.mark.parametrize(
    ("answer", "task_id"),
    [
        ('{"task_id": "bare", "status": "submitted"}', "bare"),
        ('{"data": {"id": "only-id"}}', "only-id"),
        ('{"data": {"task_id": 4711, "new_field": [1, 2]}}', "4711"),
        ('{"data": [{"task_id": "listed"}]}', "listed"),
        ('{"data": "video_1"}', "video_1"),
        ('{"data": null, "task_id": "beside", "status": 3}', "beside"),
    ],
)
async def test_task_id_is_found_in_every_known_shape(
    api: RecordingServer, client: DimiLinks, answer: str, task_id: str
) -> None:
    api.answers = [json_answer(answer)]
    assert (await client.submit(VideoRequest(prompt="x"))).task_id == task_id


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"data": {"status": "queued"}}',
        '{"data": {"task_id": ""}}',
        '{"data": {"task_id": true, "id": ["x"]}}',
        '{"data": {"task_id": "a\\nb"}}',
        '{"data": {"task_id": "cut',
        "[" * 60_000,
    ],
)
async def test_acceptance_without_a_readable_task_id_leaves_the_purchase_unknown(
    api: RecordingServer, client: DimiLinks, body: str
) -> None:
    api.answers = [json_answer(body)]
    with pytest.raises(UnreadableAnswerError) as caught:
        await client.submit(VideoRequest(prompt="x"))
    assert caught.value.purchase is Purchase.UNKNOWN
    assert caught.value.content_type == "application/json"
    assert caught.value.raw_answer == body[:4096]
    assert len(caught.value.message) < 250


async def test_too_few_or_too_many_references_never_leave_the_house(
    api: RecordingServer, client: DimiLinks
) -> None:
    for count, given_count in ((2, 1), (0, 8)):
        with pytest.raises(ReferenceBodyError) as caught:
            await client.submit(VideoRequest(prompt="x", reference_count=count), [Picture()] * given_count)
        assert caught.value.purchase is Purchase.NOT_BOUGHT
    assert api.seen == []


async def test_unreadable_length_is_a_reference_fault(api: RecordingServer, client: DimiLinks) -> None:
    class Gone(Picture):
        @property
        def length_bytes(self) -> int:
            raise FileNotFoundError(2, "No such file or directory", "/spool/x")

    with pytest.raises(ReferenceBodyError, match="No such file") as caught:
        await client.submit(VideoRequest(prompt="x"), [Gone()])
    assert caught.value.purchase is Purchase.NOT_BOUGHT
    assert api.seen == []


async def test_submission_never_travels_on_a_connection_that_was_left_idle(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    """The server forgets idle connections without a word, as a restarted one would, and closes none when asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(raw_answer("200 OK", b'{"data": {"task_id": "t", "status": "queued"}}'))
        await writer.drain()
        await reader.read(1)  # whatever comes on this connection later is thrown away with it

    server = await serve_raw(serve)
    client = client_for(server.url)
    await client.task("t")
    for _ in range(2):
        assert (await client.submit(VideoRequest(prompt="x"))).task_id == "t"
    assert server.connections == 3


@pytest.mark.parametrize("url", ["ftp://host/v1", "/v1", "https://user:pw@host/v1"])
async def test_base_url_must_be_a_plain_web_address(session: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        DimiLinks(session, base_url=URL(url), api_key=SecretStr(KEY))


@pytest.mark.parametrize("key", ["", "new\nline", "schlüssel"])
async def test_key_must_fit_into_a_header(session: aiohttp.ClientSession, key: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        DimiLinks(session, base_url=URL("https://host/v1"), api_key=SecretStr(key))


async def test_base_url_with_a_closing_slash_means_the_same(
    api: RecordingServer, session: aiohttp.ClientSession
) -> None:
    api.answers = [json_answer(ACCEPTED)]
    client = DimiLinks(session, base_url=api.url / "v1/", api_key=SecretStr(KEY))
    await client.submit(VideoRequest(prompt="x"))
    assert api.seen[0].path == "/v1/videos/generations"
