"""What is expected of the rules, over every combination of their facts, and what the names in the tables mean.

A line of a table stands for the product of what its cells name, several with commas between them; each column
to the right is one more value. “any” is every place, “unsure” each person of whom Discord does not tell enough.
No combination may be named twice, and none may be missing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from bot.moderation.integrations import Access
from bot.moderation.picture_origin import PictureOrigin
from bot.moderation.places import Place
from bot.moderation.policy import Decision, MemberStatus, Person, RequestFacts, Verdict
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage, ServerRules
from bot.video import Preset

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SERVER, CHANNEL, ROLE = 9, 70, 11
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
        case _:
            names = [name.strip() for name in cell.split(",")]
            return [one for name in names for one in (UNSURE if name == "unsure" else [name])]


UNSURE = ["untold", "no-server", "unseen"]


def _split(line: str) -> tuple[list[str], list[str]]:
    """The cells before the double bar and those behind it."""
    before, _, behind = line.partition("‖")
    return [cell.strip() for cell in before.split("|")], behind.split()


PLACES = {
    "adult": Place.AGE_RESTRICTED_CHANNEL,
    "open": Place.OPEN_CHANNEL,
    "direct": Place.DIRECT_MESSAGE,
    "group": Place.PRIVATE_CHANNEL,
    "foreign": Place.FOREIGN_SERVER,
    "lost": Place.UNSEEN_SERVER,
}
PLAIN = Person(1, SERVER, frozenset({10}))
PRESENCES = {
    "timed-out": Presence.TIMED_OUT,
    "gone": Presence.GONE,
    "no-server": Presence.NO_SERVER,
    "unseen": Presence.UNKNOWN,
}
PERSONS: Mapping[str, tuple[Person, MemberStatus]] = {
    **dict.fromkeys(PRESENCES, (PLAIN, MemberStatus())),
    "plain": (PLAIN, MemberStatus()),
    "listed": (PLAIN, MemberStatus(trusted=True)),
    "role": (Person(1, SERVER, frozenset({10, ROLE})), MemberStatus()),
    "blocked": (PLAIN, MemberStatus(blocked=True)),
    "suspended": (PLAIN, MemberStatus(suspended_until=NOW + timedelta(microseconds=1))),
    "served": (PLAIN, MemberStatus(suspended_until=NOW)),
    "away": (replace(PLAIN, video_access=Access.DENIED), MemberStatus()),
    "silent": (replace(PLAIN, may_write=False), MemberStatus()),
    "untold": (replace(PLAIN, video_access=Access.UNKNOWN), MemberStatus()),
}
PICTURES = {
    "none": PictureOrigin.NONE,
    "own": PictureOrigin.OWN_SPICY_VIDEO,
    "people": PictureOrigin.PEOPLE,
    "before": PictureOrigin.PEOPLE_BEFORE,
    "both": PictureOrigin.SPICY_AND_PEOPLE,
}
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
    "gone": Verdict.PERSON_GONE,
    "timed-out": Verdict.PERSON_TIMED_OUT,
    "not-here": Verdict.COMMAND_NOT_HERE,
    "silent": Verdict.MAY_NOT_WRITE,
    "not-told": Verdict.NOT_TOLD,
    "off": Verdict.SPICY_OFF,
    "stopped": Verdict.SPICY_STOPPED,
    "closed": Verdict.GATE_OFF,
    "no-pictures": Verdict.PICTURES_OFF,
    "pictures": Verdict.SPICY_FROM_PICTURES,
    "grown-ups": Verdict.NEEDS_AGE_RESTRICTED_CHANNEL,
    "direct": Verdict.NOT_IN_DIRECT_MESSAGES,
    "group": Verdict.NOT_IN_PRIVATE_CHANNELS,
    "foreign": Verdict.NOT_IN_FOREIGN_SERVERS,
    "words": Verdict.WORDS_BLOCKED,
    "shipped": Verdict.SHIPPED_RULE,
    "unoffered": Verdict.SPICY_NOT_OFFERED,
    "server": Verdict.SPICY_NOT_IN_THIS_SERVER,
    "admission": Verdict.NOT_AMONG_ALLOWED,
    "person": Verdict.BLOCKED_BY_OPERATOR,
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

NOT_FROM_PEOPLE = table("""
place   | person    | pictures  ‖ unconfirmed off       approval  trusted   open
adult   | plain     | none, own ‖ off         off       waits     waits     goes
adult   | listed    | none, own ‖ off         off       waits     goes      goes
adult   | role      | none, own ‖ off         off       waits     goes      goes
adult   | blocked   | none, own ‖ blocked     blocked   blocked   blocked   blocked
adult   | suspended | none, own ‖ suspended   suspended suspended suspended suspended
adult   | served    | none, own ‖ off         off       waits     waits     goes
adult   | unsure    | none, own ‖ off         off       not-told  not-told  not-told
open    | plain     | none, own ‖ off         off       grown-ups grown-ups grown-ups
open    | listed    | none, own ‖ off         off       grown-ups grown-ups grown-ups
open    | role      | none, own ‖ off         off       grown-ups grown-ups grown-ups
open    | blocked   | none, own ‖ blocked     blocked   blocked   blocked   blocked
open    | suspended | none, own ‖ suspended   suspended suspended suspended suspended
open    | served    | none, own ‖ off         off       grown-ups grown-ups grown-ups
open    | unsure    | none, own ‖ off         off       grown-ups grown-ups grown-ups
direct  | plain     | none, own ‖ direct      direct    direct    direct    direct
direct  | listed    | none, own ‖ direct      direct    direct    direct    direct
direct  | role      | none, own ‖ direct      direct    direct    direct    direct
direct  | blocked   | none, own ‖ blocked     blocked   blocked   blocked   blocked
direct  | suspended | none, own ‖ suspended   suspended suspended suspended suspended
direct  | served    | none, own ‖ direct      direct    direct    direct    direct
direct  | unsure    | none, own ‖ direct      direct    direct    direct    direct
group   | plain     | none, own ‖ group       group     group     group     group
foreign | plain     | none, own ‖ foreign     foreign   foreign   foreign   foreign
group   | listed    | none, own ‖ group       group     group     group     group
foreign | listed    | none, own ‖ foreign     foreign   foreign   foreign   foreign
group   | role      | none, own ‖ group       group     group     group     group
foreign | role      | none, own ‖ foreign     foreign   foreign   foreign   foreign
group   | blocked   | none, own ‖ blocked     blocked   blocked   blocked   blocked
foreign | blocked   | none, own ‖ blocked     blocked   blocked   blocked   blocked
group   | suspended | none, own ‖ suspended   suspended suspended suspended suspended
foreign | suspended | none, own ‖ suspended   suspended suspended suspended suspended
group   | served    | none, own ‖ group       group     group     group     group
foreign | served    | none, own ‖ foreign     foreign   foreign   foreign   foreign
group   | unsure    | none, own ‖ group       group     group     group     group
foreign | unsure    | none, own ‖ foreign     foreign   foreign   foreign   foreign
lost    | plain     | none, own ‖ off         off       not-told  not-told  not-told
lost    | listed    | none, own ‖ off         off       not-told  not-told  not-told
lost    | role      | none, own ‖ off         off       not-told  not-told  not-told
lost    | blocked   | none, own ‖ blocked     blocked   blocked   blocked   blocked
lost    | suspended | none, own ‖ suspended   suspended suspended suspended suspended
lost    | served    | none, own ‖ off         off       not-told  not-told  not-told
lost    | unsure    | none, own ‖ off         off       not-told  not-told  not-told
any     | away      | none, own ‖ not-here    not-here  not-here  not-here  not-here
any     | silent    | none, own ‖ silent      silent    silent    silent    silent
any     | timed-out | none, own ‖ timed-out   timed-out timed-out timed-out timed-out
any     | gone      | none, own ‖ gone        gone      gone      gone      gone
""")
_PEOPLES = table("""
place   | person                              | pictures       ‖ unconfirmed off       approval  trusted   open
adult   | plain, listed, role, served, unsure | people, before ‖ off         off       pictures  pictures  pictures
open    | plain, listed, role, served, unsure | people, before ‖ off         off       grown-ups grown-ups grown-ups
direct  | plain, listed, role, served, unsure | people, before ‖ direct      direct    direct    direct    direct
group   | plain, listed, role, served, unsure | people, before ‖ group       group     group     group     group
foreign | plain, listed, role, served, unsure | people, before ‖ foreign     foreign   foreign   foreign   foreign
lost    | plain, listed, role, served, unsure | people, before ‖ off         off       not-told  not-told  not-told
any     | blocked                             | people, before ‖ blocked     blocked   blocked   blocked   blocked
any     | suspended                           | people, before ‖ suspended   suspended suspended suspended suspended
any     | away                                | people, before ‖ not-here    not-here  not-here  not-here  not-here
any     | silent                              | people, before ‖ silent      silent    silent    silent    silent
any     | timed-out                           | people, before ‖ timed-out   timed-out timed-out timed-out timed-out
any     | gone                                | people, before ‖ gone        gone      gone      gone      gone
""")
FROM_PEOPLE = _PEOPLES | {
    (place, person, "both", mode): cell
    for (place, person, pictures, mode), cell in _PEOPLES.items()
    if pictures == "people"
}
SPICY = NOT_FROM_PEOPLE | FROM_PEOPLE


def spicy_facts(
    place: str, person: str, pictures: str, mode: str, review_at: ReviewAt, preset: Preset = Preset.SPICY
) -> RequestFacts:
    who, status = PERSONS[person]
    confirmed, spicy = MODES[mode]
    rules = ServerRules(
        spicy_confirmed_by=5 if confirmed else None,
        modes={Gate.SPICY: spicy},
        review_at=review_at,
        trusted_roles=frozenset({ROLE}),
    )
    presence = PRESENCES.get(person, Presence.MEMBER)
    return RequestFacts(
        preset,
        PLACES[place],
        who,
        NOW,
        CHANNEL,
        PICTURES[pictures],
        rules=rules,
        status=status,
        presence=presence,
    )


# The other presets, and pictures with them.

OTHER = table("""
place                  | person                              ‖ off       approval  trusted   open
adult, open            | plain, served, unsure               ‖ closed    waits     waits     goes
adult, open            | listed, role                        ‖ closed    waits     goes      goes
direct, group, foreign | plain, listed, role, served, unsure ‖ goes      goes      goes      goes
lost                   | plain, served, unsure               ‖ closed    not-told  not-told  goes
lost                   | listed, role                        ‖ closed    not-told  goes      goes
adult, open, lost      | blocked                             ‖ blocked   blocked   blocked   blocked
direct, group, foreign | blocked                             ‖ blocked   blocked   blocked   blocked
adult, open, lost      | suspended                           ‖ suspended suspended suspended suspended
direct, group, foreign | suspended                           ‖ suspended suspended suspended suspended
any                    | away                                ‖ not-here  not-here  not-here  not-here
any                    | silent                              ‖ silent    silent    silent    silent
any                    | timed-out                           ‖ timed-out timed-out timed-out timed-out
any                    | gone                                ‖ gone      gone      gone      gone
""")
OTHER_PRESETS = [preset for preset in Preset if preset is not Preset.SPICY]


def facts_of(
    preset: Preset, place: str, person: str, modes: Mapping[Gate, Mode], **more: Any
) -> RequestFacts:
    who, status = PERSONS[person]
    rules = ServerRules(modes=modes, trusted_roles=frozenset({ROLE}), review_at=more.pop("review_at"))
    more.setdefault("presence", PRESENCES.get(person, Presence.MEMBER))
    return RequestFacts(preset, PLACES[place], who, NOW, CHANNEL, rules=rules, status=status, **more)


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


# Spicy that was stopped: what of a request was before the stop × if it goes on × what moderators approved.

STOPPED = table("""
request         | approved                  ‖ stopped resumed
new             | none                      ‖ refused goes
later           | none, submission, posting ‖ both    goes
asked           | none, posting             ‖ both    submission
asked           | submission                ‖ both    goes
bought          | none, submission          ‖ both    posting
bought          | posting                   ‖ both    goes
""")
