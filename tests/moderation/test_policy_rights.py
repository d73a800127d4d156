"""Who may do what with the requests of others."""

from itertools import product

from bot.moderation.policy import Person, may_cancel, may_configure, may_moderate, may_review
from bot.moderation.rules import ServerRules
from tests.moderation.policy_tables import ROLE, SERVER, table

OTHER_ROLE = 12
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
