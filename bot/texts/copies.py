"""Sentences about copies of a delivered video: in full quality, by a link, and as animations."""

from datetime import datetime
from typing import Final

from bot.texts import durations
from bot.texts.jobs import day
from bot.texts.messages import Message, sentence

FULL_QUALITY: Final = sentence("Full quality")
ANIMATION: Final = sentence("For places that play no videos")
MORE: Final = sentence(
    "I can make an animation of this video, for places that play none: without sound, smaller, and at most 10 MB. "
    "Only you see it, and you may post it on. *As WebP* looks better at the same size, where it is shown."
)
NOT_KEPT: Final = sentence(
    "I keep the original of a video for 24 hours at most, and that of this one is gone. Nothing was charged."
)
NOT_HERE: Final = sentence("The rules do not allow this video here any more. Nothing was charged.")
BUSY_WITH_YOURS: Final = sentence("I am still busy with the last one that you asked for. One at a time.")
BUSY: Final = sentence(
    "Too many people want such files at this moment. Nothing was charged; try again in a minute."
)
NOT_ANIMATED: Final = sentence(
    "I could not make an animation of this video that is small enough. Nothing was charged."
)
NOT_SENT: Final = sentence("Discord did not take the file. Nothing was charged; try again in a minute.")


def too_large(size_bytes: int, limit_bytes: int, until: datetime) -> Message:
    """Answer where the original exceeds what Discord takes in an answer to this user."""
    return sentence(
        "In full quality this video has {size}, and Discord takes {limit} at most in an answer to you. I keep it "
        "until {until}; press again if your limit is higher by then, as with Nitro.",
        size=durations.megabytes(size_bytes),
        limit=durations.megabytes(limit_bytes),
        until=day(until),
    )


def link(size_bytes: int, limit_bytes: int, url: str, until: datetime) -> Message:
    """Answer with a link where the original exceeds what Discord takes in an answer to its owner."""
    return sentence(
        "In full quality this video has {size}, and Discord takes {limit} at most in an answer to you. Here it is "
        "until {until}, for everybody who has this link, so keep it to yourself: {url}",
        size=durations.megabytes(size_bytes),
        limit=durations.megabytes(limit_bytes),
        until=day(until),
        url=f"<{url}>",
    )
