"""The API's limits as `VideoRequest` enforces them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size, VideoRequest


def test_defaults_follow_the_vendors_advice() -> None:
    request = VideoRequest(prompt="a boat")
    assert (request.seconds, request.size, request.resolution, request.preset) == (
        "6",
        "1280x720",
        "720p",
        "normal",
    )
    assert request.reference_count == 0
    assert request.group is None


def test_the_choices_are_exactly_the_apis() -> None:
    assert [*Seconds] == ["6", "10", "12", "16", "20"]
    assert [*Size] == ["1280x720", "720x1280", "1024x1024"]
    assert {*Resolution} == {"720p", "480p"}
    assert [*Preset] == ["normal", "fun", "spicy", "custom"]


@given(st.text())
def test_a_prompt_is_taken_exactly_when_it_fits_after_trimming(text: str) -> None:
    fits = 1 <= len(text.strip()) <= PROMPT_MAX_CHARS
    try:
        request = VideoRequest(prompt=text)
    except ValidationError:
        # pydantic trims Unicode's white space; Python's strip() also takes the separators U+001C to U+001F
        assert not fits or any(0xD800 <= ord(char) <= 0xDFFF for char in text)
    else:
        assert 1 <= len(request.prompt) <= PROMPT_MAX_CHARS


@pytest.mark.parametrize("prompt", ["", " ", "\n\t  ", "\u3000", "x" * 2501, " " + "x" * 2501 + " "])
def test_prompts_outside_the_limits_are_refused(prompt: str) -> None:
    with pytest.raises(ValidationError):
        VideoRequest(prompt=prompt)


def test_blanks_around_a_prompt_do_not_count() -> None:
    assert VideoRequest(prompt="  " + "x" * 2500 + "\n").prompt == "x" * 2500


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": "7"},
        {"size": "1920x1080"},
        {"resolution": "1080p"},
        {"preset": "wild"},
        {"reference_count": REFERENCES_MAX + 1},
        {"reference_count": -1},
        {"group": " "},
        {"extra": "x"},
    ],
)
def test_values_that_the_api_does_not_know_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        VideoRequest.model_validate({"prompt": "a boat", **wrong})


def test_a_request_cannot_be_changed_after_it_was_checked() -> None:
    request = VideoRequest(prompt="a boat")
    with pytest.raises(ValidationError):
        request.prompt = ""  # pyright: ignore[reportAttributeAccessIssue]


def test_size_in_pixels() -> None:
    assert (Size.PORTRAIT.width_px, Size.PORTRAIT.height_px) == (720, 1280)
