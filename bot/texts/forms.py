"""Sentences of the forms for a video and for a report. Discord allows 45 characters in titles and labels."""

from collections.abc import Mapping
from typing import Final

from bot.texts.messages import Message, counted, sentence
from bot.video import PROMPT_MAX_CHARS, Resolution, Size

TITLE_NEW: Final = sentence("Make a video")
TITLE_CHANGE: Final = sentence("Change something and make another video")
TITLE_CONTINUE: Final = sentence("Continue from the last frame")
PROMPT: Final = sentence("Prompt")
PROMPT_HINT: Final = sentence(
    "What happens, and how the camera moves. At most {limit:,} characters.", limit=PROMPT_MAX_CHARS
)
PROMPT_HINT_PLACEMENT: Final = sentence(
    "What happens, and where the subject is in the picture. At most {limit:,} characters.",
    limit=PROMPT_MAX_CHARS,
)
PICTURES: Final = sentence("Pictures")
MORE_PICTURES: Final = sentence("More pictures")
OTHER_PICTURES: Final = sentence("Other pictures")
FIRST_PICTURES: Final = sentence("Up to 7; the first ones count most.")
NONE_IN_MESSAGE: Final = sentence("There is no picture in this message. Upload at least one.")
AFTER_LAST_FRAME: Final = sentence("The last frame comes first, then these pictures.")
LOST_PICTURES: Final = sentence(
    "The earlier pictures are no longer kept. Add new ones, or the video is made without."
)
PICTURES_OF_OTHERS: Final = sentence(
    "Other people's pictures are not copied. Add your own, or leave them out."
)
SECONDS: Final = sentence("Length")
SECONDS_HINT: Final = sentence(
    "Start with 6 seconds: longer videos take longer and cost the bot's operator more."
)
FRAME: Final = sentence("Aspect ratio")
FRAME_HINT: Final = sentence("480p for a quick preview, 720p for the final video.")
PRESET: Final = sentence("Style")

FRAME_NAMES: Final[Mapping[Size, Message]] = {
    Size.LANDSCAPE: sentence("Landscape"),
    Size.PORTRAIT: sentence("Portrait"),
    Size.SQUARE: sentence("Square"),
}

DRAFT_GONE: Final = sentence(
    "I no longer have the pictures of this form. This cost nothing. Choose *Animate* or type `/video` again."
)
DRAFT_USED: Final = sentence(
    "You already sent this form, and it makes one video. This cost nothing more. For another "
    "video, choose *Animate* or type `/video` again."
)
REFUSED_NOT_YOURS: Final = sentence(
    "This is someone else's request. Only they can change it. To make your own video, type `/video`."
)
PICTURES_STAY: Final = sentence(
    "The pictures of this video are someone else's, so they are not copied. This cost nothing. "
    "Open the form again and add your own."
)
SPICY_OF_OTHERS: Final = sentence(
    "Only the person who asked for a spicy video can continue it. This cost nothing."
)
VIDEO_GONE: Final = sentence("There is no video in this message any more.")
NOT_UNDERSTOOD: Final = sentence("This form is too old. This cost nothing. Open it again.")

REPORT_TITLE: Final = sentence("Report this video")
REPORT_REASON: Final = sentence("What is wrong with it?")
REPORT_WORDS: Final = sentence("Anything to add?")
REPORT_WORDS_HINT: Final = sentence("Optional. Only the people who handle reports read it.")
REPORTED: Final = sentence("Thank you. I passed your report on and will tell you what the moderators decide.")
REPORTED_BEFORE: Final = sentence("You have already reported this video; once is enough.")

REPORT_REASONS: Final[Mapping[str, Message]] = {
    "real_person": sentence("It shows a real person who did not agree"),
    "minor": sentence("It sexualises someone under age"),
    "sexual": sentence("It is sexual, and this is not the place"),
    "violent": sentence("It is cruel or glorifies violence"),
    "hateful": sentence("It attacks people for who they are"),
    "other": sentence("Something else"),
}
"""Reasons by the values of `bot.reviews.report_store.ReportReason`."""


def frame(size: Size | None, resolution: Resolution) -> Message:
    """Choice of a frame: `Portrait 720x1280 · 480p`, or that of the first picture."""
    if size is None:
        return sentence("Same shape as the first picture · {resolution}", resolution=resolution.value)
    return sentence(
        "{shape} {size} · {resolution}", shape=FRAME_NAMES[size], size=size.value, resolution=resolution.value
    )


def kept_pictures(count: int) -> Message:
    """Number of pictures that the request has already."""
    return counted("{count} picture is there already.", "{count} pictures are there already.", count)


def instead_of(count: int) -> Message:
    """Number of pictures that an upload replaces."""
    return counted(
        "Replaces the {count} picture from before.", "Replaces the {count} pictures from before.", count
    )


def prompt_hint(size: Size | None) -> Message:
    """Hint for the prompt, with the vendor's advice for frames that are not landscape."""
    return PROMPT_HINT if size in {None, Size.LANDSCAPE} else PROMPT_HINT_PLACEMENT
