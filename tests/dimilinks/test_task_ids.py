"""Finding a task's id, wherever it stands in an answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks.task_ids import IdTrust, find_task_id

SHAPES = [
    ('{"data": {"task_id": "video_1"}}', "video_1"),
    ('{"task_id": "video_1"}', "video_1"),
    ('{"id": "video_1"}', "video_1"),
    ('{"id": 4711}', "4711"),
    ('{"request_id": "req-1"}', "req-1"),
    ('{"data": "video_1"}', "video_1"),
    ('{"data": [{"task_id": "t"}]}', "t"),
    ('{"code": 0, "data": {"taskId": "t"}}', "t"),
    ('{"code": 0, "data": {"task": {"id": "t"}}}', "t"),
    ('{"code": "success", "message": "", "data": {"id": 17}}', "17"),
    ('{"id": "trace", "data": {"id": "t"}}', "t"),
    ('{"id": "trace", "request_id": "r", "data": {"nested": {"deep": [{"TASK_ID": "t"}]}}}', "t"),
    ('{"request_id": "trace", "data": {"id": "t"}}', "t"),
    ('{"data": ["8f14e45f-ceea"]}', "8f14e45f-ceea"),
    ('{"data": "success", "id": "t"}', "t"),
    ('{"error": {"message": "late"}, "task_id": "t"}', "t"),
    ('{"message": "taken", "result": "video_9"}', "video_9"),
    ('{"accepted": {"as": "video_9"}}', "video_9"),
    ('"video_1"', "video_1"),
    ('[{"id": "t"}]', "t"),
    ('{"code": 0, "data": 123456789}', "123456789"),
    ('{"code": 0, "data": "{\\"task_id\\": \\"t\\"}"}', "t"),
    ('"{\\"data\\": {\\"id\\": \\"t\\"}}"', "t"),
    ('{"data": {"user": {"id": 5}, "task": {"id": "t"}}}', "t"),
    ('{"id": "req_2026", "task": {"id": "t"}}', "t"),
    ('{"id": "req_2026", "result": {"id": "t"}}', "t"),
    ('{"id": "req_2026", "video": {"id": "t"}, "status": "success"}', "t"),
    ('{"id": "req_2026", "status": "submitted", "job": {"id": "t"}}', "t"),
    ('{"code": 0, "data": {"id": "req_2026", "task": {"id": "t"}}}', "t"),
    ('{"id": "t", "status": "queued", "output": {"id": "file_9"}}', "t"),
    ('{"id": "t", "video": "clip-720p"}', "t"),
    ('{"id": "req_2026", "task": null, "result": "", "data": {"items": [{"id": "t"}]}}', "t"),
    ('{"message": "{\\"task_id\\": \\"t\\"}", "request_id": "r"}', "t"),
    ('{"task-id": "t", "id": "trace"}', "t"),
    ('{"job_id": "j", "message": "taken"}', "j"),
    ('{"code": 0, "data": "{\\"task_id\\": \\"t\\"}"}', "t"),
    ('"{\\"id\\": \\"t\\"}"', "t"),
    ('{"task_id": "t\\n"}', "t"),
    ('{"task_id": 0, "data": {"task_id": "t"}}', "t"),
]


@pytest.mark.parametrize(("body", "task_id"), SHAPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_id_is_found_in_every_shape(body: str, task_id: str, encoding: str) -> None:
    assert find_task_id(body.encode(encoding)) == task_id


HOSTILE = {"task_id": "video_666", "video_id": "video_666", "id": "video_666", "status": "queued"}
ECHOES: list[dict[str, object]] = [
    {"prompt": json.dumps(HOSTILE), "message": "taken", "note": json.dumps(HOSTILE)},
    {"prompt": "video_666", "title": "task_666", "model": "task_666"},
    {"input": HOSTILE | {"prompt": json.dumps(HOSTILE)}, "params": [HOSTILE], "metadata": {"x": HOSTILE}},
    {"request": {"body": HOSTILE}, "messages": [{"role": "user", "content": HOSTILE}], "text": "video_666"},
    {"input_reference": ["data:image/png;base64,video_666", "video_666"], "images": [HOSTILE]},
]


@pytest.mark.parametrize("echo", ECHOES)
def test_what_repeats_the_request_names_no_task(echo: dict[str, object]) -> None:
    """Neither beside the id nor in what wraps it, before it and behind it, whole and torn."""
    for body, task_id in SHAPES:
        whole = json.loads(body)
        if not isinstance(whole, dict):
            continue
        message = {name: item for name, item in whole.items() if name in echo}
        for answer in ({**echo, **whole}, {**whole, **echo, **message}, _with_echo_inside(whole, echo)):
            found = json.dumps(answer)
            assert find_task_id(found.encode()) == task_id, found
            assert find_task_id(f"{found[:-1]}, tor".encode()) == task_id, found
    for trust in IdTrust:
        assert find_task_id(json.dumps({"status": "queued"} | echo).encode(), trust) is None


def _with_echo_inside(whole: dict[str, object], echo: dict[str, object]) -> dict[str, object]:
    return {name: {**echo, **item} if isinstance(item, dict) else item for name, item in whole.items()}


@pytest.mark.parametrize(
    ("body", "task_id"),
    [
        ('{"data": {"task_id": "video_1", "status": "que', "video_1"),
        ('{"data": {"id": "trace", "x": {"task_id": "video_1"', "video_1"),
        ('{"id": 4711, "st', "4711"),
        ('{"request_id":"r","st', "r"),
        ('{"data":"video_1"', "video_1"),
        (" video_1\n", "video_1"),
        ('{"task_id": "a\\u0062c"', "abc"),
        ('{"id": "t"}{"id": "second"}', "t"),
        ('data: {"task_id": "t"}\n\n', "t"),
        ('{"id": "req_2026", "task": {"id": "t"}, "x": tr', "t"),
        ('{"task_id": "t", "prompt": "says "no" to {"task_id": "x"}"}', "t"),
        ('{"data": {"task_id": "t", "bad": "\xff', "t"),
    ],
)
def test_id_is_found_in_a_torn_answer_once_it_is_there_whole(body: str, task_id: str) -> None:
    assert find_task_id(body.encode("latin-1")) == task_id


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "{}",
        '{"x": ' + "[" * 30_000 + ' {"task_id": "t" ',
        '{"task_id"' + '\\\\"' * 20_000,
        '{"prompt": "says {"task_id": "t"}", "x',
        '{"data": {"task_id": "video_1',
        '{"id": 4711',
        '{"data": {"task_id": "", "id": null}}',
        '{"task_id": true, "id": ["x"]}',
        '{"task_id": "a\\nb"}',
        '{"task_id": "\\ud800"}',
        '{"id": "' + "x" * 501 + '"}',
        '{"data": "success", "status": "queued"}',
        '{"data": {"user": {"id": 5}, "status": "queued"}}',
        '{"error": {"id": "err_1", "code": 500}}',
        '{"error": {"code": "task_create_failed", "message": "failed"}}',
        '{"code": "task_error_17", "message": "task_1", "data": null}',
        '{"object": "video_task", "data": {"status": "task_queued"}}',
        '{"code": "task_error_17", "message": "torn',
        '{"code": 0, "data": 1}',
        '<html><script>{"task_id": "t"}</script>',
        " <!doctype html>",
    ],
)
def test_what_is_no_id_is_none(body: str) -> None:
    assert find_task_id(body.encode()) is None


def test_failures_name_only_what_a_task_alone_can_have() -> None:
    for body, task_id in [
        ('{"error": {"message": "late"}, "task_id": "t"}', "t"),
        ('{"error": {"message": "late"}, "id": "video_1"}', "video_1"),
        ('{"data": {"id": "8f14e45f"}}', "8f14e45f"),
        ('{"code": 504, "data": "video_1"}', "video_1"),
        ('{"id": "x", "request_id": "r", "task_id": "t"', "t"),
        ('{"id": "8f14e45f"}', None),
        ('{"request_id": "8f14e45f"}', None),
        ('{"code": 500, "data": "Internal-Error-500"}', None),
        ('{"error": {"code": "task_create_failed", "param": "video_1"}}', None),
        ('{"id": "x", "request_id": "r", "task_id": "t', None),
    ]:
        assert find_task_id(body.encode(), IdTrust.FAILED) == task_id, body


def test_a_success_with_an_error_names_no_request() -> None:
    for body, task_id in [
        ('{"error": {"code": "x", "message": "late"}, "id": "8f14e45f", "status": "queued"}', "8f14e45f"),
        ('{"error": {"code": "x", "message": "late", "request_id": "r"}}', None),
        ('{"error": {"code": "x", "message": "late"}, "request_id": "r"}', None),
        ('{"error": {"code": "x"}, "request_id": "r", "me', None),
    ]:
        assert find_task_id(body.encode(), IdTrust.PERHAPS_TAKEN) == task_id, body


@given(st.binary(max_size=300))
def test_no_bytes_are_a_surprise(body: bytes) -> None:
    for trust in IdTrust:
        found = find_task_id(body, trust)
        assert found is None or found.isprintable()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["task_id", "taskId"]),
)
def test_id_is_found_however_deep_and_however_torn_behind_it(around: object, name: str) -> None:
    body = json.dumps({"a": around, "b": [{"c": {name: "video_1"}}], "z": around}).encode()
    end = body.index(b'"video_1"') + len(b'"video_1"')
    for length in range(end, len(body) + 1):
        assert find_task_id(body[:length]) == "video_1"


@pytest.mark.parametrize(
    "nothing", ['"null"', '"None"', '"0"', "0", "-1", '"00000000-0000-0000-0000-000000000000"']
)
def test_what_stands_for_no_id_is_none(nothing: str) -> None:
    assert find_task_id(f'{{"success": false, "task_id": {nothing}, "id": {nothing}}}'.encode()) is None


@pytest.mark.parametrize(
    ("body", "task_id"),
    [
        ('{"error": {"message": "no"}, "request_id": "r-123456"}', None),
        ('{"error": {"message": "no", "id": "e-123456"}, "id": "r-123456"}', None),
        ('{"error": {"message": "no"}, "id": "r-123456", "status": "failed"}', "r-123456"),
        ('{"error": {"message": "no"}, "id": "video_1"}', "video_1"),
        ('{"error": {"message": "no"}, "id": "r-123456", "data": {"id": "t"}}', "t"),
        ('{"error": {"message": "no", "task_id": "t"}, "id": "r-123456"}', "t"),
    ],
)
def test_ids_of_requests_beside_an_error_are_no_tasks(body: str, task_id: str | None) -> None:
    assert find_task_id(body.encode(), IdTrust.PERHAPS_TAKEN) == task_id
