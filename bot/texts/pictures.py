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
        sentence("{name} is not a picture, whatever its name says."),
        sentence("Send a PNG, JPEG or WebP picture."),
    ),
    "unsupported_format": (
        sentence("{name} is a picture of a kind that I cannot use ({kind})."),
        sentence("Send it as PNG, JPEG or WebP."),
    ),
    "truncated": (sentence("{name} is damaged or incomplete."), _AGAIN),
    "too_many_pixels": (sentence("{name} has more than {limit} million pixels."), _SMALLER),
    "foreign_host": (
        sentence("{name} does not lie on Discord's servers, so I did not open it."),
        sentence("Upload the picture to Discord."),
    ),
    "gone": (sentence("{name} is no longer on Discord's servers."), sentence("Upload the picture again.")),
    "unreachable": (sentence("Discord did not hand out {name}."), sentence("Try again in a minute.")),
    "conversion_failed": (
        sentence("{name} could not be converted to a picture that the video service takes."),
        sentence("Send it as PNG, JPEG or WebP, smaller than 10 MB."),
    ),
    "no_frame": (
        sentence("I could not take the last frame of {name}."),
        sentence("Take a screenshot of it and use that as the picture."),
    ),
}
"""Problem and next step by the values of `bot.images.model.ImageProblem`."""


def explain(problem: str, name: str, detail: str, *, limit_bytes: int, limit_pixels: int) -> Explanation:
    """Return the explanation of a problem.

    Args:
        problem: A key of `PROBLEMS`.
        name: The name of the user's file.
        detail: The format of a picture that cannot be used.
        limit_bytes: The largest file that is taken.
        limit_pixels: The most pixels that are taken.
    """
    what, then = PROBLEMS[problem]
    limits = {"too_large": megabytes(limit_bytes), "too_many_pixels": limit_pixels // 1_000_000}
    values = {"name": quote_name(name), "kind": quote_vendor(detail), "limit": limits.get(problem, "")}
    return nothing_charged(replace(what, values=tuple(values.items())), then)
