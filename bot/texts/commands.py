"""Names, descriptions, options and choices of the commands."""

from collections.abc import Mapping
from typing import Final

from bot.texts import guide, privacy, settings_panel, spicy
from bot.texts.messages import Message, named, sentence
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size

VIDEO: Final = sentence("Make a short video from a prompt and, if you like, pictures")
PROMPT: Final = sentence(
    "What should happen in the video, in at most {limit:,} characters", limit=PROMPT_MAX_CHARS
)
SECONDS: Final = sentence("How long the video is; start with 6 seconds, longer ones take longer")
SIZE: Final = sentence("The shape of the picture")
RESOLUTION: Final = sentence("720p for the final video, 480p for a quick preview")
PRESET: Final = sentence("The style; spicy works in age-restricted channels only")
PRIVATE: Final = sentence("Only you see the reply and the video")
MORE: Final = sentence("Opens a form for up to 7 pictures at once and a longer prompt")
JOBS: Final = sentence("Your videos: in progress, waiting, failed or not delivered yet")
DEFAULTS: Final = sentence("Your videos' settings when you choose nothing else")
PING: Final = sentence("Mention you when a video is done")
RESET: Final = sentence("Clear all your defaults")

SECONDS_NAMES: Final[Mapping[Seconds, Message]] = {
    seconds: sentence("{seconds} seconds", seconds=seconds.value) for seconds in Seconds
}
SIZE_NAMES: Final[Mapping[Size, Message]] = {
    Size.LANDSCAPE: sentence("Landscape, 1280x720"),
    Size.PORTRAIT: sentence("Portrait, 720x1280"),
    Size.SQUARE: sentence("Square, 1024x1024"),
}
RESOLUTION_NAMES: Final[Mapping[Resolution, Message]] = {
    Resolution.P720: sentence("720p, for the final video"),
    Resolution.P480: sentence("480p, quicker"),
}
PRESET_NAMES: Final[Mapping[Preset, Message]] = {
    Preset.NORMAL: sentence("Normal"),
    Preset.FUN: sentence("Fun"),
    Preset.SPICY: sentence("Spicy (age-restricted channels only)"),
    Preset.CUSTOM: sentence("Custom (your prompt decides)"),
}
PRESET_SHORT_NAMES: Final[Mapping[Preset, Message]] = {
    Preset.NORMAL: named("preset", "normal"),
    Preset.FUN: named("preset", "fun"),
    Preset.SPICY: named("preset", "spicy"),
    Preset.CUSTOM: named("preset", "custom"),
}

NAMES: Final[tuple[Message, ...]] = (
    named("command", "video"),
    named("command", "jobs"),
    named("command", "defaults"),
    named("command", "help"),
    named("command", "about"),
    named("menu", "Animate"),
    named("option", "prompt"),
    named("option", "seconds"),
    named("option", "size"),
    named("option", "resolution"),
    named("option", "preset"),
    named("option", "image"),
    named("option", "image2"),
    named("option", "image3"),
    named("option", "image4"),
    named("option", "image5"),
    named("option", "image6"),
    named("option", "image7"),
    named("option", "private"),
    named("option", "more"),
    named("option", "ping"),
    named("option", "reset"),
    named("command", "settings"),
    *privacy.NAMES,
    *spicy.NAMES,
)
"""Names that users type, by the contexts of their translations."""


def picture(number: int) -> Message:
    """Description of the attachment option of picture `number`, which counts from 1."""
    if number == 1:
        return sentence("A picture to start from: PNG, JPEG, WebP; other kinds are converted if possible")
    return sentence("Picture {number} of at most {limit}", number=number, limit=REFERENCES_MAX)


def option_name(option: str) -> Message:
    """Name of an option, which is translated."""
    return Message(option, context="option")


_SHOWN: Final = (
    VIDEO,
    PROMPT,
    SECONDS,
    SIZE,
    RESOLUTION,
    PRESET,
    PRIVATE,
    MORE,
    JOBS,
    DEFAULTS,
    PING,
    RESET,
    guide.HELP,
    guide.ABOUT,
    settings_panel.DESCRIPTION,
    *privacy.DESCRIPTIONS.values(),
    *spicy.SHOWN,
    *SECONDS_NAMES.values(),
    *SIZE_NAMES.values(),
    *RESOLUTION_NAMES.values(),
    *PRESET_NAMES.values(),
    *(picture(number) for number in range(1, REFERENCES_MAX + 1)),
)
BY_ENGLISH: Final[Mapping[str, Message]] = {shown.english: shown for shown in _SHOWN}
"""Descriptions and choices by the English words under which they are registered with Discord."""
