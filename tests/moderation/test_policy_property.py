"""Whatever the facts are, and in whatever order they change: nothing comes of what the rules do not allow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from bot.moderation.integrations import Access
from bot.moderation.picture_origin import PictureOrigin
from bot.moderation.places import Place
from bot.moderation.policy import (
    Admission,
    Decision,
    MemberStatus,
    OperatorRules,
    Person,
    RequestFacts,
    Verdict,
    judge,
)
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage, ServerRules
from bot.moderation.words.findings import WordVerdict
from bot.video import Preset
from tests.moderation.policy_machine import MOVING, in_a_loop
from tests.moderation.policy_machine_places import ChangingServerMachine

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SERVER, CHANNEL = 9, 70
NO_PICTURES = PictureOrigin.NONE

# The rules alone.

MODES = st.sampled_from(Mode)
RULES = st.builds(
    ServerRules,
    spicy_confirmed_by=st.sampled_from([None, 5]),
    modes=st.dictionaries(st.sampled_from(Gate), MODES),
    channel_modes=st.dictionaries(
        st.sampled_from([CHANNEL, 71]), st.dictionaries(st.sampled_from(Gate), MODES), max_size=2
    ),
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
    MemberStatus,
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]),
)
FACTS = st.builds(
    RequestFacts,
    st.sampled_from(Preset),
    st.sampled_from(Place),
    st.builds(
        Person,
        st.integers(1, 2),
        st.just(SERVER),
        st.frozensets(st.integers(1, 4), max_size=2),
        video_access=st.sampled_from(Access),
        may_write=st.sampled_from([True, True, False]),
    ),
    st.just(NOW),
    st.sampled_from([None, CHANNEL, 71, 72]),
    st.sampled_from(PictureOrigin),
    st.sampled_from(WordVerdict),
    OPERATORS,
    RULES,
    STANDINGS,
    st.sampled_from([Presence.MEMBER, *Presence]),
    st.dictionaries(st.sampled_from(ReviewStage), st.just(NOW)),
)
"""Most are refused for several reasons."""
TAME = FACTS.map(
    lambda facts: replace(
        facts,
        place=Place.AGE_RESTRICTED_CHANNEL,
        words=WordVerdict.NONE,
        operator=OperatorRules(),
        status=MemberStatus(facts.status.trusted),
        presence=Presence.MEMBER,
        person=replace(facts.person, video_access=Access.UNSET, may_write=True),
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

    operator, status = facts.operator, facts.status
    return [
        replace(facts, words=WordVerdict.REFUSED_BY_SHIPPED_RULE),
        replace(facts, words=WordVerdict.BLOCKED)
        if facts.words is not WordVerdict.REFUSED_BY_SHIPPED_RULE
        else facts,
        replace(facts, words=WordVerdict.HELD) if facts.words is WordVerdict.NONE else facts,
        replace(facts, pictures=PictureOrigin.SPICY_AND_PEOPLE),
        replace(facts, pictures=PictureOrigin.PEOPLE) if facts.pictures is NO_PICTURES else facts,
        replace(facts, pictures=PictureOrigin.OWN_SPICY_VIDEO) if facts.pictures is NO_PICTURES else facts,
        replace(facts, pictures=PictureOrigin.PEOPLE_BEFORE) if facts.pictures is NO_PICTURES else facts,
        # Where the bot cannot see the server, what was approved there is not done.
        replace(facts, approved={}) if facts.place is not Place.UNSEEN_SERVER else facts,
        replace(facts, status=replace(status, blocked=True)),
        replace(facts, presence=Presence.GONE),
        replace(facts, presence=Presence.TIMED_OUT) if facts.presence is not Presence.GONE else facts,
        replace(facts, presence=Presence.UNKNOWN, person=replace(facts.person, role_ids=frozenset()))
        if facts.presence is Presence.MEMBER
        else facts,
        replace(facts, person=replace(facts.person, video_access=Access.DENIED)),
        replace(facts, person=replace(facts.person, video_access=Access.UNKNOWN))
        if facts.person.video_access is not Access.DENIED
        else facts,
        replace(facts, status=replace(status, trusted=False)),
        replace(facts, status=replace(status, suspended_until=NOW + timedelta(hours=1))),
        replace(facts, operator=replace(operator, spicy_offered=False)),
        replace(facts, operator=replace(operator, spicy_in_direct_messages=False)),
        replace(facts, operator=replace(operator, spicy_blocked_servers=frozenset({SERVER, 8}))),
        replace(facts, operator=replace(operator, admission=Admission(frozenset({3})))),
        replace(facts, place=Place.OPEN_CHANNEL) if facts.place is Place.AGE_RESTRICTED_CHANNEL else facts,
        replace(facts, place=Place.UNSEEN_SERVER) if facts.place.has_moderators else facts,
        rules(spicy_confirmed_by=None),
        rules(trusted_roles=frozenset()),
        rules(review_at=ReviewAt.BOTH),
    ]


@given(ANY)
def test_nothing_that_restricts_ever_allows_more(facts: RequestFacts) -> None:
    before = judge(facts)
    for number, stricter in enumerate(_stricter(facts)):
        assert allows_no_more(judge(stricter), before), number


@given(ANY, st.frozensets(st.sampled_from(ReviewStage)))
def test_no_approval_and_no_place_allows_what_a_shipped_rule_refuses(
    facts: RequestFacts, stages: frozenset[ReviewStage]
) -> None:
    approved = dict.fromkeys(stages, NOW)
    found = judge(replace(facts, words=WordVerdict.REFUSED_BY_SHIPPED_RULE, approved=approved))
    assert found == Decision(Verdict.SHIPPED_RULE)


@given(ANY)
def test_spicy_is_only_ever_allowed_where_all_of_these_hold(facts: RequestFacts) -> None:
    if not facts.is_spicy or not judge(facts).allowed:
        return
    assert facts.operator.spicy_offered
    assert facts.pictures in {NO_PICTURES, PictureOrigin.OWN_SPICY_VIDEO}
    assert facts.words not in {WordVerdict.REFUSED_BY_SHIPPED_RULE, WordVerdict.BLOCKED}
    assert facts.presence is Presence.MEMBER
    assert facts.person.video_access not in {Access.DENIED, Access.UNKNOWN}
    assert not facts.status.blocked
    if facts.place is Place.DIRECT_MESSAGE:
        assert facts.operator.spicy_in_direct_messages
        return
    assert facts.place is Place.AGE_RESTRICTED_CHANNEL
    assert facts.rules.spicy_confirmed_by is not None
    assert SERVER not in facts.operator.spicy_blocked_servers


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
        replace(facts, person=replace(facts.person, moderates=True, manages=True, administers=True)),
        replace(facts, person=replace(facts.person, spicy_access=Access.DENIED, clears_channel_id=CHANNEL)),
        replace(facts, person=replace(facts.person, role_ids=facts.person.role_ids | {99})),
        replace(facts, now=facts.now + timedelta(days=400))
        if facts.status.suspended_until is None
        else facts,
    ]
    if not facts.is_spicy:
        found += [
            replace(facts, rules=rules.model_copy(update={"spicy_confirmed_by": None})),
            replace(facts, operator=replace(facts.operator, spicy_offered=False)),
            replace(facts, pictures=PictureOrigin.PEOPLE_BEFORE) if facts.pictures is NO_PICTURES else facts,
        ]
    changed = {**rules.modes, **dict.fromkeys(set(Gate) - facts.gates, Mode.OFF)}
    found.append(replace(facts, rules=rules.model_copy(update={"modes": changed})))
    return found


@given(ANY)
def test_a_decision_does_not_depend_on_what_has_no_bearing_on_it(facts: RequestFacts) -> None:
    before = judge(facts)
    for number, other in enumerate(_irrelevant(facts)):
        assert judge(other) == before, number


# The rules as jobs ask them: when a request is made, before it is bought, before it is posted, at every try.


def test_nothing_is_bought_or_posted_that_is_not_allowed_at_that_moment(tmp_path: Path) -> None:
    with in_a_loop(tmp_path) as runtime:
        machine = type("Here", (ChangingServerMachine,), {"runtime": runtime})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=40,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )


def test_what_changes_just_before_a_request_goes_on_is_noticed_whatever_it_waits_for(tmp_path: Path) -> None:
    with in_a_loop(tmp_path) as runtime:
        here = type("Here", (ChangingServerMachine,), {"runtime": runtime})
        for prompt, at, change in product(["a boat", "a lantern"], MOVING, [0, 1, *ReviewAt]):
            requests = here()
            requests.begin()
            requests.change_words("a lantern", listed=True)
            requests.request(1, CHANNEL, Preset.SPICY, prompt, ())
            if prompt == "a lantern":
                requests.decide(0, approved=True)
            if isinstance(change, ReviewAt):
                requests.begin_to_ask(0, at, change)
            else:
                requests.turn_against_a_person(0, at, hours=change)
