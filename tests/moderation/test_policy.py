"""The rules, over every combination of their facts."""

import pytest

from bot.moderation.policy import Admission, Person, Place, RequestFacts, Verdict, judge, may_cancel
from bot.video import Preset

EXPECTED = {
    **{
        (preset, place): Verdict.ALLOWED for preset in Preset for place in Place if preset is not Preset.SPICY
    },
    (Preset.SPICY, Place.AGE_RESTRICTED_CHANNEL): Verdict.ALLOWED,
    (Preset.SPICY, Place.OPEN_CHANNEL): Verdict.NEEDS_AGE_RESTRICTED_CHANNEL,
    (Preset.SPICY, Place.DIRECT_MESSAGE): Verdict.NOT_IN_DIRECT_MESSAGES,
    (Preset.SPICY, Place.FOREIGN_SERVER): Verdict.NOT_IN_FOREIGN_SERVERS,
}
ADA = Person(1, guild_id=9, role_ids=frozenset({10, 11}))


@pytest.mark.parametrize("preset", Preset)
@pytest.mark.parametrize("place", Place)
def test_spicy_is_for_age_restricted_channels_and_the_rest_for_everywhere(
    preset: Preset, place: Place
) -> None:
    assert judge(RequestFacts(preset, place, ADA)) is EXPECTED[preset, place]


@pytest.mark.parametrize(
    ("people", "roles", "admitted"),
    [
        ((), (), True),
        ((1,), (), True),
        ((2,), (), False),
        ((), (11,), True),
        ((), (12,), False),
        ((2,), (10,), True),
        ((1,), (12,), True),
        ((2,), (12,), False),
    ],
)
def test_where_people_or_roles_are_named_only_they_may_use_the_bot(
    people: tuple[int, ...],
    roles: tuple[int, ...],
    admitted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    admission = Admission(frozenset(people), frozenset(roles))
    verdict = judge(RequestFacts(Preset.NORMAL, Place.OPEN_CHANNEL, ADA, admission))
    assert verdict is (Verdict.ALLOWED if admitted else Verdict.NOT_AMONG_ALLOWED)


@pytest.mark.parametrize(
    ("person", "guild_id", "allowed"),
    [
        (Person(1), None, True),
        (Person(1, 9), 9, True),
        (Person(2, 9), 9, False),
        (Person(2, 9, moderates=True), 9, True),
        (Person(2, 8, moderates=True), 9, False),
        (Person(2, None, moderates=True), None, False),
        (Person(2, 9, moderates=True), None, False),
    ],
)
def test_a_request_is_cancelled_by_its_owner_or_a_moderator_of_its_server(
    person: Person,
    guild_id: int | None,
    allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert may_cancel(person, owner_id=1, guild_id=guild_id) is allowed
