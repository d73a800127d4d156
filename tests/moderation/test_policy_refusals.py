"""What is refused whatever the modes are: for its words, by the operator, and which of several reasons is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any

import pytest

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
from tests.moderation.policy_tables import (
    CHANNEL,
    NOW,
    OTHER,
    OTHER_PRESETS,
    PLACES,
    PLAIN,
    SERVER,
    SPICY,
    STOPPED,
    TOGETHER,
    VERDICTS,
    decision,
    facts_of,
    spicy_facts,
    table,
)

# Words.

WORDS = table("""
place   ‖ none  held      blocked shipped
adult   ‖ goes  submitted words   shipped
open    ‖ goes  submitted words   shipped
direct  ‖ goes  words     words   shipped
group   ‖ goes  words     words   shipped
foreign ‖ goes  words     words   shipped
lost    ‖ goes  not-told  words   shipped
""")
HELD_AND_REVIEWED = table("""
mode     | person                 ‖ submission           posting            both
open     | plain, listed          ‖ submission           submission         submission
trusted  | listed                 ‖ submission           submission         submission
trusted  | plain                  ‖ submission           submission+posting submission+posting
approval | plain, listed          ‖ submission           submission+posting submission+posting
""")
"""At which moments moderators are asked about a prompt whose words are held, by when the server wants to be."""


@pytest.mark.parametrize("pictures", [one for one in PictureOrigin if not one.continues_spicy])
@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_words(preset: Preset, pictures: PictureOrigin) -> None:
    assert set(WORDS) == set(product(PLACES, WordVerdict))
    for (place, words), expected in WORDS.items():
        facts = facts_of(preset, place, "plain", {}, review_at=ReviewAt.POSTING, words=WordVerdict(words))
        submitted = Decision(Verdict.ALLOWED, frozenset({ReviewStage.SUBMISSION}))
        found = judge(replace(facts, pictures=pictures))
        assert found == (submitted if expected == "submitted" else decision(expected)), (place, words)


def test_words_that_are_held_are_looked_at_before_anything_is_bought() -> None:
    for (mode, person, review_at), expected in HELD_AND_REVIEWED.items():
        facts = facts_of(
            Preset.FUN,
            "open",
            person,
            {Gate.FUN: Mode(mode)},
            review_at=ReviewAt(review_at),
            words=WordVerdict.HELD,
        )
        stages = frozenset(map(ReviewStage, expected.split("+")))
        assert judge(facts) == Decision(Verdict.ALLOWED, stages), (mode, person, review_at)


# The operator's own rules.

OPERATOR = table("""
operator          ‖ adult     open      direct    group     foreign   lost
usual             ‖ goes      grown-ups direct    group     foreign   not-told
unoffered         ‖ unoffered unoffered unoffered unoffered unoffered unoffered
in-direct         ‖ goes      grown-ups goes      group     foreign   not-told
unoffered-direct  ‖ unoffered unoffered unoffered unoffered unoffered unoffered
server-blocked    ‖ server    server    direct    group     foreign   server
other-blocked     ‖ goes      grown-ups direct    group     foreign   not-told
not-admitted      ‖ admission admission admission admission admission admission
admitted          ‖ goes      grown-ups direct    group     foreign   not-told
person-blocked    ‖ person    person    person    person    person    person
person-both       ‖ person    person    person    person    person    person
other-person      ‖ goes      grown-ups direct    group     foreign   not-told
""")
OPERATORS = {
    "usual": OperatorRules(),
    "unoffered": OperatorRules(spicy_offered=False),
    "in-direct": OperatorRules(spicy_in_direct_messages=True),
    "unoffered-direct": OperatorRules(spicy_offered=False, spicy_in_direct_messages=True),
    "server-blocked": OperatorRules(spicy_blocked_servers=frozenset({SERVER})),
    "other-blocked": OperatorRules(spicy_blocked_servers=frozenset({SERVER + 1})),
    "not-admitted": OperatorRules(Admission(frozenset({2}))),
    "admitted": OperatorRules(Admission(frozenset({1}))),
    "person-blocked": OperatorRules(blocked_people=frozenset({1})),
    "person-both": OperatorRules(Admission(frozenset({1})), blocked_people=frozenset({1})),
    "other-person": OperatorRules(blocked_people=frozenset({2})),
}

NOBODY = {"not-admitted": "admission", "person-blocked": "person", "person-both": "person"}
"""What holds for every preset."""


def test_what_the_operator_decided_for_spicy() -> None:
    assert set(OPERATOR) == set(product(OPERATORS, PLACES))
    for (operator, place), expected in OPERATOR.items():
        facts = replace(
            spicy_facts(place, "plain", "none", "open", ReviewAt.BOTH), operator=OPERATORS[operator]
        )
        assert judge(facts) == decision(expected), (operator, place)
        other = judge(replace(facts, preset=Preset.NORMAL))
        assert other == decision(NOBODY.get(operator, "goes"))


@pytest.mark.parametrize(
    ("pictures", "expected"), [("none", "goes"), ("own", "goes"), ("people", "pictures")]
)
def test_in_direct_messages_spicy_takes_no_pictures_of_people_either(pictures: str, expected: str) -> None:
    facts = spicy_facts("direct", "listed", pictures, "open", ReviewAt.BOTH)
    assert judge(replace(facts, operator=OPERATORS["in-direct"])) == decision(expected)


ADMISSION = table("""
people | roles   ‖ admitted
-      | -       ‖ yes
1      | -       ‖ yes
2      | -       ‖ no
-      | 11      ‖ yes
-      | 12      ‖ no
2      | 10      ‖ yes
1      | 12      ‖ yes
2      | 12      ‖ no
""")


def test_where_people_or_roles_are_named_only_they_may_use_the_bot() -> None:
    ada = Person(1, SERVER, frozenset({10, 11}))
    for (people, roles, _), expected in ADMISSION.items():
        admission = Admission(_numbers(people), _numbers(roles))
        facts = RequestFacts(Preset.NORMAL, Place.OPEN_CHANNEL, ada, NOW, operator=OperatorRules(admission))
        assert judge(facts) == decision("goes" if expected == "yes" else "admission"), (people, roles)


def _numbers(cell: str) -> frozenset[int]:
    return frozenset() if cell == "-" else frozenset({int(cell)})


# What comes first where several rules refuse: from what nobody may do to what one channel does not have.

WRONG: Sequence[tuple[Verdict, dict[str, Any]]] = [
    (Verdict.SHIPPED_RULE, {"words": WordVerdict.REFUSED_BY_SHIPPED_RULE}),
    (Verdict.BLOCKED_BY_OPERATOR, {"blocked_people": frozenset({PLAIN.id})}),
    (Verdict.NOT_AMONG_ALLOWED, {"admission": Admission(frozenset({2}))}),
    (Verdict.WORDS_BLOCKED, {"words": WordVerdict.BLOCKED}),
    (Verdict.PERSON_BLOCKED, {"blocked": True}),
    (Verdict.PERSON_SUSPENDED, {"suspended_until": NOW + timedelta(hours=1)}),
    (Verdict.PERSON_GONE, {"presence": Presence.GONE}),
    (Verdict.COMMAND_NOT_HERE, {"access": Access.DENIED}),
    (Verdict.MAY_NOT_WRITE, {"may_write": False}),
    (Verdict.SPICY_NOT_OFFERED, {"spicy_offered": False}),
    (Verdict.SPICY_NOT_IN_THIS_SERVER, {"spicy_blocked_servers": frozenset({SERVER})}),
    (Verdict.SPICY_OFF, {"spicy": Mode.OFF}),
    (Verdict.NEEDS_AGE_RESTRICTED_CHANNEL, {"place": Place.OPEN_CHANNEL}),
    (Verdict.SPICY_FROM_PICTURES, {"origin": PictureOrigin.PEOPLE}),
    (Verdict.SPICY_FROM_PICTURES, {"origin": PictureOrigin.PEOPLE_BEFORE}),
    (Verdict.NOT_TOLD, {"access": Access.UNKNOWN}),
    (Verdict.PICTURES_OFF, {"pictures": Mode.OFF}),
]


def _with(*wrong: Mapping[str, Any]) -> RequestFacts:
    said: dict[str, Any] = {"origin": PictureOrigin.OWN_SPICY_VIDEO, "place": Place.AGE_RESTRICTED_CHANNEL}
    for one in reversed(wrong):
        said |= one
    rules = ServerRules(
        spicy_confirmed_by=5,
        modes={Gate.SPICY: said.get("spicy", Mode.OPEN), Gate.PICTURES: said.get("pictures", Mode.OPEN)},
    )
    operator = OperatorRules(
        said.get("admission", Admission()),
        said.get("spicy_offered", True),
        spicy_blocked_servers=said.get("spicy_blocked_servers", frozenset()),
        blocked_people=said.get("blocked_people", frozenset()),
    )
    status = MemberStatus(blocked=said.get("blocked", False), suspended_until=said.get("suspended_until"))
    access, may_write = said.get("access", Access.UNSET), said.get("may_write", True)
    person = replace(PLAIN, video_access=access, may_write=may_write)
    presence = said.get("presence", Presence.MEMBER)
    return RequestFacts(
        Preset.SPICY, said["place"], person, NOW, CHANNEL, said["origin"],
        words=said.get("words", WordVerdict.NONE), operator=operator, rules=rules, status=status, presence=presence,
    )  # fmt: skip


def _pairs() -> Iterator[tuple[Verdict, RequestFacts]]:
    for verdict, wrong in WRONG:
        yield verdict, _with(wrong)
    for (verdict, first), (_, second) in combinations(WRONG, 2):
        yield verdict, _with(first, second)


def test_of_two_reasons_the_more_general_is_told() -> None:
    assert judge(_with()) == Decision(Verdict.ALLOWED)
    for verdict, facts in _pairs():
        assert judge(facts) == Decision(verdict)


def test_every_verdict_is_in_a_table() -> None:
    cells = [*SPICY.values(), *OTHER.values(), *TOGETHER.values(), *WORDS.values(), *OPERATOR.values()]
    cells += ["stopped"] if "refused" in STOPPED.values() else []
    told = {VERDICTS[cell] for cell in cells if cell in VERDICTS}
    assert told == set(Verdict) - {Verdict.ALLOWED}
