"""Sentences about copies of a delivered video: in full quality, by a link, and as animations."""

from datetime import datetime
from typing import Final

from bot.texts import durations
from bot.texts.jobs import day
from bot.texts.messages import Message, sentence

FULL_QUALITY: Final = sentence("Full quality")
ANIMATION: Final = sentence("For places that cannot play videos")
MORE: Final = sentence(
    "I can turn this video into an animated picture, for places that cannot play videos: without "
    "sound, smaller, and 10 MB at most. Only you see it, and you can post it elsewhere. *As "
    "WebP* looks better at the same size, where it is supported."
)
NOT_KEPT: Final = sentence("I keep the original of a video for 24 hours at most, and this one is gone.")
NOT_HERE: Final = sentence("The rules no longer allow this video here.")
BUSY_WITH_YOURS: Final = sentence(
    "I am still working on the last file that you asked for. One at a time, please."
)
BUSY: Final = sentence("Too many people want such files right now. Try again in a minute.")
NOT_ANIMATED: Final = sentence("I could not make an animation of this video that is small enough.")
NOT_SENT: Final = sentence("Discord did not accept the file. Try again in a minute.")


def too_large(size_bytes: int, limit_bytes: int, until: datetime) -> Message:
    """Answer where the original exceeds what Discord takes in an answer to this user."""
    return sentence(
        "In full quality this video has {size}, but Discord lets me send you {limit} at most. I "
        "keep it until {until}; if your limit is higher by then, for example with Nitro, press "
        "again.",
        size=durations.megabytes(size_bytes),
        limit=durations.megabytes(limit_bytes),
        until=day(until),
    )


def link(size_bytes: int, limit_bytes: int, url: str, until: datetime) -> Message:
    """Answer with a link where the original exceeds what Discord takes in an answer to its owner."""
    return sentence(
        "In full quality this video has {size}, but Discord lets me send you {limit} at most. "
        "You can download it here until {until}. Anyone with this link can open it, so keep it "
        "to yourself: {url}",
        size=durations.megabytes(size_bytes),
        limit=durations.megabytes(limit_bytes),
        until=day(until),
        url=f"<{url}>",
    )
