"""The answers to polls that the local DimiLinks can give, and the ends that tasks can come to."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.dimilinks import (
    DimiLinksSandbox,
    Endpoint,
    FailedAtFirst,
    FailedWith,
    HttpError,
    LostContent,
    ProgressForm,
    ReasonForm,
    TaskOutcome,
    TaskPace,
    TaskShape,
    TornAnswer,
    Wrapper,
    status_shape,
)
from bot.sandbox.dimilinks.shapes import NO_ERRORS, STATUS_WORDS
from bot.sandbox.video_factory import SampleVideoFactory
from tests.sandbox.dimilinks_client import PlainClient

SLOW = TaskPace(queue_s=60, generate_s=60, jitter=0)
MAKING = TaskPace(queue_s=0, generate_s=60, jitter=0)
REASON = "下载失败"


async def in_state(client: PlainClient, state: str) -> str:
    """A task that is, and while the test runs stays, in this state of the vendor's."""
    if state == "failed":
        client.service.faults.outcomes.append(FailedWith("upstream_error", REASON))
    client.service.pace = {"queued": SLOW, "processing": MAKING}.get(state, client.service.pace)
    return await client.bought() if state in {"queued", "processing"} else await client.ended()


async def told(client: PlainClient, task_id: str, shape: TaskShape) -> Any:
    """The answer to one poll, in this shape."""
    client.service.faults.task.append(shape)
    status, answer = await client.ask("GET", f"/tasks/{task_id}")
    assert status == 200
    return answer


@pytest.mark.parametrize("state", STATUS_WORDS)
async def test_each_state_is_told_by_any_of_its_words_in_any_case(client: PlainClient, state: str) -> None:
    task_id = await in_state(client, state)
    for word in STATUS_WORDS[state]:
        for cased in (word, word.upper(), word.title()):
            assert (await told(client, task_id, status_shape(cased)))["data"]["status"] == cased


async def test_a_task_comes_bare_in_data_or_with_a_code_and_its_id_may_be_a_number(
    client: PlainClient,
) -> None:
    task_id = await in_state(client, "queued")
    bare = await told(client, task_id, TaskShape(wrapper=Wrapper.BARE))
    data = await told(client, task_id, TaskShape(wrapper=Wrapper.DATA))
    code = await told(client, task_id, TaskShape(wrapper=Wrapper.CODE))
    assert bare["task_id"] == data["data"]["task_id"] == code["data"]["task_id"] == task_id
    assert (code["code"], code["message"]) == ("success", "")
    numbered = (await told(client, task_id, TaskShape(number_id=True)))["data"]
    assert (type(numbered["id"]), numbered["task_id"]) == (int, task_id)


async def test_progress_comes_in_every_form(client: PlainClient) -> None:
    task_id = await in_state(client, "completed")
    seen = [
        (await told(client, task_id, TaskShape(progress=form)))["data"].get("progress")
        for form in ProgressForm
    ]
    assert dict(zip(ProgressForm, seen, strict=True)) == {
        ProgressForm.NUMBER: 100,
        ProgressForm.PERCENT_TEXT: "100%",
        ProgressForm.TEXT: "100",
        ProgressForm.MISSING: None,
        ProgressForm.BACKWARDS: 0,
        ProgressForm.ABOVE_100: 200,
    }


async def test_backward_progress_falls_while_the_task_goes_on(client: PlainClient) -> None:
    client.service.faults.rate(Endpoint.TASK, 1.0, [TaskShape(progress=ProgressForm.BACKWARDS)])
    progress = [
        state["progress"] for state in await client.states(await client.bought()) if "progress" in state
    ]
    assert progress == sorted(progress, reverse=True)
    assert progress[0] > progress[-1]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (ReasonForm.ERROR_OBJECT, {"error": {"code": "upstream_error", "message": REASON}}),
        (ReasonForm.ERROR_TEXT, {"error": REASON}),
        (ReasonForm.FAIL_REASON, {"fail_reason": REASON}),
        (ReasonForm.MESSAGE, {"message": REASON}),
        (ReasonForm.DETAIL_TEXT, {"detail": REASON}),
        (ReasonForm.DETAIL_LIST, {"detail": [REASON]}),
    ],
)
async def test_a_failure_tells_its_reason_in_every_form(
    client: PlainClient, form: ReasonForm, fields: Mapping[str, object]
) -> None:
    task = (await told(client, await in_state(client, "failed"), TaskShape(reason=form)))["data"]
    reasons = {"error", "fail_reason", "message", "detail"}
    assert {name: value for name, value in task.items() if name in reasons} == fields


async def test_an_error_that_is_none_stands_beside_completed_alone(client: PlainClient) -> None:
    waiting, done = await in_state(client, "queued"), ""
    client.service.pace = TaskPace(queue_s=0, generate_s=0.1)
    done = await client.ended()
    for value in NO_ERRORS:
        shape = TaskShape(extra={"error": value}, extra_on="completed")
        task = (await told(client, done, shape))["data"]
        assert (task["status"], task["error"]) == ("completed", value)
        assert "error" not in (await told(client, waiting, shape))["data"]


async def test_a_poll_can_lie_once(client: PlainClient) -> None:
    task_id = await client.ended()
    assert (await told(client, task_id, TaskShape(words={"completed": "failed"})))["data"][
        "status"
    ] == "failed"
    assert (await client.states(task_id))[0]["status"] == "completed"


async def test_a_failure_turns_out_completed_when_asked_again(client: PlainClient) -> None:
    client.service.faults.outcomes.append(FailedAtFirst(polls=2))
    task_id = await client.bought()
    first = (await client.states(task_id))[-1]
    again = [(await client.ask("GET", f"/tasks/{task_id}"))[1]["data"]["status"] for _ in range(2)]
    assert [first["status"], *again] == ["failed", "failed", "completed"]
    assert (await client.ask("GET", f"/videos/{task_id}/content"))[0] == 200


async def test_the_status_can_be_unknown_right_after_creation(client: PlainClient) -> None:
    client.service.faults.outcomes.append(TaskOutcome.UNKNOWN_AT_FIRST)
    states = await client.states(await client.bought())
    assert (states[0]["status"], states[-1]["status"]) == ("unknown", "completed")


async def test_a_task_is_forgotten_with_its_content(client: PlainClient) -> None:
    client.service.faults.outcomes.append(LostContent(410, after_s=0.0, task_status=404))
    client.service.pace = TaskPace(queue_s=0, generate_s=0)
    task_id = await client.bought()
    status, answer = 200, {}
    async with asyncio.timeout(60):
        while status == 200:
            status, answer = await client.ask("GET", f"/tasks/{task_id}")
    assert (status, answer["error"]["code"]) == (404, "task_not_found")


async def test_a_poll_breaks_off_in_the_middle(client: PlainClient) -> None:
    task_id = await client.bought()
    client.service.faults.task.append(TornAnswer())
    assert task_id.encode() in await client.until_cut("GET", f"/tasks/{task_id}")


async def test_random_shapes_and_outcomes_are_the_same_from_the_same_seed(tmp_path: Path) -> None:
    seen: list[list[Any]] = []
    for _ in range(2):
        async with (
            DimiLinksSandbox(factory=SampleVideoFactory(tmp_path), pace=SLOW, seed=7) as service,
            aiohttp.ClientSession() as session,
        ):
            client = PlainClient(service, session)
            shapes = [*map(status_shape, STATUS_WORDS["queued"]), HttpError(404, "task_not_found")]
            service.faults.rate(Endpoint.TASK, 0.7, shapes)
            service.faults.outcome_rate(0.5, [TaskOutcome.UNKNOWN_AT_FIRST])
            ids = [await client.bought() for _ in range(12)]
            answers = [(await client.ask("GET", f"/tasks/{task_id}"))[1] for task_id in ids]
            seen.append([answer.get("data", {}).get("status") for answer in answers])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) >= 4
