"""Bitrates and sizes of compressed films."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.video_files.decoding.plan import Load, plan_of

MIB = 1024 * 1024
HD = Load(1280, 720, 480, 20.0, 60_000_000, 320_000, 940, sound_is_aac=True)


def test_film_and_sound_take_92_percent_of_the_limit() -> None:
    plan = plan_of(HD, 10 * MIB)
    assert plan is not None
    assert plan.sound_bits_per_s is None  # copied
    total_bytes = plan.film_bits_per_s * 20 / 8 + HD.sound_bytes
    assert 0.91 * 10 * MIB < total_bytes <= 0.92 * 10 * MIB
    assert (plan.width_px, plan.height_px) == (1280, 720)


def test_it_gets_no_more_bits_than_it_has() -> None:
    plan = plan_of(HD, 100 * MIB)
    assert plan is not None
    assert plan.film_bits_per_s == 60_000_000 * 8 // 20


@pytest.mark.parametrize(
    ("limit_bytes", "size"),
    [
        (8 * MIB, (1280, 720)),
        (2 * MIB, (1280, 720)),
        (1_200_000, (960, 540)),
        (800_000, (854, 480)),
        (600_000, (640, 360)),
        (350_000, (426, 240)),
        (250_000, (426, 240)),
    ],
)
def test_fewer_bits_make_a_smaller_frame(limit_bytes: int, size: tuple[int, int]) -> None:
    load = Load(1280, 720, 480, 20.0, 60_000_000)
    plan = plan_of(load, limit_bytes)
    assert plan is not None
    assert (plan.width_px, plan.height_px) == size


def test_a_film_larger_than_full_hd_becomes_full_hd() -> None:
    plan = plan_of(Load(3840, 2160, 240, 10.0, 500_000_000), 100 * MIB)
    assert plan is not None
    assert (plan.width_px, plan.height_px) == (1920, 1080)


@pytest.mark.parametrize(
    ("load", "bits_per_s"),
    [
        (Load(640, 360, 240, 10.0, 9_000_000, 400_000, 470, sound_is_aac=True), 96_000),
        (Load(640, 360, 240, 10.0, 9_000_000, 100_000, 470, sound_is_aac=False), 96_000),
        (Load(640, 360, 240, 10.0, 9_000_000, 100_000, 470, sound_is_aac=True), None),
        (Load(640, 360, 240, 10.0, 9_000_000), None),
    ],
    ids=["large", "no AAC", "small", "silent"],
)
def test_sound_that_is_large_or_odd_is_encoded(load: Load, bits_per_s: int | None) -> None:
    plan = plan_of(load, 5_000_000)
    assert plan is not None
    assert plan.sound_bits_per_s == bits_per_s


def test_a_film_for_which_there_is_no_room_has_no_plan() -> None:
    assert plan_of(Load(1280, 720, 240_000, 10_000.0, 900_000_000), 8 * MIB) is None
    assert plan_of(HD, 1000) is None


@given(
    width=st.integers(16, 4096),
    height=st.integers(16, 4096),
    frames=st.integers(1, 20_000),
    seconds=st.floats(0, 3600),
    film=st.integers(1, 10**9),
    sound=st.integers(0, 10**7),
    limit=st.integers(10**5, 10**8),
    aac=st.booleans(),
)
def test_every_plan_keeps_to_the_limit(
    width: int, height: int, frames: int, seconds: float, film: int, sound: int, limit: int, *, aac: bool
) -> None:
    load = Load(width, height, frames, seconds, film, sound, 100 if sound else 0, sound_is_aac=aac)
    plan = plan_of(load, limit)
    if plan is None:
        return
    assert plan.width_px % 2 == plan.height_px % 2 == 0
    assert plan.width_px * plan.height_px <= max(width * height * 1.3, 16 * 2160)
    sound_bits = plan.sound_bits_per_s or (sound * 8 / max(seconds, 0.2) if sound else 0)
    assert (plan.film_bits_per_s + sound_bits) * max(seconds, 0.2) / 8 <= 0.93 * limit
