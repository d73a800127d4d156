"""Words in the files of finished videos, and about those for which there is no room."""

from typing import Final

from bot.texts.explanations import Explanation, Money, nothing_charged
from bot.texts.messages import sentence

PRODUCER: Final = "Stillmotion"
"""Name of who had the video made, in the tag for programs."""
COMMENT: Final = sentence("Made by AI with Stillmotion")
"""Comment of a file, which players and file managers show."""
NO_ROOM: Final = nothing_charged(
    sentence("The bot's disk has no room left for videos."),
    sentence("Try again later. I have told the bot's operator."),
)


def laid_aside_not_fitted(until: str) -> Explanation:
    """The video is larger than Discord accepts here, and was not made smaller. It waits in `/jobs` until then."""
    return Explanation(
        sentence("The video is ready, but too large for this place, and I could not make it smaller."),
        Money.SPENT,
        sentence("Get it with `/jobs` until {until}.", until=until),
    )
