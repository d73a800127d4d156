"""Whose fault an answer is: every known code, and what is said by something in front of the API."""

import json
from datetime import UTC, datetime

import pytest

from bot.dimilinks import (
    ContentRefusedError,
    DimiLinksError,
    FaultReason,
    FaultScope,
    FaultVerdict,
    InsufficientBalanceError,
    InvalidReferenceImageError,
    ModelNotAllowedError,
    OtherRefusalError,
    ServerError,
    UnreadableAnswerError,
)
from bot.dimilinks.answers import Answer
from bot.dimilinks.refusals import error_from
from bot.dimilinks.scrub import Scrubber
from tests.dimilinks.clients import KEY

NOW = datetime(2026, 3, 1, tzinfo=UTC)
THIS, WHOLE = FaultScope.THIS_REQUEST, FaultScope.WHOLE_BOT
TRANSPORT, UNCERTAIN = FaultScope.TRANSPORT, FaultScope.UNCERTAIN
PAGE = "<!doctype html><title>Just a moment…</title>"


def error_of(status: int, body: str, *, own_origin: bool = True) -> DimiLinksError:
    answer = Answer(status, "application/json", None, None, body.encode())
    return error_from(answer, Scrubber(KEY), NOW, own_origin=own_origin)


def own(code: object = None, message: str = "", kind: object = None) -> str:
    return json.dumps({"error": {"message": message, "type": kind, "code": code}})


@pytest.mark.parametrize(
    ("status", "code", "message", "scope", "reason"),
    [
        (400, "invalid_request_error", "提示词为空", THIS, FaultReason.PARAMETERS),
        (400, None, "seconds must be at most 10 for this account", THIS, FaultReason.PARAMETERS),
        (422, None, "seconds", THIS, FaultReason.PARAMETERS),
        (400, "invalid_reference_image", "", THIS, FaultReason.REFERENCE),
        (413, None, "body too large", THIS, FaultReason.REFERENCE),
        (400, None, "Content violates usage guidelines", THIS, FaultReason.CONTENT),
        (403, "permission-denied", "Content violates usage guidelines.", THIS, FaultReason.CONTENT),
        (403, "moderation_blocked", "no", THIS, FaultReason.CONTENT),
        (400, "sensitive_words_detected", "检测到敏感词", THIS, FaultReason.CONTENT),
        (401, "missing_api_key", "", WHOLE, FaultReason.KEY),
        (401, "invalid_api_key", "", WHOLE, FaultReason.KEY),
        (401, None, "令牌已过期", WHOLE, FaultReason.KEY),
        (402, "insufficient_balance", "", WHOLE, FaultReason.MONEY),
        (402, None, "余额不足", WHOLE, FaultReason.MONEY),
        (403, "insufficient_user_quota", "用户额度不足", WHOLE, FaultReason.MONEY),
        (403, "pre_consume_token_quota_failed", "need quota", WHOLE, FaultReason.MONEY),
        (403, "Pre-Consume-Token-Quota-Failed", "", WHOLE, FaultReason.MONEY),
        (403, None, "预扣费额度失败, 用户剩余额度: $0.04", WHOLE, FaultReason.MONEY),
        (429, "insufficient_quota", "You exceeded your quota", WHOLE, FaultReason.MONEY),
        (403, None, "Model is not allowed for this API key", WHOLE, FaultReason.MODEL),
        (403, None, "该令牌无权访问模型 grok-imagine-video", WHOLE, FaultReason.MODEL),
        (404, "model_not_found", "The model does not exist", WHOLE, FaultReason.MODEL),
        (404, None, "接口不存在", WHOLE, FaultReason.MISCONFIGURED),
        (405, None, "", WHOLE, FaultReason.MISCONFIGURED),
        (503, "model_not_found", "", TRANSPORT, FaultReason.NO_CHANNEL),
        (503, None, "No available channel for model grok-imagine-video", TRANSPORT, FaultReason.NO_CHANNEL),
        (503, None, "当前分组下无可用渠道", TRANSPORT, FaultReason.NO_CHANNEL),
        (429, "rate_limit_exceeded", "slow down", TRANSPORT, FaultReason.RATE_LIMIT),
        (408, None, "", TRANSPORT, FaultReason.SERVICE_FAILED),
        (499, None, "", TRANSPORT, FaultReason.SERVICE_FAILED),
        (500, "upstream_error", "上游错误", TRANSPORT, FaultReason.SERVICE_FAILED),
        (504, None, "", TRANSPORT, FaultReason.SERVICE_FAILED),
        (402, None, "", UNCERTAIN, FaultReason.MONEY),
        (402, "something_new", "too dear", UNCERTAIN, FaultReason.MONEY),
        (403, None, "", UNCERTAIN, FaultReason.MODEL),
        (403, "permission-denied", "The caller does not have permission", UNCERTAIN, FaultReason.MODEL),
        (409, None, "", UNCERTAIN, FaultReason.UNNAMED),
        (451, None, "", UNCERTAIN, FaultReason.UNNAMED),
        (200, None, "oops", UNCERTAIN, FaultReason.UNNAMED),
        (200, "insufficient_balance", "", WHOLE, FaultReason.MONEY),
        (200, 402, "oops", UNCERTAIN, FaultReason.MONEY),
        (200, "429", "oops", TRANSPORT, FaultReason.RATE_LIMIT),
    ],
)
def test_status_code_and_words_tell_whose_fault_it_is(
    status: int, code: object, message: str, scope: FaultScope, reason: FaultReason
) -> None:
    error = error_of(status, own(code, message, "new_api_error"))
    assert error.verdict == FaultVerdict(scope, reason)
    assert error.in_own_voice


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, own("insufficient_user_quota"), InsufficientBalanceError),
        (429, own("insufficient_quota"), InsufficientBalanceError),
        (403, own("permission-denied", "Content violates usage guidelines"), ContentRefusedError),
        (422, own("invalid_reference_image"), InvalidReferenceImageError),
        (404, own("model_not_found"), ModelNotAllowedError),
        (503, own("model_not_found"), ServerError),
        (409, own(), OtherRefusalError),
    ],
)
def test_each_meaning_has_its_class_whatever_the_status(
    status: int, body: str, expected: type[DimiLinksError]
) -> None:
    assert type(error_of(status, body.replace("null", '"x"'))) is expected


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 408, 413, 429, 499, 502, 504, 520])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (PAGE, FaultReason.PAGE),
        ("error code: 1015", FaultReason.PAGE),
        ('{"message": "Forbidden"}', FaultReason.FOREIGN_ERROR),
        ('{"error": "invalid_api_key"}', FaultReason.FOREIGN_ERROR),
        ('{"error": {}}', FaultReason.FOREIGN_ERROR),
        ('{"error": {"code": 0, "message": "success"}}', FaultReason.FOREIGN_ERROR),
        ('{"errors": [{"code": 10000, "message": "Authentication error"}]}', FaultReason.FOREIGN_ERROR),
        ('{"detail": "余额不足"}', FaultReason.FOREIGN_ERROR),
        ("[]", FaultReason.FOREIGN_ERROR),
        ("", FaultReason.FOREIGN_ERROR),
    ],
)
def test_whatever_is_not_the_apis_own_error_is_transport(status: int, body: str, reason: FaultReason) -> None:
    error = error_of(status, body)
    if status == 200 and reason is FaultReason.FOREIGN_ERROR:
        reason = FaultReason.UNREADABLE
    assert error.verdict == FaultVerdict(TRANSPORT, reason)
    assert type(error) is (ServerError if status >= 500 else UnreadableAnswerError)
    assert not error.in_own_voice


@pytest.mark.parametrize("status", [401, 402, 403, 404, 500])
def test_another_origin_has_no_say(status: int) -> None:
    error = error_of(status, own("invalid_api_key", "no"), own_origin=False)
    assert (error.verdict.scope, error.in_own_voice) == (TRANSPORT, False)


@pytest.mark.parametrize(
    "words", ["余额不足", "insufficient balance", "model is not allowed", "no access to model"]
)
def test_no_prompt_that_a_refusal_repeats_makes_it_a_fault_of_the_whole_bot(words: str) -> None:
    assert error_of(400, own(None, f"invalid prompt: {words}")).verdict.scope is THIS
    assert error_of(403, own(None, f"Content violates usage guidelines: {words}")).verdict.scope is THIS


def test_evidence_is_needed_where_another_request_may_be_taken() -> None:
    needing = {
        (status, code)
        for status, code in [
            (402, None),
            (402, "insufficient_balance"),
            (403, None),
            (401, None),
            (404, None),
        ]
        if error_of(status, own(code, "x")).verdict.needs_evidence
    }
    assert needing == {(402, None), (402, "insufficient_balance"), (403, None)}


@pytest.mark.parametrize(
    ("status", "body", "closes"),
    [
        (502, PAGE, True),
        (403, PAGE, True),
        (502, "", True),
        (503, own("model_not_found"), True),
        (401, own("invalid_api_key"), True),
        (307, "", True),
        (500, own(None, "oops"), False),
        (400, own(None, "oops"), False),
        (429, own(None, "slow down"), False),
        (403, own(None, "who knows"), False),
        (200, "{}", False),
    ],
)
def test_what_would_meet_the_next_submission_too_closes_submitting(
    status: int,
    body: str,
    closes: bool,  # noqa: FBT001 - a table's column
) -> None:
    verdict = error_of(status, body).verdict
    assert verdict.closes_at_once is closes
    assert verdict.closes_after_doubt or not closes


def test_what_needs_evidence_closes_submitting_where_it_leaves_a_purchase_in_doubt() -> None:
    closing = {
        body
        for body in (own("402"), own("403"), own("insufficient_quota"), own(None, "who knows"), "{}")
        if error_of(200, body).verdict.closes_after_doubt
    }
    assert closing == {own("402"), own("403"), own("insufficient_quota")}
