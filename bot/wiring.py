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

from bot.collector import collect_when_quiet
from bot.delivery import EDIT_INTERVAL_S, InvalidRequestBreaker
from bot.dimilinks import BadKeyError, DimiLinks, DimiLinksError
from bot.images.screening import Screening
from bot.jobs import (
    OPERATOR_WORDS,
    Closure,
    Desk,
    DeskParts,
    DraftStore,
    Estimates,
    Flights,
    Forecast,
    Housekeeping,
    JobStore,
    Lifecycle,
    Limits,
    Listing,
    OperatorNews,
    Parts,
    Patience,
    PollPace,
    ProbePace,
    Recall,
    Retention,
    SubmissionGate,
    TaskEngine,
    Terms,
    Turnstile,
    VideoService,
)
from bot.metrics import Metrics
from bot.moderating import Outside, open_moderation
from bot.people import PeopleStore, PreferenceBook
from bot.quota import Allowance, Ledger, day_of
from bot.settings import Settings
from bot.storage import Database
from bot.texts import operator
from bot.video import Preset
from cogs.client import Stillmotion
from cogs.furnishing import Moderation, Services, furnish

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
    poll_pace: PollPace = field(default_factory=PollPace)
    patience: Patience = field(default_factory=Patience)
    probe_pace: ProbePace = field(default_factory=ProbePace)
    expire_after_s: float | None = None
    """Instead of the setting in minutes."""
    stop_grace_s: float = STOP_GRACE_S


@dataclass(frozen=True)
class App:
    """The connected bot. `run` and `stop` belong to `open_app`, which stops it when it is left."""

    bot: Stillmotion
    engine: TaskEngine
    service: VideoService
    moderation: Moderation
    housekeeping: Housekeeping
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
        await self.moderation.decisions.resume()
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
    news = OperatorNews(outside.messages)
    ledger = Ledger(await store.claims(day_of(outside.now())))
    moderation = await open_moderation(settings, outside, store, ledger)
    parts = await _parts(settings, tuning, outside, store, news=news, ledger=ledger, moderation=moderation)
    lifecycle = Lifecycle(parts)
    engine = TaskEngine(lifecycle, store, parts.flights)
    moderation.decisions.start_with(engine.restart)
    service = VideoService(
        store,
        engine,
        outside.spool,
        ledger,
        gatekeeper=moderation.gatekeeper,
        audit=moderation.trail,
        now=outside.now,
        terms=_terms(settings),
    )
    desk = Desk(
        DeskParts(
            store,
            engine,
            lifecycle,
            outside.messages,
            outside.spool,
            parts.ledger,
            parts.patience,
            moderation.decisions,
            moderation.hiding.is_put_away,
            outside.now,
        )
    )
    drafts = DraftStore(outside.database)
    housekeeping = Housekeeping(
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
        ("housekeeping", housekeeping.run),
        ("operator-news", news.run),
        ("collector", collect),
        ("reviews", moderation.decisions.run),
        ("log-mirror", moderation.mirror.run),
    )
    for name, work in sides:
        task = asyncio.create_task(_keep_going(name, work), name=name)
        stack.push_async_callback(_cancelled, task)
    people = PreferenceBook(PeopleStore(outside.database), outside.now)
    await people.load()
    services = Services(
        service=service,
        desk=desk,
        people=people,
        drafts=drafts,
        recall=Recall(store),
        listing=Listing(store, lifecycle, parts),
        moderation=moderation,
        tell_operator=news.tell,
        tell_person=outside.messages.tell_person,
        now=outside.now,
        group=settings.dimilinks_group,
        cdn_hosts=settings.discord_cdn_hosts,
        presets=[preset for preset in Preset if preset is not Preset.SPICY or settings.spicy_offered],
    )
    furnish(bot, services)
    return App(
        bot,
        engine,
        service,
        moderation,
        housekeeping,
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
    news: OperatorNews,
    ledger: Ledger,
    moderation: Moderation,
) -> Parts:
    turnstile = Turnstile(
        Limits(settings.jobs_at_once, settings.jobs_at_once_per_server, settings.jobs_at_once_per_person)
    )
    estimates = Estimates()
    for finished in await store.finished(_HISTORY):
        estimates.learn(finished)
    metrics = outside.metrics
    metrics.watch("jobs_running", "Jobs at the video service", lambda: turnstile.running)
    metrics.watch("jobs_waiting", "Jobs waiting in line", lambda: turnstile.waiting)
    metrics.watch("api_rate", "Requests a second to the video service", lambda: outside.pace.rate_per_s)

    def notify(closure: Closure | None) -> None:
        metrics.paused(paused=closure is not None)
        if closure is None:
            news.tell(operator.SUBMITTING_RESUMED)
        else:
            waiting = turnstile.waiting + turnstile.running
            news.tell(operator.submitting_paused(OPERATOR_WORDS[closure], waiting))

    def edit_interval_s() -> float:
        return max(tuning.edit_interval_s, (turnstile.running + turnstile.waiting) / _EDITS_PER_S)

    return Parts(
        store=store,
        api=outside.api,
        spool=outside.spool,
        messages=outside.messages,
        turnstile=turnstile,
        gate=SubmissionGate(tuning.probe_pace, notify, _pointless_probe(outside.api)),
        pace=outside.pace,
        ledger=ledger,
        estimates=estimates,
        forecast=Forecast(turnstile, estimates),
        flights=Flights(),
        gatekeeper=moderation.gatekeeper,
        questions=moderation.questions,
        carry_out=moderation.decisions.settle,
        screening=Screening(settings.image_check),
        metrics=metrics,
        media_dir=settings.media_dir,
        now=outside.now,
        edit_interval_s=edit_interval_s,
        poll_pace=tuning.poll_pace,
        patience=replace(
            tuning.patience, generate_s=tuning.expire_after_s or settings.expire_after_minutes * 60.0
        ),
        retention=Retention(
            undelivered=timedelta(days=settings.keep_undelivered_days),
            pictures=timedelta(hours=settings.keep_pictures_hours),
        ),
        random=Random(),  # noqa: S311 - spreads retries, guards nothing
    )


def _terms(settings: Settings) -> Terms:
    return Terms(
        allowed_hosts=settings.discord_cdn_hosts,
        allowance=Allowance(settings.seconds_a_day, settings.seconds_a_day_per_person),
    )


def _pointless_probe(api: DimiLinks) -> Callable[[Closure], Awaitable[bool]]:
    async def is_pointless(closure: Closure) -> bool:
        if closure is not Closure.KEY_REJECTED:
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
