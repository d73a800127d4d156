"""A server, its people and their requests, to which anything may happen in any order.

The checks and steps of `bot.lifecycle` themselves carry the requests; what these decide is compared with a model.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from structlog.testing import capture_logs

from bot.images.model import Reference
from bot.images.screening import Screening
from bot.jobs.job import FailureReason, JobState, advance
from bot.jobs.request_facts import origin_of
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.lifecycle.counted_starts import CountedStarts
from bot.lifecycle.steps.prepare import PrepareStep
from bot.lifecycle.steps.review import ReviewStep
from bot.lifecycle.steps.submit import SubmitStep
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import AuditStore
from bot.moderation.gatekeeper import ChannelInfo, Gatekeeper, ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import ListStatus
from bot.moderation.members.store import MemberStore
from bot.moderation.memberships import Membership
from bot.moderation.places import Place
from bot.moderation.policy import OperatorRules, Person
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import WordLists
from bot.reviews.departures import NotedDepartures
from bot.reviews.review import ReviewSubject
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.video import ImageMime, Preset, VideoRequest
from tests.jobs.builders import a_job
from tests.moderation.audited import alone
from tests.moderation.policy_model import ADULT, OPEN, PEOPLE, TRUSTED_ROLE, PolicyModel
from tests.moderation.policy_requests import NOW, UNPOSTED, DetachedJob, Moderators, TrackedRequest

T = TypeVar("T")
PROMPTS = {"a boat": None, "a lantern": Effect.HELD, "a harbour": Effect.BLOCKED, "a child": None}
"""What may be put on the server's list; the last one is about minors where the preset is spicy."""
FROM_PEOPLE, OWN = (
    Reference(Path(__file__), ImageMime.PNG, 1, 1, 1, "one.png", own_spicy_video=own) for own in (False, True)
)
"""A picture from people, and the last frame of a spicy video of the bot's own."""
PICTURES = st.sampled_from([(), (), (OWN,), (OWN,), (FROM_PEOPLE,), (OWN, FROM_PEOPLE)])
MOVING, WAITING = ("queued", "finished", "uploading"), ("held", "held finished")
MOMENTS = st.sampled_from(MOVING)
_servers = count(1000)


class Runtime:
    """A database, and a loop in which everything happens at once."""

    def __init__(self, database: Database, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self.database = database
        self.run = run


class RequestMachine(RuleBasedStateMachine):
    """Everything that may happen to a server, its people and their requests."""

    runtime: Runtime

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.server = next(_servers)
        self.model = PolicyModel()
        self.tracked: list[TrackedRequest] = []
        database = self.runtime.database
        self.audit_log = AuditLog(database)
        self.caches = ModerationCaches(
            RuleCache(RuleStore(database), self.audit_log, lambda: self.now),
            MemberCache(MemberStore(database)),
            WordLists(TermStore(database), self.audit_log, lambda: self.now),
            OperatorRules(),
            database,
        )
        self.gatekeeper = Gatekeeper(self.caches, self, self, lambda: self.now)
        self.moderators = Moderators()
        outside: Any = None  # nothing is fetched, submitted or posted here
        self.checks = Checks(
            gatekeeper=self.gatekeeper,
            decided=outside,
            screening=Screening(None),
            videos=outside,
            untold_s=0.0,
        )
        questions: Any = self.moderators
        prepare = PrepareStep(spool=outside, starts=CountedStarts(), waits=outside)
        self.review = ReviewStep(questions=questions, prepare=prepare)
        self.submit = SubmitStep(
            api=outside,
            checks=self.checks,
            departures=NotedDepartures(AuditStore(database)),
            breaker=outside,
            uploads=outside,
            notes=outside,
            alarms=outside,
            timeouts=outside,
            random=outside,
            began_at=NOW,
        )

    async def describe(
        self, guild_id: int | None, channel_id: int | None, *, rules_channel_id: int | None, foreign: bool
    ) -> ChannelInfo:
        assert (guild_id, rules_channel_id, foreign) == (self.server, channel_id, False)
        if self.model.unseen:
            return ChannelInfo(Place.UNSEEN_SERVER, channel_id)
        restricted = channel_id in self.model.restricted
        return ChannelInfo(Place.AGE_RESTRICTED_CHANNEL if restricted else Place.OPEN_CHANNEL, channel_id)

    async def look(self, guild_id: int, person_id: int) -> Membership:
        return self.model.membership(guild_id, person_id)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runtime.run(work)

    def save(self) -> None:
        model = self.model
        rules = ServerRules(
            spicy_confirmed_by=5 if model.confirmed else None,
            modes=model.modes,
            channel_modes={ADULT: model.channel} if model.channel else {},
            review_at=model.review_at,
            trusted_roles=frozenset({TRUSTED_ROLE}),
        )
        self.run(self.caches.rules.change(self.server, rules))

    def pick(self, index: int, *where: str) -> TrackedRequest:
        found = [one for one in self.tracked if one.at in where]
        return found[index % len(found)]

    def at(self, *where: str) -> bool:
        return any(one.at in where for one in self.tracked)

    @initialize()
    def begin(self) -> None:
        self.save()

    # What servers, moderators and people do.

    @rule(
        gate=st.sampled_from([Gate.SPICY, Gate.SPICY, *Gate]),
        mode=st.none() | st.sampled_from(Mode),
        channel_id=st.sampled_from([ADULT, OPEN]),
    )
    def change_mode(self, gate: Gate, mode: Mode | None, channel_id: int) -> None:
        self.model.set_mode(gate, mode, channel_id)
        self.save()

    @rule(
        review_at=st.sampled_from(ReviewAt),
        confirmed=st.sampled_from([True, True, False]),
    )
    def change_rules(self, review_at: ReviewAt, confirmed: bool) -> None:  # noqa: FBT001
        self.model.review_at, self.model.confirmed = review_at, confirmed
        self.save()

    @rule(channel_id=st.sampled_from([ADULT, OPEN]))
    def mark(self, channel_id: int) -> None:
        self.model.restricted ^= {channel_id}

    @rule(
        person_id=st.sampled_from([*PEOPLE]),
        listed=st.none() | st.sampled_from(ListStatus),
        hours=st.sampled_from([0, 0, 1, 3]),
    )
    def judge_person(self, person_id: int, listed: ListStatus | None, hours: int) -> None:
        members = self.caches.members
        self.model.listed[person_id] = listed
        self.run(alone(self.audit_log, members.list_as, self.server, person_id, listed))
        if hours:
            until = self.now + timedelta(hours=hours)
            # A shorter suspension never replaces a longer one.
            self.model.suspended[person_id] = max(until, self.model.suspended.get(person_id, until))
            suspend, moment = members.suspend, {"until": until, "now": self.now}
            self.run(alone(self.audit_log, suspend, self.server, person_id, by=9, reason="", **moment))
        else:
            self.model.suspended.pop(person_id, None)
            self.run(alone(self.audit_log, members.lift, self.server, person_id))

    @rule(prompt=st.sampled_from(["a lantern", "a harbour"]), listed=st.sampled_from([True, True, False]))
    def change_words(self, prompt: str, listed: bool) -> None:  # noqa: FBT001
        effect = PROMPTS[prompt]
        assert effect is not None
        word = prompt.removeprefix("a ")
        if listed:
            self.model.words[prompt] = effect
            self.run(self.caches.words.add(self.server, Term(word, effect), 9))
        else:
            self.model.words.pop(prompt, None)
            self.run(self.caches.words.remove(self.server, word, 9))

    @precondition(lambda self: bool(self.model.suspended))
    @rule(minutes=st.sampled_from([1, 59, 60, 200]))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.at(*MOVING))
    @rule(index=st.integers(0, 9), at=MOMENTS, review_at=st.sampled_from(ReviewAt))
    def begin_to_ask(self, index: int, at: str, review_at: ReviewAt) -> None:
        """Want to be asked just before a request goes on, and agree to it whenever that happens."""
        one = self.pick(index, *MOVING)
        self.carry(one, at)
        self.model.review_at = review_at
        gate = Gate.of(one.job.request.preset)
        self.change_mode(gate, Mode.APPROVAL, one.job.reply.channel_id or 0)
        self.carry(one)

    # What becomes of requests.

    @rule(
        person_id=st.sampled_from([*PEOPLE]),
        channel_id=st.sampled_from([ADULT, ADULT, OPEN]),
        preset=st.sampled_from([Preset.SPICY, Preset.SPICY, Preset.FUN]),
        prompt=st.sampled_from([*PROMPTS]),
        pictures=PICTURES,
    )
    def request_anything(
        self,
        person_id: int,
        channel_id: int,
        preset: Preset,
        prompt: str,
        pictures: tuple[Reference, ...],
    ) -> None:
        self.request(person_id, channel_id, preset, prompt, pictures)

    def request(
        self,
        person_id: int,
        channel_id: int,
        preset: Preset,
        prompt: str,
        pictures: tuple[Reference, ...],
    ) -> None:
        if self.model.presence[person_id] is not Presence.MEMBER or self.model.unseen:
            return  # only members can ask, and only where the bot is
        roles = self.model.roles[person_id]
        base = a_job(job_id=f"job-{len(self.tracked)}")
        there = replace(base.reply, guild_id=self.server, channel_id=channel_id, rules_channel_id=channel_id)
        job = replace(
            base,
            guild_id=self.server,
            request=VideoRequest(prompt=prompt, preset=preset, reference_count=len(pictures)),
            reply=replace(there, person_id=person_id),
            role_ids=roles,
            pictures=pictures,
        )
        person = Person(person_id, self.server, roles)
        seen = self.run(self.describe(self.server, channel_id, rules_channel_id=channel_id, foreign=False))
        origin = origin_of(len(pictures), pictures, from_people=False)
        found = self.run(self.gatekeeper.decide(preset, prompt, person, seen, origin))
        assert found.allowed is not self.model.forbids(job, self.now)
        if found.allowed:
            held = found.waits_at(ReviewStage.SUBMISSION)
            assert held is self.model.asks_at(ReviewStage.SUBMISSION, job)
            state = JobState.HELD if held else JobState.QUEUED
            one = TrackedRequest(
                DetachedJob(self.gatekeeper, lambda: self.now, replace(job, state=state)),
                "held" if held else "queued",
            )
            self.tracked.append(one)
            if held:
                self.run(self.review.await_approval(one.context))

    @rule(
        person_id=st.sampled_from([*PEOPLE]),
        prompt=st.sampled_from(["a boat", "a boat", "a lantern"]),
        pictures=st.sampled_from([(), (OWN,)]),
    )
    def request_usually(self, person_id: int, prompt: str, pictures: tuple[Reference, ...]) -> None:
        self.request(person_id, ADULT, Preset.SPICY, prompt, pictures)

    @precondition(lambda self: self.at(*WAITING))
    @rule(index=st.integers(0, 9), approved=st.sampled_from([True, True, False]))
    def decide(self, index: int, approved: bool) -> None:  # noqa: FBT001
        self.answer(self.pick(index, *WAITING), approved=approved)

    def answer(self, one: TrackedRequest, *, approved: bool) -> None:
        """As `bot.reviews.decisions` has a job go on or end."""
        job = one.job
        assert job.review_id is not None
        before = one.at == "held"
        stage = ReviewStage.SUBMISSION if before else ReviewStage.POSTING
        assert self.moderators.asked[job.review_id] is ReviewSubject(stage.value)
        if approved:
            one.agreed.add(stage)
            went_on = replace(job, review_id=None, approved={**job.approved, stage: self.now})
            one.context.job = advance(went_on, JobState.QUEUED) if before else went_on
        one.at = ("queued" if before else "finished") if approved else "over"

    @precondition(lambda self: self.at(*MOVING))
    @rule(index=st.integers(0, 9), discord_is_away=st.sampled_from([False, False, True]))
    def go_on(self, index: int, discord_is_away: bool) -> None:  # noqa: FBT001
        self.step(self.pick(index, *MOVING), discord_is_away=discord_is_away)

    def step(self, one: TrackedRequest, *, discord_is_away: bool = False) -> None:
        match one.at:
            case "queued":
                self.buy(one)
            case "finished":
                self.offer(one)
            case _:
                self.upload(one, discord_is_away=discord_is_away)
        assert one.job.approved.keys() == one.agreed, "nobody agrees but moderators"

    def carry(self, one: TrackedRequest, to: str = "") -> None:
        """Have a request go on until it is there or at its end, with moderators who agree whenever asked."""
        while one.at in MOVING + WAITING and one.at != to:
            if one.at in MOVING:
                self.step(one)
            else:
                self.answer(one, approved=True)

    def buy(self, one: TrackedRequest) -> None:
        forbidden = self.model.forbids(one.job, self.now)
        unasked = ReviewStage.SUBMISSION not in one.agreed
        held = not forbidden and unasked and self.model.asks_at(ReviewStage.SUBMISSION, one.job)
        assert self.run(self.submit._may_buy(one.context)) is not (forbidden or held)
        if forbidden:
            assert one.job.failure is not None
            gone = self.model.presence[one.job.reply.person_id] in {Presence.GONE, Presence.TIMED_OUT}
            reasons = {FailureReason.NOT_ALLOWED}
            reasons |= {FailureReason.NOT_TOLD} if self.model.untold(one.job) else set()
            reasons |= {FailureReason.PERSON_GONE} if gone else set()
            assert one.job.state is JobState.FAILED
            assert one.job.failure.reason in reasons
            one.at = "over"
        elif held:
            assert one.job.state is JobState.HELD
            self.run(self.review.await_approval(one.context))
            one.at = "held"
        else:
            one.context.job = replace(
                one.job, state=JobState.DELIVERING, task_id="task", video_name="one.mp4"
            )
            one.at = "finished"

    def offer(self, one: TrackedRequest) -> None:
        forbidden = self.model.forbids(one.job, self.now)
        instead = self.model.shows_instead(one.job, one.agreed, self.now)
        held = instead or (not forbidden and self.model.holds_back(one.job, one.agreed))
        result = self.run(self.checks.before_posting(one.context))
        assert result.reason in (UNPOSTED if forbidden and not instead else {None})
        assert (result.outcome is CheckOutcome.WAIT) is held
        if held:
            self.run(self.review.ask(one.context, ReviewSubject.POSTING))
        assert (one.job.review_id is not None) is held
        one.at = "held finished" if held else "aside" if forbidden else "uploading"

    def upload(self, one: TrackedRequest, *, discord_is_away: bool) -> None:
        """As `bot.delivery.final_post` asks before every try."""
        refused = self.model.forbids(one.job, self.now) or self.model.holds_back(one.job, one.agreed)
        permitted = self.run(one.context.may_post())
        assert self.model.untold(one.job) if permitted is None else permitted is not refused
        if refused:
            one.at = "aside"
        elif not discord_is_away:
            one.at = "posted"

    @precondition(lambda self: self.at("aside"))
    @rule(index=st.integers(0, 9), channel_id=st.sampled_from([ADULT, OPEN]))
    def fetch(self, index: int, channel_id: int) -> None:
        """`/jobs` brings a video that was laid aside to another channel, where it is asked about anew."""
        one = self.pick(index, "aside")
        reply = replace(one.job.reply, channel_id=channel_id, rules_channel_id=channel_id)
        one.context.job = replace(one.job, reply=reply)
        one.at = "finished"


@contextmanager
def in_a_loop(folder: Path) -> Generator[Runtime]:
    """A loop with an open database, for what Hypothesis calls without one."""
    with capture_logs(), asyncio.Runner() as runner:
        opened = open_database(None, folder)
        database = runner.run(opened.__aenter__())
        try:
            yield Runtime(database, runner.run)
        finally:
            runner.run(opened.__aexit__(None, None, None))
