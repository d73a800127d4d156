"""Waiting for moderators: before anything is bought, and before a finished video is posted."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.delivery.messages import Post
from bot.images.screening import Screening, ScreeningUnavailableError
from bot.images.screening import percent as as_percent
from bot.jobs import cards
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.request_facts import stored_request
from bot.lifecycle.context import JobContext
from bot.lifecycle.steps.deliver import tell
from bot.lifecycle.steps.prepare import is_prepared, prepare
from bot.moderation.rules import ReviewStage
from bot.reviews.review import ReviewState, ReviewSubject, job_after_decision
from bot.video import Preset

log: Final = structlog.get_logger(__name__)


async def hold(context: JobContext) -> None:
    """Have moderators asked about a held job, whose pictures are collected first: Discord's links expire."""
    if not is_prepared(context):
        await prepare(context)
        if context.job.state is not JobState.HELD:
            return
    await _ask(context, ReviewSubject.SUBMISSION)


async def may_submit(context: JobContext) -> bool:
    """Whether the rules still allow a queued job to be bought; if not, it has ended or is held."""
    job = context.job
    decision = await context.parts.gatekeeper.decide_again(stored_request(job))
    if not decision.allowed:
        log.info("submission_not_allowed", job=job.id, verdict=decision.verdict)
        failure = Failure(FailureReason.NOT_ALLOWED)
        await context.move(JobState.FAILED, failure=failure, ended_at=context.parts.now())
        return False
    if decision.waits_at(ReviewStage.SUBMISSION) or await _pictures_look_bad(context):
        await context.move(JobState.HELD)
        return False
    return True


async def may_post(context: JobContext) -> FailureReason | None:
    """Why a finished video may not be posted where it is to be; None if it may, or waits for moderators.

    In the latter case the job is at rest.
    """
    job = context.job
    decision = await context.parts.gatekeeper.decide_again(stored_request(job))
    if not decision.allowed:
        log.info("posting_not_allowed", job=job.id, verdict=decision.verdict)
        return FailureReason.NOT_POSTED_HERE
    if decision.waits_at_posting or await _video_looks_bad(context):
        if job.guild_id is None or job.guild_id != job.reply.guild_id:
            # Fetched elsewhere: the moderators there were never asked, and those of its own server cannot say.
            log.info("posting_not_allowed", job=job.id, verdict="foreign")
            return FailureReason.NOT_POSTED_HERE
        await _ask(context, ReviewSubject.POSTING)
    return None


async def _pictures_look_bad(context: JobContext) -> bool:
    """Whether the pictures of a request outside the spicy preset score above what the server lets through."""
    paths = [picture.path for picture in context.job.pictures or ()]
    if not paths:
        return False
    return await _looks_bad(context, ReviewStage.SUBMISSION, lambda screen: screen.score_pictures(paths))


async def _video_looks_bad(context: JobContext) -> bool:
    """The same for frames of a finished video, in the server in which it was asked for."""
    job = context.job
    if job.video_name is None or job.reply.guild_id != job.guild_id:
        return False
    path = context.parts.media_dir / job.video_name
    return await _looks_bad(context, ReviewStage.POSTING, lambda screen: screen.score_video(path))


async def _looks_bad(
    context: JobContext, stage: ReviewStage, score: Callable[[Screening], Awaitable[float]]
) -> bool:
    """Whether a score reaches the server's threshold; what cannot be scored does."""
    job, threshold = context.job, _threshold(context, stage)
    if threshold is None:
        return False
    try:
        found = as_percent(await score(context.parts.screening))
    except ScreeningUnavailableError as error:
        log.warning("not_screened", job=job.id, stage=stage, fault=error.fault)
        return True
    log.info("screened", job=job.id, stage=stage, percent=found)
    return found >= threshold


def _threshold(context: JobContext, stage: ReviewStage) -> int | None:
    """From which score on moderators look; None where they do not, or already did."""
    job = context.job
    if job.guild_id is None or job.request.preset is Preset.SPICY or stage in job.approved:
        return None
    if not context.parts.screening.enabled:
        return None
    return context.parts.gatekeeper.caches.rules.of(job.guild_id).image_check_percent or None


async def _ask(context: JobContext, subject: ReviewSubject) -> None:
    review = await context.parts.questions.ask(context.job, subject)
    if review.state is not ReviewState.OPEN:
        # Closed before the job noted that it had been asked: an earlier process was killed in between.
        await context.become(job_after_decision(context.job, review, context.parts.now()))
        await context.parts.questions.show(review)
        return
    # Noted before anybody can answer it: whoever writes later than the answer is told that they are late.
    await context.amend(review_id=review.id)
    await context.parts.questions.present(review, context.job)
    await tell(context, Post(cards.held_card(context.job, review.expires_at)))
