"""The rules, over every combination of their facts."""

import pytest

from bot.moderation.policy import Place, RequestFacts, Verdict, judge
from bot.video import Preset

EXPECTED = {
    **{
        (preset, place): Verdict.ALLOWED for preset in Preset for place in Place if preset is not Preset.SPICY
    },
    (Preset.SPICY, Place.AGE_RESTRICTED_CHANNEL): Verdict.ALLOWED,
    (Preset.SPICY, Place.OPEN_CHANNEL): Verdict.NEEDS_AGE_RESTRICTED_CHANNEL,
    (Preset.SPICY, Place.DIRECT_MESSAGE): Verdict.NOT_IN_DIRECT_MESSAGES,
}


@pytest.mark.parametrize("preset", Preset)
@pytest.mark.parametrize("place", Place)
def test_spicy_is_for_age_restricted_channels_and_the_rest_for_everywhere(
    preset: Preset, place: Place
) -> None:
    assert judge(RequestFacts(preset, place)) is EXPECTED[preset, place]
