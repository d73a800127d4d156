"""The composition root: connects moderation, jobs, services and cogs. Only here is one part chosen for another.

`bot/app.py` opens what is outside the process and makes the `App`.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import cached_property, partial
from typing import Final

import structlog
from pydantic import SecretStr

from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.discord_messages import DiscordMessages
from bot.dimilinks import DimiLinks, Pace
from bot.files.job_files import JobFiles
from bot.images.screening import Screening
from bot.images.spool import ReferenceSpool
from bot.interpreter import collect_when_quiet
from bot.jobs.history import JobHistory
from bot.jobs.job import Job
from bot.jobs.postable_files import PostableFiles
from bot.jobs.store import JobStore
from bot.lifecycle.reply_look import ReplyLook
from bot.lifecycle.runner import SupersededError
from bot.metrics import Metrics
from bot.people.cache import PreferenceCache
from bot.people.store import PeopleStore
from bot.quota.allowance import Allowance
from bot.quota.use import QuotaCounters
from bot.services.cleanup import Cleanup
from bot.services.drafts import DraftStore
from bot.services.held_back import HeldBackVideos
from bot.services.job_actions import JobActions
from bot.services.job_list import JobList
from bot.services.look_again import LookAgain
from bot.services.operator_notices import OperatorNotices
from bot.services.operator_orders import OperatorOrders
from bot.services.prompt_history import PromptHistory
from bot.services.request_limits import CountedLimits
from bot.services.request_records import RequestRecords
from bot.services.requests import RequestLimits, VideoRequests
from bot.settings import Settings
from bot.storage.database import Database
from bot.texts import operator
from bot.video import Preset
from bot.video_files.animating import VideoAnimating
from bot.video_files.facts import VideoFactsReader
from bot.wiring.alarms import compare_checkpoint, storage_alarm
from bot.wiring.copies import CopyWiring
from bot.wiring.introduction import IntroductionWiring
from bot.wiring.jobs import JobWiring
from bot.wiring.moderation import ModerationWiring
from bot.wiring.privacy import PrivacyWiring
from bot.wiring.starting import heartbeat_of, take_up_purchases
from bot.wiring.tasks import SideTask, begin, cancelled, ended, say_nothing
from bot.wiring.tuning import Tuning
from cogs.client import Stillmotion
from cogs.setup import add_cogs

log: Final = structlog.get_logger(__name__)


class App:
    """The bot: what cogs call, and what runs beside the jobs. `load` comes first."""

    def __init__(
        self,
        settings: Settings,
        tuning: Tuning,
        *,
        token: SecretStr,
        bot: Stillmotion,
        database: Database,
        rate: Pace,
        api: DimiLinks,
        spool: ReferenceSpool,
        facts: VideoFactsReader,
        job_files: JobFiles,
        files: PostableFiles,
        animating: VideoAnimating,
        screening: Screening,
        messages: DiscordMessages,
        breaker: InvalidRequestBreaker,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        store = JobStore(database, settings.spool_dir)
        self._notices = OperatorNotices(messages)
        database.alarms.listener = storage_alarm(self._notices)
        self.moderation = ModerationWiring(
            settings,
            bot=bot,
            database=database,
            store=store,
            api=api,
            messages=messages,
            breaker=breaker,
            job_files=job_files,
            files=files,
            report_waits=tuning.report_waits,
            members_kept_s=tuning.members_kept_s,
            segment_within_s=tuning.segment_within_s,
            look_ups=tuning.look_ups,
            now=now,
        )
        self.jobs = JobWiring(
            settings,
            tuning,
            moderation=self.moderation,
            store=store,
            history=JobHistory(database),
            rate=rate,
            api=api,
            spool=spool,
            facts=facts,
            screening=screening,
            messages=messages,
            notices=self._notices,
            metrics=metrics,
            now=now,
        )
        self.copies = CopyWiring(
            settings=settings, moderation=self.moderation, messages=messages, animating=animating, now=now
        )
        self.introduction = IntroductionWiring(
            settings, tuning, bot=bot, database=database, moderation=self.moderation, jobs=self.jobs, now=now
        )
        self.bot = bot
        self.database = database
        self._quota = QuotaCounters(database)
        self._heartbeat = heartbeat_of(database, self.jobs, now)
        self.breaker = breaker
        self.metrics = metrics
        self._settings = settings
        self._token = token
        self._spool = spool
        self._messages = messages
        self._now = now
        self._logged_in = asyncio.Event()
        self._stopped = asyncio.Event()
        self.links_port: int | None = None
        self._resumed = asyncio.Event()

    async def load(self, stack: AsyncExitStack) -> None:
        """Read what the caches need, give the client its cogs, and begin what runs beside the jobs.

        Raises `BadConfigurationError` for terms that cannot be used, and `StorageError`.
        """
        await self._load_what_jobs_need(stack)
        await self._begin_alone(stack)
        await self._quota.recount(self._now())
        await self.people.load()
        self._add_cogs()
        self.introduction.add_cogs()
        begin((*self._of_every_process, *self._of_one_process), self._logged_in, stack)

    async def _begin_alone(self, stack: AsyncExitStack) -> None:
        """Do at the start what one process does."""
        await compare_checkpoint(self.moderation.checkpoint, self.moderation.audit_log.store, self._notices)
        self.links_port = await stack.enter_async_context(self.copies.serving())

    async def _load_what_jobs_need(self, stack: AsyncExitStack) -> None:
        await take_up_purchases(self.jobs, self._notices, self._now)
        await self._heartbeat.begin()
        stack.push_async_callback(cancelled, asyncio.create_task(self._heartbeat.run(), name="heartbeat"))
        await stack.enter_async_context(self.moderation.segmenting)
        await self.moderation.load()
        await self.jobs.load()

    @property
    def _of_every_process(self) -> tuple[SideTask, ...]:
        return (
            ("database", self.database.watch),
            ("operator-news", self._notices.run),
            ("collector", partial(collect_when_quiet, lambda: self.jobs.runner.running)),
            *self.jobs.side_tasks,
            ("log-mirror", self.moderation.log_channel.run),
        )

    @property
    def _of_one_process(self) -> tuple[SideTask, ...]:
        """Tasks that must not run in two processes that share a database."""
        return (
            ("housekeeping", self.cleanup.run),
            ("reviews", self.jobs.decisions.run),
            ("person-news", self.moderation.person_news.run),
            ("log-checkpoint", self.moderation.checkpoint.run),
            ("operator-orders", self._carry_out_orders),
            ("line-status", self.introduction.show_line),
            ("deletions", self.privacy.run),
            ("emptied-cards", self.privacy.edit_cards),
            *self.moderation.job_files.tasks,
        )

    async def run(self, say: Callable[[str], None] = say_nothing) -> None:
        """Log in, take up what an earlier process left, and stay connected until `stop`.

        While Discord is away it waits; `say` tells the operator. Raises `discord.LoginFailure` for a wrong token,
        other errors where Discord closes the gateway for good, `StorageError`, and `SupersededError`.
        """
        connected = asyncio.create_task(self._stay_connected(say), name="discord")
        superseded, taken = self.jobs.runner.superseded, self.database.taken
        endings = (self._stopped, superseded, taken)
        tasks = (connected, *(asyncio.create_task(one.wait(), name="ending") for one in endings))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if superseded.is_set() or taken.is_set():
                raise SupersededError
            if not self._stopped.is_set():
                await connected
        finally:
            # After a stop nothing waits for Discord: neither a login nor the pause before another try.
            await ended(tasks)
            broken_off = connected.exception() if not connected.cancelled() else None
            if broken_off is not None and self._stopped.is_set():
                log.info("connection_broken_off", error=type(broken_off).__name__)

    async def _stay_connected(self, say: Callable[[str], None]) -> None:
        await self.bot.log_in(self._token.get_secret_value(), say)
        self._logged_in.set()
        await self._heartbeat.try_to_beat()  # the clock may have been set while Discord was waited for
        await self.jobs.decisions.resume()
        await self.jobs.runner.resume()
        self._resumed.set()
        await self.bot.connect()

    async def stop(self) -> None:
        """Accept no more requests, let this process's uploads end, leave the rest to the next, leave Discord."""
        self.requests.stopping = True
        await self.introduction.show_stop()
        lost = self.jobs.runner.superseded.is_set() or self.database.taken.is_set()
        await self.jobs.runner.close(grace_s=0.0 if lost else self._settings.stop_grace_s)
        self._stopped.set()
        await self.bot.close()

    @cached_property
    def requests(self) -> VideoRequests:
        """Accepts requests."""
        settings = self._settings
        allowance = Allowance(settings.seconds_a_day, settings.seconds_a_day_per_person)
        counted = CountedLimits(allowance, settings.held_per_person)
        return VideoRequests(
            store=self.jobs.store,
            runner=self.jobs.runner,
            spool=self._spool,
            people=self.people,
            gatekeeper=self.moderation.gatekeeper,
            records=RequestRecords(self.moderation.audit_log, self.moderation.caches, self._now),
            drafts=self._drafts,
            space=self.jobs.media_space,
            now=self._now,
            limits=RequestLimits(settings.discord_cdn_hosts, counted),
        )

    @cached_property
    def _actions(self) -> JobActions:
        return JobActions(
            store=self.jobs.store,
            runner=self.jobs.runner,
            lifecycle=self.jobs.lifecycle,
            decisions=self.jobs.decisions,
            takedowns=self.moderation.takedowns,
            reviews=self.moderation.reviews,
            messages=self._messages,
            tasks=self.moderation.tasks,
            originals=self.moderation.originals,
            audit=self.moderation.audit_log,
            replies=ReplyLook(self._messages, self._now),
            is_hidden=self.moderation.reports.is_hidden,
            now=self._now,
        )

    @cached_property
    def _looking(self) -> LookAgain:
        return LookAgain(
            store=self.jobs.store,
            tasks=self.moderation.tasks,
            runner=self.jobs.runner,
            audit=self.moderation.audit_log,
            rules=self.moderation.caches.rules,
            held_back=HeldBackVideos(
                members=self.moderation.caches.members,
                memberships=self.moderation.memberships,
                is_hidden=self.moderation.reports.is_hidden,
                now=self._now,
            ),
            messages=self._messages,
            spool=self._spool,
            look_again_s=self.jobs.timeouts.look_again_s,
            now=self._now,
        )

    @cached_property
    def people(self) -> PreferenceCache:
        """Users' own defaults."""
        return PreferenceCache(PeopleStore(self.database), self._now)

    @cached_property
    def privacy(self) -> PrivacyWiring:
        """Parts by which users see and delete their data."""
        return PrivacyWiring(
            settings=self._settings,
            moderation=self.moderation,
            jobs=self.jobs,
            people=self.people,
            resumed=self._resumed,
            now=self._now,
        )

    @cached_property
    def _drafts(self) -> DraftStore:
        return DraftStore(self.database)

    @cached_property
    def cleanup(self) -> Cleanup:
        """Keeps the data folder small."""
        return Cleanup(
            self.jobs.store,
            self._drafts,
            self.moderation.originals,
            self.jobs.media_space,
            self._quota,
            database=self.database,
            files=self.moderation.job_files,
            messages=self._messages,
            retention=self.jobs.retention,
            now=self._now,
            deadlines=self.jobs.deadline_clock(),
            moved=self._resolved,
        )

    async def _carry_out_orders(self) -> None:
        # A job that is resolved runs at once, which needs a client that is logged in.
        await self._resumed.wait()
        store, watch_s = self.jobs.store, self.jobs.timeouts.generate_s
        orders = OperatorOrders(self.database, store, watch_s=watch_s, now=self._now, resolved=self._resolved)
        await orders.run()

    def _resolved(self, job: Job) -> None:
        if not job.at_rest:
            self.jobs.runner.restart(job.id)

    def _add_cogs(self) -> None:
        settings = self._settings
        add_cogs(
            self.bot,
            requests=self.requests,
            actions=self._actions,
            looking=self._looking,
            copies=self.copies.buttons,
            people=self.people,
            drafts=self._drafts,
            may_hold=self._spool.may_hold,
            prompt_history=PromptHistory(self.jobs.history),
            job_list=JobList(
                store=self.jobs.store,
                lifecycle=self.jobs.lifecycle,
                slots=self.jobs.slots,
                retention=self.jobs.retention,
                now=self._now,
            ),
            caches=self.moderation.caches,
            pages=self.moderation.pages,
            memberships=self.moderation.memberships,
            audit_log=self.moderation.audit_log,
            reviews=self.moderation.reviews,
            questions=self.moderation.questions,
            decisions=self.jobs.decisions,
            spicy_stop=self.jobs.spicy_stop,
            purge=self.jobs.purge,
            departures=self.jobs.departures,
            reports=self.moderation.reports,
            report_decisions=self.jobs.report_decisions,
            appeals=self.moderation.appeals,
            review_channel=self.moderation.review_channel,
            tell_operator=self._notices.tell,
            tell_of_second_process=lambda: self.jobs.alarms.once("other_process", operator.OTHER_PROCESS),
            news=self.moderation.news,
            privacy=self.privacy.cogs,
            now=self._now,
            group=settings.dimilinks_group,
            cdn_hosts=settings.discord_cdn_hosts,
            look_ups=self.moderation.look_ups,
            presets=[preset for preset in Preset if preset is not Preset.SPICY or settings.spicy_offered],
        )
