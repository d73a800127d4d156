"""Consequences of a fault of the video service for a job: pure functions."""

import random
from collections.abc import Mapping
from typing import Final

from bot.dimilinks import DimiLinksError, FaultReason, FaultScope, Purchase
from bot.jobs.job import Failure, FailureReason
from bot.jobs.submission_pause import PauseReason
from bot.lifecycle.timeouts import Timeouts
from bot.texts import explanations, operator, service_words
from bot.texts.explanations import Explanation

_PAUSE_REASONS: Final[Mapping[FaultReason, PauseReason]] = {
    FaultReason.KEY: PauseReason.KEY_REJECTED,
    FaultReason.MONEY: PauseReason.OUT_OF_MONEY,
    FaultReason.MODEL: PauseReason.MODEL_NOT_ALLOWED,
    FaultReason.NO_CHANNEL: PauseReason.NO_CHANNEL,
    FaultReason.PAGE: PauseReason.SERVICE_AWAY,
    FaultReason.FOREIGN_ERROR: PauseReason.SERVICE_AWAY,
    FaultReason.REDIRECT: PauseReason.SERVICE_AWAY,
}

_EXPLANATIONS: Final[Mapping[PauseReason, Explanation]] = {
    PauseReason.KEY_REJECTED: explanations.SERVICE_KEY_REJECTED,
    PauseReason.OUT_OF_MONEY: explanations.SERVICE_OUT_OF_MONEY,
    PauseReason.MONEY_IN_DOUBT: explanations.SERVICE_OUT_OF_MONEY,
    PauseReason.MODEL_NOT_ALLOWED: explanations.SERVICE_MODEL_NOT_ALLOWED,
    PauseReason.MISCONFIGURED: explanations.SERVICE_MISCONFIGURED,
    PauseReason.SERVICE_AWAY: explanations.SERVICE_AWAY,
    PauseReason.NO_CHANNEL: explanations.SERVICE_WITHOUT_CHANNEL,
    PauseReason.UNKNOWN: explanations.SERVICE_AWAY,
}

OPERATOR_WORDS: Final[Mapping[PauseReason, str]] = {
    PauseReason.KEY_REJECTED: operator.KEY_REJECTED,
    PauseReason.OUT_OF_MONEY: operator.OUT_OF_MONEY,
    PauseReason.MONEY_IN_DOUBT: operator.OUT_OF_MONEY,
    PauseReason.MODEL_NOT_ALLOWED: operator.MODEL_NOT_ALLOWED,
    PauseReason.MISCONFIGURED: operator.MISCONFIGURED,
    PauseReason.SERVICE_AWAY: operator.SERVICE_AWAY,
    PauseReason.NO_CHANNEL: operator.NO_CHANNEL,
    PauseReason.UNKNOWN: operator.PAUSED_FOR_UNKNOWN_REASON,
}
"""Words for the operator."""


def was_left_unread(error: DimiLinksError) -> bool:
    """Return True if something in front of the service refused a request before its last byte had left."""
    unread = error.purchase is Purchase.NOT_BOUGHT and not error.in_own_voice
    return unread and error.verdict.closes_after_doubt


def pause_reason_of(error: DimiLinksError) -> PauseReason:
    """Return why submitting pauses after an error that concerns more than its own request."""
    reason = _PAUSE_REASONS.get(error.verdict.reason, PauseReason.MISCONFIGURED)
    in_doubt = reason is PauseReason.OUT_OF_MONEY and error.purchase is not Purchase.NOT_BOUGHT
    return PauseReason.MONEY_IN_DOUBT if in_doubt else reason


def explain_pause(reason: PauseReason) -> Explanation:
    """Return what the user of a waiting request is told meanwhile."""
    return _EXPLANATIONS[reason]


def failure_of(error: DimiLinksError) -> Failure:
    """Return why a request that bought nothing was given up."""
    match error.verdict.reason:
        case FaultReason.MONEY:
            return Failure(FailureReason.TOO_DEAR, error.message)
        case FaultReason.REFERENCE:
            said = service_words.words_of_service(error.code, error.message)
            return Failure(FailureReason.REFERENCE_REJECTED, said)
        case FaultReason.CONTENT:
            return Failure(FailureReason.REQUEST_REJECTED, service_words.CONTENT_CODE)
        case FaultReason.RATE_LIMIT:
            return Failure(FailureReason.SERVICE_BUSY, error.message)
        case _ if error.verdict.scope is FaultScope.TRANSPORT:
            return _failure_of_transport(error)
        case _:
            return Failure(FailureReason.REQUEST_REJECTED, error.message)


def _failure_of_transport(error: DimiLinksError) -> Failure:
    if was_left_unread(error):
        return Failure(FailureReason.REFUSED_UNREAD, str(error.http_status))
    return Failure(FailureReason.SERVICE_UNREACHABLE, error.message)


def resubmit_pause_s(
    error: DimiLinksError, attempt: int, timeouts: Timeouts, chance: random.Random
) -> float | None:
    """Seconds until a request that bought nothing may be made again; None where that would be no use.

    The service's own `Retry-After` counts; otherwise pauses double, and vary by a quarter so that jobs which
    were refused together do not come back together. `attempt` counts from 1.
    """
    if error.verdict.scope is not FaultScope.TRANSPORT:
        return None
    doubled_s = timeouts.resubmit_first_s * 2 ** min(attempt - 1, 16)
    pause_s = min(doubled_s, timeouts.resubmit_longest_s) * chance.uniform(0.75, 1.25)
    return max(pause_s, error.retry_after_s or 0.0)
