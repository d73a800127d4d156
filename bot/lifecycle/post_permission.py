"""Permission to post: asked right before every try to post a finished video."""

from bot.delivery.messages import PermissionUntoldError
from bot.jobs.job import Job
from bot.jobs.request_facts import stored_request
from bot.jobs.store import ClaimLostError, JobStore, StaleJobError
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.rules import ReviewStage
from bot.reviews.decided_videos import DecidedVideos


class PostPermission:
    """Asks the rules, and what was decided since. Methods raise `bot.storage.errors.StorageError`."""

    def __init__(self, store: JobStore, gatekeeper: Gatekeeper, decided: DecidedVideos) -> None:
        self._store = store
        self._gatekeeper = gatekeeper
        self._decided = decided

    async def allows(self, job: Job, *, maybe_seen: bool) -> bool:
        """Return True if the video may be posted now: hours may have passed since the last check.

        Args:
            job: The job, as its run knows it.
            maybe_seen: True if an earlier try may have shown the video, so that somebody may have decided about it.

        Raises:
            PermissionUntoldError: Discord does not tell what a rule needs to know. It may a moment later.
            StaleJobError: The job was ended meanwhile, as by who deleted its video.
            UnknownJobError: It is gone.
        """
        if maybe_seen:
            stored = await self._store.get(job.id)
            if stored.claim != job.claim:
                raise ClaimLostError(job.id, stored.claimed_by)
            if stored.state is not job.state:
                raise StaleJobError(f"{job.id} is {stored.state}, was {job.state}")
        # Nobody has seen what is posted for the first time.
        if (maybe_seen or job.lookup) and await self._decided.is_put_away(job):
            return False
        decision = await self._gatekeeper.decide_again(stored_request(job))
        permitted = decision.lets_pass(ReviewStage.POSTING)
        if not permitted and decision.untold:
            raise PermissionUntoldError("Discord does not tell what a rule needs to know")
        return permitted

    def allows_direct(self, job: Job) -> bool:
        """Return True if such a video may be sent in direct messages at all."""
        return self._gatekeeper.allows_direct(stored_request(job))
