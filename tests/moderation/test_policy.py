"""The rules of the presets and of pictures, over every combination of their facts."""

from dataclasses import replace
from itertools import product

import pytest

from bot.moderation.policy import Decision, Place, RequestFacts, Verdict, judge
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage
from bot.video import Preset
from tests.moderation.policy_tables import (
    CHANNEL,
    MODES,
    NOW,
    OTHER,
    OTHER_PRESETS,
    PERSONS,
    PICTURES,
    PLACES,
    PLAIN,
    SPICY,
    STAGES,
    TOGETHER,
    WITH_PICTURES,
    WITHOUT_PICTURES,
    decision,
    facts_of,
    spicy_facts,
    table,
)

# Spicy: mode × place × person × pictures.


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


def test_the_table_of_other_presets_names_every_combination() -> None:
    assert set(OTHER) == set(product(PLACES, PERSONS, Mode))


@pytest.mark.parametrize("review_at", ReviewAt)
@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_other_presets(preset: Preset, review_at: ReviewAt) -> None:
    for (place, person, mode), expected in OTHER.items():
        modes = dict.fromkeys(Gate, Mode.OFF) | {Gate.of(preset): Mode(mode)}
        found = judge(facts_of(preset, place, person, modes, review_at=review_at))
        assert found == decision(expected, review_at), (place, person, mode)


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
