"""Sentences of `/defaults`."""

from typing import Final

from bot.texts.commands import PRESET_SHORT_NAMES, SECONDS_NAMES, SIZE_NAMES
from bot.texts.messages import Message, sentence
from bot.video import Preset, Resolution, Seconds, Size

TITLE: Final = sentence("Your defaults")
HOW: Final = sentence(
    "Use an option to change a default, such as `/defaults seconds:10 ping:True`. `reset` clears "
    "them all. What you choose in a request comes first."
)
NOT_ON_OFFER: Final = sentence(
    "One of these values cannot be chosen. Nothing was changed; pick from the lists."
)
_YES: Final = sentence("yes")
_NO: Final = sentence("no")
PRIVATE: Final = sentence("yes, but messages that mention me are answered where everyone sees it")


def overview(
    *,
    seconds: Seconds | None,
    size: Size | None,
    resolution: Resolution | None,
    preset: Preset | None,
    private: bool | None,
    ping: bool | None,
) -> tuple[Message, ...]:
    """Return one line for each default. One that the user never chose is marked as the usual."""
    return (
        sentence(
            "Length: {value}",
            value=_or(SECONDS_NAMES[seconds] if seconds else None, SECONDS_NAMES[Seconds.S6]),
        ),
        sentence(
            "Aspect ratio: {value}", value=_or(SIZE_NAMES[size] if size else None, SIZE_NAMES[Size.LANDSCAPE])
        ),
        sentence(
            "Resolution: {value}",
            value=_or(_plain(resolution) if resolution else None, _plain(Resolution.P720)),
        ),
        sentence(
            "Style: {value}",
            value=_or(PRESET_SHORT_NAMES[preset] if preset else None, PRESET_SHORT_NAMES[Preset.NORMAL]),
        ),
        sentence("Only you see the videos: {value}", value=_or(_private(private), _NO)),
        sentence("I mention you when a video is done: {value}", value=_or(_answer(ping), _NO)),
    )


def _plain(resolution: Resolution) -> Message:
    return Message("{value}", (("value", resolution.value),))


def _answer(chosen: bool | None) -> Message | None:  # noqa: FBT001 - a user's answer
    if chosen is None:
        return None
    return _YES if chosen else _NO


def _private(chosen: bool | None) -> Message | None:  # noqa: FBT001 - a user's answer
    return PRIVATE if chosen else _answer(chosen)


def _or(chosen: Message | None, usual: Message) -> Message:
    return chosen if chosen is not None else sentence("{value} (default)", value=usual)
