"""The rules, over every combination of their facts, in tables that say what is expected.

A line of a table stands for the product of what its cells name, several with commas between them; each column
to the right is one more value. “any” is every place, and “some” whatever has pictures. No combination may be
named twice, and none may be missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest

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
    may_cancel,
    may_configure,
    may_moderate,
    may_review,
)
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage, ServerRules, SpicyPictures
from bot.moderation.words import WordVerdict
from bot.video import Preset

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SERVER, CHANNEL, ROLE, OTHER_ROLE = 9, 70, 11, 12
Key = tuple[str, ...]


def table(text: str) -> dict[Key, str]:
    """What a table says: the cells of its line and the name of its column, to what stands there."""
    heading, *lines = [line for line in text.strip().splitlines() if line.strip()]
    left, columns = _split(heading)
    found: dict[Key, str] = {}
    for line in lines:
        named, cells = _split(line)
        assert len(named) == len(left), line
        assert len(cells) == len(columns), line
        for names in product(*(_meant(cell) for cell in named)):
            for column, cell in zip(columns, cells, strict=True):
                assert (*names, column) not in found, f"named twice: {(*names, column)}"
                found[(*names, column)] = cell
    return found


def _meant(cell: str) -> list[str]:
    """The names in a cell: each for itself, or all of a kind."""
    match cell:
        case "any":
            return [*PLACES]
        case "some":
            return [name for name in PICTURES if name != "none"]
        case _:
            return [name.strip() for name in cell.split(",")]


def _split(line: str) -> tuple[list[str], list[str]]:
    """The cells before the double bar and those behind it."""
    before, _, behind = line.partition("‖")
    return [cell.strip() for cell in before.split("|")], behind.split()


PLACES = {
    "adult": Place.AGE_RESTRICTED_CHANNEL,
    "open": Place.OPEN_CHANNEL,
    "direct": Place.DIRECT_MESSAGE,
    "foreign": Place.FOREIGN_SERVER,
}
PLAIN = Person(1, SERVER, frozenset({10}))
PERSONS: Mapping[str, tuple[Person, Standing]] = {
    "plain": (PLAIN, Standing()),
    "listed": (PLAIN, Standing(trusted=True)),
    "role": (Person(1, SERVER, frozenset({10, ROLE})), Standing()),
    "blocked": (PLAIN, Standing(blocked=True)),
    "suspended": (PLAIN, Standing(suspended_until=NOW + timedelta(microseconds=1))),
    "served": (PLAIN, Standing(suspended_until=NOW)),
}
PICTURES: Mapping[str, dict[str, Any]] = {
    "none": {"has_pictures": False},
    "off/no": {"has_pictures": True, "consented": False, "spicy_pictures": SpicyPictures.OFF},
    "off/yes": {"has_pictures": True, "consented": True, "spicy_pictures": SpicyPictures.OFF},
    "ask/no": {"has_pictures": True, "consented": False, "spicy_pictures": SpicyPictures.APPROVAL},
    "ask/yes": {"has_pictures": True, "consented": True, "spicy_pictures": SpicyPictures.APPROVAL},
    "mode/no": {"has_pictures": True, "consented": False, "spicy_pictures": SpicyPictures.AS_MODE},
    "mode/yes": {"has_pictures": True, "consented": True, "spicy_pictures": SpicyPictures.AS_MODE},
}
"""What the server says of pictures for spicy, and whether the person confirmed whom they show."""
MODES: Mapping[str, tuple[bool, Mode]] = {
    "unconfirmed": (False, Mode.OPEN),
    "off": (True, Mode.OFF),
    "approval": (True, Mode.APPROVAL),
    "trusted": (True, Mode.TRUSTED),
    "open": (True, Mode.OPEN),
}
STAGES = {
    ReviewAt.SUBMISSION: {ReviewStage.SUBMISSION},
    ReviewAt.POSTING: {ReviewStage.POSTING},
    ReviewAt.BOTH: {ReviewStage.SUBMISSION, ReviewStage.POSTING},
}
VERDICTS = {
    "blocked": Verdict.PERSON_BLOCKED,
    "suspended": Verdict.PERSON_SUSPENDED,
    "off": Verdict.SPICY_OFF,
    "closed": Verdict.GATE_OFF,
    "no-pictures": Verdict.PICTURES_OFF,
    "pictures": Verdict.SPICY_PICTURES_OFF,
    "consent": Verdict.NEEDS_CONSENT,
    "grown-ups": Verdict.NEEDS_AGE_RESTRICTED_CHANNEL,
    "direct": Verdict.NOT_IN_DIRECT_MESSAGES,
    "foreign": Verdict.NOT_IN_FOREIGN_SERVERS,
    "words": Verdict.WORDS_BLOCKED,
    "minors": Verdict.SEXUALISES_MINORS,
    "unoffered": Verdict.SPICY_NOT_OFFERED,
    "server": Verdict.SPICY_NOT_IN_THIS_SERVER,
    "admission": Verdict.NOT_AMONG_ALLOWED,
}


def decision(cell: str, review_at: ReviewAt = ReviewAt.SUBMISSION) -> Decision:
    """What a cell means: `goes` at once, `waits` when the server wants to be asked, or why not."""
    match cell:
        case "goes":
            return Decision(Verdict.ALLOWED)
        case "waits":
            return Decision(Verdict.ALLOWED, frozenset(STAGES[review_at]))
        case _:
            return Decision(VERDICTS[cell])


# Spicy: mode × place × person × pictures.

WITHOUT_PICTURES = table("""
place   | person    | pictures ‖ unconfirmed off       approval  trusted   open
adult   | plain     | none     ‖ off         off       waits     waits     goes
adult   | listed    | none     ‖ off         off       waits     goes      goes
adult   | role      | none     ‖ off         off       waits     goes      goes
adult   | blocked   | none     ‖ blocked     blocked   blocked   blocked   blocked
adult   | suspended | none     ‖ suspended   suspended suspended suspended suspended
adult   | served    | none     ‖ off         off       waits     waits     goes
open    | plain     | none     ‖ off         off       grown-ups grown-ups grown-ups
open    | listed    | none     ‖ off         off       grown-ups grown-ups grown-ups
open    | role      | none     ‖ off         off       grown-ups grown-ups grown-ups
open    | blocked   | none     ‖ blocked     blocked   blocked   blocked   blocked
open    | suspended | none     ‖ suspended   suspended suspended suspended suspended
open    | served    | none     ‖ off         off       grown-ups grown-ups grown-ups
direct  | plain     | none     ‖ direct      direct    direct    direct    direct
direct  | listed    | none     ‖ direct      direct    direct    direct    direct
direct  | role      | none     ‖ direct      direct    direct    direct    direct
direct  | blocked   | none     ‖ blocked     blocked   blocked   blocked   blocked
direct  | suspended | none     ‖ suspended   suspended suspended suspended suspended
direct  | served    | none     ‖ direct      direct    direct    direct    direct
foreign | plain     | none     ‖ foreign     foreign   foreign   foreign   foreign
foreign | listed    | none     ‖ foreign     foreign   foreign   foreign   foreign
foreign | role      | none     ‖ foreign     foreign   foreign   foreign   foreign
foreign | blocked   | none     ‖ blocked     blocked   blocked   blocked   blocked
foreign | suspended | none     ‖ suspended   suspended suspended suspended suspended
foreign | served    | none     ‖ foreign     foreign   foreign   foreign   foreign
""")
WITH_PICTURES = table("""
place   | person                      | pictures        ‖ unconfirmed off       approval  trusted   open
adult   | plain, listed, role, served | off/no, off/yes ‖ off         off       pictures  pictures  pictures
adult   | plain, listed, role, served | ask/no, mode/no ‖ off         off       consent   consent   consent
adult   | plain, listed, role, served | ask/yes         ‖ off         off       waits     waits     waits
adult   | plain, served               | mode/yes        ‖ off         off       waits     waits     goes
adult   | listed, role                | mode/yes        ‖ off         off       waits     goes      goes
open    | plain, listed, role, served | some            ‖ off         off            grown-ups grown-ups grown-ups
direct  | plain, listed, role, served | some            ‖ direct      direct    direct    direct    direct
foreign | plain, listed, role, served | some            ‖ foreign     foreign   foreign   foreign   foreign
any     | blocked                     | some            ‖ blocked     blocked   blocked   blocked   blocked
any     | suspended                   | some            ‖ suspended   suspended suspended suspended suspended
""")
SPICY = WITHOUT_PICTURES | WITH_PICTURES


def spicy_facts(place: str, person: str, pictures: str, mode: str, review_at: ReviewAt) -> RequestFacts:
    who, standing = PERSONS[person]
    confirmed, spicy = MODES[mode]
    given = dict(PICTURES[pictures])
    rules = ServerRules(
        spicy_confirmed_by=5 if confirmed else None,
        modes={Gate.SPICY: spicy},
        spicy_pictures=given.pop("spicy_pictures", SpicyPictures.OFF),
        review_at=review_at,
        trusted_roles=frozenset({ROLE}),
    )
    return RequestFacts(
        Preset.SPICY, PLACES[place], who, NOW, CHANNEL, rules=rules, standing=standing, **given
    )


def test_the_tables_of_spicy_name_every_combination() -> None:
    assert set(PLACES.values()) == set(Place)
    assert {mode for _, mode in MODES.values()} == set(Mode)
    assert set(SPICY) == set(product(PLACES, PERSONS, PICTURES, MODES))
    assert not set(WITHOUT_PICTURES) & set(WITH_PICTURES)


@pytest.mark.parametrize("review_at", ReviewAt)
def test_spicy(review_at: ReviewAt) -> None:
    for (place, person, pictures, mode), expected in SPICY.items():
        facts = spicy_facts(place, person, pictures, mode, review_at)
        found = judge(facts)
        assert found == decision(expected, review_at), (place, person, pictures, mode)
        assert found.allowed is (expected in {"goes", "waits"})
        for stage in ReviewStage:
            assert found.waits_at(stage) is (expected == "waits" and stage in STAGES[review_at])


@pytest.mark.parametrize("server", Mode)
def test_what_a_channel_says_counts_more_than_what_its_server_says(server: Mode) -> None:
    for (place, person, pictures, mode), expected in SPICY.items():
        facts = spicy_facts(place, person, pictures, mode, ReviewAt.BOTH)
        own = {CHANNEL: {Gate.SPICY: MODES[mode][1]}, CHANNEL + 1: {Gate.SPICY: server}}
        rules = facts.rules.model_copy(update={"modes": {Gate.SPICY: server}, "channel_modes": own})
        assert judge(replace(facts, rules=rules)) == decision(expected, ReviewAt.BOTH)
        elsewhere = judge(replace(facts, rules=rules, channel_id=CHANNEL + 2))
        unknown = judge(replace(facts, rules=rules, channel_id=None))
        if mode != "unconfirmed":
            by_server = SPICY[place, person, pictures, server.value]
            assert elsewhere == unknown == decision(by_server, ReviewAt.BOTH)


def test_what_moderators_agreed_to_is_not_asked_again_and_refusals_stay() -> None:
    for (place, person, pictures, mode), expected in SPICY.items():
        facts = spicy_facts(place, person, pictures, mode, ReviewAt.BOTH)
        half = judge(replace(facts, approved=frozenset({ReviewStage.SUBMISSION})))
        whole = judge(replace(facts, approved=frozenset(ReviewStage)))
        if expected == "waits":
            assert half == Decision(Verdict.ALLOWED, frozenset({ReviewStage.POSTING}))
            assert whole == Decision(Verdict.ALLOWED)
        else:
            assert half == whole == decision(expected)


def test_consent_changes_nothing_where_there_are_no_pictures() -> None:
    for (place, person, pictures, mode), expected in WITHOUT_PICTURES.items():
        facts = spicy_facts(place, person, pictures, mode, ReviewAt.BOTH)
        assert judge(replace(facts, consented=True)) == decision(expected, ReviewAt.BOTH)


def test_a_server_that_never_touched_its_rules_has_everything_but_spicy() -> None:
    for preset, (_, place) in product(Preset, PLACES.items()):
        found = judge(RequestFacts(preset, place, PLAIN, NOW, has_pictures=True))
        refused = {
            Place.AGE_RESTRICTED_CHANNEL: Verdict.SPICY_OFF,
            Place.OPEN_CHANNEL: Verdict.SPICY_OFF,
            Place.DIRECT_MESSAGE: Verdict.NOT_IN_DIRECT_MESSAGES,
            Place.FOREIGN_SERVER: Verdict.NOT_IN_FOREIGN_SERVERS,
        }
        assert found == Decision(refused[place] if preset is Preset.SPICY else Verdict.ALLOWED)


# The other presets, and pictures with them.

OTHER = table("""
place           | person                      ‖ off       approval  trusted   open
adult, open     | plain, served               ‖ closed    waits     waits     goes
adult, open     | listed, role                ‖ closed    waits     goes      goes
direct, foreign | plain, listed, role, served ‖ goes      goes      goes      goes
adult, open     | blocked                     ‖ blocked   blocked   blocked   blocked
direct, foreign | blocked                     ‖ blocked   blocked   blocked   blocked
adult, open     | suspended                   ‖ suspended suspended suspended suspended
direct, foreign | suspended                   ‖ suspended suspended suspended suspended
""")
OTHER_PRESETS = [preset for preset in Preset if preset is not Preset.SPICY]


def facts_of(
    preset: Preset, place: str, person: str, modes: Mapping[Gate, Mode], **more: Any
) -> RequestFacts:
    who, standing = PERSONS[person]
    rules = ServerRules(modes=modes, trusted_roles=frozenset({ROLE}), review_at=more.pop("review_at"))
    return RequestFacts(preset, PLACES[place], who, NOW, CHANNEL, rules=rules, standing=standing, **more)


def test_the_table_of_other_presets_names_every_combination() -> None:
    assert set(OTHER) == set(product(PLACES, PERSONS, Mode))


@pytest.mark.parametrize("review_at", ReviewAt)
@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_other_presets(preset: Preset, review_at: ReviewAt) -> None:
    for (place, person, mode), expected in OTHER.items():
        modes = dict.fromkeys(Gate, Mode.OFF) | {Gate.of(preset): Mode(mode)}
        found = judge(facts_of(preset, place, person, modes, review_at=review_at))
        assert found == decision(expected, review_at), (place, person, mode)


TOGETHER = table("""
preset   | person                ‖ off      approval     trusted      open
off      | plain, listed, role   ‖ closed   closed       closed       closed
approval | plain, listed, role   ‖ no-pictures waits     waits        waits
trusted  | plain                 ‖ no-pictures waits     waits        waits
trusted  | listed, role          ‖ no-pictures waits     goes         goes
open     | plain                 ‖ no-pictures waits     waits        goes
open     | listed, role          ‖ no-pictures waits     goes         goes
""")
"""A line for the mode of the preset, a column for that of pictures."""


@pytest.mark.parametrize("review_at", ReviewAt)
@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_pictures_go_through_two_gates_and_the_stricter_one_counts(
    preset: Preset, review_at: ReviewAt
) -> None:
    assert set(TOGETHER) == set(product(Mode, ["plain", "listed", "role"], Mode))
    for (mode, person, of_pictures), expected in TOGETHER.items():
        modes = {Gate.of(preset): Mode(mode), Gate.PICTURES: Mode(of_pictures)}
        for place in ("adult", "open"):
            facts = facts_of(preset, place, person, modes, review_at=review_at, has_pictures=True)
            assert judge(facts) == decision(expected, review_at), (mode, person, of_pictures)
        alone = judge(facts_of(preset, "open", person, modes, review_at=review_at))
        assert alone == decision(OTHER["open", person, mode], review_at)
        for place in ("direct", "foreign"):
            facts = facts_of(preset, place, person, modes, review_at=review_at, has_pictures=True)
            assert judge(facts) == Decision(Verdict.ALLOWED)


SPICY_TOGETHER = table("""
spicy    | server | person              ‖ off         approval trusted open
approval | mode   | plain, listed       ‖ no-pictures waits    waits   waits
trusted  | mode   | plain               ‖ no-pictures waits    waits   waits
trusted  | mode   | listed              ‖ no-pictures waits    goes    goes
open     | mode   | plain               ‖ no-pictures waits    waits   goes
open     | mode   | listed              ‖ no-pictures waits    goes    goes
approval | ask    | plain, listed       ‖ no-pictures waits    waits   waits
trusted  | ask    | plain, listed       ‖ no-pictures waits    waits   waits
open     | ask    | plain, listed       ‖ no-pictures waits    waits   waits
""")


def test_pictures_of_spicy_go_through_the_gate_of_pictures_too() -> None:
    for (mode, server, person, of_pictures), expected in SPICY_TOGETHER.items():
        facts = spicy_facts("adult", person, f"{server}/yes", mode, ReviewAt.BOTH)
        modes = {Gate.SPICY: Mode(mode), Gate.PICTURES: Mode(of_pictures)}
        rules = facts.rules.model_copy(update={"modes": modes})
        found = judge(replace(facts, rules=rules))
        assert found == decision(expected, ReviewAt.BOTH), (mode, server, person, of_pictures)


# Words.

WORDS = table("""
place   ‖ none  held      blocked minors
adult   ‖ goes  submitted words   minors
open    ‖ goes  submitted words   minors
direct  ‖ goes  words     words   minors
foreign ‖ goes  words     words   minors
""")
HELD_AND_REVIEWED = table("""
mode     | person                 ‖ submission           posting            both
open     | plain, listed          ‖ submission           submission         submission
trusted  | listed                 ‖ submission           submission         submission
trusted  | plain                  ‖ submission           submission+posting submission+posting
approval | plain, listed          ‖ submission           submission+posting submission+posting
""")
"""At which moments moderators are asked about a prompt whose words are held, by when the server wants to be."""


@pytest.mark.parametrize("has_pictures", [False, True])
@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_words(preset: Preset, *, has_pictures: bool) -> None:
    assert set(WORDS) == set(product(PLACES, WordVerdict))
    for (place, words), expected in WORDS.items():
        facts = facts_of(preset, place, "plain", {}, review_at=ReviewAt.POSTING, words=WordVerdict(words))
        submitted = Decision(Verdict.ALLOWED, frozenset({ReviewStage.SUBMISSION}))
        found = judge(replace(facts, has_pictures=has_pictures))
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
operator          ‖ adult     open      direct    foreign
usual             ‖ goes      grown-ups direct    foreign
unoffered         ‖ unoffered unoffered unoffered unoffered
in-direct         ‖ goes      grown-ups goes      foreign
unoffered-direct  ‖ unoffered unoffered unoffered unoffered
server-blocked    ‖ server    server    direct    foreign
other-blocked     ‖ goes      grown-ups direct    foreign
not-admitted      ‖ admission admission admission admission
admitted          ‖ goes      grown-ups direct    foreign
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
}


def test_what_the_operator_decided_for_spicy() -> None:
    assert set(OPERATOR) == set(product(OPERATORS, PLACES))
    for (operator, place), expected in OPERATOR.items():
        facts = replace(
            spicy_facts(place, "plain", "none", "open", ReviewAt.BOTH), operator=OPERATORS[operator]
        )
        assert judge(facts) == decision(expected), (operator, place)
        other = judge(replace(facts, preset=Preset.NORMAL))
        assert other == decision("admission" if operator == "not-admitted" else "goes")


@pytest.mark.parametrize("pictures", [name for name in PICTURES if name != "none"])
def test_in_direct_messages_spicy_never_starts_from_pictures(pictures: str) -> None:
    facts = spicy_facts("direct", "listed", pictures, "open", ReviewAt.BOTH)
    found = judge(replace(facts, operator=OPERATORS["in-direct"]))
    assert found == Decision(Verdict.SPICY_PICTURES_OFF)


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
    (Verdict.SEXUALISES_MINORS, {"words": WordVerdict.MINORS}),
    (Verdict.NOT_AMONG_ALLOWED, {"admission": Admission(frozenset({2}))}),
    (Verdict.WORDS_BLOCKED, {"words": WordVerdict.BLOCKED}),
    (Verdict.PERSON_BLOCKED, {"blocked": True}),
    (Verdict.PERSON_SUSPENDED, {"suspended_until": NOW + timedelta(hours=1)}),
    (Verdict.SPICY_NOT_OFFERED, {"spicy_offered": False}),
    (Verdict.SPICY_NOT_IN_THIS_SERVER, {"spicy_blocked_servers": frozenset({SERVER})}),
    (Verdict.SPICY_OFF, {"spicy": Mode.OFF}),
    (Verdict.NEEDS_AGE_RESTRICTED_CHANNEL, {"place": Place.OPEN_CHANNEL}),
    (Verdict.SPICY_PICTURES_OFF, {"spicy_pictures": SpicyPictures.OFF}),
    (Verdict.NEEDS_CONSENT, {"consented": False}),
    (Verdict.PICTURES_OFF, {"pictures": Mode.OFF}),
]


def _with(*wrong: Mapping[str, Any]) -> RequestFacts:
    said: dict[str, Any] = {"consented": True, "place": Place.AGE_RESTRICTED_CHANNEL}
    for one in reversed(wrong):
        said |= one
    rules = ServerRules(
        spicy_confirmed_by=5,
        modes={Gate.SPICY: said.get("spicy", Mode.OPEN), Gate.PICTURES: said.get("pictures", Mode.OPEN)},
        spicy_pictures=said.get("spicy_pictures", SpicyPictures.AS_MODE),
    )
    operator = OperatorRules(
        said.get("admission", Admission()),
        said.get("spicy_offered", True),
        spicy_blocked_servers=said.get("spicy_blocked_servers", frozenset()),
    )
    standing = Standing(blocked=said.get("blocked", False), suspended_until=said.get("suspended_until"))
    return RequestFacts(
        Preset.SPICY, said["place"], PLAIN, NOW, CHANNEL, has_pictures=True, consented=said["consented"],
        words=said.get("words", WordVerdict.NONE), operator=operator, rules=rules, standing=standing,
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
    told = {VERDICTS[cell] for cell in cells if cell in VERDICTS}
    assert told == set(Verdict) - {Verdict.ALLOWED}


# Who may do what with the requests of others.

RIGHTS = table("""
person                         ‖ cancel moderate review configure
owner                          ‖ yes    no       no     no
owner-moderating               ‖ yes    yes      no     no
owner-managing                 ‖ yes    yes      no     yes
owner-elsewhere                ‖ yes    no       no     no
somebody                       ‖ no     no       no     no
moderating                     ‖ yes    yes      yes    no
managing                       ‖ no     yes      yes    yes
reviewer                       ‖ no     yes      yes    no
other-role                     ‖ no     no       no     no
moderating-elsewhere           ‖ no     no       no     no
managing-elsewhere             ‖ no     no       no     no
reviewer-elsewhere             ‖ no     no       no     no
moderating-in-direct           ‖ no     no       no     no
""")
"""Of a request made in a server by person 1, where one role is that of reviewers."""
PEOPLE = {
    "owner": Person(1, SERVER),
    "owner-moderating": Person(1, SERVER, moderates=True),
    "owner-managing": Person(1, SERVER, manages=True),
    "owner-elsewhere": Person(1, SERVER + 1, moderates=True, manages=True),
    "somebody": Person(2, SERVER),
    "moderating": Person(2, SERVER, moderates=True),
    "managing": Person(2, SERVER, manages=True),
    "reviewer": Person(2, SERVER, frozenset({ROLE})),
    "other-role": Person(2, SERVER, frozenset({OTHER_ROLE})),
    "moderating-elsewhere": Person(2, SERVER + 1, moderates=True),
    "managing-elsewhere": Person(2, SERVER + 1, manages=True),
    "reviewer-elsewhere": Person(2, SERVER + 1, frozenset({ROLE})),
    "moderating-in-direct": Person(2, None, frozenset({ROLE}), moderates=True, manages=True),
}


def test_who_may_do_what() -> None:
    rules = ServerRules(reviewer_roles=frozenset({ROLE}))
    assert set(RIGHTS) == set(product(PEOPLE, ["cancel", "moderate", "review", "configure"]))
    for name, person in PEOPLE.items():
        found = {
            "cancel": may_cancel(person, owner_id=1, guild_id=SERVER),
            "moderate": may_moderate(person, rules, SERVER),
            "review": may_review(person, rules, SERVER, owner_id=1),
            "configure": may_configure(person, SERVER),
        }
        for right, may in found.items():
            assert may is (RIGHTS[name, right] == "yes"), (name, right)


def test_in_direct_messages_only_the_owner_cancels() -> None:
    for person in PEOPLE.values():
        assert may_cancel(person, owner_id=1, guild_id=None) is (person.id == 1)
