"""Accepts video requests from every way in and turns them into stored jobs."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.images.sources import check_source
from bot.images.spool import ReferenceSpool
from bot.jobs.job import Job, JobState
from bot.jobs.store import DuplicateJobError, JobStore
from bot.lifecycle.media_space import MediaSpace
from bot.lifecycle.runner import JobStarter
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.policy import Verdict
from bot.moderation.prompt_flags import take_out_flags
from bot.moderation.rules import ReviewStage, ServerRules
from bot.people.cache import PreferenceCache
from bot.services.acknowledging import Acknowledging, acknowledge_stored
from bot.services.drafts import Draft, DraftStore, DraftUsedError
from bot.services.known_events import KnownEvents
from bot.services.order import RequestOrigin, VideoOrder, check_order
from bot.services.request_limits import CountedLimits, OverLimitError
from bot.services.request_records import RequestRecords
from bot.storage.errors import StorageError, StorageUnavailableError
from bot.texts import explanations, forms, refusals
from bot.texts import jobs as words
from bot.texts.explanations import Explanation
from bot.texts.messages import Translatable
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

STORE_WITHIN_S: Final = 0.8
"""Of the three seconds that Discord grants for an acknowledgement, what storing may take first."""
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
"""Between two tries to withdraw a job."""


@dataclass(frozen=True)
class RequestLimits:
    """Limits that the operator sets: hosts of pictures, how much may be bought a day, how much may wait."""

    allowed_hosts: Sequence[str]
    counted: CountedLimits


@dataclass(frozen=True)
class Refused:
    """Reason why there will be no video; `verdict` is the rule that says so, if it was one."""

    explanation: Translatable
    verdict: Verdict | None = None

    @property
    def no_change_helps(self) -> bool:
        """True if other words or options would be refused too, for the event, the channel, or the first frame."""
        is_of_place = self.verdict in {Verdict.COMMAND_NOT_HERE, Verdict.MAY_NOT_WRITE}
        return self.was_made or is_of_place or self.explanation in refusals.OF_CONTINUATIONS.values()

    @property
    def pictures_do_harm(self) -> bool:
        """True if the same pictures would be refused again, whatever else is changed."""
        return self.verdict is Verdict.PICTURES_OFF or self.explanation == explanations.PICTURES_NOT_KEPT

    @property
    def was_made(self) -> bool:
        """True if the very request became a video before, so that there is nothing to change."""
        return self.explanation in (forms.DRAFT_USED, words.ALREADY_REPEATED)


class VideoRequests:
    """Accepts orders. `stopping` is set when the process is about to end and accepts no more."""

    def __init__(
        self,
        *,
        store: JobStore,
        runner: JobStarter,
        spool: ReferenceSpool,
        people: PreferenceCache,
        gatekeeper: Gatekeeper,
        records: RequestRecords,
        drafts: DraftStore,
        space: MediaSpace,
        limits: RequestLimits,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._runner = runner
        self._spool = spool
        self._known = KnownEvents()
        self._people = people
        self._gatekeeper = gatekeeper
        self._records = records
        self._drafts = drafts
        self._space = space
        self._limits = limits
        self._now = now
        self.stopping = False

    def knows(self, job_id: str) -> bool:
        """Return True if an event that asked for this job was accepted lately, or is just being."""
        return job_id in self._known

    async def accept(
        self,
        order: VideoOrder,
        origin: RequestOrigin,
        acknowledge: Acknowledging | None = None,
    ) -> Refused | None:
        """Examine an order, store its job, acknowledge, and start the job.

        Stored first, a few milliseconds as a rule: a request that is acknowledged but stored nowhere would be
        forgotten if the process died now, and one that is stored but not acknowledged is never begun. But no
        disk, however slow, keeps a user waiting.

        Args:
            order: What is asked for.
            origin: Who asks, and where.
            acknowledge: None for a message, whose answer is the job's own first step.

        Returns:
            Why there will be no video, for the caller to show; None if the job was started, or if this very event
            was accepted before.
        """
        job_id = job_id_of(origin.event)
        # Before anything is asked: the reply of an event that comes twice is the first one's.
        if job_id in self._known:
            refused = _DUPLICATE
        else:
            refused = await self._accept_new(order, origin, acknowledge)
        if refused is None:
            await self._records.record_alert(order, origin, job_id)
        if refused is not _DUPLICATE:
            return refused
        log.info("event_accepted_before", job=job_id)
        return None

    async def _accept_new(
        self,
        order: VideoOrder,
        origin: RequestOrigin,
        acknowledge: Acknowledging | None,
    ) -> Refused | None:
        job = await self.examine(order, origin)
        if isinstance(job, Refused):
            return job
        new_member = self._gatekeeper.limits_of_new_member(origin.person, origin.joined_at)
        if acknowledge is None:
            return await self._answer(job, new_member)
        return await self._acknowledge(job, order.draft_id, new_member, acknowledge)

    async def _answer(self, job: Job, new_member: ServerRules | None) -> Refused | None:
        """Store and start a job whose first step answers the message that asked for it."""
        refused = await self._store_job(job, None, new_member)
        if refused is None:
            await self._begin(job, None)
        return refused

    async def _acknowledge(
        self,
        job: Job,
        draft_id: str | None,
        new_member: ServerRules | None,
        acknowledge: Acknowledging,
    ) -> Refused | None:
        """Store, acknowledge and start a job that an interaction asked for."""
        storing = self._store_job(job, draft_id, new_member)
        refused, acknowledged = await acknowledge_stored(storing, acknowledge, within_s=STORE_WITHIN_S)
        if refused is not None:
            return refused
        if acknowledged is None:
            await self._withdraw(job)
        else:
            await self._begin(job, acknowledged.message_id)
        return None

    async def examine(self, order: VideoOrder, origin: RequestOrigin) -> Job | Refused:
        """Return the job of an order, or why there is none. Needs neither the database nor Discord.

        An order has to be complete and allowed by the rules. Whether it is within the caps is found out when it is
        stored.
        """
        hosts, reply = self._limits.allowed_hosts, origin.reply
        # A message is answered where it stands, an interaction in private.
        for_all = reply.asked_message_id is not None and reply.guild_id is not None
        request = check_order(order, origin.missing, allowed_hosts=hosts, for_all=for_all)
        if isinstance(request, Explanation):
            return Refused(request)
        preset, pictures = request.preset, order.origin
        decision = await self._gatekeeper.decide(
            preset, request.prompt, origin.person, origin.channel, pictures
        )
        # From here on nothing waits: the same event may have come again meanwhile.
        if job_id_of(origin.event) in self._known:
            return _DUPLICATE
        if self.stopping:
            return Refused(explanations.STOPPING)
        if not decision.allowed:
            verdict, continues = decision.verdict, preset is not Preset.SPICY and pictures.continues_spicy
            explanation = self._gatekeeper.explain(verdict, origin.person, continues_spicy=continues)
            return Refused(explanation, verdict)
        held = decision.waits_at(ReviewStage.SUBMISSION)
        job = Job(
            id=job_id_of(origin.event),
            request=request,
            sources=order.sources,
            reply=origin.reply,
            guild_id=origin.reply.guild_id,
            state=JobState.HELD if held else JobState.QUEUED,
            created_at=self._now(),
            pictures=order.kept,
            parent_id=order.parent_id,
            parent_url=order.parent_url,
            ping=self._people.of(origin.person.id).ping or False,
            role_ids=origin.person.role_ids,
            fits_picture=order.fits_picture,
            had_flags=take_out_flags(order.prompt).had_flags,
            from_people=order.from_people,
            awaits_posting=decision.waits_at(ReviewStage.POSTING),
        )
        self._known.add(job.id)
        return job

    async def keep_refused(self, draft_id: str, order: VideoOrder, person_id: int, refused: Refused) -> None:
        """Keep an order that was refused, for its user to change, as far as the disk allows.

        Pictures for which it was refused are left out: no form takes a picture away.
        """
        harmful = refused.pictures_do_harm
        hosts = self._limits.allowed_hosts
        sources = () if harmful else tuple(one for one in order.sources if check_source(one, hosts) is None)
        kept = None if harmful else order.kept
        order = order.changed(sources=sources, kept=kept, draft_id=None)
        try:
            await self._drafts.add(Draft(draft_id, person_id, self._now(), order))
        except StorageError as error:
            log.warning("draft_not_stored", reason=str(error))

    async def record_refusal(self, order: VideoOrder, origin: RequestOrigin, refused: Refused) -> None:
        """Put a refusal by the rules into the audit log, as far as the disk allows."""
        if refused.verdict is not None:
            await self._records.record_refusal(order, origin, refused.verdict)

    async def _store_job(
        self, job: Job, draft_id: str | None, new_member: ServerRules | None
    ) -> Refused | None:
        """Store the job, to be resumed by whichever process comes next; or return why it could not be."""
        refused = await self._without_room() or await self._try_to_store(job, draft_id, new_member)
        if refused is not None:
            # This very event's: one that was known already was not examined.
            self._known.forget(job.id)
        return refused

    async def _without_room(self) -> Refused | None:
        """Refuse the job where there is no space for its video, as far as the disk tells."""
        try:
            no_room = await self._space.refusal()
        except (StorageError, OSError) as error:
            log.warning("space_not_looked_up", reason=str(error))
            return None
        return Refused(no_room) if no_room is not None else None

    async def _try_to_store(
        self, job: Job, draft_id: str | None, new_member: ServerRules | None
    ) -> Refused | None:
        async def within_limits(within: AsyncConnection) -> None:
            await self._limits.counted.check(within, job, new_member)
            if draft_id is not None:
                await self._drafts.use_up(within, draft_id, job)

        try:
            if job.pictures:
                # Sharing begins with an empty folder, and an earlier job of the same event has its pictures in it.
                if await self._store.exists(job.id):
                    return _DUPLICATE
                job = replace(job, pictures=await self._spool.share(job.pictures, job.id))
            # Of one statement as a rule: what an acknowledgement waits for is then one trip to the database.
            is_alone = draft_id is None and not self._limits.counted.hold_for(job, new_member)
            await self._store.add(job, also=None if is_alone else within_limits)
        except (OverLimitError, DraftUsedError) as refusal:
            return Refused(refusal.explanation if isinstance(refusal, OverLimitError) else forms.DRAFT_USED)
        except DuplicateJobError:
            return await self._explain_duplicate(job.id)
        except FileNotFoundError:
            return Refused(explanations.PICTURES_NOT_KEPT)
        except (StorageError, OSError) as error:
            log.error("job_not_stored", job=job.id, reason=str(error))
            return Refused(explanations.NOT_KEPT)
        return None

    async def _explain_duplicate(self, job_id: str) -> Refused:
        """Tell an event that came twice from a second attempt to try the same job again."""
        try:
            if not await self._store.exists(job_id):
                return Refused(words.ALREADY_REPEATED)
        except StorageError as error:
            # The first event's job may be paid for already: say nothing that could be untrue in its reply.
            log.warning("duplicate_not_looked_up", job=job_id, reason=str(error))
        return _DUPLICATE

    async def _begin(self, job: Job, message_id: int | None) -> None:
        """Start a stored job whose user was told that an answer will come."""
        log.info(
            "job_accepted",
            job=job.id,
            person=job.reply.person_id,
            guild=job.guild_id,
            seconds=job.request.seconds,
            resolution=job.request.resolution,
            preset=job.request.preset,
            references=job.request.reference_count,
        )
        if self._runner.start(job.id, message_id=message_id) or message_id is None:
            return
        try:
            await self._store.save_reply(job.id, replace(job.reply, message_id=message_id))
        except StorageError as error:
            # The job finds its message by itself.
            log.warning("reply_not_noted", job=job.id, reason=str(error))

    async def _withdraw(self, job: Job) -> None:
        """Delete a job that nobody was told of: Discord took no acknowledgement of this process."""
        self._known.forget(job.id)
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self._store.remove(job.id)
            except StorageError as error:
                # The next start finds that no reply is its own, and buys nothing either.
                log.warning("job_not_withdrawn", job=job.id, reason=str(error))
                if self.stopping or not isinstance(error, StorageUnavailableError):
                    return
            else:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


_DUPLICATE: Final = Refused(words.ALREADY_REPEATED)
"""The same event once more: nothing is shown, because the reply is the first one's."""


def job_id_of(event: str) -> str:
    """Return the id of the job that an event asks for: the same each time, so that an event buys once."""
    return hashlib.sha256(event.encode()).hexdigest()[:32]
