"""Sentences of the forms for a video and for a report. Discord allows 45 characters in titles and labels."""

from collections.abc import Mapping
from typing import Final

from bot.texts.messages import Message, counted, sentence
from bot.video import PROMPT_MAX_CHARS, Resolution, Size

TITLE_NEW: Final = sentence("Make a video")
TITLE_CHANGE: Final = sentence("Change it and make another one")
TITLE_CONTINUE: Final = sentence("Go on from the last frame")
PROMPT: Final = sentence("Prompt")
PROMPT_HINT: Final = sentence(
    "What happens, how the camera moves. At most {limit:,} characters.", limit=PROMPT_MAX_CHARS
)
PROMPT_HINT_PLACEMENT: Final = sentence(
    "What happens, and where the subject stands in the frame. At most {limit:,} characters.",
    limit=PROMPT_MAX_CHARS,
)
PICTURES: Final = sentence("Pictures")
MORE_PICTURES: Final = sentence("More pictures")
OTHER_PICTURES: Final = sentence("Other pictures")
FIRST_PICTURES: Final = sentence("Up to 7; the first ones count most.")
NONE_IN_MESSAGE: Final = sentence("I found no picture in this message: upload at least one.")
AFTER_LAST_FRAME: Final = sentence("They follow the last frame, which comes first.")
LOST_PICTURES: Final = sentence("The earlier pictures are no longer kept; without new ones there are none.")
PICTURES_OF_OTHERS: Final = sentence("The other person's do not come along. Add your own, or leave them out.")
SECONDS: Final = sentence("Length")
SECONDS_HINT: Final = sentence("Start with 6 seconds: longer videos take longer and cost more.")
FRAME: Final = sentence("Frame")
FRAME_HINT: Final = sentence("480p is for quick previews, 720p for the final cut.")
PRESET: Final = sentence("Style")

FRAME_NAMES: Final[Mapping[Size, Message]] = {
    Size.LANDSCAPE: sentence("Landscape"),
    Size.PORTRAIT: sentence("Portrait"),
    Size.SQUARE: sentence("Square"),
}

DRAFT_GONE: Final = sentence(
    "I no longer have the pictures of this form. Nothing was charged. Pick *Animate* or type `/video` again."
)
DRAFT_USED: Final = sentence(
    "This form was sent before: it makes one video. Nothing more was charged. "
    "For another one, pick *Animate* or type `/video` again."
)
REFUSED_NOT_YOURS: Final = sentence(
    "This is somebody else's request. Only the person who made it can change it. For one of your own, type "
    "`/video`."
)
PICTURES_STAY: Final = sentence(
    "The pictures of this video are another person's, so they do not come along. Nothing was charged. "
    "Open the form again, and add your own."
)
SPICY_OF_OTHERS: Final = sentence(
    "A spicy video is continued only by the person who asked for it. Nothing was charged."
)
VIDEO_GONE: Final = sentence("I see no video in this message any more. Nothing was charged.")
NOT_UNDERSTOOD: Final = sentence("This form is an old one. Nothing was charged. Open it anew.")

REPORT_TITLE: Final = sentence("Report this video")
REPORT_REASON: Final = sentence("What is wrong with it?")
REPORT_WORDS: Final = sentence("Anything to add?")
REPORT_WORDS_HINT: Final = sentence("Optional. Only those who look into reports read it.")
REPORTED: Final = sentence(
    "Thank you. Your report was passed on. Once moderators have decided about it, you hear from me."
)
REPORTED_BEFORE: Final = sentence("You have reported this video already; once is enough.")

REPORT_REASONS: Final[Mapping[str, Message]] = {
    "real_person": sentence("It shows a real person who did not agree"),
    "minor": sentence("It sexualises somebody under age"),
    "sexual": sentence("It is sexual, and this is not the place"),
    "violent": sentence("It is cruel or glorifies violence"),
    "hateful": sentence("It attacks people for what they are"),
    "other": sentence("Something else"),
}
"""Reasons by the values of `bot.reviews.report_store.ReportReason`."""


def frame(size: Size | None, resolution: Resolution) -> Message:
    """Choice of a frame: `Portrait 720x1280 · 480p`, or that of the first picture."""
    if size is None:
        return sentence("As the first picture · {resolution}", resolution=resolution.value)
    return sentence(
        "{shape} {size} · {resolution}", shape=FRAME_NAMES[size], size=size.value, resolution=resolution.value
    )


def kept_pictures(count: int) -> Message:
    """Number of pictures that the request has already."""
    return counted("{count} picture is there already.", "{count} pictures are there already.", count)


def instead_of(count: int) -> Message:
    """Number of pictures that an upload replaces."""
    return counted("Instead of the {count} picture before.", "Instead of the {count} pictures before.", count)


def prompt_hint(size: Size | None) -> Message:
    """Hint for the prompt, with the vendor's advice for frames that are not landscape."""
    return PROMPT_HINT if size in {None, Size.LANDSCAPE} else PROMPT_HINT_PLACEMENT
