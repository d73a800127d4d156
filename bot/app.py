"""The composition root: the only place that builds the parts and connects them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import aiohttp
import structlog
import yarl
from discord.asset import Asset
from discord.http import Route
from pydantic import SecretStr

from bot.collector import collect_when_quiet
from bot.delivery import EDIT_INTERVAL_S, InvalidRequestBreaker, refusal_trace
from bot.delivery.discord_messages import DiscordMessages
from bot.dimilinks import BadKeyError, DimiLinks, DimiLinksError, Pace
from bot.images import ReferenceSpool
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
from bot.moderation import ReportStore
from bot.moderation.policy import Admission
from bot.people import PeopleStore, PreferenceBook
from bot.quota import Allowance, Ledger, day_of
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.storage import Database, open_database
from bot.texts import operator
from cogs.client import Stillmotion
from cogs.furnishing import Services, furnish
from cogs.ui.card_layout import card_layout

log: Final = structlog.get_logger(__name__)

STOP_GRACE_S: Final = 20.0
_API_CONNECTIONS: Final = 100
_EDITS_PER_S: Final = 20.0
"""Progress edits of all replies together; with many jobs each is edited more seldom."""
_HISTORY: Final = 2000
"""Finished jobs that estimates learn from at the start."""
_ABSENT_TASK: Final = "stillmotion-probe"
"""No task has this id: an accepted key answers 404 to it, and nothing is bought by asking."""
_RESTART_AFTER_S: Final = 60.0
_UPLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=30.0, sock_read=120.0)
"""No total: `DiscordMessages` bounds each call by the size of what it carries."""


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


_TUNING: Final = Tuning()


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """The connected bot. `run` and `stop` belong to `open_app`, which stops it when it is left."""

    bot: Stillmotion
    engine: TaskEngine
    service: VideoService
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
        await self.engine.resume()
        await self.bot.connect()

    async def stop(self) -> None:
        """Take no more orders, let uploads end, leave the rest to the next start, then leave Discord."""
        self.service.stopping = True
        await self.engine.close(grace_s=self.stop_grace_s)
        await self.bot.close()


def _point_library_at(settings: Settings) -> None:
    # discord.py keeps these bases in class attributes and offers no other way to set them.
    Route.BASE = settings.discord_api_url
    scheme = yarl.URL(settings.discord_api_url).scheme
    Asset.BASE = f"{scheme}://{settings.discord_cdn_hosts[0]}"  # pyright: ignore[reportAttributeAccessIssue] - typed as one literal


def _required(name: str, secret: SecretStr | None) -> SecretStr:
    if secret is None:
        field = Settings.model_fields[name]
        raise BadConfigurationError((SettingProblem(name.upper(), f"missing; expected {field.description}"),))
    return secret


@asynccontextmanager
async def open_api(settings: Settings, pace: Pace | None = None) -> AsyncGenerator[DimiLinks]:
    """A client of the video API. Raises `BadConfigurationError` without a key."""
    key = _required("dimilinks_api_key", settings.dimilinks_api_key)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_API_CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield DimiLinks(session, base_url=yarl.URL(settings.dimilinks_base_url), api_key=key, pace=pace)


@asynccontextmanager
async def open_spool(settings: Settings) -> AsyncGenerator[ReferenceSpool]:
    """The spool of reference images, with a session of its own towards Discord's file servers."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield ReferenceSpool(session, folder=settings.spool_dir, allowed_hosts=settings.discord_cdn_hosts)


@dataclass(frozen=True)
class _Outside:
    """What the jobs are built upon."""

    token: SecretStr
    bot: Stillmotion
    database: Database
    pace: Pace
    api: DimiLinks
    spool: ReferenceSpool
    messages: DiscordMessages
    breaker: InvalidRequestBreaker
    metrics: Metrics
    now: Callable[[], datetime]


@asynccontextmanager
async def open_app(
    settings: Settings, *, tuning: Tuning = _TUNING, now: Callable[[], datetime] = _utc_now
) -> AsyncGenerator[App]:
    """The whole bot, connected but not started; leaving stops it cleanly.

    Raises `BadConfigurationError` for a missing token or key, or a data folder that cannot be written, and
    `StorageError` for a database that cannot be used.
    """
    token = _required("discord_token", settings.discord_token)
    _required("dimilinks_api_key", settings.dimilinks_api_key)
    await asyncio.to_thread(_make_folders, settings)
    _point_library_at(settings)
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value() if settings.database_url is not None else None
        database = await stack.enter_async_context(open_database(url, settings.data_dir))
        pace = Pace(settings.api_requests_per_s, clock=asyncio.get_running_loop().time)
        breaker = InvalidRequestBreaker(asyncio.get_running_loop().time)
        trace = refusal_trace(breaker, metrics.breaker_tripped)
        bot = await stack.enter_async_context(
            Stillmotion(settings.data_dir, trace, message_content=settings.message_content)
        )
        uploads = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=_UPLOAD_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[trace]
            )
        )
        outside = _Outside(
            token,
            bot,
            database,
            pace,
            await stack.enter_async_context(open_api(settings, pace)),
            await stack.enter_async_context(open_spool(settings)),
            DiscordMessages(bot, uploads, card_layout, breaker),
            breaker,
            metrics,
            now,
        )
        metrics.watch("discord_refused_requests", "Refused within ten minutes", lambda: breaker.refused)
        _serve_metrics(settings, metrics, stack)
        app = await _connect(settings, tuning, outside, stack)
        try:
            yield app
        finally:
            await app.stop()


async def _connect(settings: Settings, tuning: Tuning, outside: _Outside, stack: AsyncExitStack) -> App:
    bot = outside.bot
    store = JobStore(outside.database, settings.spool_dir)
    news = OperatorNews(outside.messages)
    parts = await _parts(settings, tuning, outside, store, news)
    lifecycle = Lifecycle(parts)
    engine = TaskEngine(lifecycle, store, parts.flights)
    service = VideoService(
        store, engine, outside.spool, parts.ledger, now=outside.now, terms=_terms(settings)
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

    sides = (("housekeeping", housekeeping.run), ("operator-news", news.run), ("collector", collect))
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
        reports=ReportStore(outside.database),
        tell_operator=news.tell,
        now=outside.now,
        group=settings.dimilinks_group,
        cdn_hosts=settings.discord_cdn_hosts,
    )
    furnish(bot, services)
    return App(
        bot,
        engine,
        service,
        housekeeping,
        outside.breaker,
        outside.database,
        outside.metrics,
        outside.token,
        tuning.stop_grace_s,
    )


async def _parts(
    settings: Settings, tuning: Tuning, outside: _Outside, store: JobStore, news: OperatorNews
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
        ledger=Ledger(await store.claims(day_of(outside.now()))),
        estimates=estimates,
        forecast=Forecast(turnstile, estimates),
        flights=Flights(),
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
        admission=Admission(frozenset(settings.allowed_people), frozenset(settings.allowed_roles)),
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


def _serve_metrics(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> None:
    if settings.metrics_address is None:
        return
    url = yarl.URL(f"//{settings.metrics_address}")
    try:
        stop = metrics.serve(url.host or "", url.port or 0)
    except OSError as error:
        problem = SettingProblem("METRICS_ADDRESS", f"cannot be used: {error.strerror}")
        raise BadConfigurationError((problem,)) from None
    stack.callback(stop)


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


def _make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.data_dir, settings.spool_dir, settings.media_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = SettingProblem("DATA_DIR", f"cannot be used: {error.strerror}")
        raise BadConfigurationError((problem,)) from None
