"""The rules of the presets and of pictures, over every combination of their facts."""

from dataclasses import replace
from itertools import product

import pytest

from bot.moderation.picture_origin import PictureOrigin
from bot.moderation.places import Place
from bot.moderation.policy import Decision, OperatorRules, RequestFacts, Verdict, judge
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage
from bot.video import Preset
from tests.moderation.policy_tables import (
    CHANNEL,
    FROM_PEOPLE,
    MODES,
    NOT_FROM_PEOPLE,
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
    decision,
    facts_of,
    spicy_facts,
)

# Spicy: mode × place × person × pictures.


def test_the_tables_of_spicy_name_every_combination() -> None:
    assert set(PLACES.values()) == set(Place)
    assert set(PICTURES.values()) == set(PictureOrigin)
    assert {mode for _, mode in MODES.values()} == set(Mode)
    assert set(SPICY) == set(product(PLACES, PERSONS, PICTURES, MODES))
    assert not set(NOT_FROM_PEOPLE) & set(FROM_PEOPLE)


@pytest.mark.parametrize("review_at", ReviewAt)
def test_spicy(review_at: ReviewAt) -> None:
    for (place, person, pictures, mode), expected in SPICY.items():
        facts = spicy_facts(place, person, pictures, mode, review_at)
        found = judge(facts)
        assert found == decision(expected, review_at), (place, person, pictures, mode)
        assert found.allowed is (expected in {"goes", "waits"})
        for harness in ReviewStage:
            assert found.waits_at(harness) is (expected == "waits" and harness in STAGES[review_at])


@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_what_continues_a_spicy_video_is_judged_as_one_whatever_its_preset(preset: Preset) -> None:
    for (place, person, pictures, mode), expected in SPICY.items():
        if PICTURES[pictures].continues_spicy:
            facts = spicy_facts(place, person, pictures, mode, ReviewAt.BOTH, preset)
            assert judge(facts) == decision(expected, ReviewAt.BOTH), (place, person, pictures, mode)


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
        half = judge(replace(facts, approved={ReviewStage.SUBMISSION: NOW}))
        whole = judge(replace(facts, approved=dict.fromkeys(ReviewStage, NOW)))
        if expected == "waits":
            assert half == Decision(Verdict.ALLOWED, frozenset({ReviewStage.POSTING}))
            assert whole == Decision(Verdict.ALLOWED)
        else:
            assert half == whole == decision(expected)


def test_there_is_no_way_from_a_picture_of_people_to_spicy() -> None:
    assert not {"goes", "waits"} & set(FROM_PEOPLE.values())
    operators = [OperatorRules(spicy_in_direct_messages=True), OperatorRules()]
    for (place, person, pictures, mode), operator in product(FROM_PEOPLE, operators):
        facts = spicy_facts(place, person, pictures, mode, ReviewAt.BOTH)
        facts = replace(facts, operator=operator, approved=dict.fromkeys(ReviewStage, NOW))
        assert not judge(facts).allowed


def test_a_server_that_never_touched_its_rules_has_everything_but_spicy() -> None:
    for preset, (_, place) in product(Preset, PLACES.items()):
        found = judge(RequestFacts(preset, place, PLAIN, NOW, pictures=PictureOrigin.PEOPLE))
        refused = {
            Place.AGE_RESTRICTED_CHANNEL: Verdict.SPICY_OFF,
            Place.OPEN_CHANNEL: Verdict.SPICY_OFF,
            Place.DIRECT_MESSAGE: Verdict.NOT_IN_DIRECT_MESSAGES,
            Place.PRIVATE_CHANNEL: Verdict.NOT_IN_PRIVATE_CHANNELS,
            Place.FOREIGN_SERVER: Verdict.NOT_IN_FOREIGN_SERVERS,
            Place.UNSEEN_SERVER: Verdict.SPICY_OFF,
        }
        assert found == Decision(refused[place] if preset is Preset.SPICY else Verdict.ALLOWED)


@pytest.mark.parametrize("stage", ReviewStage)
def test_what_was_approved_is_not_done_for_a_server_that_is_lost(stage: ReviewStage) -> None:
    approved = {stage: NOW}
    for place, verdict in (("lost", Verdict.NOT_TOLD), ("open", Verdict.ALLOWED)):
        facts = facts_of(Preset.NORMAL, place, "plain", {}, review_at=ReviewAt.BOTH, approved=approved)
        assert judge(facts) == Decision(verdict)


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
    origin = PictureOrigin.PEOPLE
    assert set(TOGETHER) == set(product(Mode, ["plain", "listed", "role"], Mode))
    for (mode, person, of_pictures), expected in TOGETHER.items():
        modes = {Gate.of(preset): Mode(mode), Gate.PICTURES: Mode(of_pictures)}
        for place in ("adult", "open"):
            facts = facts_of(preset, place, person, modes, review_at=review_at, pictures=origin)
            assert judge(facts) == decision(expected, review_at), (mode, person, of_pictures)
        alone = judge(facts_of(preset, "open", person, modes, review_at=review_at))
        assert alone == decision(OTHER["open", person, mode], review_at)
        for place in ("direct", "group", "foreign"):
            facts = facts_of(preset, place, person, modes, review_at=review_at, pictures=origin)
            assert judge(facts) == Decision(Verdict.ALLOWED)


@pytest.mark.parametrize("preset", Preset)
def test_own_frames_of_spicy_go_through_the_gate_of_pictures_too(preset: Preset) -> None:
    for (mode, person, of_pictures), expected in TOGETHER.items():
        facts = spicy_facts("adult", person, "own", mode, ReviewAt.BOTH, preset)
        modes = {Gate.SPICY: Mode(mode), Gate.PICTURES: Mode(of_pictures)}
        found = judge(replace(facts, rules=facts.rules.model_copy(update={"modes": modes})))
        told = "off" if expected == "closed" else expected
        assert found == decision(told, ReviewAt.BOTH), (mode, person, of_pictures)


@pytest.mark.parametrize("preset", OTHER_PRESETS)
def test_own_frames_go_through_the_gate_of_another_preset_too(preset: Preset) -> None:
    for (mode, person, of_preset), expected in TOGETHER.items():
        facts = spicy_facts("adult", person, "own", mode, ReviewAt.BOTH, preset)
        modes = {Gate.SPICY: Mode(mode), Gate.of(preset): Mode(of_preset)}
        found = judge(replace(facts, rules=facts.rules.model_copy(update={"modes": modes})))
        told = {"closed": "off", "no-pictures": "closed"}.get(expected, expected)
        assert found == decision(told, ReviewAt.BOTH), (mode, person, of_preset)
