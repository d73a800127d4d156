"""Whatever happens in whatever order: nothing is bought or posted that the rules of that moment do not allow."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.jobs import Books, Gatekeeper, Seen
from bot.jobs.intake import Ask, Wish
from bot.jobs.job import Job
from bot.moderation.members import Listed, MemberBook, MemberStore
from bot.moderation.policy import (
    Admission,
    Decision,
    OperatorRules,
    Person,
    Place,
    RequestFacts,
    Standing,
    Verdict,
    judge,
)
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage, ServerRules, SpicyPictures
from bot.moderation.servers import RuleBook, RuleStore
from bot.moderation.words import Effect, Term, TermStore, WordBook, WordVerdict
from bot.storage import Database, open_database
from bot.video import Preset, VideoRequest
from tests.jobs.builders import a_job

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
T = TypeVar("T")
SERVER, CHANNEL = 9, 70

# The rules alone.

MODES = st.sampled_from(Mode)
RULES = st.builds(
    ServerRules,
    spicy_confirmed_by=st.sampled_from([None, 5]),
    modes=st.dictionaries(st.sampled_from(Gate), MODES),
    channel_modes=st.dictionaries(
        st.sampled_from([CHANNEL, 71]), st.dictionaries(st.sampled_from(Gate), MODES), max_size=2
    ),
    spicy_pictures=st.sampled_from(SpicyPictures),
    review_at=st.sampled_from(ReviewAt),
    trusted_roles=st.frozensets(st.integers(1, 3), max_size=2),
)
OPERATORS = st.builds(
    OperatorRules,
    st.builds(Admission, st.frozensets(st.integers(1, 2), max_size=1)),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.sampled_from([SERVER, 8]), max_size=1),
)
STANDINGS = st.builds(
    Standing,
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]),
)
FACTS = st.builds(
    RequestFacts,
    st.sampled_from(Preset),
    st.sampled_from(Place),
    st.builds(Person, st.integers(1, 2), st.just(SERVER), st.frozensets(st.integers(1, 4), max_size=2)),
    st.just(NOW),
    st.sampled_from([None, CHANNEL, 71, 72]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(WordVerdict),
    OPERATORS,
    RULES,
    STANDINGS,
    st.frozensets(st.sampled_from(ReviewStage)),
)
"""Most are refused for several reasons."""
TAME = FACTS.map(
    lambda facts: replace(
        facts,
        place=Place.AGE_RESTRICTED_CHANNEL,
        words=WordVerdict.NONE,
        operator=OperatorRules(),
        standing=Standing(facts.standing.trusted),
    )
)
"""Of these many are allowed."""
ANY = st.one_of(FACTS, TAME)


def allows_no_more(stricter: Decision, laxer: Decision) -> bool:
    """Whether what the one lets through the other does too, and asks for nothing more."""
    return not stricter.allowed or (laxer.allowed and laxer.stages <= stricter.stages)


@given(ANY, st.sampled_from(Gate), MODES, MODES, st.booleans())
def test_a_stricter_mode_never_allows_more(
    facts: RequestFacts,
    gate: Gate,
    one: Mode,
    other: Mode,
    by_channel: bool,  # noqa: FBT001
) -> None:
    laxer, stricter = sorted((one, other), key=lambda mode: mode.strictness)

    def with_mode(mode: Mode) -> RequestFacts:
        if by_channel and facts.channel_id is not None:
            own = {**facts.rules.channel_modes.get(facts.channel_id, {}), gate: mode}
            changed = {"channel_modes": {**facts.rules.channel_modes, facts.channel_id: own}}
        else:
            changed = {"modes": {**facts.rules.modes, gate: mode}}
        return replace(facts, rules=facts.rules.model_copy(update=changed))

    assert allows_no_more(judge(with_mode(stricter)), judge(with_mode(laxer)))


def _stricter(facts: RequestFacts) -> list[RequestFacts]:
    """The same with one thing changed by which never more is allowed."""

    def rules(**changes: Any) -> RequestFacts:
        return replace(facts, rules=facts.rules.model_copy(update=changes))

    operator, standing = facts.operator, facts.standing
    return [
        replace(facts, words=WordVerdict.MINORS),
        replace(facts, words=WordVerdict.BLOCKED) if facts.words is not WordVerdict.MINORS else facts,
        replace(facts, words=WordVerdict.HELD) if facts.words is WordVerdict.NONE else facts,
        replace(facts, consented=False),
        replace(facts, has_pictures=True),
        replace(facts, approved=frozenset()),
        replace(facts, standing=replace(standing, blocked=True)),
        replace(facts, standing=replace(standing, trusted=False)),
        replace(facts, standing=replace(standing, suspended_until=NOW + timedelta(hours=1))),
        replace(facts, operator=replace(operator, spicy_offered=False)),
        replace(facts, operator=replace(operator, spicy_in_direct_messages=False)),
        replace(facts, operator=replace(operator, spicy_blocked_servers=frozenset({SERVER, 8}))),
        replace(facts, operator=replace(operator, admission=Admission(frozenset({3})))),
        replace(facts, place=Place.OPEN_CHANNEL) if facts.place.has_moderators else facts,
        rules(spicy_confirmed_by=None),
        rules(trusted_roles=frozenset()),
        rules(spicy_pictures=SpicyPictures.OFF),
        rules(spicy_pictures=SpicyPictures.APPROVAL)
        if facts.rules.spicy_pictures is SpicyPictures.AS_MODE
        else facts,
        rules(review_at=ReviewAt.BOTH),
    ]


@given(ANY)
def test_nothing_that_restricts_ever_allows_more(facts: RequestFacts) -> None:
    before = judge(facts)
    for number, stricter in enumerate(_stricter(facts)):
        assert allows_no_more(judge(stricter), before), number


@given(ANY, st.frozensets(st.sampled_from(ReviewStage)))
def test_nobody_anywhere_sexualises_minors(facts: RequestFacts, approved: frozenset[ReviewStage]) -> None:
    found = judge(replace(facts, words=WordVerdict.MINORS, approved=approved))
    assert found == Decision(Verdict.SEXUALISES_MINORS)


@given(ANY)
def test_spicy_is_only_ever_allowed_where_all_of_these_hold(facts: RequestFacts) -> None:
    facts = replace(facts, preset=Preset.SPICY)
    if not judge(facts).allowed:
        return
    assert facts.operator.spicy_offered
    assert facts.words not in {WordVerdict.MINORS, WordVerdict.BLOCKED}
    assert not facts.standing.blocked
    if facts.place is Place.DIRECT_MESSAGE:
        assert facts.operator.spicy_in_direct_messages
        assert not facts.has_pictures
        return
    assert facts.place is Place.AGE_RESTRICTED_CHANNEL
    assert facts.rules.spicy_confirmed_by is not None
    assert SERVER not in facts.operator.spicy_blocked_servers
    if facts.has_pictures:
        assert facts.consented
        assert facts.rules.spicy_pictures is not SpicyPictures.OFF


def _irrelevant(facts: RequestFacts) -> list[RequestFacts]:
    """The same with changed what has no bearing on it."""
    rules = facts.rules
    found = [
        replace(facts, rules=rules.model_copy(update=changes))
        for changes in (
            {"quorum": 7},
            {"review_hours": 1},
            {"reviewer_roles": facts.person.role_ids},
            {"review_channel_id": CHANNEL},
            {"log_channel_id": CHANNEL},
            {"reports_to_hide": 1, "hidden_hours": 1, "strikes_to_suspend": 1},
            {"channel_modes": {**rules.channel_modes, 999: dict.fromkeys(Gate, Mode.OPEN)}},
        )
    ]
    found += [
        replace(facts, person=replace(facts.person, moderates=True, manages=True)),
        replace(facts, person=replace(facts.person, role_ids=facts.person.role_ids | {99})),
        replace(facts, now=facts.now + timedelta(days=400))
        if facts.standing.suspended_until is None
        else facts,
    ]
    if not facts.has_pictures:
        found.append(replace(facts, consented=not facts.consented))
        found.append(replace(facts, rules=rules.model_copy(update={"spicy_pictures": SpicyPictures.OFF})))
    if facts.preset is not Preset.SPICY:
        found += [
            replace(facts, rules=rules.model_copy(update={"spicy_confirmed_by": None})),
            replace(facts, rules=rules.model_copy(update={"spicy_pictures": SpicyPictures.OFF})),
            replace(facts, operator=replace(facts.operator, spicy_offered=False)),
            replace(facts, consented=not facts.consented),
        ]
    others = {gate for gate in Gate if gate not in {Gate.of(facts.preset), Gate.PICTURES}}
    changed = {**rules.modes, **dict.fromkeys(others, Mode.OFF)}
    found.append(replace(facts, rules=rules.model_copy(update={"modes": changed})))
    return found


@given(ANY)
def test_a_decision_does_not_depend_on_what_has_no_bearing_on_it(facts: RequestFacts) -> None:
    before = judge(facts)
    for number, other in enumerate(_irrelevant(facts)):
        assert judge(other) == before, number


# The rules as jobs ask them: when a request is made, before it is bought, before it is posted, at every try.

PROMPTS = {"a boat": None, "a lantern": Effect.HELD, "a harbour": Effect.BLOCKED, "a child": None}
"""What may be put on the server's list; the last one is about minors where the preset is spicy."""
PEOPLE = {1: frozenset[int](), 2: frozenset({30})}
ADULT, OPEN = 70, 71
_servers = count(1000)


@dataclass
class Wanted:
    """A request under way, as far as the rules are asked about it."""

    job: Job
    at: str
    """`held`, `queued`, `bought`, `held finished`, `uploading`, `aside`, `posted` or `over`."""


@dataclass
class Truth:
    """What was decided, in plain words: what the machine checks the rules against."""

    confirmed: bool = True
    modes: dict[Gate, Mode] = field(default_factory=lambda: dict.fromkeys(Gate, Mode.OPEN))
    channel: dict[Gate, Mode] = field(default_factory=dict[Gate, Mode])
    """Of the channel that is called adult."""
    pictures: SpicyPictures = SpicyPictures.AS_MODE
    review_at: ReviewAt = ReviewAt.SUBMISSION
    restricted: set[int] = field(default_factory=lambda: {ADULT})
    listed: dict[int, Listed | None] = field(default_factory=dict[int, "Listed | None"])
    suspended: dict[int, datetime] = field(default_factory=dict[int, datetime])
    words: dict[str, Effect] = field(default_factory=dict[str, Effect])

    def mode(self, gate: Gate, channel_id: int) -> Mode:
        if gate is Gate.SPICY and not self.confirmed:
            return Mode.OFF
        return self.channel.get(gate, self.modes[gate]) if channel_id == ADULT else self.modes[gate]

    def forbids(self, job: Job, now: datetime) -> bool:
        channel_id, person_id, prompt = job.reply.channel_id or 0, job.reply.person_id, job.request.prompt
        spicy, pictures = job.request.preset is Preset.SPICY, job.request.reference_count > 0
        wrong = [
            spicy and prompt == "a child",
            self.words.get(prompt) is Effect.BLOCKED,
            self.listed.get(person_id) is Listed.BLOCKED,
            person_id in self.suspended and self.suspended[person_id] > now,
            self.mode(Gate.of(job.request.preset), channel_id) is Mode.OFF,
            pictures and self.mode(Gate.PICTURES, channel_id) is Mode.OFF,
            spicy and channel_id not in self.restricted,
            spicy and pictures and self.pictures is SpicyPictures.OFF,
            spicy and pictures and not job.consented,
        ]
        return any(wrong)

    def asks_at(self, stage: ReviewStage, job: Job) -> bool:
        channel_id, person_id = job.reply.channel_id or 0, job.reply.person_id
        spicy, pictures = job.request.preset is Preset.SPICY, job.request.reference_count > 0
        if stage is ReviewStage.SUBMISSION and self.words.get(job.request.prompt) is Effect.HELD:
            return True
        trusted = self.listed.get(person_id) is Listed.TRUSTED or bool(PEOPLE[person_id])
        modes = {self.mode(Gate.of(job.request.preset), channel_id)}
        if pictures:
            modes.add(self.mode(Gate.PICTURES, channel_id))
        asks = (
            Mode.APPROVAL in modes
            or (Mode.TRUSTED in modes and not trusted)
            or (spicy and pictures and self.pictures is SpicyPictures.APPROVAL)
        )
        return asks and stage in self.review_at.stages


class Scene:
    """Scripted surroundings, and a loop in which everything happens at once."""

    def __init__(self, database: Database, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self.database = database
        self.run = run


class Requests(RuleBasedStateMachine):
    """Everything that may happen to a server, its people and their requests."""

    scene: Scene

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.server = next(_servers)
        self.truth = Truth()
        self.wanted: list[Wanted] = []
        database = self.scene.database
        self.books = Books(
            RuleBook(RuleStore(database), lambda: self.now),
            MemberBook(MemberStore(database)),
            WordBook(TermStore(database), lambda: self.now),
            OperatorRules(),
        )
        self.gatekeeper = Gatekeeper(self.books, self, lambda: self.now)

    async def look(self, guild_id: int | None, channel_id: int | None) -> Seen:  # noqa: ARG002
        restricted = channel_id in self.truth.restricted
        return Seen(Place.AGE_RESTRICTED_CHANNEL if restricted else Place.OPEN_CHANNEL, channel_id)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.scene.run(work)

    def save(self) -> None:
        truth = self.truth
        rules = ServerRules(
            spicy_confirmed_by=5 if truth.confirmed else None,
            modes=truth.modes,
            channel_modes={ADULT: truth.channel} if truth.channel else {},
            spicy_pictures=truth.pictures,
            review_at=truth.review_at,
            trusted_roles=frozenset({30}),
        )
        self.run(self.books.rules.change(self.server, rules))

    def pick(self, at: str, index: int) -> Wanted:
        found = [one for one in self.wanted if one.at == at]
        return found[index % len(found)]

    def at(self, *where: str) -> bool:
        return any(one.at in where for one in self.wanted)

    @initialize()
    def begin(self) -> None:
        self.save()

    # What servers, moderators and people do.

    @rule(
        gate=st.sampled_from([Gate.SPICY, Gate.SPICY, *Gate]), mode=st.none() | MODES, channel=st.booleans()
    )
    def change_mode(self, gate: Gate, mode: Mode | None, channel: bool) -> None:  # noqa: FBT001
        if not channel:
            self.truth.modes[gate] = mode or Mode.OPEN
        elif mode is None:
            self.truth.channel.pop(gate, None)
        else:
            self.truth.channel[gate] = mode
        self.save()

    @rule(
        pictures=st.sampled_from(SpicyPictures),
        review_at=st.sampled_from(ReviewAt),
        confirmed=st.sampled_from([True, True, False]),
    )
    def change_rules(self, pictures: SpicyPictures, review_at: ReviewAt, confirmed: bool) -> None:  # noqa: FBT001
        self.truth.pictures, self.truth.review_at, self.truth.confirmed = pictures, review_at, confirmed
        self.save()

    @rule(channel_id=st.sampled_from([ADULT, OPEN]))
    def mark(self, channel_id: int) -> None:
        self.truth.restricted ^= {channel_id}

    @rule(
        person_id=st.sampled_from([*PEOPLE]),
        listed=st.none() | st.sampled_from(Listed),
        hours=st.sampled_from([0, 0, 1, 3]),
    )
    def judge_person(self, person_id: int, listed: Listed | None, hours: int) -> None:
        members = self.books.members
        self.truth.listed[person_id] = listed
        self.run(members.list_as(self.server, person_id, listed))
        self.truth.suspended.pop(person_id, None)
        if hours:
            until = self.truth.suspended[person_id] = self.now + timedelta(hours=hours)
            self.run(members.suspend(self.server, person_id, until=until, by=9, reason=""))
        else:
            self.run(members.lift(self.server, person_id))

    @rule(prompt=st.sampled_from(["a lantern", "a harbour"]), listed=st.booleans())
    def change_words(self, prompt: str, listed: bool) -> None:  # noqa: FBT001
        effect = PROMPTS[prompt]
        assert effect is not None
        word = prompt.removeprefix("a ")
        if listed:
            self.truth.words[prompt] = effect
            self.run(self.books.words.add(self.server, Term(word, effect), 9))
        else:
            self.truth.words.pop(prompt, None)
            self.run(self.books.words.remove(self.server, word))

    @precondition(lambda self: bool(self.truth.suspended))
    @rule(minutes=st.sampled_from([1, 59, 60, 200]))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # What becomes of requests.

    @rule(
        person_id=st.sampled_from([*PEOPLE]),
        channel_id=st.sampled_from([ADULT, ADULT, OPEN]),
        preset=st.sampled_from([Preset.SPICY, Preset.SPICY, Preset.FUN]),
        prompt=st.sampled_from([*PROMPTS]),
        pictures=st.sampled_from([0, 0, 1]),
        consented=st.booleans(),
    )
    def request_anything(
        self,
        person_id: int,
        channel_id: int,
        preset: Preset,
        prompt: str,
        pictures: int,
        consented: bool,  # noqa: FBT001
    ) -> None:
        self.request(person_id, channel_id, preset, prompt, pictures, consented=consented)

    def request(
        self, person_id: int, channel_id: int, preset: Preset, prompt: str, pictures: int, *, consented: bool
    ) -> None:
        base = a_job(job_id=f"job-{len(self.wanted)}")
        job = replace(
            base,
            guild_id=self.server,
            request=VideoRequest(prompt=prompt, preset=preset, reference_count=pictures),
            reply=replace(base.reply, person_id=person_id, guild_id=self.server, channel_id=channel_id),
            role_ids=PEOPLE[person_id],
            consented=consented,
        )
        person = Person(person_id, self.server, PEOPLE[person_id])
        seen = self.run(self.look(self.server, channel_id))
        wish = Wish(prompt, preset=preset, picture_count=pictures)
        ask = Ask(wish, (), seen.place, person, channel_id, consented)
        found = self.gatekeeper.of_ask(ask, preset)
        assert found.allowed is not self.truth.forbids(job, self.now)
        if found.allowed:
            held = found.waits_at(ReviewStage.SUBMISSION)
            assert held is self.truth.asks_at(ReviewStage.SUBMISSION, job)
            self.wanted.append(Wanted(job, "held" if held else "queued"))

    @rule(person_id=st.sampled_from([*PEOPLE]), pictures=st.sampled_from([0, 1]))
    def request_usually(self, person_id: int, pictures: int) -> None:
        self.request(person_id, ADULT, Preset.SPICY, "a boat", pictures, consented=True)

    @precondition(lambda self: self.at("held"))
    @rule(index=st.integers(0, 9), approved=st.sampled_from([True, True, False]))
    def decide_request(self, index: int, approved: bool) -> None:  # noqa: FBT001
        one = self.pick("held", index)
        one.at = "queued" if approved else "over"
        if approved:
            one.job = replace(one.job, approved=one.job.approved | {ReviewStage.SUBMISSION})

    @precondition(lambda self: self.at("queued"))
    @rule(index=st.integers(0, 9))
    def buy(self, index: int) -> None:
        """As `bot.jobs.holding.may_submit`."""
        one = self.pick("queued", index)
        found = self.run(self.gatekeeper.of_job(one.job))
        if not found.allowed:
            one.at = "over"
        elif found.waits_at(ReviewStage.SUBMISSION):
            one.at = "held"
        else:
            one.at = "bought"
            assert not self.truth.forbids(one.job, self.now)
            asked = self.truth.asks_at(ReviewStage.SUBMISSION, one.job)
            assert not asked or ReviewStage.SUBMISSION in one.job.approved

    @precondition(lambda self: self.at("bought"))
    @rule(index=st.integers(0, 9))
    def offer(self, index: int) -> None:
        """As `bot.jobs.holding.may_post`."""
        one = self.pick("bought", index)
        found = self.run(self.gatekeeper.of_job(one.job))
        if not found.allowed:
            one.at = "aside"
        else:
            one.at = "held finished" if found.waits_at(ReviewStage.POSTING) else "uploading"

    @precondition(lambda self: self.at("held finished"))
    @rule(index=st.integers(0, 9), approved=st.booleans())
    def decide_video(self, index: int, approved: bool) -> None:  # noqa: FBT001
        one = self.pick("held finished", index)
        one.at = "bought" if approved else "over"
        if approved:
            one.job = replace(one.job, approved=one.job.approved | {ReviewStage.POSTING})

    @precondition(lambda self: self.at("uploading"))
    @rule(index=st.integers(0, 9), discord_is_away=st.booleans())
    def upload(self, index: int, discord_is_away: bool) -> None:  # noqa: FBT001
        """As `bot.delivery.live` asks `permitted` before every try."""
        one = self.pick("uploading", index)
        found = self.run(self.gatekeeper.of_job(one.job))
        if not found.allowed or found.waits_at(ReviewStage.POSTING):
            one.at = "aside"
        elif not discord_is_away:
            one.at = "posted"
            assert not self.truth.forbids(one.job, self.now)
            asked = self.truth.asks_at(ReviewStage.POSTING, one.job)
            assert not asked or ReviewStage.POSTING in one.job.approved

    @precondition(lambda self: self.at("aside"))
    @rule(index=st.integers(0, 9), channel_id=st.sampled_from([ADULT, OPEN]))
    def fetch(self, index: int, channel_id: int) -> None:
        """`/jobs` brings a video that was laid aside to another channel, where it is asked about anew."""
        one = self.pick("aside", index)
        one.job = replace(one.job, reply=replace(one.job.reply, channel_id=channel_id))
        one.at = "bought"


@contextmanager
def in_a_loop(folder: Path) -> Generator[Scene]:
    """A loop with an open database, for what Hypothesis calls without one."""
    with asyncio.Runner() as runner:
        opened = open_database(None, folder)
        database = runner.run(opened.__aenter__())
        try:
            yield Scene(database, runner.run)
        finally:
            runner.run(opened.__aexit__(None, None, None))


def test_nothing_is_bought_or_posted_that_is_not_allowed_at_that_moment(tmp_path: Path) -> None:
    with in_a_loop(tmp_path) as scene:
        machine = type("Here", (Requests,), {"scene": scene})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
