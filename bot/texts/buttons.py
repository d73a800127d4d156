"""Labels of the buttons below a card."""

from collections.abc import Mapping
from typing import Final

from bot.texts.messages import Message, named

LABELS: Final[Mapping[str, Message]] = {
    "refresh": named("button", "Refresh"),
    "make": named("button", "Make it"),
    "cancel": named("button", "Cancel"),
    "stop": named("button", "Stop waiting"),
    "keep": named("button", "Let it finish"),
    "again": named("button", "Try again"),
    "frame": named("button", "Use first frame"),
    "look": named("button", "Look again"),
    "fetch": named("button", "Fetch the video"),
    "anew": named("button", "Again"),
    "change": named("button", "Change"),
    "sharper": named("button", "In 720p"),
    "continue": named("button", "Use last frame"),
    "full": named("button", "Full quality"),
    "more": named("button", "More"),
    "gif": named("button", "As GIF"),
    "webp": named("button", "As WebP"),
    "delete": named("button", "Delete"),
    "report": named("button", "Report"),
}
"""Labels by the values of `bot.delivery.card.Action`."""
