"""The scene of a film, chosen by words of its prompt: a place, an hour, the weather, and a boat."""

import hashlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.sandbox.video_factory.spec import VideoSpec


class Place(StrEnum):
    """Where a film plays."""

    SEA = "sea"
    MOUNTAINS = "mountains"
    CITY = "city"
    SPACE = "space"
    MEADOW = "meadow"
    LIGHTS = "lights"


class Hour(StrEnum):
    """When a film plays; it chooses the colours."""

    DAWN = "dawn"
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


class Weather(StrEnum):
    """Weather of a film: rain, snow or neither."""

    CLEAR = "clear"
    RAIN = "rain"
    SNOW = "snow"


_PLACES: Final[Mapping[Place, str]] = {
    Place.CITY: r"cit(y|ies)|streets?|town|neon|skyline|tokyo|roofs?|road|城|街|市|霓虹|ネオン|都会",
    Place.SPACE: r"space|galax(y|ies)|planets?|rocket|nebula|cosmos|astronaut|宇宙|星系|太空|銀河|惑星",
    Place.MOUNTAINS: r"mountains?|forests?|fog|mist|woods?|hills?|trees?|valley|pines?|dragon|fox|bear"
    r"|山|森|林|雾|霧",
    Place.MEADOW: r"flowers?|meadow|fields?|garden|grass|butterfl(y|ies)|spring|cat|dog|花|草|庭|园|猫|犬|狗",
    Place.SEA: r"seas?|ocean|boat|ship|waves?|beach|lighthouse|harbou?r|lake"
    r"|river|island|whale|海|船|湖|河|波|灯台|灯塔",
    Place.LIGHTS: r"abstract|lights?|fire|flames?|dream|music|dance|火|光|夢|梦",
}
_HOURS: Final[Mapping[Hour, str]] = {
    Hour.DUSK: r"dusk|sunset|evening|twilight|golden|黄昏|夕|晚",
    Hour.DAWN: r"dawn|sunrise|morning|fog|mist|晨|朝|雾|霧",
    Hour.NIGHT: r"night|midnight|moon|stars?|dark|neon|夜|月|星",
    Hour.DAY: r"day|noon|sunny|bright|summer|spring|昼|晴|夏|春",
}
_WEATHER: Final[Mapping[Weather, str]] = {
    Weather.RAIN: r"rain|rainy|raining|storm|drizzle|puddles?|雨",
    Weather.SNOW: r"snow|snowy|snowing|snowfall|winter|blizzard|雪|冬",
}
_BOAT: Final = r"boats?|ships?|sail(s|ing|boats?)?|船|舟|ボート"


@dataclass(frozen=True)
class Scene:
    """Description of a scene to draw."""

    place: Place
    hour: Hour
    weather: Weather
    with_boat: bool


def scene_of(prompt: str) -> Scene:
    """Return the scene that a prompt speaks of; where it is silent, the same prompt gives the same scene."""
    chance = chance_of(prompt)
    places = [Place.SEA, Place.MOUNTAINS, Place.CITY, Place.SPACE, Place.MEADOW]
    place, hour = chance.choice(places), chance.choice(list(Hour))
    return Scene(
        place=next((one for one, words in _PLACES.items() if _speaks_of(prompt, words)), place),
        hour=next((one for one, words in _HOURS.items() if _speaks_of(prompt, words)), hour),
        weather=next((one for one, words in _WEATHER.items() if _speaks_of(prompt, words)), Weather.CLEAR),
        with_boat=_speaks_of(prompt, _BOAT),
    )


def chance_of(prompt: str) -> random.Random:
    """Return randomness that is the same for the same prompt."""
    return random.Random(hashlib.sha256(prompt.encode("utf-8", "replace")).digest())  # noqa: S311 - art


def _speaks_of(prompt: str, words: str) -> bool:
    # Latin words are whole words; Chinese and Japanese have no spaces between theirs.
    latin: list[str] = []
    others: list[str] = []
    for word in re.split(r"\|(?![^(]*\))", words):
        (latin if word.isascii() else others).append(word)
    whole = rf"\b(?:{'|'.join(latin)})\b"
    return any(re.search(one, prompt, re.IGNORECASE) for one in (whole, *others))


@dataclass(frozen=True)
class Canvas:
    """The frame of a film while its scene is drawn."""

    width: int
    height: int
    seconds: float

    @classmethod
    def of(cls, spec: VideoSpec) -> "Canvas":
        """Return the frame of this film."""
        return cls(spec.width_px, spec.height_px, float(spec.seconds))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def px(self, length: float) -> int:
        """Return a length that is given for a frame whose shorter side is 720 pixels, at least 1."""
        return max(1, round(length * min(self.width, self.height) / 720))
