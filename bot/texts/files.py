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


_AWAY: Final = sentence("The place where I keep files does not answer at the moment.")
STORE_AWAY: Final = nothing_charged(_AWAY, sentence("I keep trying by myself."))
STORE_AWAY_BOUGHT: Final = Explanation(_AWAY, Money.SPENT, sentence("I keep trying by myself."))
PICTURES_NOT_STORED: Final = nothing_charged(
    sentence("I could not keep your pictures: the place where I keep files does not answer."),
    sentence("Try again in a few minutes."),
)


def laid_aside_not_stored(until: str) -> Explanation:
    """The store of files was away for too long. The video waits in `/jobs` until then."""
    return Explanation(
        sentence("The video is ready, but the place where I keep files does not answer."),
        Money.SPENT,
        sentence("Get it with `/jobs` until {until}.", until=until),
    )
