"""Checks before money is spent and before a video is posted: the rules, and the optional image check.

A check changes nothing of a job but the score that it keeps; the step that asked applies its result.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from bot.files.store import FileStore
from bot.images.screening import Screening, ScreeningUnavailableError, percent
from bot.jobs.job import FailureReason, Job
from bot.jobs.request_facts import shows_spicy, stored_request
from bot.lifecycle.context import JobContext
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.policy import Decision, Verdict
from bot.moderation.prompt_flags import take_out_flags
from bot.moderation.rules import ReviewStage
from bot.reviews.decided_videos import DecidedVideos

log: Final = structlog.get_logger(__name__)


class CheckOutcome(StrEnum):
    """Outcomes of a check."""

    PASS = "pass"  # noqa: S105 - no password
    WAIT = "wait"
    """Moderators have to agree first."""
    REFUSED = "refused"


@dataclass(frozen=True)
class CheckResult:
    """A check's outcome, with the reason of a refusal."""

    outcome: CheckOutcome
    reason: FailureReason | None = None


_UNBOUGHT: Final[Mapping[Verdict, FailureReason]] = {
    Verdict.PERSON_GONE: FailureReason.PERSON_GONE,
    Verdict.PERSON_TIMED_OUT: FailureReason.PERSON_GONE,
}
"""Why a request is not bought, where it is not that the rules changed."""
_OF_PERSON: Final = frozenset(
    {
        Verdict.PERSON_BLOCKED,
        Verdict.PERSON_SUSPENDED,
        Verdict.PERSON_GONE,
        Verdict.PERSON_TIMED_OUT,
    }
)
"""Refusals by which a finished video is kept from its user, wherever that is: `bot/services/held_back.py`."""
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 15.0
_PASS: Final = CheckResult(CheckOutcome.PASS)
_WAIT: Final = CheckResult(CheckOutcome.WAIT)


class Checks:
    """Asks the rules, each time anew, and scores pictures and videos where a server wants that.

    Methods raise `bot.storage.errors.StorageError`.
    """

    def __init__(
        self,
        *,
        gatekeeper: Gatekeeper,
        decided: DecidedVideos,
        screening: Screening,
        videos: FileStore,
        untold_s: float,
    ) -> None:
        """Args: `untold_s` is how long a Discord is waited for that does not tell what a rule needs to know."""
        self._gatekeeper = gatekeeper
        self._decided = decided
        self._screening = screening
        self._videos = videos
        self._untold_s = untold_s

    async def before_purchase(self, context: JobContext) -> CheckResult:
        """Check a queued job whose pictures are on the disk, right before its request may be paid for."""
        job = context.job
        if not take_out_flags(job.request.prompt).text:
            log.info("submission_not_allowed", job=job.id, verdict="flags")
            return CheckResult(CheckOutcome.REFUSED, FailureReason.NOT_ALLOWED)
        decision = await self._decide(job, ReviewStage.SUBMISSION)
        if not decision.allowed:
            log.info("submission_not_allowed", job=job.id, verdict=decision.verdict, untold=decision.untold)
            return CheckResult(CheckOutcome.REFUSED, _unbought(decision))
        if decision.waits_at(ReviewStage.SUBMISSION) or await self._pictures_score_high(context):
            return _WAIT
        return _PASS

    async def still_passes(self, job: Job) -> bool:
        """Return True if what passed `before_purchase` some time ago passes still, as far as is known at once.

        Other requests are held up meanwhile, so nothing is waited for; who gets False asks `before_purchase` again.
        """
        decision = await self._gatekeeper.decide_again(stored_request(job))
        if not decision.allowed or decision.waits_at(ReviewStage.SUBMISSION):
            return False
        threshold = await self._threshold(job, ReviewStage.SUBMISSION)
        if not job.pictures or threshold is None:
            return True
        return job.pictures_percent is not None and job.pictures_percent < threshold

    async def before_posting(self, context: JobContext) -> CheckResult:
        """Check a finished video that is on the disk, for the channel in which its reply is now."""
        job = context.job
        # Nobody has seen what no try to post was begun for, unless it is looked for again.
        if (job.attempt is not None or job.lookup) and await self._decided.is_put_away(job):
            log.info("posting_not_allowed", job=job.id, verdict="put_away")
            return CheckResult(CheckOutcome.REFUSED, FailureReason.HELD_BACK)
        decision = await self._decide(job, ReviewStage.POSTING)
        at_home = job.guild_id is not None and job.guild_id == job.reply.guild_id
        if decision.keeps_for_moderators and at_home:
            log.info("posting_shown_to_moderators", job=job.id, verdict=decision.verdict)
            return _WAIT
        if not decision.allowed:
            log.info("posting_not_allowed", job=job.id, verdict=decision.verdict, untold=decision.untold)
            return CheckResult(CheckOutcome.REFUSED, _unposted(decision, at_home=at_home))
        if not decision.waits_at_posting and not await self._video_scores_high(context):
            return _PASS
        if not at_home:
            # Fetched elsewhere: the moderators there were never asked, and those of its own server cannot say.
            log.info("posting_not_allowed", job=job.id, verdict="foreign")
            return CheckResult(CheckOutcome.REFUSED, FailureReason.NOT_POSTED_HERE)
        return _WAIT

    async def is_put_away(self, job: Job) -> bool:
        """Return True if a video that was posted is to be seen no more."""
        return job.failure is not None or await self._decided.is_put_away(job)

    async def _decide(self, job: Job, stage: ReviewStage) -> Decision:
        """Ask the rules, for a while again and again if Discord does not tell what could let the job pass."""
        loop = asyncio.get_running_loop()
        ends_s, pause_s = loop.time() + self._untold_s, _FIRST_PAUSE_S
        while True:
            decision = await self._gatekeeper.decide_again(stored_request(job))
            settled = decision.lets_pass(stage) or not decision.untold
            if settled or loop.time() + pause_s > ends_s:
                return decision
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _pictures_score_high(self, context: JobContext) -> bool:
        """Return True if the pictures' score, which is kept, reaches the server's threshold or is unknown."""
        job, stage = context.job, ReviewStage.SUBMISSION
        paths, threshold = [picture.path for picture in job.pictures or ()], await self._threshold(job, stage)
        if not paths or threshold is None:
            return False
        if job.pictures_percent is None:
            found = await self._score(job, stage, self._screening.score_pictures(paths))
            if found is None:
                return True
            await context.amend(pictures_percent=found)
        return (context.job.pictures_percent or 0) >= threshold

    async def _video_scores_high(self, context: JobContext) -> bool:
        """Return True if the video's score, which is kept, reaches the server's threshold or is unknown."""
        job = context.job
        threshold = await self._threshold(job, ReviewStage.POSTING)
        if job.video_name is None or job.reply.guild_id != job.guild_id or threshold is None:
            return False
        if job.video_percent is None:
            found = await self._score(job, ReviewStage.POSTING, self._score_video(job.video_name))
            if found is None:
                return True
            await context.amend(video_percent=found)
        return (context.job.video_percent or 0) >= threshold

    async def _score_video(self, name: str) -> float:
        try:
            path = await self._videos.fetch(name)
        except OSError:
            path = self._videos.path(name)  # which has no score either
        return await self._screening.score_video(path)

    async def _score(self, job: Job, stage: ReviewStage, scoring: Awaitable[float]) -> int | None:
        """Return a score in percent, or None if it cannot be told, which moderators look at as well."""
        try:
            found = percent(await scoring)
        except ScreeningUnavailableError as error:
            log.warning("not_screened", job=job.id, stage=stage, fault=error.fault)
            return None
        log.info("screened", job=job.id, stage=stage, percent=found)
        return found

    async def _threshold(self, job: Job, stage: ReviewStage) -> int | None:
        """Return the score from which on moderators look, in percent; None where they do not, or already did."""
        if job.guild_id is None or shows_spicy(job) or stage in job.approved:
            return None
        if not self._screening.enabled or job.reply.foreign:
            return None
        rules = await self._gatekeeper.caches.rules.current(job.guild_id)
        return rules.image_check_percent or None


def _unbought(decision: Decision) -> FailureReason:
    """Return why a request that is not allowed is not bought."""
    if decision.untold:
        return FailureReason.NOT_TOLD
    return _UNBOUGHT.get(decision.verdict, FailureReason.NOT_ALLOWED)


def _unposted(decision: Decision, *, at_home: bool) -> FailureReason:
    """Return why a finished video is not posted where its reply is: in the server of its request, or elsewhere."""
    if decision.untold:
        return FailureReason.NOT_TOLD
    held_back = at_home and decision.verdict in _OF_PERSON
    return FailureReason.HELD_BACK if held_back else FailureReason.NOT_POSTED_HERE
