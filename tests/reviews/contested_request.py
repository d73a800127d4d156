"""One request, about which moderators, its user and the clock decide at the same time.

The stores, the log and what decides are the bot's own, on a database on the disk. Discord alone is played: who is a
member, which rights members have, and what cards and messages show.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

from bot.delivery.messages import Post, ReplyAddress
from bot.delivery.upload_limits import UploadLimits
from bot.files.job_files import JobFiles
from bot.files.local_files import LocalFiles
from bot.images.screening import Screening
from bot.jobs.deadline_clock import DeadlineClock
from bot.jobs.history import JobHistory
from bot.jobs.job import Job, JobState, new_job_id
from bot.jobs.originals import Originals
from bot.jobs.postable_files import FileMarks, PostableFiles
from bot.jobs.server_jobs import ServerJobs
from bot.jobs.store import JobStore, StaleJobError
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.lifecycle.counted_starts import CountedStarts
from bot.lifecycle.steps.prepare import PrepareStep
from bot.lifecycle.steps.review import ReviewStep
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ChannelInfo, Gatekeeper, ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.news import NewsStore
from bot.moderation.members.store import MemberStore
from bot.moderation.memberships import Membership
from bot.moderation.places import Place
from bot.moderation.policy import OperatorRules, Person
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import WordLists
from bot.reviews.case import ReviewCase, VideoMessage
from bot.reviews.decisions import Decisions
from bot.reviews.departures import Departures
from bot.reviews.hidden_copies import HiddenCopies, hidden_name_of
from bot.reviews.person_news import SuspensionEnds
from bot.reviews.questions import Questions
from bot.reviews.report_decisions import ReporterNews
from bot.reviews.report_store import ReportStore
from bot.reviews.report_waits import ReportWaits
from bot.reviews.restoring import Restoring
from bot.reviews.review import ReviewSubject
from bot.reviews.spicy_stop import SpicyStop
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns
from bot.services.job_actions import JobActions
from bot.storage.database import Database
from bot.video import Preset, VideoRequest
from tests.jobs.builders import a_job
from tests.moderation.policy_requests import DetachedJob

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHANNEL, MESSAGE = 3, 4
USER, MODERATORS, OWNER = 2, (11, 12), 20
_servers = count(5000)


class Standing(StrEnum):
    """A person in the server, by what Discord says at the moment."""

    PLAIN = "plain"
    MODERATES = "moderates"
    GONE = "gone"
    UNTOLD = "untold"


class PlayedDiscord:
    """Members and their rights, the questions' cards, and what messages show."""

    def __init__(self, server: int) -> None:
        self.server = server
        self.standings = dict.fromkeys((*MODERATORS, OWNER), Standing.MODERATES)
        self.shows_video: bool | None = None
        """What the message with a reported video shows; None until it was changed."""

    async def look_up_guild(self, guild_id: int) -> None:
        """Know nothing of what may be uploaded in the server."""

    def person(self, person_id: int) -> Person:
        """Return a person with the rights that a press of theirs would have."""
        owns, standing = person_id == OWNER, self.standings.get(person_id, Standing.PLAIN)
        moderates = standing in {Standing.MODERATES, Standing.UNTOLD}
        return Person(
            person_id,
            self.server,
            moderates=moderates,
            administers=owns,
            owns=owns,
            clears_channel_id=CHANNEL if moderates else None,
        )

    def voters(self) -> set[int]:
        """Return those of whom Discord says that they moderate."""
        return {one for one, standing in self.standings.items() if standing is Standing.MODERATES}

    async def look(self, guild_id: int, person_id: int) -> Membership:
        assert guild_id == self.server
        await asyncio.sleep(0)
        match self.standings.get(person_id):
            case Standing.GONE:
                return Membership(Presence.GONE, Person(person_id, guild_id))
            case Standing.UNTOLD:
                return Membership(Presence.UNKNOWN, Person(person_id, guild_id))
            case _:
                return Membership(Presence.MEMBER, self.person(person_id))

    async def describe(
        self,
        guild_id: int | None,
        channel_id: int | None,
        *,
        rules_channel_id: int | None,  # noqa: ARG002
        foreign: bool = False,
    ) -> ChannelInfo:
        assert (guild_id, foreign) == (self.server, False)
        return ChannelInfo(Place.AGE_RESTRICTED_CHANNEL, channel_id)

    async def is_deleted(self, channel_id: int) -> bool:  # noqa: ARG002
        return False

    async def put(self, case: ReviewCase) -> tuple[int, int]:  # noqa: ARG002
        await asyncio.sleep(0)
        return CHANNEL + 1, MESSAGE

    async def update(self, case: ReviewCase) -> None:  # noqa: ARG002
        await asyncio.sleep(0)

    async def edit_as_bot(self, address: ReplyAddress, post: Post, *, opens_thread: bool = True) -> int:
        del opens_thread
        await asyncio.sleep(0)
        self.shows_video = post.video is not None
        return address.message_id or 0


class StoredRun(DetachedJob):
    """A run of the job whose writes are stored, and whose posts stay in memory."""

    def __init__(
        self, gatekeeper: Gatekeeper, now: Callable[[], datetime], job: Job, store: JobStore
    ) -> None:
        super().__init__(gatekeeper, now, job)
        self._kept_in = store

    async def become(self, changed: Job) -> None:
        await self._kept_in.save(changed, before=self.job)
        self.job = changed

    async def amend(self, **changes: Any) -> None:
        await self.become(replace(self.job, **changes))


class ContestedRequest:
    """The request, its server, and everything that decides about it. `asked` makes it."""

    def __init__(self, database: Database, folder: Path, preset: Preset, user: int) -> None:
        self.database, self.preset, self.user = database, preset, user
        self.server, self.job_id = next(_servers), new_job_id()
        self.discord = PlayedDiscord(self.server)
        self._seconds = count()
        self._running: dict[str, asyncio.Lock] = {}
        self._runs: set[asyncio.Task[None]] = set()
        self.audit = AuditLog(database)
        self.jobs, self.reviews = JobStore(database, folder), ReviewStore(database)
        self.caches = ModerationCaches(
            RuleCache(RuleStore(database), self.audit, self.now),
            MemberCache(MemberStore(database)),
            WordLists(TermStore(database), self.audit, self.now),
            OperatorRules(),
            database,
        )
        self._build(folder)

    def _build(self, folder: Path) -> None:
        outside: Any = None  # nothing is fetched, bought or uploaded here
        discord: Any = self.discord
        news, server_jobs = NewsStore(self.database), ServerJobs(self.database, folder)
        jobs, reviews, audit, now = self.jobs, self.reviews, self.audit, self.now
        reports = ReportStore(self.database)
        self.gatekeeper = Gatekeeper(self.caches, discord, discord, now)
        self.checks = Checks(
            gatekeeper=self.gatekeeper,
            decided=outside,
            screening=Screening(None),
            videos=LocalFiles(folder),
            untold_s=0.0,
        )
        self.questions = Questions(
            jobs=jobs,
            history=JobHistory(self.database),
            reviews=reviews,
            reports=reports,
            audit=audit,
            caches=self.caches,
            memberships=discord,
            review_channel=discord,
            files=JobFiles(pictures=LocalFiles(folder), videos=LocalFiles(folder)),
            now=now,
        )
        originals = Originals(self.database, jobs, LocalFiles(folder))
        self.copies = HiddenCopies(api=outside, originals=originals, videos=LocalFiles(folder))
        takedowns = Takedowns(
            jobs=jobs,
            reviews=reviews,
            reports=reports,
            questions=self.questions,
            restoring=Restoring(
                reviews=reviews,
                gatekeeper=self.gatekeeper,
                copies=self.copies,
                files=PostableFiles(outside, folder, FileMarks(in_file=False)),
                limits=UploadLimits(discord.look_up_guild),
                now=now,
            ),
            audit=audit,
            messages=discord,
            copies=self.copies,
            news=news,
            waits=ReportWaits(),
            now=now,
        )
        self.decisions = Decisions(
            jobs=jobs,
            reviews=reviews,
            questions=self.questions,
            takedowns=takedowns,
            reporter_news=ReporterNews(reports=reports, send_directly=outside, now=now),
            news=news,
            suspension_ends=SuspensionEnds(members=self.caches.members, audit=audit, news=news, now=now),
            audit=audit,
            caches=self.caches,
            memberships=discord,
            restart=self.restart,
            now=now,
            deadlines=DeadlineClock(now),
        )
        self.spicy_stop = SpicyStop(rules=self.caches.rules, jobs=server_jobs, restart=self.restart, now=now)
        self.departures = Departures(
            store=jobs,
            jobs=server_jobs,
            reviews=reviews,
            audit=audit,
            restart=self.restart,
            carry_out=self.decisions.carry_out,
            now=now,
        )
        runner: Any = self
        self.actions = JobActions(
            store=jobs,
            runner=runner,
            lifecycle=outside,
            decisions=self.decisions,
            takedowns=takedowns,
            reviews=reviews,
            messages=discord,
            tasks=outside,
            originals=originals,
            audit=audit,
            replies=outside,
            is_hidden=outside,
            now=now,
        )
        prepare = PrepareStep(spool=outside, starts=CountedStarts(), waits=outside)
        self._step = ReviewStep(questions=self.questions, prepare=prepare)

    def now(self) -> datetime:
        """Return a later moment at every call, so that no two decisions are made in the same one."""
        return NOW + timedelta(seconds=next(self._seconds))

    def restart(self, job_id: str) -> None:
        """Run the job anew at once, beside all else that happens."""
        run = asyncio.get_running_loop().create_task(self._run(job_id))
        self._runs.add(run)

    async def come_to_rest(self) -> None:
        """Wait for the runs that decisions began."""
        while self._runs:
            done, self._runs = await asyncio.wait(self._runs)
            for run in done:
                run.result()

    async def _run(self, job_id: str) -> None:
        # One run of a job at a time; one that is told that it is late reads the job anew.
        async with self._running.setdefault(job_id, asyncio.Lock()):
            while True:
                job = await self.jobs.get(job_id)
                run = StoredRun(self.gatekeeper, self.now, job, self.jobs)
                try:
                    await self._carry_on(run)
                except StaleJobError:
                    continue
                return

    async def _carry_on(self, run: StoredRun) -> None:
        if run.job.at_rest:
            return
        if run.job.state is JobState.HELD:
            await self._step.await_approval(run)
        elif run.job.state is JobState.DELIVERING:
            result = await self.checks.before_posting(run)
            if result.outcome is CheckOutcome.PASS:
                await run.become(replace(run.job, state=JobState.DELIVERED, ended_at=self.now()))
            elif result.outcome is CheckOutcome.WAIT:
                await self._step.ask(run, ReviewSubject.POSTING)
            else:
                await run.amend(undelivered_since=self.now())


@asynccontextmanager
async def asked(
    database: Database, folder: Path, *, subject: ReviewSubject, preset: Preset, user: int, quorum: int
) -> AsyncGenerator[ContestedRequest]:
    """Make a request whose moderators have just been asked; close what is open at the end."""
    contested = ContestedRequest(database, folder, preset, user)
    gate, posting = Gate.of(preset), subject is ReviewSubject.POSTING
    rules = ServerRules(
        spicy_confirmed_by=OWNER,
        modes={gate: Mode.APPROVAL},
        review_at=ReviewAt.BOTH if posting else ReviewAt.SUBMISSION,
        quorum=quorum,
        suspend_hours=24,
    )
    await contested.caches.rules.change(contested.server, rules)
    job = _job(contested, subject)
    await contested.jobs.add(job)
    contested.copies.videos.path(hidden_name_of(job.id)).write_bytes(b"a video")
    if subject is ReviewSubject.REPORT:
        shown = VideoMessage(CHANNEL, MESSAGE)
        await contested.questions.present(await contested.questions.ask(job, subject, shown), job)
    else:
        contested.restart(job.id)
        await contested.come_to_rest()
    try:
        yield contested
    finally:
        await contested.decisions.expire(contested.now() + timedelta(days=100))
        await contested.come_to_rest()


def _job(contested: ContestedRequest, subject: ReviewSubject) -> Job:
    base = a_job(state=JobState.HELD, job_id=contested.job_id)
    address = {"person_id": contested.user, "guild_id": contested.server, "channel_id": CHANNEL}
    job = replace(
        base,
        guild_id=contested.server,
        created_at=contested.now(),
        request=VideoRequest(prompt="a boat", preset=contested.preset),
        reply=replace(base.reply, **address),
    )
    if subject is ReviewSubject.SUBMISSION:
        return job
    bought = replace(
        job,
        task_id=job.id,
        submitted_at=contested.now(),
        approved={ReviewStage.SUBMISSION: contested.now()},
        state=JobState.DELIVERING,
        video_name="one.mp4",
    )
    if subject is ReviewSubject.POSTING:
        return bought
    return replace(bought, state=JobState.DELIVERED, ended_at=contested.now())
