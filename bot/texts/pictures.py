"""Explanations of pictures that cannot be used."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.texts.durations import megabytes
from bot.texts.explanations import Explanation, nothing_charged
from bot.texts.messages import Message, sentence
from bot.texts.quoting import quote_name, quote_vendor

_AGAIN: Final = sentence("Send the picture again.")
_SMALLER: Final = sentence("Send a smaller version of the picture.")
PROBLEMS: Final[Mapping[str, tuple[Message, Message]]] = {
    "empty": (sentence("{name} is an empty file."), _AGAIN),
    "too_large": (sentence("{name} is larger than {limit}."), _SMALLER),
    "not_an_image": (
        sentence("{name} is not a picture, despite its name."),
        sentence("Send a PNG, JPEG or WebP picture."),
    ),
    "unsupported_format": (
        sentence("{name} is a kind of picture that I cannot use ({detail})."),
        sentence("Send it as PNG, JPEG or WebP."),
    ),
    "video": (
        sentence("{name} is a video, but I need a picture."),
        sentence("Use its first frame, or send a picture."),
    ),
    "truncated": (sentence("{name} is damaged or incomplete."), _AGAIN),
    "too_many_pixels": (sentence("{name} has too many pixels ({detail})."), _SMALLER),
    "too_small": (
        sentence("{name} is too small ({detail}): both sides need 32 pixels or more."),
        sentence("Send a larger version of the picture."),
    ),
    "too_narrow": (
        sentence("{name} is too narrow ({detail}): one side can be six times the other at most."),
        sentence("Crop the picture and send the part you need."),
    ),
    "too_complex": (
        sentence("Reading {name} takes too much time or memory."),
        sentence("Save it again as PNG or JPEG, or send another picture."),
    ),
    "foreign_host": (
        sentence("{name} is not on Discord's servers, so I did not open it."),
        sentence("Upload the picture to Discord."),
    ),
    "gone": (sentence("{name} is no longer on Discord's servers."), sentence("Upload the picture again.")),
    "unreachable": (sentence("I could not get {name} from Discord."), sentence("Try again in a minute.")),
    "conversion_failed": (
        sentence("I could not turn {name} into a picture that the video service accepts."),
        sentence("Send it as PNG or JPEG, smaller than 10 MB."),
    ),
    "no_frame": (
        sentence("I could not get a frame from {name}."),
        sentence("Take a screenshot of it and use that as the picture."),
    ),
}
"""Problem and next step by the values of `bot.images.problems.ImageProblem`."""


def numbered(number: int | None) -> Message:
    """Picture of a request by its place, from 1, if that is known."""
    return sentence("A picture") if number is None else sentence("Picture {number}", number=number)


def named(name: str | Message) -> str | Message:
    """Picture by its file's name, in quotation marks, or as it is called instead."""
    return quote_name(name) if isinstance(name, str) else name


def explain(problem: str, name: str | Message, detail: str, *, limit_bytes: int) -> Explanation:
    """Return the explanation of a problem.

    Args:
        problem: A key of `PROBLEMS`.
        name: The name of the user's file, or what it is called instead.
        detail: The format of a picture that cannot be used, or its dimensions.
        limit_bytes: The largest file that is taken.
    """
    what, then = PROBLEMS[problem]
    values = {"name": named(name), "detail": quote_vendor(detail), "limit": megabytes(limit_bytes)}
    used = tuple((key, value) for key, value in values.items() if f"{{{key}}}" in what.english)
    return nothing_charged(replace(what, values=used), then)
