"""The door to the jobs: what a way in hands over, and what happens to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from bot.delivery.messages import ReplyAddress
from bot.images.model import ImageSource, Reference
from bot.images.spool import ReferenceSpool
from bot.jobs.job import Job, JobState, new_job_id
from bot.jobs.request_facts import origin_of
from bot.jobs.store import DuplicateJobError, JobStore, UnknownJobError
from bot.lifecycle.runner import JobStarter
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ChannelInfo, Gatekeeper
from bot.moderation.policy import Person, Verdict
from bot.moderation.rules import ReviewStage
from bot.quota.allowance import Allowance, Shortage, ShortageOf, day_after, judge
from bot.quota.ledger import Ledger
from bot.services.order import Ask, read_ask
from bot.storage.errors import StorageError
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.texts.jobs import moment
from bot.video import VideoRequest

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Order:
    """A request that was examined, with where its answer goes.

    `pictures` are spooled already, for another job, and are shared with it. `parent_id` is the job that is
    tried again, which can be done once; `parent_url` links to the video that is followed upon.
    """

    request: VideoRequest
    sources: tuple[ImageSource, ...]
    reply: ReplyAddress
    guild_id: int | None
    pictures: tuple[Reference, ...] | None = None
    parent_id: str | None = None
    parent_url: str | None = None
    ping: bool = False
    held: bool = False
    """Whether moderators have to agree first."""
    role_ids: frozenset[int] = frozenset()
    job_id: str | None = None


@dataclass(frozen=True)
class RequestLimits:
    """What the operator allows: where pictures may come from, how much may be bought a day."""

    allowed_hosts: Sequence[str]
    allowance: Allowance


@dataclass(frozen=True)
class Accepted:
    """A request that may be made, once moderators agreed if it is `held`."""

    request: VideoRequest
    held: bool = False


@dataclass(frozen=True)
class Refused:
    """Why there will be no video, and the rule that says so, if it was one."""

    explanation: Explanation
    verdict: Verdict | None = None


class VideoRequests:
    """Accepts orders. `stopping` is set when the process is about to end and takes no more.

    An order goes through `examine` and `place`, which need no I/O and may come before the acknowledgement;
    through `keep`, at the same time as it; and through `begin` or `withdraw`, as the acknowledgement went.
    """

    def __init__(
        self,
        store: JobStore,
        engine: JobStarter,
        spool: ReferenceSpool,
        ledger: Ledger,
        *,
        gatekeeper: Gatekeeper,
        audit: AuditLog,
        now: Callable[[], datetime],
        terms: RequestLimits,
    ) -> None:
        self._store = store
        self._engine = engine
        self._spool = spool
        self._ledger = ledger
        self._now = now
        self._terms = terms
        self._gatekeeper = gatekeeper
        self._audit = audit
        self.stopping = False

    def examine(self, ask: Ask) -> Accepted | Refused:
        """Whether there may be a job: asked for in full, allowed by the rules, and within the allowances."""
        if self.stopping:
            return Refused(explanations.STOPPING)
        request = read_ask(ask, allowed_hosts=self._terms.allowed_hosts)
        if isinstance(request, Explanation):
            return Refused(request)
        decision = self._gatekeeper.decide(
            request.preset,
            ask.wish.prompt,
            ask.person,
            ChannelInfo(ask.place, ask.channel_id),
            origin_of(ask.wish.picture_count, (*ask.pictures, *(ask.kept or ()))),
        )
        if not decision.allowed:
            return Refused(self._gatekeeper.explain(decision.verdict, ask.person), decision.verdict)
        too_much = self._afford(request, ask.person)
        if too_much is not None:
            return Refused(too_much)
        return Accepted(request, held=decision.waits_at(ReviewStage.SUBMISSION))

    async def record(self, ask: Ask, refused: Refused) -> None:
        """Put a refusal by the rules into the log."""
        person = ask.person
        verdict = refused.verdict
        if verdict is None:
            return
        entry = AuditEntry(
            person.guild_id or 0,
            self._now(),
            AuditAction.REQUEST_REFUSED,
            None,
            person.id,
            details={
                "verdict": verdict.value,
                "preset": ask.wish.preset or "",
                "terms": self._gatekeeper.caches.matched_terms(person.guild_id, ask.wish.prompt),
            },
            prompt=ask.wish.prompt,
        )
        try:
            await self._audit.append(entry)
        except StorageError as error:
            log.warning("refusal_not_recorded", reason=str(error))

    def place(self, order: Order) -> Job:
        """The job of an order, with its seconds reserved. Nothing is stored yet."""
        job = Job(
            id=order.job_id or new_job_id(),
            request=order.request,
            sources=order.sources,
            reply=order.reply,
            guild_id=order.guild_id,
            state=JobState.HELD if order.held else JobState.QUEUED,
            created_at=self._now(),
            pictures=order.pictures,
            parent_id=order.parent_id,
            parent_url=order.parent_url,
            ping=order.ping,
            role_ids=order.role_ids,
        )
        self._ledger.reserve(job.id, order.reply.person_id, int(job.request.seconds))
        return job

    async def keep(self, job: Job) -> Explanation | None:
        """Store the job; why not, if it could not be. Then it is resumed by whichever process comes next.

        Raises `DuplicateJobError` for a second repetition of the same job, or of the same message's request.
        """
        try:
            if job.pictures:
                job = replace(job, pictures=await self._spool.share(job.pictures, job.id))
            await self._store.add(job)
        except DuplicateJobError:
            if not await self._is_kept(job.id):
                self._ledger.release(job.id)
            raise
        except FileNotFoundError:
            self._ledger.release(job.id)
            return explanations.PICTURES_NOT_KEPT
        except (StorageError, OSError) as error:
            log.error("job_not_stored", job=job.id, reason=str(error))
            self._ledger.release(job.id)
            return explanations.NOT_KEPT
        return None

    async def _is_kept(self, job_id: str) -> bool:
        """Whether the very same job was kept before, so that its seconds are its own."""
        try:
            await self._store.get(job_id)
        except UnknownJobError:
            return False
        return True

    async def begin(self, job: Job, message_id: int | None) -> None:
        """Start a job that is kept and whose person was told that an answer will come."""
        if message_id is not None:
            try:
                await self._store.save_reply(job.id, replace(job.reply, message_id=message_id))
            except StorageError as error:
                # The job finds its message by itself.
                log.warning("reply_not_noted", job=job.id, reason=str(error))
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
        self._engine.start(job.id)

    async def withdraw(self, job: Job) -> None:
        """Forget a job that nobody was told of: Discord did not take the acknowledgement."""
        self._ledger.release(job.id)
        try:
            await self._store.remove(job.id)
        except StorageError as error:
            # The next start finds that its reply does not exist, and buys nothing either.
            log.warning("job_not_withdrawn", job=job.id, reason=str(error))

    def _afford(self, request: VideoRequest, person: Person) -> Explanation | None:
        now = self._now()
        shortage = judge(
            self._terms.allowance,
            asked_s=int(request.seconds),
            used_by_bot_s=self._ledger.used_s(now),
            used_by_person_s=self._ledger.used_s(now, person.id),
        )
        return _explain(shortage, now) if shortage is not None else None


def _explain(shortage: Shortage, now: datetime) -> Explanation:
    renewed = moment(day_after(now))
    match shortage.of:
        case ShortageOf.BOT:
            return explanations.over_budget(shortage.left_s, renewed)
        case ShortageOf.PERSON:
            return explanations.over_allowance(shortage.left_s, renewed)
