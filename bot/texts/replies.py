"""Answers to messages that mention the bot, when no video comes of them."""

from typing import Final

from bot.texts.explanations import Explanation, nothing_charged
from bot.texts.messages import Message, sentence

HELP: Final = sentence(
    "I make short videos. Type `/video`, or reply to a picture, mention me and say what should "
    "happen. You can add length and shape, such as `10s vertical`. Or choose *Apps ► Animate* on "
    "a message."
)
WHAT_SHOULD_HAPPEN: Final = nothing_charged(
    sentence("I see the picture, but you did not say what should happen in the video."),
    sentence("Reply again, mention me and say it."),
)
PICTURES_NOT_SHOWN: Final = nothing_charged(
    sentence("Discord does not show me the pictures in that message."),
    sentence("Choose *Apps ► Animate* on it, or attach them to `/video`."),
)
NO_PICTURES: Final = nothing_charged(
    sentence("There is no picture there."),
    sentence("Attach a picture to your message or reply to one. For a video without pictures, use `/video`."),
)
MESSAGE_GONE: Final = nothing_charged(
    sentence("The message that you replied to is gone."),
    sentence("Attach the picture to your own message, or use `/video`."),
)


def unknown_options(names: tuple[str, ...]) -> Explanation:
    """The prompt ends with unknown options. `names` are the user's text, already escaped."""
    return nothing_charged(
        sentence("I do not know the option {options}.", options=", ".join(names)),
        sentence("You can use `--seconds`, `--size`, `--resolution` and `--preset`."),
    )


def not_answered(why: Explanation, channel: str) -> Message:
    """Sent in a direct message when the bot may not answer in the channel."""
    return sentence("About your message in {channel}: {why}", channel=channel, why=why.in_a_row)
