"""Which words belong to which state and failure of a job: pure functions from jobs to cards."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.images import ConversionReason, ImageLimits, ImageProblem
from bot.jobs.job import ConvertedPicture, Failure, FailureReason, Job
from bot.texts import cards, explanations
from bot.texts.cards import Card, Stage
from bot.texts.explanations import Explanation

LIMITS: Final = ImageLimits()


_PICTURE_EXPLANATIONS: Final[Mapping[ImageProblem, Callable[[str, str], Explanation]]] = {
    ImageProblem.EMPTY: lambda name, _: explanations.picture_empty(name),
    ImageProblem.TOO_LARGE: lambda name, _: explanations.picture_too_large(name, LIMITS.source_bytes),
    ImageProblem.NOT_AN_IMAGE: lambda name, _: explanations.picture_not_an_image(name),
    ImageProblem.UNSUPPORTED_FORMAT: explanations.picture_unsupported,
    ImageProblem.TRUNCATED: lambda name, _: explanations.picture_truncated(name),
    ImageProblem.TOO_MANY_PIXELS: lambda name, _: explanations.picture_too_many_pixels(name, LIMITS.pixels),
    ImageProblem.FOREIGN_HOST: lambda name, _: explanations.picture_from_elsewhere(name),
    ImageProblem.GONE: lambda name, _: explanations.picture_gone(name),
    ImageProblem.UNREACHABLE: lambda name, _: explanations.picture_unreachable(name),
    ImageProblem.CONVERSION_FAILED: lambda name, _: explanations.picture_not_convertible(name),
}


def explain_picture(name: str, problem: ImageProblem, detail: str = "") -> Explanation:
    """What is wrong with the picture that the person calls `name`."""
    return _PICTURE_EXPLANATIONS[problem](name, detail)


def _picture(failure: Failure, _job: Job) -> Explanation:
    if failure.problem is None:
        return explanations.picture_not_an_image(failure.picture)
    return explain_picture(failure.picture, failure.problem, failure.detail)


def _always(explanation: Explanation) -> Callable[[Failure, Job], Explanation]:
    return lambda _failure, _job: explanation


def _by_purchase(before: Explanation, after: Explanation) -> Callable[[Failure, Job], Explanation]:
    return lambda _failure, job: after if job.bought else before


_EXPLANATIONS: Final[Mapping[FailureReason, Callable[[Failure, Job], Explanation]]] = {
    FailureReason.PICTURE_REFUSED: _picture,
    FailureReason.REQUEST_REJECTED: lambda failure, _: explanations.request_rejected(failure.detail),
    FailureReason.REFERENCE_REJECTED: lambda failure, _: explanations.reference_rejected(failure.detail),
    FailureReason.KEY_REJECTED: _always(explanations.SERVICE_KEY_REJECTED),
    FailureReason.OUT_OF_MONEY: _always(explanations.SERVICE_OUT_OF_MONEY),
    FailureReason.MODEL_NOT_ALLOWED: _always(explanations.SERVICE_MODEL_NOT_ALLOWED),
    FailureReason.SERVICE_BUSY: _always(explanations.SERVICE_BUSY),
    FailureReason.SERVICE_UNREACHABLE: _always(explanations.SERVICE_UNREACHABLE),
    FailureReason.PURCHASE_UNKNOWN: _always(explanations.PURCHASE_UNKNOWN),
    FailureReason.GENERATION_FAILED: lambda failure, _: explanations.generation_failed(failure.detail),
    FailureReason.BLOCKED_BY_SERVICE: _always(explanations.BLOCKED_BY_SERVICE),
    FailureReason.EXPIRED: _always(explanations.EXPIRED),
    FailureReason.VIDEO_BROKEN: _always(explanations.VIDEO_BROKEN),
    FailureReason.UPLOAD_TOO_LARGE: _always(explanations.UPLOAD_TOO_LARGE),
    FailureReason.UPLOAD_REFUSED: _always(explanations.UPLOAD_REFUSED),
    FailureReason.BROKE: _by_purchase(explanations.BROKE_BEFORE_PURCHASE, explanations.BROKE_AFTER_PURCHASE),
    FailureReason.INTERRUPTED: _by_purchase(
        explanations.INTERRUPTED_BEFORE_PURCHASE, explanations.INTERRUPTED_AFTER_PURCHASE
    ),
}


def explain(job: Job, failure: Failure) -> Explanation:
    """What happened, whether money was spent, what to do next."""
    return _EXPLANATIONS[failure.reason](failure, job)


def _note(converted: ConvertedPicture) -> str:
    match converted.conversion.reason:
        case ConversionReason.FORMAT:
            return cards.converted_format(converted.name, converted.conversion.original_format)
        case ConversionReason.TOO_LARGE:
            return cards.converted_size(converted.name, converted.conversion.original_bytes)


def _notes(job: Job) -> tuple[str, ...]:
    return tuple(_note(converted) for converted in job.converted)


def working_card(job: Job, stage: Stage, *, now: datetime, progress: int, rest_s: float | None) -> Card:
    """The card while the job runs."""
    elapsed_s = (now - job.created_at).total_seconds()
    return cards.working(
        job.request, stage, progress=progress, elapsed_s=elapsed_s, rest_s=rest_s, notes=_notes(job)
    )


def delivered_card(job: Job, *, now: datetime) -> Card:
    """The card above the finished video."""
    return cards.delivered(job.request, took_s=(now - job.created_at).total_seconds(), notes=_notes(job))


def failed_card(job: Job, failure: Failure) -> Card:
    """The card in place of a video. It names the task, or the job, for the operator to look up."""
    return cards.failed(job.request, explain(job, failure), number=job.task_id or job.id, notes=_notes(job))
