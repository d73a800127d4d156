"""A server's rules as they are: defaults, limits, which mode counts where, and what is kept of them."""

import pytest
from pydantic import ValidationError

from bot.moderation.rules import USUAL_RULES, Gate, Mode, ReviewAt, ReviewStage, ServerRules
from bot.video import Preset
from tests.moderation.sample_rules import FULL


def test_usually_everything_is_open_but_spicy() -> None:
    for gate in Gate:
        assert USUAL_RULES.mode(gate, None) is (Mode.OFF if gate is Gate.SPICY else Mode.OPEN)
    assert USUAL_RULES.quorum == 1


def test_every_preset_has_a_gate_and_pictures_have_one_too() -> None:
    assert {Gate.of(preset) for preset in Preset} == set(Gate) - {Gate.PICTURES}


def test_spicy_is_off_everywhere_until_somebody_confirmed_its_rules() -> None:
    opened = {Gate.SPICY: Mode.OPEN}
    rules = ServerRules(modes=opened, channel_modes={3: opened})
    assert rules.mode(Gate.SPICY, 3) is rules.mode(Gate.SPICY, None) is Mode.OFF
    confirmed = rules.model_copy(update={"spicy_confirmed_by": 1})
    assert confirmed.mode(Gate.SPICY, 3) is confirmed.mode(Gate.SPICY, None) is Mode.OPEN


def test_a_channel_has_its_own_word_about_what_it_names_and_nothing_else() -> None:
    rules = ServerRules(
        modes={Gate.FUN: Mode.OFF, Gate.NORMAL: Mode.TRUSTED}, channel_modes={3: {Gate.FUN: Mode.OPEN}}
    )
    assert rules.mode(Gate.FUN, 3) is Mode.OPEN
    assert rules.mode(Gate.FUN, 4) is rules.mode(Gate.FUN, None) is Mode.OFF
    assert rules.mode(Gate.NORMAL, 3) is Mode.TRUSTED
    assert rules.mode(Gate.CUSTOM, 3) is Mode.OPEN


def test_modes_have_an_order() -> None:
    in_order = sorted(Mode, key=lambda mode: mode.strictness)
    assert in_order == [Mode.OPEN, Mode.TRUSTED, Mode.APPROVAL, Mode.OFF]


def test_moments_of_review() -> None:
    assert ReviewAt.SUBMISSION.stages == {ReviewStage.SUBMISSION}
    assert ReviewAt.POSTING.stages == {ReviewStage.POSTING}
    assert ReviewAt.BOTH.stages == set(ReviewStage)


def test_the_sample_has_a_value_of_its_own_for_each_setting() -> None:
    usual, sample = USUAL_RULES.model_dump(), FULL.model_dump()
    assert [name for name in ServerRules.model_fields if sample[name] == usual[name]] == []


@pytest.mark.parametrize("rules", [USUAL_RULES, FULL])
def test_rules_are_the_same_after_being_written_and_read(rules: ServerRules) -> None:
    assert ServerRules.model_validate(rules.model_dump(mode="json")) == rules
    assert ServerRules.model_validate_json(rules.model_dump_json()) == rules


def test_what_another_version_wrote_besides_is_ignored() -> None:
    written = FULL.model_dump(mode="json") | {"curfew": "22:00", "modes_of_old": {"spicy": "open"}}
    assert ServerRules.model_validate(written) == FULL
    assert ServerRules.model_validate({}) == USUAL_RULES


@pytest.mark.parametrize(
    "wrong",
    [
        {"quorum": 0},
        {"quorum": 11},
        {"review_hours": 0},
        {"review_hours": 169},
        {"reports_to_hide": 0},
        {"hidden_hours": 721},
        {"strikes_to_suspend": 0},
        {"suspend_hours": 8761},
        {"strike_days": 366},
        {"modes": {"spicy": "ajar"}},
        {"modes": {"windows": "open"}},
        {"channel_modes": {"general": {}}},
        {"review_at": "never"},
    ],
)
def test_rules_that_make_no_sense_are_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ServerRules.model_validate(wrong)


def test_of_a_channel_that_is_not_known_each_gate_has_the_strictest_mode_of_all() -> None:
    rules = ServerRules(
        spicy_confirmed_by=1,
        modes={Gate.SPICY: Mode.OPEN, Gate.FUN: Mode.TRUSTED},
        channel_modes={3: {Gate.NORMAL: Mode.APPROVAL, Gate.FUN: Mode.OPEN}, 4: {Gate.NORMAL: Mode.TRUSTED}},
    ).of_unknown_channel()
    assert {gate: rules.mode(gate, None) for gate in Gate} == {
        Gate.NORMAL: Mode.APPROVAL,
        Gate.FUN: Mode.TRUSTED,
        Gate.SPICY: Mode.OPEN,
        Gate.CUSTOM: Mode.OPEN,
        Gate.PICTURES: Mode.OPEN,
    }
    assert all(USUAL_RULES.of_unknown_channel().mode(gate, 3) is USUAL_RULES.mode(gate, 3) for gate in Gate)
