"""Connects what carries jobs: the queue, the steps, the runner, and the decisions that run jobs anew."""

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Final
from uuid import uuid4

import structlog

from bot.delivery.discord_messages import DiscordMessages
from bot.dimilinks import DimiLinks, Pace, RequestKind
from bot.images.screening import Screening
from bot.images.spool import ReferenceSpool
from bot.jobs.deadline_clock import DeadlineClock
from bot.jobs.history import JobHistory
from bot.jobs.job import Job
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.queue.durations import DurationStats
from bot.jobs.queue.fair_queue import SlotLimits
from bot.jobs.queue.slots import Slots
from bot.jobs.queue.wait_times import WaitTimes
from bot.jobs.server_jobs import ServerJobs
from bot.jobs.store import JobStore
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.checks import Checks
from bot.lifecycle.context import JobContext
from bot.lifecycle.counted_starts import CountedStarts
from bot.lifecycle.dispatch import JobDispatcher
from bot.lifecycle.file_cache import FileCache
from bot.lifecycle.file_waits import FileWaits
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.media_space import MediaSpace
from bot.lifecycle.reply_look import ReplyLook
from bot.lifecycle.runner import JobRunner, JobRuns
from bot.lifecycle.service_watch import ServiceWatch
from bot.lifecycle.shared_holds import SharedHolds
from bot.lifecycle.shared_slots import SharedSlots
from bot.lifecycle.steps.ask_again import AskAgainStep
from bot.lifecycle.steps.deliver import DeliverStep
from bot.lifecycle.steps.poll import PollStep
from bot.lifecycle.steps.prepare import PrepareStep
from bot.lifecycle.steps.review import ReviewStep
from bot.lifecycle.steps.submit import SubmitStep
from bot.lifecycle.submission_breaker import SubmissionBreaker
from bot.lifecycle.timeouts import Retention
from bot.lifecycle.uploads import UploadTracker
from bot.metrics import Metrics
from bot.reviews.decisions import Decisions
from bot.reviews.departures import Departures, NotedDepartures
from bot.reviews.purge import Purge
from bot.reviews.report_decisions import ReportDecisions
from bot.reviews.spicy_stop import SpicyStop
from bot.services.operator_notices import OperatorNotices
from bot.settings import Settings
from bot.video_files.facts import VideoFactsReader
from bot.wiring.moderation import ModerationWiring
from bot.wiring.shared import breaker_of, file_cache_of, shared_holds_of
from bot.wiring.tasks import SideTask
from bot.wiring.tuning import Tuning

log: Final = structlog.get_logger(__name__)

_EDITS_PER_S: Final = 20.0
"""Progress edits of all replies together; with many jobs each is edited more seldom."""
_GB_BYTES: Final = 1_000_000_000
_HISTORY: Final = 2000
"""Number of finished jobs from which durations are learned at the start."""


class JobWiring:
    """The parts that carry jobs, each built when it is first needed. `load` comes first."""

    def __init__(
        self,
        settings: Settings,
        tuning: Tuning,
        *,
        moderation: ModerationWiring,
        store: JobStore,
        history: JobHistory,
        rate: Pace,
        api: DimiLinks,
        spool: ReferenceSpool,
        facts: VideoFactsReader,
        screening: Screening,
        messages: DiscordMessages,
        notices: OperatorNotices,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self.store = store
        self.owner = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid4().hex[:8]}"
        """Names this process in the claims of its runs."""
        self.dispatcher: JobDispatcher | None = None
        """Has other processes run jobs. To be set before anything else is used, if at all."""
        self.timeouts = replace(
            tuning.timeouts, generate_s=tuning.expire_after_s or settings.expire_after_minutes * 60.0
        )
        self.retention = Retention(
            undelivered=timedelta(days=settings.keep_undelivered_days),
            pictures=timedelta(hours=settings.keep_pictures_hours),
        )
        self.history = history
        self._settings = settings
        self._tuning = tuning
        self._moderation = moderation
        self._rate = rate
        self._api = api
        self._spool = spool
        self._facts = facts
        self._screening = screening
        self._messages = messages
        self._notices = notices
        self._metrics = metrics
        self._now = now
        self._random = Random()  # noqa: S311 - spreads retries and questions, guards nothing

    async def load(self) -> None:
        """Read how long jobs took. Raises `StorageError`."""
        for finished in await self.history.finished(_HISTORY):
            self.durations.learn(finished)
        watch, slots = self._metrics.watch, self.slots
        watch("jobs_running", "Jobs at the video service", lambda: slots.running)
        watch("jobs_waiting", "Jobs waiting in line", lambda: slots.waiting)
        watch("api_rate", "Requests a second to the video service", lambda: self._rate.rate_per_s)

    @cached_property
    def alarms(self) -> OperatorAlarms:
        """Tells the operator of lasting troubles."""
        return OperatorAlarms(self._notices.tell)

    @cached_property
    def purchase_notes(self) -> PurchaseNotes:
        """Task ids whose rows could not be written."""
        return PurchaseNotes(self._settings.purchases_dir)

    @cached_property
    def runner(self) -> JobRuns:
        """Runs every job as a task, or has other processes run it."""
        return self.dispatcher or self.local_runner

    @cached_property
    def local_runner(self) -> JobRunner:
        """Runs jobs as tasks."""
        return JobRunner(self.lifecycle, self.store, self._uploads, owner=self.owner)

    @cached_property
    def file_cache(self) -> FileCache | None:
        """Copies of files that are in a store; None where files are in the data folder alone."""
        of, unused_s = self._moderation, self._tuning.store_times.unused_s
        return file_cache_of(of.job_files, of.database, lambda: self.lifecycle, self._now, unused_s)

    @cached_property
    def media_space(self) -> MediaSpace:
        """Keeps the media folder within its limit."""
        settings = self._settings
        return MediaSpace(
            self.file_cache or self._moderation.originals,
            settings.media_dir,
            limit_bytes=int(settings.media_limit_gb * _GB_BYTES),
            free_bytes=self._tuning.free_bytes,
            alarms=self.alarms,
        )

    @cached_property
    def lifecycle(self) -> Lifecycle:
        """Carries one job through its steps."""
        starts = CountedStarts()
        waits = FileWaits(self.alarms, within_s=self.timeouts.files_s)
        prepare = PrepareStep(spool=self._spool, starts=starts, waits=waits)
        review = ReviewStep(questions=self._moderation.questions, prepare=prepare)
        departures = NotedDepartures(self._moderation.audit_log.store)
        checks = Checks(
            gatekeeper=self._moderation.gatekeeper,
            decided=self._moderation.decided,
            screening=self._screening,
            videos=self._moderation.job_files.videos,
            untold_s=self.timeouts.untold_s,
        )
        return Lifecycle(
            ask_again=AskAgainStep(
                replies=ReplyLook(self._messages, self._now),
                timeouts=self.timeouts,
                retention=self.retention,
                alarms=self.alarms,
            ),
            store=self.store,
            owner=self.owner,
            retention=self.retention,
            alarms=self.alarms,
            metrics=self._metrics,
            slots=self.slots,
            open_context=self._open_context,
            prepare=prepare,
            submit=SubmitStep(
                api=self._api,
                checks=checks,
                departures=departures,
                breaker=self._submission_breaker,
                uploads=self._uploads,
                notes=self.purchase_notes,
                alarms=self.alarms,
                timeouts=self.timeouts,
                random=self._random,
                began_at=self._now(),
            ),
            poll=PollStep(
                api=self._api,
                rate=self._rate,
                durations=self.durations,
                wait_times=self._wait_times,
                departures=departures,
                alarms=self.alarms,
                media_dir=self._settings.media_dir,
                intervals=self._tuning.poll_intervals,
                timeouts=self.timeouts,
                random=self._random,
            ),
            review=review,
            deliver=DeliverStep(
                api=self._api,
                checks=checks,
                review=review,
                uploads=self._uploads,
                starts=starts,
                facts=self._facts,
                files=self._moderation.files,
                limits=self._moderation.limits,
                space=self.media_space,
                metrics=self._metrics,
                videos=self._moderation.job_files.videos,
                waits=waits,
                timeouts=self.timeouts,
                retention=self.retention,
            ),
        )

    def _open_context(self, job: Job) -> JobContext:
        return JobContext(
            job,
            store=self.store,
            metrics=self._metrics,
            messages=self._messages,
            permission=self._moderation.permission,
            slots=self.slots,
            wait_times=self._wait_times,
            timeouts=self.timeouts,
            edit_interval_s=self._edit_interval_s,
            held_back=self.service_watch.explain_hold,
            now=self._now,
        )

    def _edit_interval_s(self) -> float:
        jobs = self.slots.running + self.slots.waiting
        return max(self._tuning.edit_interval_s, jobs / _EDITS_PER_S)

    @cached_property
    def slots(self) -> Slots:
        """Limits how many jobs run at once."""
        settings, database = self._settings, self._moderation.database
        limits = SlotLimits(
            settings.jobs_at_once, settings.jobs_at_once_per_server, settings.jobs_at_once_per_person
        )
        return SharedSlots(limits, database, self._now) if database.is_shared else Slots(limits)

    @cached_property
    def durations(self) -> DurationStats:
        """Statistics of how long jobs take."""
        return DurationStats()

    @cached_property
    def _wait_times(self) -> WaitTimes:
        return WaitTimes(self.slots, self.durations)

    @cached_property
    def _uploads(self) -> UploadTracker:
        return UploadTracker()

    @cached_property
    def _submission_breaker(self) -> SubmissionBreaker:
        database, intervals = self._moderation.database, self._tuning.probe_intervals
        return breaker_of(database, intervals, self.service_watch, self._now)

    @property
    def submitting_paused(self) -> bool:
        """True while the video service takes no requests of this bot."""
        return self._submission_breaker.reason is not None

    @cached_property
    def service_watch(self) -> ServiceWatch:
        """Sees when the video service refuses the bot or asks it to wait."""
        return ServiceWatch(
            api=self._api,
            rate=self._rate,
            alarms=self.alarms,
            metrics=self._metrics,
            waiting=lambda: self._submission_breaker.waiting + self.slots.waiting,
            tells_of_hold=self._tells_of_hold,
            now=self._now,
        )

    @cached_property
    def shared_holds(self) -> SharedHolds | None:
        """Has several processes wait when one is asked to; None where there is one."""
        return shared_holds_of(self._moderation.database, self.owner, self._rate)

    @property
    def side_tasks(self) -> tuple[SideTask, ...]:
        """Tasks of every process."""
        tasks: list[SideTask] = [("holds", self.service_watch.run)]
        tasks += [("shared-holds", self.shared_holds.run)] if self.shared_holds is not None else []
        return (*tasks, *([("file-cache", self.file_cache.run)] if self.file_cache is not None else []))

    async def _tells_of_hold(self, kind: RequestKind) -> bool:
        return self.shared_holds is None or await self.shared_holds.claim_news(kind)

    @cached_property
    def decisions(self) -> Decisions:
        """Counts votes and carries decisions out."""
        return Decisions(
            jobs=self.store,
            reviews=self._moderation.reviews,
            questions=self._moderation.questions,
            takedowns=self._moderation.takedowns,
            reporter_news=self._moderation.reporter_news,
            news=self._moderation.news,
            suspension_ends=self._moderation.suspension_ends,
            audit=self._moderation.audit_log,
            caches=self._moderation.caches,
            memberships=self._moderation.memberships,
            restart=self.runner.restart,
            now=self._now,
            deadlines=self.deadline_clock(),
        )

    @cached_property
    def spicy_stop(self) -> SpicyStop:
        """Stops the spicy preset in a server."""
        return SpicyStop(
            rules=self._moderation.caches.rules,
            jobs=self._server_jobs,
            restart=self.runner.restart,
            now=self._now,
        )

    @cached_property
    def purge(self) -> Purge:
        """Removes what a user posted in a server lately."""
        return Purge(
            store=self.store,
            messages=self._messages,
            jobs=self._server_jobs,
            reviews=self._moderation.reviews,
            takedowns=self._moderation.takedowns,
            audit=self._moderation.audit_log,
            carry_out=self.decisions.carry_out,
            now=self._now,
        )

    @cached_property
    def report_decisions(self) -> ReportDecisions:
        """Removes reported videos, or leaves them."""
        return ReportDecisions(
            jobs=self.store,
            reports=self._moderation.report_store,
            reviews=self._moderation.reviews,
            takedowns=self._moderation.takedowns,
            rules=self._moderation.caches.rules,
            members=self._moderation.caches.members,
            news=self._moderation.news,
            audit=self._moderation.audit_log,
            carry_out=self.decisions.carry_out,
            now=self._now,
        )

    @cached_property
    def departures(self) -> Departures:
        """Ends the open requests of members who left a server."""
        return Departures(
            store=self.store,
            jobs=self._server_jobs,
            reviews=self._moderation.reviews,
            audit=self._moderation.audit_log,
            restart=self.runner.restart,
            carry_out=self.decisions.carry_out,
            now=self._now,
        )

    @cached_property
    def _server_jobs(self) -> ServerJobs:
        return ServerJobs(self._moderation.database, self._settings.spool_dir)

    def deadline_clock(self) -> DeadlineClock:
        """Return a clock for deletion and expiry, for one task."""
        return DeadlineClock(self._now, wait_s=self._tuning.deadline_wait_s)
