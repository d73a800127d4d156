"""The rows of what gateways of this kind are known to send, by name: for tables in tests and for chaos.

Shapes of tasks and submissions are in `shapes`, the ends of single tasks in `outcomes`; here are the answers
that say no, pages of servers in between, and odd videos.
"""

from collections.abc import Mapping

from bot.sandbox.dimilinks.faults import (
    At,
    DropAfterAcceptance,
    ErrorAfterAcceptance,
    ErrorPage,
    Fault,
    Html,
    HttpError,
    OddContent,
    RawAnswer,
    ShapedAnswer,
    SubmitStage,
    TornAnswer,
)
from bot.sandbox.dimilinks.shapes import SubmitShape

RETRY_AFTER_VALUES = ("86400", "Wed, 21 Oct 2065 07:28:00 GMT", "soon", "-5", "1e9", "")
"""Values of the header Retry-After; the date is far ahead."""

REFUSALS_OF_ONE_REQUEST: Mapping[str, HttpError] = {
    "invalid_parameters": HttpError(400, "invalid_request_error", "参数无效"),
    "invalid_picture": HttpError(400, "invalid_reference_image", "参考图无效，请检查格式与大小"),
    "content_policy": HttpError(400, "content_policy_violation", "Content violates usage guidelines"),
    "permission_denied": HttpError(403, "permission-denied", "Content violates usage guidelines"),
    "too_long_for_account": HttpError(400, "invalid_request_error", "seconds must be at most 10"),
}
REFUSALS_FOR_MONEY: Mapping[str, HttpError] = {
    "insufficient_balance": HttpError(402, "insufficient_balance", "余额不足"),
    "user_quota": HttpError(403, "insufficient_user_quota", "用户额度不足"),
    "token_quota": HttpError(403, "pre_consume_token_quota_failed", "令牌额度不足"),
    "quota": HttpError(429, "insufficient_quota", "You exceeded your current quota"),
}
REFUSALS_OF_THE_BOT: Mapping[str, HttpError] = {
    "missing_key": HttpError(401, "missing_api_key", "缺少 API Key"),
    "invalid_key": HttpError(401, "invalid_api_key", "API Key 无效"),
    "model_not_allowed": HttpError(403, None, "该密钥无权使用此模型"),
    "unexplained": HttpError(403, None, "forbidden"),
    "rate_limit": HttpError(429, "rate_limit_exceeded", "请求过于频繁"),
}
NO_CHANNEL: Mapping[str, HttpError] = {
    "model_not_found": HttpError(503, "model_not_found", "model not found"),
    "no_available_channel": HttpError(503, None, "no available channel for model grok-imagine-video"),
}
EDGE_PAGES: Mapping[str, Html] = {
    "challenge": Html(403, ErrorPage.CHALLENGE),
    "banned_1015": Html(429, ErrorPage.BANNED, {"Retry-After": "86400"}),
    "banned_1015_text": Html(429, ErrorPage.BANNED_TEXT),
    "bad_gateway": Html(502),
    "gateway_timeout": Html(504),
    "request_timeout": Html(408),
    "too_large": Html(413),
    "client_closed": Html(499),
    "page_for_success": Html(200),
    "empty_success": Html(200, ErrorPage.EMPTY),
}
BOUGHT_WITHOUT_TRUE_WORD: Mapping[str, Fault] = {
    "dropped": DropAfterAcceptance(),
    "torn_behind_id": TornAnswer(),
    "torn_in_id": TornAnswer(after_id=False),
    "without_id": ShapedAnswer(SubmitShape.NO_ID),
    "error_with_200": ErrorAfterAcceptance(200),
    **{
        f"error_{status}": ErrorAfterAcceptance(status) for status in (408, 409, 425, 499, 500, 502, 503, 504)
    },
    **{
        f"page_{name}": At(SubmitStage.AFTER_ACCEPTANCE, page)
        for name, page in EDGE_PAGES.items()
        if name not in {"challenge", "too_large"}
    },
}
"""A video was bought, and the answer does not say so, or not in full."""
BOUGHT: Mapping[str, ShapedAnswer] = {
    **{shape.value: ShapedAnswer(shape) for shape in SubmitShape if shape is not SubmitShape.NO_ID},
    "created_201": ShapedAnswer(SubmitShape.DATA_TASK_ID, 201),
    "accepted_202": ShapedAnswer(SubmitShape.DATA_TASK_ID, 202),
}
"""A video was bought, and the answer has its id somewhere."""
ABSENT_TASK: Mapping[str, RawAnswer] = {
    "code_and_message": RawAnswer(
        b'{"code": "task_not_exist", "message": "task_not_exist", "data": null}', 400
    ),
    "no_data": RawAnswer(b'{"code": "success", "message": "", "data": null}'),
    "detail": RawAnswer(b'{"detail": "Task not found"}', 404),
}
"""What stands in the place of the vendor's error about a task that is not known."""
EMPTY_ABSENT_TASK = RawAnswer(b"", 404)
"""Says nothing of who answers."""
WHOLE_CONTENT: Mapping[str, OddContent] = {
    "status_203": OddContent(203),
    "status_206": OddContent(206),
    "octet_stream": OddContent(content_type="application/octet-stream"),
    "text": OddContent(content_type="text/plain"),
    "picture": OddContent(content_type="image/png"),
    "trailing_bytes": OddContent(trailing=b"\r\n\x00\x00"),
    "newline": OddContent(trailing=b"\n"),
    "id3v1": OddContent(trailing=b"TAG".ljust(128, b"\0")),
    "apev2": OddContent(trailing=b"APETAGEX".ljust(32, b"\0")),
    "cut_padding": OddContent(trailing=b"\0\0\1\0free"),
    "range_of_all": OddContent(206, content_range=True),
    "unreadable": OddContent(readable=False),
    "quicktime": OddContent(content_type="video/quicktime", brand=False),
    "open_ended": OddContent(open_ended=True),
    "open_ended_no_length": OddContent(length=False, open_ended=True),
    "no_length": OddContent(length=False),
}
CONTENT_TOO_EARLY: Mapping[str, Fault] = {
    "400": HttpError(400, "invalid_request_error", "视频尚未生成"),
    "404": HttpError(404, "content_not_found", "视频不存在"),
    "409": HttpError(409, "not_ready", "视频尚未生成"),
    "502": Html(502),
}
