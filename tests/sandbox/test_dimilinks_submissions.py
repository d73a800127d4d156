"""The answers to submissions that the local DimiLinks can give, and what each of them costs."""

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest

from bot.sandbox.dimilinks import (
    At,
    DropBeforeReading,
    Endpoint,
    ErrorAfterAcceptance,
    ErrorPage,
    Fault,
    Hang,
    Html,
    HttpError,
    ShapedAnswer,
    SlowAnswer,
    SubmitShape,
    SubmitStage,
    TornAnswer,
    WithHeaders,
)
from bot.sandbox.dimilinks.known_faults import (
    BOUGHT,
    BOUGHT_WITHOUT_TRUE_WORD,
    EDGE_PAGES,
    NO_CHANNEL,
    REFUSALS_FOR_MONEY,
    REFUSALS_OF_ONE_REQUEST,
    REFUSALS_OF_THE_BOT,
    RETRY_AFTER_VALUES,
)
from tests.sandbox.dimilinks_client import ORDER, PlainClient

SUBMIT = "/videos/generations"
IN_SHAPE: dict[SubmitShape, Any] = {
    SubmitShape.DATA_TASK_ID: {"data": {"task_id": "ID"}},
    SubmitShape.TASK_ID: {"task_id": "ID"},
    SubmitShape.ID: {"id": "ID"},
    SubmitShape.REQUEST_ID: {"request_id": "ID"},
    SubmitShape.DATA_TEXT: {"data": "ID"},
    SubmitShape.DATA_LIST: {"data": [{"task_id": "ID"}]},
    SubmitShape.CODE_DATA_CAMEL: {"code": 0, "data": {"taskId": "ID"}},
    SubmitShape.CODE_DATA_TASK: {"code": 0, "data": {"task": {"id": "ID"}}},
}


def the_id(client: PlainClient) -> str:
    """The id of the one task that was bought."""
    (bought,) = client.service.request_log.submissions
    return bought.task_id


@pytest.mark.parametrize("shape", IN_SHAPE)
async def test_the_id_stands_where_each_gateway_puts_it(client: PlainClient, shape: SubmitShape) -> None:
    client.service.faults.submit.append(ShapedAnswer(shape))
    _, answer = await client.submit()
    assert answer == json.loads(json.dumps(IN_SHAPE[shape]).replace("ID", the_id(client)))


@pytest.mark.parametrize("fault", BOUGHT.values(), ids=BOUGHT)
async def test_every_readable_answer_to_a_purchase_holds_its_id(
    client: PlainClient, fault: ShapedAnswer
) -> None:
    client.service.faults.submit.append(fault)
    status, answer = await client.submit()
    assert (status, the_id(client) in json.dumps(answer)) == (fault.status, True)


@pytest.mark.parametrize("fault", BOUGHT_WITHOUT_TRUE_WORD.values(), ids=BOUGHT_WITHOUT_TRUE_WORD)
async def test_a_purchase_without_a_true_word_is_logged_as_bought(client: PlainClient, fault: Fault) -> None:
    client.service.faults.submit.append(fault)
    try:
        status, answer = await client.submit()
    except aiohttp.ClientError:
        assert isinstance(fault, TornAnswer) or "drop" in repr(fault).lower()
    else:
        told_as_bought = status < 300 and isinstance(answer, dict) and the_id(client) in json.dumps(answer)
        assert not told_as_bought
        assert not isinstance(fault, ErrorAfterAcceptance) or status == fault.status
    assert (await client.ask("GET", f"/tasks/{the_id(client)}"))[0] == 200


async def test_a_torn_answer_ends_behind_the_id_or_within_it(client: PlainClient) -> None:
    client.service.faults.submit.extend([TornAnswer(), TornAnswer(after_id=False)])
    answers = [
        await client.until_cut("POST", SUBMIT, data=io.BytesIO(json.dumps(ORDER).encode())) for _ in range(2)
    ]
    first, second = (bought.task_id for bought in client.service.request_log.submissions)
    assert answers[0].endswith(f'{first}"'.encode())
    assert second.encode() not in answers[1]
    assert second[:12].encode() in answers[1]


NOTHING_BOUGHT: dict[str, HttpError] = {
    **REFUSALS_OF_ONE_REQUEST,
    **REFUSALS_FOR_MONEY,
    **REFUSALS_OF_THE_BOT,
    **NO_CHANNEL,
}


@pytest.mark.parametrize("fault", NOTHING_BOUGHT.values(), ids=NOTHING_BOUGHT)
async def test_refusals_speak_as_the_api_and_cost_nothing(client: PlainClient, fault: HttpError) -> None:
    client.service.faults.submit.append(fault)
    status, answer = await client.submit()
    assert (status, answer["error"]["message"]) == (fault.status, fault.message)
    assert answer["error"].get("code") == fault.code
    assert client.service.request_log.submissions == []


@pytest.mark.parametrize("fault", EDGE_PAGES.values(), ids=EDGE_PAGES)
async def test_pages_of_servers_in_front_cost_nothing(client: PlainClient, fault: Html) -> None:
    client.service.faults.submit.append(fault)
    assert await client.submit() == (fault.status, fault.page.value.encode())
    assert client.headers["Content-Type"].startswith("text/html")
    assert client.service.request_log.submissions == []


async def test_cloudflare_bans_with_a_page_and_a_header(client: PlainClient) -> None:
    client.service.faults.submit.append(EDGE_PAGES["banned_1015"])
    status, page = await client.submit()
    assert (status, b"1015" in page, client.headers["Retry-After"]) == (429, True, "86400")


async def half_a_submission(client: PlainClient) -> bytes:
    """Send the first bytes of a submission and read until the service ends the connection."""
    host, port = client.service.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1{SUBMIT} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.service.api_key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n"
    )
    writer.write(f'{head}{{"model": '.encode())
    received = b""
    try:
        async with asyncio.timeout(60):
            while b"</html>" not in received and (chunk := await reader.read(1000)):
                received += chunk
    except ConnectionError:
        pass
    writer.close()
    return received


@pytest.mark.parametrize("stage", [SubmitStage.BEFORE_BODY, SubmitStage.DURING_BODY])
async def test_it_answers_or_breaks_off_before_the_last_byte_of_the_body(
    client: PlainClient, stage: SubmitStage
) -> None:
    client.service.faults.submit.extend([At(stage, Html(413)), At(stage, DropBeforeReading())])
    assert b" 413 " in (await half_a_submission(client)).splitlines()[0]
    assert await half_a_submission(client) == b""
    assert client.service.request_log.submissions == []


async def test_a_cut_connection_is_logged_without_a_status(client: PlainClient) -> None:
    client.service.faults.submit.append(At(SubmitStage.AFTER_BODY, DropBeforeReading()))
    with pytest.raises(aiohttp.ClientError):
        await client.submit()
    assert [request.status for request in client.service.request_log.requests] == [0]
    assert client.service.request_log.submissions == []


@pytest.mark.parametrize("status", [402, 403])
async def test_a_poisoned_prompt_is_refused_alone_and_every_time(client: PlainClient, status: int) -> None:
    client.service.faults.poison("a castle", HttpError(status))
    statuses = [(await client.submit(prompt=prompt))[0] for prompt in ("a castle", "a boat", "a castle!")]
    assert statuses == [status, 200, status]
    assert [bought.prompt for bought in client.service.request_log.submissions] == ["a boat"]


@pytest.mark.parametrize("status", [402, 403])
async def test_a_refusal_of_the_bot_strikes_every_submission_until_it_is_lifted(
    client: PlainClient, status: int
) -> None:
    client.service.faults.rate(Endpoint.SUBMIT, 1.0, [HttpError(status)])
    assert [(await client.submit())[0] for _ in range(3)] == [status] * 3
    client.service.faults.clear()
    assert (await client.submit())[0] == 200


async def test_a_poisoned_prompt_can_be_bought_behind_a_page(client: PlainClient) -> None:
    client.service.faults.poison("castle", At(SubmitStage.AFTER_ACCEPTANCE, Html(504, ErrorPage.GATEWAY)))
    assert (await client.submit(prompt="castle"))[0] == 504
    assert (await client.submit())[0] == 200
    assert len(client.service.request_log.submissions) == 2


@pytest.mark.parametrize("value", RETRY_AFTER_VALUES)
async def test_retry_after_of_any_kind_comes_on_every_route(client: PlainClient, value: str) -> None:
    task_id = await client.ended()
    faults, header = client.service.faults, {"Retry-After": value}
    for queue, method, path in (
        (faults.submit, "POST", SUBMIT),
        (faults.task, "GET", f"/tasks/{task_id}"),
        (faults.content, "GET", f"/videos/{task_id}/content"),
    ):
        queue.extend([HttpError(429, "rate_limit", headers=header), WithHeaders(header)])
        for status in (429, 200):
            how = {"json": ORDER} if method == "POST" else {}
            assert (await client.ask(method, path, **how))[0] == status
            assert client.headers["Retry-After"] == value


async def test_a_slow_answer_is_charged_before_it_comes(client: PlainClient) -> None:
    client.service.faults.submit.append(SlowAnswer(30.0))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await client.submit()
    assert len(client.service.request_log.submissions) == 1


async def test_faults_combine(client: PlainClient) -> None:
    late = Hang(0.2, WithHeaders({"Retry-After": "9"}, ErrorAfterAcceptance(408)))
    client.service.faults.submit.append(late)
    began = asyncio.get_running_loop().time()
    assert (await client.submit())[0] == 408
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert client.headers["Retry-After"] == "9"
    assert len(client.service.request_log.submissions) == 1


async def test_a_revoked_key_refuses_polls_of_bought_videos_until_it_is_given_back(
    client: PlainClient,
) -> None:
    task_id = await client.ended()
    client.service.key_revoked = True
    for path in (f"/tasks/{task_id}", f"/videos/{task_id}/content", "/models"):
        status, answer = await client.ask("GET", path)
        assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
    client.service.key_revoked = False
    assert (await client.ask("GET", f"/tasks/{task_id}"))[0] == 200


async def test_the_models_of_the_key_are_listed(client: PlainClient) -> None:
    assert [model["id"] for model in (await client.ask("GET", "/models"))[1]["data"]] == [ORDER["model"]]
    client.service.models = ["another"]
    client.service.faults.models.append(Html(502))
    assert (await client.ask("GET", "/models"))[0] == 502
    assert [model["id"] for model in (await client.ask("GET", "/models"))[1]["data"]] == ["another"]


async def test_flags_that_switch_the_preset_are_seen_in_the_log(client: PlainClient) -> None:
    await client.bought(prompt="a boat --mode=extremely-crazy")
    (bought,) = client.service.request_log.submissions
    assert bought.mode_flags == ["--mode=extremely-crazy"]
