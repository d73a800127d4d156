"""The frames of the demo's films: every scene moves and has light in it, words are readable, pictures whole."""

import dataclasses
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from bot.sandbox.video_factory import VideoSpec
from bot.sandbox.video_factory.caption import caption, notice
from bot.sandbox.video_factory.frames import frames
from bot.sandbox.video_factory.scene import Hour, Place, Weather, scene_of

SIZES = [(256, 144), (144, 256), (160, 160)]
PROMPTS = {
    Place.SEA: "a paper boat at sea",
    Place.MOUNTAINS: "mountains",
    Place.CITY: "a city",
    Place.SPACE: "a galaxy",
    Place.MEADOW: "flowers",
    Place.LIGHTS: "abstract lights",
}
HOURS = {Hour.DAWN: "at dawn", Hour.DAY: "at noon", Hour.DUSK: "at dusk", Hour.NIGHT: "at midnight"}
WEATHER = {Weather.CLEAR: "", Weather.RAIN: "in the rain", Weather.SNOW: "in the snow"}
RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 200, 20), (20, 20, 230), (240, 240, 240)


def film(
    prompt: str, size: tuple[int, int], *, pictures: tuple[Path, ...] = (), words: str = ""
) -> list[Image.Image]:
    """Draw one frame a second of a film."""
    spec = VideoSpec("film", prompt, 4, *size, pictures, Fraction(1), notice=words)
    return [frame.copy() for frame in frames(spec)]


def contrast(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).stddev[0]


def differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


@pytest.mark.parametrize("size", SIZES, ids=["landscape", "portrait", "square"])
@pytest.mark.parametrize("hour", Hour)
@pytest.mark.parametrize("place", Place)
def test_every_frame_has_light_and_differs_from_the_one_before(
    place: Place, hour: Hour, size: tuple[int, int]
) -> None:
    drawn = film(f"{PROMPTS[place]} {HOURS[hour]}", size)
    assert [frame.size for frame in drawn] == [size] * 4
    for frame in drawn:
        above = frame.crop((0, 0, size[0], size[1] * 3 // 4))
        assert contrast(above) > 4
        assert ImageStat.Stat(above.convert("L")).extrema[0][1] > 60
    assert all(differ(one, other) for one, other in pairwise(drawn))


@pytest.mark.parametrize("weather", Weather)
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("hour", Hour)
def test_the_words_of_a_prompt_choose_its_scene(place: Place, hour: Hour, weather: Weather) -> None:
    scene = scene_of(f"{PROMPTS[place]} {HOURS[hour]} {WEATHER[weather]}")
    assert (scene.place, scene.hour, scene.weather) == (place, hour, weather)


@pytest.mark.parametrize("weather", [Weather.RAIN, Weather.SNOW])
def test_rain_and_snow_are_seen(weather: Weather) -> None:
    clear = dataclasses.replace(VideoSpec("film", "a city at noon", 1, 256, 144), frames_per_s=Fraction(2))
    fallen = dataclasses.replace(clear, prompt=f"a city at noon {WEATHER[weather]}")
    assert all(differ(one, other) for one, other in zip(frames(clear), frames(fallen), strict=True))


@pytest.mark.parametrize("pictures", [False, True], ids=["scene", "picture"])
def test_the_notice_stands_in_every_frame(tmp_path: Path, pictures: bool) -> None:  # noqa: FBT001
    path = tmp_path / "one.png"
    Image.new("RGB", (200, 300), RED).save(path)
    given = (path,) if pictures else ()
    plain = film("flowers at noon", (320, 180), pictures=given)
    noted = film("flowers at noon", (320, 180), pictures=given, words="Simulated")
    plate = notice("Simulated", (320, 180))
    for one, other in zip(plain, noted, strict=True):
        box = ImageChops.difference(one, other).getbbox()
        assert box is not None
        assert (box[2] - box[0], box[3] - box[1]) == plate.size
        assert box[:2] == (4, 4)


@pytest.mark.parametrize("size", SIZES, ids=["landscape", "portrait", "square"])
def test_a_caption_stays_within_its_frame(size: tuple[int, int]) -> None:
    for prompt in ("a boat", "word " * 90, "x" * 2500):
        strip = caption(prompt, size)
        assert strip is not None
        assert strip.width == size[0]
        assert strip.height < size[1] / 2


def test_letters_that_no_font_has_are_left_out() -> None:
    shown, absent = caption("a paper boat", (640, 360)), caption("a paper boat\U0010fffe", (640, 360))
    assert shown is not None
    assert absent is not None
    assert absent.tobytes() == shown.tobytes()


def test_words_of_which_nearly_nothing_can_be_drawn_are_not_shown() -> None:
    assert caption("\U0010fffd\U0010fffe\U000ffffd", (640, 360)) is None


def quarters() -> Image.Image:
    """A picture with another colour in each corner, which shows how it is turned and whether it is whole."""
    image = Image.new("RGB", (60, 90))
    for corner, colour in (((0, 0), RED), ((30, 0), GREEN), ((0, 45), BLUE), ((30, 45), WHITE)):
        image.paste(colour, (*corner, corner[0] + 30, corner[1] + 45))
    return image


TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
"""Turns by which a camera that was held this way (EXIF) stored the upright picture."""


@pytest.mark.parametrize("size", [(256, 144), (144, 256)], ids=["landscape", "portrait"])
@pytest.mark.parametrize("orientation", TURNS)
def test_a_picture_is_whole_and_upright(tmp_path: Path, orientation: int, size: tuple[int, int]) -> None:
    path = tmp_path / "photo.png"
    turn = TURNS[orientation]
    stored = quarters() if turn is None else quarters().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(path, exif=exif)
    scale = min(size[0] / 60, size[1] / 90)
    # The camera has 4.5 % to move in, so just inside each corner of the fitted picture its colour is there.
    right, down = 60 * scale * 0.42, 90 * scale * 0.42
    for frame in film("\U0010fffe", size, pictures=(path,)):
        middle = size[0] / 2, size[1] / 2
        for way, colour in (((-1, -1), RED), ((1, -1), GREEN), ((-1, 1), BLUE), ((1, 1), WHITE)):
            found = frame.getpixel((int(middle[0] + way[0] * right), int(middle[1] + way[1] * down)))
            assert found == pytest.approx(colour, abs=12)
