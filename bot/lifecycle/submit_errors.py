"""What a fault of the video service means for a job: pure functions."""

import random
from collections.abc import Mapping
from typing import Final

from bot.dimilinks import (
    BadKeyError,
    DimiLinksError,
    ErrorKind,
    InsufficientBalanceError,
    InvalidReferenceImageError,
    ModelNotAllowedError,
    RateLimitedError,
)
from bot.jobs.job import Failure, FailureReason
from bot.lifecycle.submission_breaker import PauseReason
from bot.lifecycle.timeouts import Timeouts
from bot.texts import explanations, operator
from bot.texts.explanations import Explanation

_REASONS: Final[Mapping[type[DimiLinksError], FailureReason]] = {
    InvalidReferenceImageError: FailureReason.REFERENCE_REJECTED,
    RateLimitedError: FailureReason.SERVICE_BUSY,
}

_PAUSE_REASONS: Final[Mapping[type[DimiLinksError], PauseReason]] = {
    BadKeyError: PauseReason.KEY_REJECTED,
    InsufficientBalanceError: PauseReason.OUT_OF_MONEY,
    ModelNotAllowedError: PauseReason.MODEL_NOT_ALLOWED,
}

_EXPLANATIONS: Final[Mapping[PauseReason, Explanation]] = {
    PauseReason.KEY_REJECTED: explanations.SERVICE_KEY_REJECTED,
    PauseReason.OUT_OF_MONEY: explanations.SERVICE_OUT_OF_MONEY,
    PauseReason.MODEL_NOT_ALLOWED: explanations.SERVICE_MODEL_NOT_ALLOWED,
    PauseReason.MISCONFIGURED: explanations.SERVICE_MISCONFIGURED,
}

OPERATOR_WORDS: Final[Mapping[PauseReason, str]] = {
    PauseReason.KEY_REJECTED: operator.KEY_REJECTED,
    PauseReason.OUT_OF_MONEY: operator.OUT_OF_MONEY,
    PauseReason.MODEL_NOT_ALLOWED: operator.MODEL_NOT_ALLOWED,
    PauseReason.MISCONFIGURED: operator.MISCONFIGURED,
}
"""What is wrong, in words for the operator."""


def pause_reason_of(error: DimiLinksError) -> PauseReason:
    """Why the service refuses the bot itself, from a refusal that only the operator can end."""
    return _PAUSE_REASONS.get(type(error), PauseReason.MISCONFIGURED)


def explain_pause(reason: PauseReason) -> Explanation:
    """What the person of a waiting request is told meanwhile."""
    return _EXPLANATIONS[reason]


def failure_of(error: DimiLinksError) -> Failure:
    """Why a request that bought nothing was given up."""
    reason = _REASONS.get(type(error))
    if reason is not None:
        return Failure(reason, error.message)
    match error.kind:
        case ErrorKind.REQUEST:
            return Failure(FailureReason.REQUEST_REJECTED, error.message)
        case ErrorKind.REFERENCE:
            return Failure(FailureReason.REFERENCE_REJECTED, error.message)
        case ErrorKind.OPERATOR | ErrorKind.RATE_LIMIT | ErrorKind.TRANSPORT:
            return Failure(FailureReason.SERVICE_UNREACHABLE, error.message)


def resubmit_pause_s(
    error: DimiLinksError, attempt: int, timeouts: Timeouts, chance: random.Random
) -> float | None:
    """Seconds until a request that bought nothing may be made again; None where that would be no use.

    The service's own `Retry-After` counts; otherwise pauses double, and vary by a quarter so that jobs which
    were refused together do not come back together. `attempt` counts from 1.
    """
    match error.kind:
        case ErrorKind.REQUEST | ErrorKind.REFERENCE | ErrorKind.OPERATOR:
            return None
        case ErrorKind.RATE_LIMIT | ErrorKind.TRANSPORT:
            doubled_s = timeouts.resubmit_first_s * 2 ** min(attempt - 1, 16)
            pause_s = min(doubled_s, timeouts.resubmit_longest_s) * chance.uniform(0.75, 1.25)
            return max(pause_s, error.retry_after_s or 0.0)
