"""The words of the commands themselves: descriptions, options and choices."""

from collections.abc import Mapping
from typing import Final

from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size

VIDEO: Final = "Make a short video from a prompt and, if you like, pictures"
PROMPT: Final = f"What should happen in the video, in at most {PROMPT_MAX_CHARS:,} characters"
SECONDS: Final = "How long it is; start with 6 seconds, longer ones take longer"
SIZE: Final = "The shape of the frame"
RESOLUTION: Final = "720p for the final cut, 480p for a quick preview"
PRESET: Final = "The style; spicy works in age-restricted channels only"
PRIVATE: Final = "Only you see the reply and the video"

SECONDS_NAMES: Final[Mapping[Seconds, str]] = {seconds: f"{seconds} seconds" for seconds in Seconds}
SIZE_NAMES: Final[Mapping[Size, str]] = {
    Size.LANDSCAPE: "Landscape, 1280x720",
    Size.PORTRAIT: "Portrait, 720x1280",
    Size.SQUARE: "Square, 1024x1024",
}
RESOLUTION_NAMES: Final[Mapping[Resolution, str]] = {
    Resolution.P720: "720p, for the final cut",
    Resolution.P480: "480p, quicker",
}
PRESET_NAMES: Final[Mapping[Preset, str]] = {
    Preset.NORMAL: "Normal",
    Preset.FUN: "Fun",
    Preset.SPICY: "Spicy (age-restricted channels only)",
    Preset.CUSTOM: "Custom (the prompt decides)",
}


def picture(number: int) -> str:
    """The description of the attachment option of picture `number`, from 1."""
    if number == 1:
        return "A picture to start from: PNG, JPEG, WebP; others are converted where possible"
    return f"Picture {number} of at most {REFERENCES_MAX}"
