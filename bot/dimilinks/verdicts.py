"""Whose fault an error is: a table of what the video API and gateways of its kind say, and its reading. No I/O.

Sources: the vendor's page *Errors*, and the sources and public reports of the gateways new-api and grok2api,
whose field names the vendor uses. Only an error in the API's own words is looked up here; what a page or
another program in front of the API says is decided by `refusals`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final


class FaultScope(StrEnum):
    """Whom an error concerns."""

    THIS_REQUEST = "this_request"
    """The one request: others may be taken, and this one is refused again unless it changes."""
    WHOLE_BOT = "whole_bot"
    """Every request of this bot, until its operator does something."""
    TRANSPORT = "transport"
    """No request and nobody's account: the network, the service, or something between. It may pass."""
    UNCERTAIN = "uncertain"
    """The request or the whole bot; evidence decides, such as another request that is taken meanwhile."""


class FaultReason(StrEnum):
    """Observation. With scope UNCERTAIN it is what the error would mean for the whole bot."""

    PARAMETERS = "parameters"
    CONTENT = "content"
    """The service said that its content rules refuse the prompt or a picture."""
    REFERENCE = "reference"
    """A reference image was refused or could not be read."""
    VIDEO_TOO_LARGE = "video_too_large"

    KEY = "key"
    MONEY = "money"
    MODEL = "model"
    MISCONFIGURED = "misconfigured"
    """The API answered, but it has no such route: the configured address is wrong."""

    UNNAMED = "unnamed"
    """An error of the API that the table does not know."""

    RATE_LIMIT = "rate_limit"
    NO_CHANNEL = "no_channel"
    """The service has nobody at present who makes videos with this model."""
    SERVICE_FAILED = "service_failed"
    """The API said that it failed itself."""
    PAGE = "page"
    """A page, or other text that is no JSON, came instead of an answer."""
    FOREIGN_ERROR = "foreign_error"
    """An error status without an error of the API's shape: from something in front of the API."""
    REDIRECT = "redirect"
    UNREADABLE = "unreadable"
    """An answer came, but without the meaning that it must have."""
    TORN = "torn"
    """An answer began and broke off."""
    NO_ANSWER = "no_answer"
    """The connection was not made, or broke before any answer came."""
    TIMED_OUT = "timed_out"

    TASK_ABSENT = "task_absent"
    """The API does not know the task."""
    VIDEO_ABSENT = "video_absent"
    """The API has no video for the task, not yet or not any more."""
    VIDEO_INCOMPLETE = "video_incomplete"
    """Bytes of the video were missing."""
    VIDEO_BROKEN = "video_broken"
    """All bytes came, and they are no mp4."""


_CLOSING: Final = frozenset(
    {FaultReason.PAGE, FaultReason.FOREIGN_ERROR, FaultReason.NO_CHANNEL, FaultReason.REDIRECT}
)


@dataclass(frozen=True)
class FaultVerdict:
    """Whose fault an error is, and what was seen."""

    scope: FaultScope
    reason: FaultReason

    @property
    def needs_evidence(self) -> bool:
        """True if another request may be taken while this one is refused, so that a single refusal proves little.

        Also for an account that is out of money: its rest may do for a cheaper video.
        """
        return self.scope is FaultScope.UNCERTAIN or self == OUT_OF_MONEY

    @property
    def closes_at_once(self) -> bool:
        """True if the next submission would probably meet the same, which bought nothing and needs no evidence."""
        return self.closes_after_doubt and not self.needs_evidence

    @property
    def closes_after_doubt(self) -> bool:
        """True if the next submission would probably meet the same, after which nobody knows if it was bought.

        No further request is made to be the evidence, since each may be lost.
        """
        told_of_bot = self.reason in {FaultReason.MONEY, FaultReason.MODEL}
        return self.scope is FaultScope.WHOLE_BOT or told_of_bot or self.reason in _CLOSING


@dataclass(frozen=True)
class ErrorAnswer:
    """An error in the API's own shape: codes, the most specific first, and the message; cleaned text."""

    codes: tuple[str, ...] = ()
    message: str = ""


def _this(reason: FaultReason) -> FaultVerdict:
    return FaultVerdict(FaultScope.THIS_REQUEST, reason)


def _transport(reason: FaultReason) -> FaultVerdict:
    return FaultVerdict(FaultScope.TRANSPORT, reason)


def _whole(reason: FaultReason) -> FaultVerdict:
    return FaultVerdict(FaultScope.WHOLE_BOT, reason)


OUT_OF_MONEY: Final = _whole(FaultReason.MONEY)
UNNAMED: Final = FaultVerdict(FaultScope.UNCERTAIN, FaultReason.UNNAMED)


@dataclass(frozen=True)
class _Row:
    """A verdict for answers with one of the statuses (any, if none is given) and one of the codes or words.

    A row with neither codes nor words holds for every answer with its status. Words are lower case and may
    stand anywhere in the message.
    """

    verdict: FaultVerdict
    statuses: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def holds_for(self, status: int | None, codes: frozenset[str], message: str) -> bool:
        """True if the row tells what the error means; `status` is None where it says nothing."""
        if status is not None and self.statuses and status not in self.statuses:
            return False
        if not self.codes and not self.words:
            return status is not None
        return bool(codes & self.codes) or any(word in message for word in self.words)


def _statuses(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)


_ERROR_STATUSES: Final = range(400, 600)
_NO_CHANNEL_WORDS: Final = ("no available channel", "无可用渠道", "没有可用渠道")
_CONTENT_CODES: Final = frozenset(
    {
        "moderation_blocked",
        "content_policy_violation",
        "content_filter",
        "content_moderated",
        "sensitive_words_detected",
    }
)
_CONTENT_WORDS: Final = (
    "content violates",
    "usage guidelines",
    "content policy",
    "moderation",
    "moderated",
    "safety system",
    "sensitive word",
    "敏感",
    "违规",
    "内容审核",
)

# The first row that holds decides. Codes come before words, and the words of a content rule before those about
# the account: a message may repeat parts of the prompt, and no prompt may pause the whole bot.
_ROWS: Final[tuple[_Row, ...]] = (
    _Row(
        OUT_OF_MONEY,
        _statuses(402, 403, 429),
        frozenset(
            {
                "insufficient_balance",
                "insufficient_user_quota",
                "pre_consume_token_quota_failed",
                "insufficient_quota",
            }
        ),
    ),
    _Row(_whole(FaultReason.KEY), _statuses(401)),
    _Row(_whole(FaultReason.KEY), _statuses(400, 403), frozenset({"invalid_api_key", "missing_api_key"})),
    _Row(
        _transport(FaultReason.NO_CHANNEL),
        _statuses(500, 502, 503, 504),
        frozenset({"model_not_found", "get_channel_failed"}),
        _NO_CHANNEL_WORDS,
    ),
    _Row(
        _whole(FaultReason.MODEL),
        _statuses(400, 403, 404),
        frozenset({"model_not_found", "model_not_allowed"}),
    ),
    _Row(_this(FaultReason.REFERENCE), _statuses(400, 403, 413, 422), frozenset({"invalid_reference_image"})),
    _Row(_this(FaultReason.CONTENT), _statuses(400, 403, 422), _CONTENT_CODES, _CONTENT_WORDS),
    _Row(
        OUT_OF_MONEY,
        _statuses(402, 403),
        words=(
            "insufficient balance",
            "insufficient quota",
            "quota is not enough",
            "余额不足",
            "额度不足",
            "预扣费额度失败",
        ),
    ),
    _Row(
        _whole(FaultReason.MODEL),
        _statuses(403, 404),
        words=(
            "model is not allowed",
            "no access to model",
            "not have access to model",
            "not have access to the model",
            "无权访问模型",
            "无权使用模型",
        ),
    ),
    _Row(_this(FaultReason.PARAMETERS), _statuses(400, 422)),
    _Row(FaultVerdict(FaultScope.UNCERTAIN, FaultReason.MONEY), _statuses(402)),
    _Row(FaultVerdict(FaultScope.UNCERTAIN, FaultReason.MODEL), _statuses(403)),
    _Row(_whole(FaultReason.MISCONFIGURED), _statuses(404, 405)),
    _Row(_this(FaultReason.REFERENCE), _statuses(413)),
    _Row(_transport(FaultReason.RATE_LIMIT), _statuses(429)),
    _Row(_transport(FaultReason.SERVICE_FAILED), _statuses(408, 425, 499, *range(500, 600))),
)


def judge_error(status: int, error: ErrorAnswer) -> FaultVerdict:
    """Whose fault an error in the API's own words is.

    Args:
        status: The answer's HTTP status. An error that came with 2xx is judged by its code and words, and by
            the status that its code repeats, if it does.
        error: What the API said.
    """
    codes = frozenset(_plain(code) for code in error.codes)
    message = error.message.lower()
    known = status if status >= HTTPStatus.MULTIPLE_CHOICES else _status_among(codes)
    for row in _ROWS:
        if row.holds_for(known, codes, message):
            return row.verdict
    return UNNAMED


def is_content_refusal(codes: Iterable[str], message: str) -> bool:
    """True if the words say that a content rule of the service stopped a request or a finished video."""
    lowered = message.lower()
    return any(_plain(code) in _CONTENT_CODES for code in codes) or any(
        word in lowered for word in _CONTENT_WORDS
    )


def _plain(code: str) -> str:
    return code.strip().lower().replace("-", "_")


def _status_among(codes: frozenset[str]) -> int | None:
    return next((status for status in _ERROR_STATUSES if str(status) in codes), None)
