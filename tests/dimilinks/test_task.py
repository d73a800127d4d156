"""Asking how a task stands."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import (
    ApiTimeouts,
    DimiLinks,
    DimiLinksError,
    InvalidRequestError,
    ModelNotAllowedError,
    NotFoundError,
    OtherRefusalError,
    ServerError,
    Task,
    TaskAbsentError,
    TaskError,
    TaskPhase,
    TaskStatus,
    TimedOutError,
    UnreadableAnswerError,
)
from bot.dimilinks.answers import Answer as HttpAnswer
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task_answers import task_from
from tests.dimilinks.clients import KEY, ClientFor, ServeRaw
from tests.dimilinks.servers import Answer, RecordingServer, json_answer

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def read_body(body: str, encoding: str = "utf-8") -> Task:
    answer = HttpAnswer(200, "application/json", None, None, body.encode(encoding))
    return task_from(answer, "asked", Scrubber(KEY), NOW)


def read(record: object) -> Task:
    return read_body(json.dumps({"data": record}))


async def test_finished_task_is_read_whole(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [
        json_answer(
            '{"data": {"id": "video_1", "task_id": "video_1", "status": "completed", "progress": 100,'
            '"created_at": 1764000000, "completed_at": 1764000123, "new": {"x": 1}}}'
        )
    ]
    task = await client.task("video_1")
    assert task == Task(
        "video_1",
        TaskStatus.COMPLETED,
        "completed",
        100,
        datetime(2025, 11, 24, 16, 0, tzinfo=UTC),
        datetime(2025, 11, 24, 16, 2, 3, tzinfo=UTC),
    )
    assert task.phase is TaskPhase.COMPLETED
    [seen] = api.seen
    assert (seen.method, seen.path) == ("GET", "/v1/tasks/video_1")
    assert seen.headers["Authorization"] == f"Bearer {KEY}"


async def test_bare_image_task_is_read_too(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [
        json_answer('{"id": "i", "task_id": "i", "object": "image.task", "status": "in_progress"}')
    ]
    task = await client.task("i")
    assert (task.status, task.raw_status, task.phase) == (
        TaskStatus.PROCESSING,
        "in_progress",
        TaskPhase.GENERATING,
    )


@pytest.mark.parametrize(
    ("words", "phase"),
    [
        ("not_start queued pending submitted waiting in_queue", TaskPhase.WAITING),
        ("in_progress processing running generating", TaskPhase.GENERATING),
        ("completed succeeded success done finished", TaskPhase.COMPLETED),
        ("failed failure error cancelled canceled expired rejected", TaskPhase.FAILED),
        ("unknown paused_by_moon", TaskPhase.UNKNOWN),
    ],
)
def test_every_status_has_its_phase_in_any_case(words: str, phase: TaskPhase) -> None:
    for word in words.split():
        for spelling in (word, word.upper(), word.title(), word.replace("_", " "), word.replace("_", "-")):
            task = read({"status": spelling})
            assert (task.raw_status, task.phase) == (spelling, phase)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            {"code": "upstream_error", "message": "上游生成失败"},
            TaskError("upstream_error", "上游生成失败"),
        ),
        ({"code": 500}, TaskError("500", "")),
        ("plain words", TaskError("", "plain words")),
        ({"message": ["odd"], "code": "x"}, TaskError("x", "")),
        ([{"message": "one", "type": "a"}, "two"], TaskError("a", "one; two")),
        (None, None),
        ({}, None),
        ({"code": "", "message": ""}, None),
        ([], None),
        (False, None),
    ],
)
def test_error_of_a_task_is_read_in_any_shape(error: object, expected: TaskError | None) -> None:
    assert read({"status": "failed", "progress": 100, "error": error}).error == expected


@pytest.mark.parametrize("word", ["completed", "succeeded"])
def test_completion_with_an_error_is_blocked(word: str) -> None:
    task = read({"status": word, "error": {"code": "moderation_blocked", "message": "no"}})
    assert task.phase is TaskPhase.BLOCKED
    assert task.error is not None
    assert task.error.is_content_refusal


@pytest.mark.parametrize(
    "error",
    [
        {"code": 0},
        {"code": "success"},
        {"code": 0, "message": "success"},
        "none",
        "",
        {"code": 0, "message": "完成"},
    ],
)
def test_error_that_is_none_takes_nothing_from_a_completion(error: object) -> None:
    """Nor do other fields, where some gateways keep the video's address after a success."""
    task = read({"status": "completed", "error": error, "fail_reason": "https://a/b.mp4", "message": "ok!"})
    assert (task.phase, task.error) == (TaskPhase.COMPLETED, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"fail_reason": "上游超时"}, TaskError("", "上游超时")),
        ({"message": "no GPU"}, TaskError("", "no GPU")),
        ({"detail": "bad prompt"}, TaskError("", "bad prompt")),
        ({"detail": [{"msg": "too long", "type": "value_error"}]}, TaskError("value_error", "too long")),
        ({"error": {"code": "x"}, "fail_reason": "words"}, TaskError("x", "words")),
        ({"error": "none", "message": "success", "fail_reason": "real"}, TaskError("", "real")),
        ({"error": [[["deep"] * 3]]}, None),
        ({}, None),
    ],
)
def test_reason_of_a_failure_is_found_in_every_field(
    fields: dict[str, object], expected: TaskError | None
) -> None:
    assert read({"status": "failed"} | fields).error == expected


@pytest.mark.parametrize(
    ("wrapped", "phase"),
    [
        ({"code": "success", "message": "", "data": {"status": "IN_PROGRESS"}}, TaskPhase.GENERATING),
        ({"code": 0, "data": {"task": {"status": "done"}}}, TaskPhase.COMPLETED),
        ({"status": "success", "data": {"status": "queued"}}, TaskPhase.WAITING),
        ({"data": [{"status": "failed"}]}, TaskPhase.FAILED),
        ({"data": {"status": "queued", "data": {"status": "done"}}}, TaskPhase.WAITING),
        ({"id": "x", "status": "running", "data": {"status": "done"}}, TaskPhase.GENERATING),
        ({"status": "success", "data": {"result": {"status": "running"}}}, TaskPhase.GENERATING),
        ({"output": {"task": {"status": "done"}}}, TaskPhase.COMPLETED),
        ({"data": json.dumps({"status": "done"})}, TaskPhase.COMPLETED),
        ({"data": {"total": 1, "items": [{"id": "asked", "status": "done"}]}}, TaskPhase.COMPLETED),
        (
            {"data": [{"id": "other", "status": "failed"}, {"id": "asked", "status": "running"}]},
            TaskPhase.GENERATING,
        ),
        ([{"id": 5, "status": "failed"}, {"taskId": "asked", "status": "done"}], TaskPhase.COMPLETED),
        ({"status": "success", "result": {"status": "running"}}, TaskPhase.GENERATING),
        ({"request_id": "asked", "status": "failed"}, TaskPhase.FAILED),
        ({"id": "asked", "status": "failed", "data": None}, TaskPhase.FAILED),
        ({"status": "failed", "progress": 100, "error": {"message": "no GPU"}}, TaskPhase.FAILED),
        ({"status": "failed", "fail_reason": "no GPU"}, TaskPhase.FAILED),
        ({"status": "completed", "error": {"code": "moderation_blocked"}}, TaskPhase.BLOCKED),
        ({"status": "completed", "progress": "100%"}, TaskPhase.COMPLETED),
        ({"status": "processing"}, TaskPhase.GENERATING),
        ({"data": None, "status": "running", "video": {"status": "done"}}, TaskPhase.GENERATING),
    ],
)
def test_task_is_read_in_every_wrapper(wrapped: object, phase: TaskPhase) -> None:
    assert read_body(json.dumps(wrapped)).phase is phase


@pytest.mark.parametrize("status", ["success", "failed"])
@pytest.mark.parametrize("empty", [None, [], {}, "nothing"])
def test_the_status_of_an_answer_without_a_task_ends_none(status: str, empty: object) -> None:
    with pytest.raises(UnreadableAnswerError):
        read_body(json.dumps({"status": status, "data": empty}))


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "error", "message": "service busy"},
        {"status": "error", "error": {"message": "rate limited", "code": 429}},
        {"status": "failed"},
        {"status": "success"},
        {"status": "failed", "id": "20261130abc", "progress": 100},
        {"data": [{"id": "other", "status": "failed"}]},
        {"data": [{"status": "failed"}, {"status": "failed"}]},
        {"tasks": [{"id": "other", "status": "failed"}, {"id": "another", "status": "running"}]},
    ],
)
def test_an_end_that_may_be_the_answers_or_anothers_ends_no_task(answer: object) -> None:
    with pytest.raises(DimiLinksError) as caught:
        read_body(json.dumps(answer))
    assert not isinstance(caught.value, TaskAbsentError)


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_task_is_read_in_the_encodings_of_chinese_gateways(encoding: str) -> None:
    body = '{"data": {"status": "done", "message": "提交成功"}}'
    assert read_body(body, encoding).phase is TaskPhase.COMPLETED


def test_id_may_be_a_number() -> None:
    assert read({"status": "queued", "id": 4711}).task_id == "4711"


@pytest.mark.parametrize(
    ("value", "progress"),
    [
        (37, 37),
        ("37", 37),
        ("45%", 45),
        (" 45 % ", 45),
        ("120%", 100),
        (37.9, 37),
        (-4, 0),
        (1000, 100),
        (10**400, None),
        ("1e999", None),
        (float("nan"), None),
        (None, None),
        (True, None),
        ("half", None),
        ([37], None),
    ],
)
def test_progress_is_tolerated_in_any_type(value: object, progress: int | None) -> None:
    assert read({"status": "processing", "progress": value}).progress == progress


@pytest.mark.parametrize("value", [None, 0, -1, 1e300, "soon", "", True, {}, 1764000000000, float("inf")])
def test_absurd_times_are_no_times(value: object) -> None:
    assert read({"status": "processing", "created_at": value}).created_at is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = (
    "task_id",
    "id",
    "status",
    "progress",
    "created_at",
    "completed_at",
    "error",
    "fail_reason",
    "message",
    "detail",
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(names, json_values)))
def test_no_record_is_a_surprise(record: dict[str, object]) -> None:
    try:
        task = read(record)
    except DimiLinksError:
        return
    assert task.raw_status
    assert task.progress is None or 0 <= task.progress <= 100
    str(task).encode()


@pytest.mark.parametrize("body", ["", "[]", '{"data": {}}', '{"data": {"status": null}}', "<html>", '"x"'])
async def test_answer_without_a_status_is_unreadable(
    api: RecordingServer, client: DimiLinks, body: str
) -> None:
    api.answers = [json_answer(body)]
    with pytest.raises(UnreadableAnswerError):
        await client.task("t")


async def test_endless_answer_is_read_only_so_far(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [Answer(200, b'{"data": "' + b"x" * 5_000_000 + b'"}', {"Content-Type": "text/html"})]
    with pytest.raises(UnreadableAnswerError) as caught:
        await client.task("t")
    assert caught.value.content_type == "text/html"
    assert len(caught.value.message) < 250


async def test_answer_without_end_is_given_up_at_once(client_for: ClientFor, serve_raw: ServeRaw) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    server = await serve_raw(babble)
    with pytest.raises(UnreadableAnswerError):
        await client_for(server.url).task("t")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, '{"error": {"message": "任务不存在", "code": "task_not_found"}}', TaskAbsentError),
        (404, '{"error": {"message": "gone"}}', TaskAbsentError),
        (410, '{"error": {"message": "gone"}}', TaskAbsentError),
        (400, '{"error": {"message": "task not found"}}', TaskAbsentError),
        (400, '{"error": {"code": "task_not_exist"}}', TaskAbsentError),
        (200, '{"error": {"message": "Task not found"}}', TaskAbsentError),
        (400, '{"code": "task_not_exist", "message": "task_not_exist", "data": null}', TaskAbsentError),
        (404, '{"code": 404, "msg": "任务不存在"}', TaskAbsentError),
        (404, '{"detail": "Task not found"}', TaskAbsentError),
        (410, '{"error": "no such task"}', TaskAbsentError),
        (200, '{"code": "task_not_exist", "data": null}', TaskAbsentError),
        (200, '{"code": "success", "message": "", "data": null}', TaskAbsentError),
        (200, '{"code": 0, "data": []}', TaskAbsentError),
        (400, '{"error": {"message": "bad id"}}', InvalidRequestError),
        (404, '{"error": {"message": "Invalid URL (GET /tasks/x)"}}', NotFoundError),
        (404, '{"error": {"code": "model_not_found"}}', ModelNotAllowedError),
        (200, '{"error": {"message": "oops"}}', OtherRefusalError),
        (404, "<html>task not found</html>", UnreadableAnswerError),
        (404, '{"detail": "Not Found"}', UnreadableAnswerError),
        (404, '{"code": 404, "message": "page not found"}', UnreadableAnswerError),
        (400, '{"code": "bad_id", "message": "task id is invalid", "data": null}', UnreadableAnswerError),
        (200, '{"code": "success", "data": {"other": 1}}', UnreadableAnswerError),
        (200, '{"code": "success"}', UnreadableAnswerError),
        (200, '{"data": null}', UnreadableAnswerError),
        (404, '["task not found"]', UnreadableAnswerError),
        (403, '{"code": "task_not_exist"}', UnreadableAnswerError),
        (404, "", UnreadableAnswerError),
        (502, '{"error": {"message": "task not found"}}', ServerError),
    ],
)
async def test_absent_task_is_told_by_the_api_alone(
    api: RecordingServer, client: DimiLinks, status: int, body: str, expected: type[DimiLinksError]
) -> None:
    api.answers = [json_answer(body, status)]
    with pytest.raises(DimiLinksError) as caught:
        await client.task("nope")
    assert type(caught.value) is expected
    assert caught.value.in_own_voice is not isinstance(caught.value, UnreadableAnswerError)


async def test_silent_server_times_out(client_for: ClientFor, serve_raw: ServeRaw) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await serve_raw(silent)
    async with asyncio.timeout(60):
        with pytest.raises(TimedOutError):
            await client_for(server.url, ApiTimeouts(task_answer_s=0.05, connect_s=0.05)).task("t")


async def test_asking_is_never_repeated_by_the_client(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [Answer(503)]
    with pytest.raises(DimiLinksError):
        await client.task("t")
    assert len(api.seen) == 1


@pytest.mark.parametrize(
    ("task_id", "path"),
    [
        ("a b/c?d#e%f", "/v1/tasks/a%20b%2Fc%3Fd%23e%25f"),
        ("视频", "/v1/tasks/%E8%A7%86%E9%A2%91"),
        ("../../admin", "/v1/tasks/..%2F..%2Fadmin"),
        ("..", "/v1/tasks/%2E%2E"),
    ],
)
async def test_task_id_cannot_lead_anywhere_else(
    api: RecordingServer, client: DimiLinks, task_id: str, path: str
) -> None:
    api.answers = [json_answer('{"status": "queued"}')]
    await client.task(task_id)
    assert api.seen[0].path == path
