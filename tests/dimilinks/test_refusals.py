"""Which error stands for which answer."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import (
    BadKeyError,
    DimiLinks,
    DimiLinksError,
    ErrorKind,
    InsufficientBalanceError,
    InvalidReferenceImageError,
    InvalidRequestError,
    ModelNotAllowedError,
    NotFoundError,
    OtherRefusalError,
    RateLimitedError,
    ServerError,
    TaskAbsentError,
    UnexpectedRedirectError,
    UnreadableAnswerError,
)
from bot.dimilinks.retry_after import retry_after_s
from tests.dimilinks.servers import Answer, RecordingServer, json_answer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def answered(api: RecordingServer, client: DimiLinks, answer: Answer) -> DimiLinksError:
    api.answers = [answer]
    with pytest.raises(DimiLinksError) as caught:
        await client.task("t")
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "expected", "kind"),
    [
        (400, "invalid_request_error", InvalidRequestError, ErrorKind.REQUEST),
        (400, "invalid_reference_image", InvalidReferenceImageError, ErrorKind.REFERENCE),
        (400, "Invalid_Reference_Image", InvalidReferenceImageError, ErrorKind.REFERENCE),
        (400, "something_new", InvalidRequestError, ErrorKind.REQUEST),
        (401, "missing_api_key", BadKeyError, ErrorKind.OPERATOR),
        (401, "invalid_api_key", BadKeyError, ErrorKind.OPERATOR),
        (401, None, BadKeyError, ErrorKind.OPERATOR),
        (402, "insufficient_balance", InsufficientBalanceError, ErrorKind.OPERATOR),
        (403, None, ModelNotAllowedError, ErrorKind.OPERATOR),
        (403, "permission-denied", ModelNotAllowedError, ErrorKind.OPERATOR),
        (404, None, TaskAbsentError, ErrorKind.TRANSPORT),
        (405, None, NotFoundError, ErrorKind.OPERATOR),
        (408, None, ServerError, ErrorKind.TRANSPORT),
        (413, None, InvalidReferenceImageError, ErrorKind.REFERENCE),
        (422, "invalid_reference_image", InvalidReferenceImageError, ErrorKind.REFERENCE),
        (422, None, InvalidRequestError, ErrorKind.REQUEST),
        (451, None, OtherRefusalError, ErrorKind.REQUEST),
        (429, "rate_limit_exceeded", RateLimitedError, ErrorKind.RATE_LIMIT),
        (500, None, ServerError, ErrorKind.TRANSPORT),
    ],
)
async def test_status_and_code_choose_the_error(
    api: RecordingServer,
    client: DimiLinks,
    status: int,
    code: str | None,
    expected: type[DimiLinksError],
    kind: ErrorKind,
) -> None:
    body = json.dumps({"error": {"message": "参数错误", "code": code}})
    error = await answered(api, client, json_answer(body, status))
    assert type(error) is expected
    assert (error.kind, error.http_status, error.code, error.message) == (kind, status, code, "参数错误")


async def test_meaning_given_as_type_counts_where_the_code_is_a_number(
    api: RecordingServer, client: DimiLinks
) -> None:
    body = '{"error": {"message": "图片无效", "type": "invalid_reference_image", "code": 40003}}'
    error = await answered(api, client, json_answer(body, 400))
    assert type(error) is InvalidReferenceImageError
    assert error.code == "40003"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "HTTP 400 without a message"),
        ("<html><h1>Bad Request</h1></html>", "HTTP 400 with a page"),
        ('{"error": null}', "HTTP 400 without a message"),
        ('{"error": {"message": {"deep": 1}, "code": [1]}}', "HTTP 400 without a message"),
        ('{"error": "just text"}', "just text"),
        ('{"message": "unwrapped"}', "unwrapped"),
        ('{"error": {"message": "two\\nlines\\u0000 \\ud800"}}', "two lines \ufffd"),
        ('{"error": {"message": "' + "long " * 1000 + '"}}', ("long " * 100)[:499] + "…"),
        ('{"error": {"message": "cut at the bound", "x": "' + "x" * 200_000, "HTTP 400 without a message"),
    ],
)
async def test_message_is_short_clean_text_whatever_the_body(
    api: RecordingServer, client: DimiLinks, body: str, message: str
) -> None:
    error = await answered(api, client, Answer(400, body.encode()))
    assert type(error) is (InvalidRequestError if error.in_own_voice else UnreadableAnswerError)
    assert error.message == message


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"message": "余额不足", "code": "insufficient_balance"}}'.encode("gbk"),
        b'{"error": {"message": "caf\xe9", "code": "insufficient_balance"}}',
        b'{"error": {"message": "two\nlines", "code": "insufficient_balance"}}',
    ],
    ids=["GBK", "Latin-1", "raw newline"],
)
async def test_a_refusal_in_other_encodings_is_the_apis_own(
    api: RecordingServer, client: DimiLinks, body: bytes
) -> None:
    error = await answered(api, client, Answer(402, body))
    assert (type(error), error.in_own_voice) == (InsufficientBalanceError, True)


async def test_redirect_names_the_host_it_points_to(api: RecordingServer, client: DimiLinks) -> None:
    error = await answered(api, client, Answer(301, headers={"Location": "https://other.example/v1?sig=1"}))
    assert type(error) is UnexpectedRedirectError
    assert error.message == "HTTP 301, a redirect to other.example"


async def test_retry_after_date_is_measured_with_the_clients_clock(
    api: RecordingServer, client: DimiLinks
) -> None:
    later = datetime.now(UTC) + timedelta(seconds=50)
    header = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
    error = await answered(api, client, Answer(429, headers={"Retry-After": header}))
    assert error.retry_after_s is not None
    assert 40 < error.retry_after_s <= 50


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("nan", None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("9" * 400, 86_400.0),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 12:01:00 -0000", 60.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2099 12:00:00 GMT", 86_400.0),
        ("Sun, 99 Mar 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_number_or_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


@given(st.text())
def test_no_retry_after_header_is_a_surprise(header: str) -> None:
    seconds = retry_after_s(header, NOW)
    assert seconds is None or 0 <= seconds <= 86_400
