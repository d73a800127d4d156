"""What people write behind a prompt: options are taken out, and what may belong to the prompt stays."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.services.prompt_options import Option, ParsedPrompt, parse_prompt_options
from bot.video import Preset, Resolution, Size

SECONDS, SIZE, RESOLUTION, PRESET = Option.SECONDS, Option.SIZE, Option.RESOLUTION, Option.PRESET
WORDS = (
    *("10s", "10 seconds", "6 sec", "720p", "480 p", "9:16", "1280x720", "vertical", "square", "wide"),
    *("fun", "spicy", "custom", "竖屏", "横版", "10秒", "16秒钟", "趣味", "縦長", "横", "楽しい", "スクエア"),
    *("--seconds 10", "-ar 9:16", "--v 6", "—preset fun", "--时长 10", "--s", "--", "-", "for", "in", "with"),
)
"""Options as people write them, and what looks like some."""
CHATTER = st.one_of(
    st.text(max_size=40),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=12).flatmap(
        lambda parts: st.sampled_from([" ", ", ", "", "\n", "，"]).map(lambda gap: gap.join(parts))
    ),
)


@pytest.mark.parametrize(
    ("text", "prompt", "options"),
    [
        ("make it rain 10s vertical", "make it rain", {SECONDS: "10", SIZE: "720x1280"}),
        ("让猫挥手，10秒竖屏", "让猫挥手", {SECONDS: "10", SIZE: "720x1280"}),
        ("讓貓揮手，10秒直式", "讓貓揮手", {SECONDS: "10", SIZE: "720x1280"}),
        ("讓牠動起來，16秒鐘 橫式", "讓牠動起來", {SECONDS: "16", SIZE: "1280x720"}),
        ("猫が手を振る、10秒、縦長", "猫が手を振る", {SECONDS: "10", SIZE: "720x1280"}),
        ("猫が手を振る。１６秒 横向き", "猫が手を振る", {SECONDS: "16", SIZE: "1280x720"}),
        ("猫が手を振る、コミカル", "猫が手を振る", {PRESET: "fun"}),
        ("让它动起来，趣味", "让它动起来", {PRESET: "fun"}),
        ("让它动起来 6秒钟 480p 方形", "让它动起来", {SECONDS: "6", RESOLUTION: "480p", SIZE: "1024x1024"}),
        ("a cat having fun", "a cat having fun", {}),
        ("the house is tall", "the house is tall", {}),
        ("dance, fun", "dance", {PRESET: "fun"}),
        ("dance\nspicy", "dance", {PRESET: "spicy"}),
        ("dance. Square.", "dance", {SIZE: "1024x1024"}),
        ("--seconds 10 -ar 9:16", "", {SECONDS: "10", SIZE: "720x1280"}),
        ("a wave --seconds=12 —ar 16:9", "a wave", {SECONDS: "12", SIZE: "1280x720"}),
        ("挥手 --时长：10 --比例 9:16", "挥手", {SECONDS: "10", SIZE: "720x1280"}),
        ("a wave --q 480", "a wave", {RESOLUTION: "480p"}),
        ("a wave --ar 4:3", "a wave", {SIZE: "4:3"}),
        ("a wave 4:3", "a wave 4:3", {}),
        ("a wave --seconds ten", "a wave", {SECONDS: "ten"}),
        ("rain for 10 seconds", "rain", {SECONDS: "10"}),
        ("rain 10s 16s", "rain", {SECONDS: "16"}),
        ("rain 10s --seconds 6", "rain", {SECONDS: "6"}),
        ("10s", "", {SECONDS: "10"}),
        ("640x480", "", {SIZE: "640x480"}),
        ("room 110s", "room", {SECONDS: "110"}),
        ("the model x10s", "the model x10s", {}),
        ("it is 4010:16", "it is 4010:16", {}),
        ("step -s slowly", "step -s slowly", {}),
        ("a dash — here, and --", "a dash — here, and --", {}),
        ("", "", {}),
    ],
)
def test_what_is_an_option_is_taken_out(text: str, prompt: str, options: dict[Option, str]) -> None:
    parsed = parse_prompt_options(text)
    assert (parsed.prompt, dict(parsed.options), parsed.unknown) == (prompt, options, ())


def test_unknown_options_are_named_and_the_rest_is_read() -> None:
    assert parse_prompt_options("a cat --v 6 10s --stylize=250") == ParsedPrompt(
        "a cat", {SECONDS: "10"}, ("--v", "--stylize")
    )


KNOWN = {SIZE: set(Size), RESOLUTION: set(Resolution), PRESET: set(Preset)}


@given(CHATTER)
@example("--seconds " + "9" * 50)
@example("1280×720p")
@example("10ſ vertıcal ſpicy")
@settings(max_examples=400)
def test_any_text_is_read(text: str) -> None:
    parsed = parse_prompt_options(text)
    assert len(parsed.prompt) <= len(text)
    assert parsed.prompt == parsed.prompt.strip()
    for option, value in parsed.options.items():
        raw = value in text or value.removesuffix("p") in text
        seconds = option is SECONDS and value.isdecimal() and len(value) <= 3
        pixels = option is SIZE and all(part.isdecimal() for part in value.split("x"))
        assert raw or seconds or pixels or value in KNOWN.get(option, set()), (option, value)
    assert all(name.startswith("--") and name in text for name in parsed.unknown)


@given(CHATTER)
@settings(max_examples=400)
def test_a_prompt_without_options_is_left_as_it_is(text: str) -> None:
    parsed = parse_prompt_options(text)
    if not parsed.options and not parsed.unknown:
        assert parsed == ParsedPrompt(text.strip())
        assert parse_prompt_options(parsed.prompt) == parsed


@given(st.text(alphabet="abcdefghij klmno", max_size=60).filter(lambda text: "--" not in text))
@settings(max_examples=100)
def test_options_behind_any_prompt_are_found(prompt: str) -> None:
    parsed = parse_prompt_options(f"{prompt}, 10s vertical 480p")
    assert parsed.options == {SECONDS: "10", SIZE: "720x1280", RESOLUTION: "480p"}
    assert parsed.prompt in prompt


HOSTILE: list[Callable[[int], str]] = [
    lambda length: " " * length + "10s",
    lambda length: "a" + " " * length + "b, 10s",
    lambda length: "10s " * (length // 4),
    lambda length: "--a " * (length // 4),
    lambda length: "--" * (length // 2),
    lambda length: "--a" + " " * length + "=",
    lambda length: "--" + "a-" * (length // 2),
    lambda length: "1" * length + "s",
    lambda length: "横" * length,
    lambda length: "," * length + "fun",
    lambda length: ", fun" * (length // 5),
    lambda length: "\n" * length + "--s",
]


def took_s(text: str) -> float:
    """CPU time of the best of some runs, which is the one that was disturbed least."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        parse_prompt_options(text)
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("hostile", HOSTILE)
def test_four_times_as_much_takes_at_most_about_sixteen_times_as_long(hostile: Callable[[int], str]) -> None:
    short_s, long_s = took_s(hostile(2_000)), took_s(hostile(8_000))
    # Cubic work would take 64 times as long. Below a millisecond nothing but the clock would be measured.
    assert long_s < 32 * max(short_s, 0.001)
