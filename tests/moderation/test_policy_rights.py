"""Who may do what with the requests of others."""

from collections.abc import Mapping, Sequence
from itertools import product

from bot.moderation.integrations import Access
from bot.moderation.policy import Person
from bot.moderation.rights import (
    may_cancel,
    may_configure,
    may_moderate,
    may_review,
    person_in_direct_messages,
    reuse_of,
)
from bot.moderation.rules import ServerRules
from tests.moderation.policy_tables import CHANNEL, ROLE, SERVER, table

OTHER_ROLE = 12
RIGHTS = table("""
person                         ‖ cancel moderate review configure
owner                          ‖ yes    no       no     no
owner-moderating               ‖ yes    yes      no     no
owner-managing                 ‖ yes    yes      no     yes
owner-elsewhere                ‖ yes    no       no     no
somebody                       ‖ no     no       no     no
clearing                       ‖ yes    no       no     no
clearing-another-channel       ‖ no     no       no     no
moderating                     ‖ no     yes      yes    no
moderating-and-clearing        ‖ yes    yes      yes    no
managing                       ‖ no     yes      yes    yes
administering                  ‖ no     yes      yes    yes
reviewer                       ‖ no     yes      yes    no
other-role                     ‖ no     no       no     no
granted                        ‖ no     yes      yes    no
moderating-denied              ‖ no     no       no     no
managing-denied                ‖ no     no       no     yes
reviewer-denied                ‖ no     no       no     no
administering-denied           ‖ no     yes      yes    yes
moderating-untold              ‖ no     no       no     no
reviewer-untold                ‖ no     no       no     no
administering-untold           ‖ no     yes      yes    yes
granted-elsewhere              ‖ no     no       no     no
moderating-elsewhere           ‖ no     no       no     no
managing-elsewhere             ‖ no     no       no     no
administering-elsewhere        ‖ no     no       no     no
reviewer-elsewhere             ‖ no     no       no     no
moderating-in-direct           ‖ no     no       no     no
""")
"""Of a request made in a channel of a server by person 1, where one role is that of reviewers."""
REVIEWER = frozenset({ROLE})
PEOPLE = {
    "owner": Person(1, SERVER),
    "owner-moderating": Person(1, SERVER, moderates=True),
    "owner-managing": Person(1, SERVER, manages=True),
    "owner-elsewhere": Person(1, SERVER + 1, moderates=True, manages=True),
    "somebody": Person(2, SERVER),
    "clearing": Person(2, SERVER, clears_channel_id=CHANNEL),
    "clearing-another-channel": Person(2, SERVER, clears_channel_id=CHANNEL + 1),
    "moderating": Person(2, SERVER, moderates=True),
    "moderating-and-clearing": Person(2, SERVER, moderates=True, clears_channel_id=CHANNEL),
    "managing": Person(2, SERVER, manages=True),
    "administering": Person(2, SERVER, administers=True),
    "reviewer": Person(2, SERVER, REVIEWER),
    "other-role": Person(2, SERVER, frozenset({OTHER_ROLE})),
    "granted": Person(2, SERVER, spicy_access=Access.GRANTED),
    "moderating-denied": Person(2, SERVER, moderates=True, spicy_access=Access.DENIED),
    "managing-denied": Person(2, SERVER, manages=True, spicy_access=Access.DENIED),
    "reviewer-denied": Person(2, SERVER, REVIEWER, spicy_access=Access.DENIED),
    "administering-denied": Person(2, SERVER, administers=True, spicy_access=Access.DENIED),
    "moderating-untold": Person(2, SERVER, moderates=True, spicy_access=Access.UNKNOWN),
    "reviewer-untold": Person(2, SERVER, REVIEWER, spicy_access=Access.UNKNOWN),
    "administering-untold": Person(2, SERVER, administers=True, spicy_access=Access.UNKNOWN),
    "granted-elsewhere": Person(2, SERVER + 1, spicy_access=Access.GRANTED),
    "moderating-elsewhere": Person(2, SERVER + 1, moderates=True),
    "managing-elsewhere": Person(2, SERVER + 1, manages=True),
    "administering-elsewhere": Person(2, SERVER + 1, administers=True),
    "reviewer-elsewhere": Person(2, SERVER + 1, REVIEWER),
    "moderating-in-direct": Person(
        2, None, REVIEWER, moderates=True, manages=True, clears_channel_id=CHANNEL
    ),
}


def test_who_may_do_what() -> None:
    rules = ServerRules(reviewer_roles=REVIEWER)
    assert set(RIGHTS) == set(product(PEOPLE, ["cancel", "moderate", "review", "configure"]))
    for name, person in PEOPLE.items():
        found = {
            "cancel": may_cancel(person, owner_id=1, channel_id=CHANNEL),
            "moderate": may_moderate(person, rules, SERVER),
            "review": may_review(person, rules, SERVER, owner_id=1),
            "configure": may_configure(person, SERVER),
        }
        for right, may in found.items():
            assert may is (RIGHTS[name, right] == "yes"), (name, right)


def test_where_the_reply_has_no_channel_only_the_owner_cancels() -> None:
    for person in PEOPLE.values():
        assert may_cancel(person, owner_id=1, channel_id=None) is (person.id == 1)


def test_in_direct_messages_only_the_owner_of_a_known_server_moderates() -> None:
    for owner_id in (1, 2, None):
        person = person_in_direct_messages(1, SERVER, owner_id=owner_id)
        assert may_moderate(person, ServerRules(), SERVER) is (owner_id == 1)


REUSE = table("""
whose  | public                        ‖ pictures last-frame last-frame-of-spicy
own    | none, here, elsewhere, half, no-pictures ‖ yes yes yes
others | none, elsewhere, half         ‖ no       yes        no
others | here, no-pictures             ‖ yes      yes        no
""")
PUBLIC: Mapping[str, Sequence[int | None]] = {
    "none": [None],
    "here": [CHANNEL, CHANNEL],
    "elsewhere": [CHANNEL + 1],
    "half": [CHANNEL, None],
    "no-pictures": [],
}


def test_what_comes_along_to_the_request_of_another() -> None:
    for (whose, public, what), expected in REUSE.items():
        spicy = what == "last-frame-of-spicy"
        person = Person(1 if whose == "own" else 2, SERVER, administers=True)
        found = reuse_of(person, owner_id=1, spicy=spicy, public_in=PUBLIC[public], channel_id=CHANNEL)
        comes = found.pictures if what == "pictures" else found.last_frame
        assert comes is (expected == "yes"), (whose, public, what)
    nowhere = reuse_of(Person(2), owner_id=1, spicy=False, public_in=[None], channel_id=None)
    assert not nowhere.pictures
