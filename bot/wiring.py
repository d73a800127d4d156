"""How the parts are connected: jobs, desks and cogs upon what `bot.app` opened."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Final

import structlog
from pydantic import SecretStr

from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.progress import EDIT_INTERVAL_S
from bot.dimilinks import BadKeyError, DimiLinks, DimiLinksError
from bot.gc_policy import collect_when_quiet
from bot.images.screening import Screening
from bot.jobs.queue.durations import DurationStats
from bot.jobs.queue.fair_queue import SlotLimits
from bot.jobs.queue.poll_schedule import PollIntervals
from bot.jobs.queue.slots import Slots
from bot.jobs.queue.wait_times import WaitTimes
from bot.jobs.store import JobStore
from bot.lifecycle.context import Parts
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.runner import JobRunner
from bot.lifecycle.submission_breaker import PauseReason, ProbeIntervals, SubmissionBreaker
from bot.lifecycle.submit_errors import OPERATOR_WORDS
from bot.lifecycle.timeouts import Retention, Timeouts
from bot.lifecycle.uploads import UploadTracker
from bot.metrics import Metrics
from bot.moderating import Outside, open_moderation
from bot.people.cache import PreferenceCache
from bot.people.store import PeopleStore
from bot.quota.allowance import Allowance, day_of
from bot.quota.ledger import Ledger
from bot.reviews.decisions import Decisions
from bot.services.cleanup import Cleanup
from bot.services.drafts import DraftStore
from bot.services.job_actions import JobActionParts, JobActions
from bot.services.job_list import JobList
from bot.services.operator_notices import OperatorNotices
from bot.services.prompt_history import PromptHistory
from bot.services.requests import RequestLimits, VideoRequests
from bot.settings import Settings
from bot.storage.database import Database
from bot.texts import operator
from bot.video import Preset
from cogs.client import Stillmotion
from cogs.setup import Moderation, Services, add_cogs

log: Final = structlog.get_logger(__name__)

STOP_GRACE_S: Final = 20.0
_EDITS_PER_S: Final = 20.0
"""Progress edits of all replies together; with many jobs each is edited more seldom."""
_HISTORY: Final = 2000
"""Finished jobs that estimates learn from at the start."""
_ABSENT_TASK: Final = "stillmotion-probe"
"""No task has this id: an accepted key answers 404 to it, and nothing is bought by asking."""
_RESTART_AFTER_S: Final = 60.0


@dataclass(frozen=True)
class Tuning:
    """Waits and paces. Only tests and benchmarks use others than these."""

    edit_interval_s: float = EDIT_INTERVAL_S
    poll_pace: PollIntervals = field(default_factory=PollIntervals)
    timeouts: Timeouts = field(default_factory=Timeouts)
    probe_pace: ProbeIntervals = field(default_factory=ProbeIntervals)
    expire_after_s: float | None = None
    """Instead of the setting in minutes."""
    stop_grace_s: float = STOP_GRACE_S


@dataclass(frozen=True)
class App:
    """The connected bot. `run` and `stop` belong to `open_app`, which stops it when it is left."""

    bot: Stillmotion
    engine: JobRunner
    service: VideoRequests
    moderation: Moderation
    decisions: Decisions
    cleanup: Cleanup
    breaker: InvalidRequestBreaker
    database: Database
    metrics: Metrics
    token: SecretStr
    stop_grace_s: float

    async def run(self) -> None:
        """Log in, take up what an earlier process left, and stay connected.

        Raises `discord.LoginFailure` for a wrong token, network errors and `StorageError`.
        """
        await self.bot.login(self.token.get_secret_value())
        await self.decisions.resume()
        await self.engine.resume()
        await self.bot.connect()

    async def stop(self) -> None:
        """Take no more orders, let uploads end, leave the rest to the next start, then leave Discord."""
        self.service.stopping = True
        await self.engine.close(grace_s=self.stop_grace_s)
        await self.bot.close()


async def connect(settings: Settings, tuning: Tuning, outside: Outside, stack: AsyncExitStack) -> App:
    bot = outside.bot
    store = JobStore(outside.database, settings.spool_dir)
    news = OperatorNotices(outside.messages)
    ledger = Ledger(await store.claims(day_of(outside.now())))
    moderation = await open_moderation(settings, outside, store)
    parts = await _parts(settings, tuning, outside, store, news=news, ledger=ledger, moderation=moderation)
    lifecycle = Lifecycle(parts)
    engine = JobRunner(lifecycle, store, parts.uploads)
    decisions = Decisions(
        jobs=store,
        reviews=moderation.review_store,
        questions=moderation.questions,
        reports=moderation.reports,
        audit=moderation.audit_log,
        caches=moderation.caches,
        ledger=ledger,
        restart=engine.restart,
        now=outside.now,
    )
    service = VideoRequests(
        store,
        engine,
        outside.spool,
        ledger,
        gatekeeper=moderation.gatekeeper,
        audit=moderation.audit_log,
        now=outside.now,
        terms=_terms(settings),
    )
    desk = JobActions(
        JobActionParts(
            store,
            engine,
            lifecycle,
            outside.messages,
            outside.spool,
            parts.ledger,
            parts.timeouts,
            decisions,
            moderation.reports.is_hidden,
            outside.now,
        )
    )
    drafts = DraftStore(outside.database)
    cleanup = Cleanup(
        store,
        drafts,
        spool_dir=settings.spool_dir,
        media_dir=settings.media_dir,
        retention=parts.retention,
        now=outside.now,
        start=engine.start,
    )

    async def collect() -> None:
        await collect_when_quiet(lambda: engine.running)

    sides = (
        ("housekeeping", cleanup.run),
        ("operator-news", news.run),
        ("collector", collect),
        ("reviews", decisions.run),
        ("log-mirror", moderation.mirror.run),
    )
    for name, work in sides:
        task = asyncio.create_task(_keep_going(name, work), name=name)
        stack.push_async_callback(_cancelled, task)
    people = PreferenceCache(PeopleStore(outside.database), outside.now)
    await people.load()
    services = Services(
        service=service,
        desk=desk,
        people=people,
        drafts=drafts,
        prompt_history=PromptHistory(store),
        listing=JobList(store, lifecycle, parts),
        moderation=moderation,
        decisions=decisions,
        tell_operator=news.tell,
        tell_person=outside.messages.tell_person,
        now=outside.now,
        group=settings.dimilinks_group,
        cdn_hosts=settings.discord_cdn_hosts,
        presets=[preset for preset in Preset if preset is not Preset.SPICY or settings.spicy_offered],
    )
    add_cogs(bot, services)
    return App(
        bot,
        engine,
        service,
        moderation,
        decisions,
        cleanup,
        outside.breaker,
        outside.database,
        outside.metrics,
        outside.token,
        tuning.stop_grace_s,
    )


async def _parts(
    settings: Settings,
    tuning: Tuning,
    outside: Outside,
    store: JobStore,
    *,
    news: OperatorNotices,
    ledger: Ledger,
    moderation: Moderation,
) -> Parts:
    slots = Slots(
        SlotLimits(settings.jobs_at_once, settings.jobs_at_once_per_server, settings.jobs_at_once_per_person)
    )
    durations = DurationStats()
    for finished in await store.finished(_HISTORY):
        durations.learn(finished)
    metrics = outside.metrics
    metrics.watch("jobs_running", "Jobs at the video service", lambda: slots.running)
    metrics.watch("jobs_waiting", "Jobs waiting in line", lambda: slots.waiting)
    metrics.watch("api_rate", "Requests a second to the video service", lambda: outside.pace.rate_per_s)

    def notify(closure: PauseReason | None) -> None:
        metrics.paused(paused=closure is not None)
        if closure is None:
            news.tell(operator.SUBMITTING_RESUMED)
        else:
            waiting = slots.waiting + slots.running
            news.tell(operator.submitting_paused(OPERATOR_WORDS[closure], waiting))

    def edit_interval_s() -> float:
        return max(tuning.edit_interval_s, (slots.running + slots.waiting) / _EDITS_PER_S)

    return Parts(
        store=store,
        api=outside.api,
        spool=outside.spool,
        messages=outside.messages,
        slots=slots,
        gate=SubmissionBreaker(tuning.probe_pace, notify, _pointless_probe(outside.api)),
        pace=outside.pace,
        ledger=ledger,
        durations=durations,
        wait_times=WaitTimes(slots, durations),
        uploads=UploadTracker(),
        gatekeeper=moderation.gatekeeper,
        questions=moderation.questions,
        screening=Screening(settings.image_check),
        metrics=metrics,
        media_dir=settings.media_dir,
        now=outside.now,
        edit_interval_s=edit_interval_s,
        poll_pace=tuning.poll_pace,
        timeouts=replace(
            tuning.timeouts, generate_s=tuning.expire_after_s or settings.expire_after_minutes * 60.0
        ),
        retention=Retention(
            undelivered=timedelta(days=settings.keep_undelivered_days),
            pictures=timedelta(hours=settings.keep_pictures_hours),
        ),
        random=Random(),  # noqa: S311 - spreads retries, guards nothing
    )


def _terms(settings: Settings) -> RequestLimits:
    return RequestLimits(
        allowed_hosts=settings.discord_cdn_hosts,
        allowance=Allowance(settings.seconds_a_day, settings.seconds_a_day_per_person),
    )


def _pointless_probe(api: DimiLinks) -> Callable[[PauseReason], Awaitable[bool]]:
    async def is_pointless(closure: PauseReason) -> bool:
        if closure is not PauseReason.KEY_REJECTED:
            return False
        try:
            await api.task(_ABSENT_TASK)
        except BadKeyError:
            return True
        except DimiLinksError:
            return False
        return False

    return is_pointless


async def _keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:  # a bug in what runs beside the jobs must not end the bot
            log.exception("side_task_broke", task=name)
            await asyncio.sleep(_RESTART_AFTER_S)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
