"""Explanations of ended jobs: what happened, if money was spent, what to do next. Pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.images.model import IMAGE_LIMITS
from bot.images.problems import ImageProblem
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.public_words import name_of_picture, quotes_prompt
from bot.texts import explanations, files, pictures, refusals, service_words
from bot.texts.explanations import Explanation, Money
from bot.texts.messages import Message


def explain_picture(name: str | Message, problem: ImageProblem, detail: str = "") -> Explanation:
    """Return the explanation of a problem with the picture that the user calls `name`."""
    return pictures.explain(problem, name, detail, limit_bytes=IMAGE_LIMITS.source_bytes)


def _picture(failure: Failure, job: Job) -> Explanation:
    problem = failure.problem or ImageProblem.NOT_AN_IMAGE
    name = name_of_picture(job, failure.picture_number, failure.picture)
    return explain_picture(name, problem, failure.detail)


def _always(explanation: Explanation) -> Callable[[Failure, Job], Explanation]:
    return lambda _failure, _job: explanation


def _broke(failure: Failure, job: Job) -> Explanation:
    return explanations.laid_aside_broke(failure.detail) if job.bought else explanations.BROKE_BEFORE_PURCHASE


def _not_stored(failure: Failure, job: Job) -> Explanation:
    return files.laid_aside_not_stored(failure.detail) if job.bought else files.PICTURES_NOT_STORED


def _said(failure: Failure, job: Job) -> str:
    """Return the service's words, or its known code. Words can repeat the prompt, and stand only where that may."""
    may_quote = failure.detail in service_words.SERVICE_CODES or quotes_prompt(job)
    return failure.detail if may_quote else ""


def _between_them(failure: Failure, job: Job) -> str:
    """Return the moderators' reason where its user alone reads it; they hear it in a direct message as well."""
    return failure.detail if job.reply.private else ""


_EXPLANATIONS: Final[Mapping[FailureReason, Callable[[Failure, Job], Explanation]]] = {
    FailureReason.PICTURE_REFUSED: _picture,
    FailureReason.REQUEST_REJECTED: lambda failure, job: service_words.request_rejected(_said(failure, job)),
    FailureReason.REFUSED_UNREAD: lambda failure, _: service_words.refused_unread(failure.detail),
    FailureReason.TOO_DEAR: _always(explanations.TOO_DEAR),
    FailureReason.NOT_BOUGHT: _always(explanations.FOUND_NOT_BOUGHT),
    FailureReason.REFERENCE_REJECTED: lambda failure, job: service_words.reference_rejected(
        _said(failure, job)
    ),
    FailureReason.SERVICE_BUSY: _always(explanations.SERVICE_BUSY),
    FailureReason.SERVICE_UNREACHABLE: _always(explanations.SERVICE_UNREACHABLE),
    FailureReason.PURCHASE_UNKNOWN: _always(explanations.PURCHASE_UNKNOWN),
    FailureReason.GENERATION_FAILED: lambda failure, job: service_words.generation_failed(
        _said(failure, job)
    ),
    FailureReason.BLOCKED_BY_SERVICE: _always(explanations.BLOCKED_BY_SERVICE),
    FailureReason.EXPIRED: _always(explanations.EXPIRED),
    FailureReason.TASK_GONE: _always(explanations.TASK_GONE),
    FailureReason.VIDEO_ABSENT: lambda failure, job: explanations.video_absent(_said(failure, job)),
    FailureReason.VIDEO_BROKEN: _always(explanations.VIDEO_BROKEN),
    FailureReason.VIDEO_UNUSABLE: _always(explanations.VIDEO_UNUSABLE),
    FailureReason.VIDEO_UNREACHABLE: _always(explanations.VIDEO_UNREACHABLE),
    FailureReason.VIDEO_NOT_STORED: _always(explanations.VIDEO_NOT_STORED),
    FailureReason.NOT_STORED: _not_stored,
    FailureReason.UPLOAD_TOO_LARGE: lambda failure, _: explanations.laid_aside_too_large(failure.detail),
    FailureReason.NOT_FITTED: lambda failure, _: files.laid_aside_not_fitted(failure.detail),
    FailureReason.UPLOAD_REFUSED: lambda failure, _: explanations.laid_aside_refused(failure.detail),
    FailureReason.UPLOAD_DOUBTFUL: lambda failure, _: explanations.laid_aside_doubtful(failure.detail),
    FailureReason.BEFORE_RESTORE: lambda failure, _: explanations.laid_aside_restored(failure.detail),
    FailureReason.UNCOLLECTED: _always(explanations.UNCOLLECTED),
    FailureReason.UNANSWERED: _always(explanations.UNANSWERED),
    FailureReason.NOT_ALLOWED: _always(refusals.NO_LONGER_ALLOWED),
    FailureReason.NOT_TOLD: lambda _, job: refusals.not_told(bought=job.bought),
    FailureReason.DENIED: lambda failure, job: refusals.denied(_between_them(failure, job)),
    FailureReason.REVIEW_EXPIRED: _always(refusals.REVIEW_EXPIRED),
    FailureReason.REVIEW_WITHDRAWN: _always(refusals.REVIEW_WITHDRAWN),
    FailureReason.NOT_POSTED_HERE: _always(refusals.NOT_POSTED_HERE),
    FailureReason.HELD_BACK: lambda failure, _: refusals.held_back(failure.detail),
    FailureReason.POSTING_DENIED: lambda failure, job: refusals.posting_denied(_between_them(failure, job)),
    FailureReason.POSTING_EXPIRED: _always(refusals.POSTING_EXPIRED),
    FailureReason.PERSON_GONE: lambda _, job: refusals.person_gone(bought=job.bought),
    FailureReason.BROKE: _broke,
    FailureReason.INTERRUPTED: _always(explanations.INTERRUPTED),
    FailureReason.DELETED_BY_OWNER: _always(refusals.DELETED_BY_OWNER),
    FailureReason.DELETED_BY_MODERATOR: _always(refusals.DELETED_BY_MODERATOR),
}


def explain_failure(failure: Failure, job: Job) -> Explanation:
    """Return the explanation of a failure of a job."""
    return _EXPLANATIONS[failure.reason](failure, job)


def explain(job: Job) -> Explanation:
    """Return the explanation of an ended job: what happened, if money was spent, what to do next."""
    told = _explain(job)
    in_doubt = job.may_be_bought and told.money is Money.NOT_SPENT
    return replace(told, money=Money.UNKNOWN) if in_doubt else told


def _explain(job: Job) -> Explanation:
    if job.failure is not None:
        return explain_failure(job.failure, job)
    if job.state is JobState.DENIED:
        return explanations.DENIED
    if job.bought:
        return explanations.CANCELLED_AFTER_PURCHASE
    if job.may_be_bought:
        return explanations.CANCELLED_IN_DOUBT
    return explanations.CANCELLED_BEFORE_PURCHASE
