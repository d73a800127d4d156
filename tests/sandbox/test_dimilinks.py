"""The local DimiLinks, asked by plain HTTP as any client would."""

import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.dimilinks import (
    BareShape,
    DimiLinksSandbox,
    DropAfterAcceptance,
    DropAfterReading,
    DropBeforeReading,
    Endpoint,
    ErrorAfterAcceptance,
    Fault,
    Html,
    HttpError,
    JsonInstead,
    NoTaskId,
    Redirect,
    TaskOutcome,
    Truncated,
)
from bot.sandbox.video_factory import SampleVideoFactory
from tests.e2e.actors.pictures import picture, png_of
from tests.sandbox.dimilinks_client import ORDER, PlainClient, data_url


async def test_a_task_waits_generates_and_has_an_mp4(client: PlainClient) -> None:
    task_id = await client.bought()
    states = await client.states(task_id)
    assert [state["status"] for state in states if state["status"] != "processing"] == [
        *(["queued"] * sum(state["status"] == "queued" for state in states)),
        "completed",
    ]
    progress = [state["progress"] for state in states if "progress" in state]
    assert progress == sorted(progress)
    assert len(set(progress)) > 4
    assert progress[-1] == 100
    status, video = await client.ask("GET", f"/videos/{task_id}/content")
    assert (status, video[4:8]) == (200, b"ftyp")
    log = client.service.request_log
    assert [bought.task_id for bought in log.submissions] == [task_id]
    assert log.polls[task_id] == len(states)
    assert log.downloads[task_id] == 1
    assert log.violations == []


async def test_references_are_logged_as_they_arrived(client: PlainClient) -> None:
    urls = [
        data_url(picture("PNG", (30, 20))),
        data_url(picture("JPEG", (5, 7)), "image/jpeg"),
        data_url(picture("WEBP", (8, 9)), "image/webp"),
    ]
    await client.bought(input_reference=urls)
    (bought,) = client.service.request_log.submissions
    assert [(one.mime, one.width, one.height) for one in bought.references] == [
        ("image/png", 30, 20),
        ("image/jpeg", 5, 7),
        ("image/webp", 8, 9),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": None},
        {"prompt": ""},
        {"prompt": "x" * 2501},
        {"seconds": "7"},
        {"seconds": 6},
        {"size": "1920x1080"},
        {"resolution_name": "1080p"},
        {"preset": "wild"},
        {"model": "another"},
        {"input_reference": [data_url(picture())] * 8},
        {"input_reference": [data_url(picture("GIF"), "image/gif")]},
        {"input_reference": [data_url(picture("JPEG"), "image/png")]},
        {"input_reference": [data_url(png_of(10_000_000))]},
        {"input_reference": [data_url(b"no picture")]},
        {"input_reference": ["data:image/png;base64,%%%"]},
        {"input_reference": ["http://example.invalid/a.png"]},
    ],
)
async def test_what_the_real_service_would_refuse_is_refused_and_noted(
    client: PlainClient, changes: dict[str, Any]
) -> None:
    status, answer = await client.submit(**changes)
    assert status == 400
    assert answer["error"]["code"] in {"invalid_request_error", "invalid_reference_image"}
    assert client.service.request_log.submissions == []
    assert len(client.service.request_log.violations) == 1


async def test_a_body_that_is_no_json_is_refused(client: PlainClient) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {client.service.api_key}"}
    url = f"{client.service.base_url}/videos/generations"
    async with client.session.post(url, data=b"{", headers=headers) as response:
        assert response.status == 400
    assert len(client.service.request_log.violations) == 1


async def test_without_the_right_key_nothing_is_told_or_bought(client: PlainClient) -> None:
    for method, path in (("POST", "/videos/generations"), ("GET", "/tasks/x"), ("GET", "/videos/x/content")):
        status, answer = await client.ask(method, path, key="wrong", json=ORDER)
        assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
    assert client.service.request_log.submissions == []


async def test_unknown_tasks_and_routes_are_not_found_and_videos_not_before_their_time(
    client: PlainClient,
) -> None:
    task_id = await client.bought()
    assert (await client.ask("GET", f"/videos/{task_id}/content"))[0] == 404
    assert (await client.ask("GET", "/tasks/nobody"))[0] == 404
    assert client.service.request_log.violations == []
    assert (await client.ask("GET", "/nowhere"))[0] == 404
    assert len(client.service.request_log.violations) == 1


@pytest.mark.parametrize(
    ("fault", "bought"),
    [
        (HttpError(429, "rate_limit", "慢一点", {"Retry-After": "7"}), 0),
        (Html(502), 0),
        (Redirect("http://127.0.0.1:9/"), 0),
        (DropBeforeReading(), 0),
        (DropAfterReading(), 0),
        (DropAfterAcceptance(), 1),
        (ErrorAfterAcceptance(504), 1),
        (NoTaskId(), 1),
        (BareShape(), 1),
    ],
)
async def test_each_fault_strikes_once_and_buys_what_it_says(
    client: PlainClient, fault: Fault, bought: int
) -> None:
    client.service.faults.submit.append(fault)
    match fault:
        case DropBeforeReading() | DropAfterReading() | DropAfterAcceptance():
            with pytest.raises(aiohttp.ClientError):
                await client.submit()
        case HttpError(status) | Html(status) | Redirect(status=status) | ErrorAfterAcceptance(status):
            assert (await client.submit())[0] == status
        case NoTaskId():
            assert "task_id" not in (await client.submit())[1]["data"]
        case _:
            assert (await client.submit())[1]["task_id"].startswith("video_")
    assert len(client.service.request_log.submissions) == bought
    await client.bought()


async def test_random_faults_come_at_their_rate_and_the_same_from_the_same_seed(tmp_path: Path) -> None:
    seen: list[list[int]] = []
    for _ in range(2):
        async with (
            DimiLinksSandbox(factory=SampleVideoFactory(tmp_path), seed=5) as service,
            aiohttp.ClientSession() as session,
        ):
            service.faults.rate(Endpoint.TASK, 0.5, [HttpError(500)])
            client = PlainClient(service, session)
            seen.append([(await client.ask("GET", "/tasks/x"))[0] for _ in range(40)])
    assert seen[0] == seen[1]
    assert 10 < seen[0].count(500) < 30


@pytest.mark.parametrize(
    ("outcome", "status", "has_error"),
    [
        (TaskOutcome.FAILED, "failed", True),
        (TaskOutcome.BLOCKED, "completed", True),
        (TaskOutcome.MISSING_VIDEO, "completed", False),
    ],
)
async def test_tasks_end_badly_on_request(
    client: PlainClient, outcome: TaskOutcome, status: str, *, has_error: bool
) -> None:
    client.service.faults.outcomes.append(outcome)
    task_id = await client.bought()
    last = (await client.states(task_id))[-1]
    assert (last["status"], "error" in last) == (status, has_error)
    assert (await client.ask("GET", f"/videos/{task_id}/content"))[0] == 404


async def test_a_video_arrives_cut_or_as_something_else_on_request(client: PlainClient) -> None:
    task_id = await client.bought()
    await client.states(task_id)
    path = f"/videos/{task_id}/content"
    whole = (await client.ask("GET", path))[1]
    client.service.faults.content.append(Truncated(0.5))
    assert (await client.ask("GET", path))[1] == whole[: len(whole) // 2]
    client.service.faults.content.append(Truncated(0.5, honest_length=False))
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.ask("GET", path)
    client.service.faults.content.append(JsonInstead())
    assert "url" in (await client.ask("GET", path))[1]
    client.service.redirect_content = True
    assert (await client.ask("GET", path))[0] == 302


async def test_paused_it_refuses_connections_and_resumed_it_is_the_same(client: PlainClient) -> None:
    task_id = await client.bought()
    await client.service.pause()
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.ask("GET", f"/tasks/{task_id}")
    await client.service.resume()
    assert (await client.ask("GET", f"/tasks/{task_id}"))[0] == 200


async def test_it_listens_on_this_machine_only(client: PlainClient) -> None:
    port = int(client.service.base_url.split(":")[2].split("/")[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own_address = probe.getsockname()[0]
    if own_address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect((own_address, port))
