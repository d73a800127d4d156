"""Explanations of pictures that cannot be used. `name` is the name of the user's file."""

from bot.texts.durations import megabytes
from bot.texts.explanations import Explanation, nothing_charged
from bot.texts.messages import sentence
from bot.texts.quoting import quote_name, quote_vendor


def empty(name: str) -> Explanation:
    """The file has 0 bytes."""
    return nothing_charged(
        sentence("{name} is an empty file.", name=quote_name(name)),
        sentence("Send the picture again."),
    )


def too_large(name: str, limit_bytes: int) -> Explanation:
    """The file is too large to be downloaded, even for conversion."""
    return nothing_charged(
        sentence("{name} is larger than {limit}.", name=quote_name(name), limit=megabytes(limit_bytes)),
        sentence("Send a smaller version of the picture."),
    )


def not_an_image(name: str) -> Explanation:
    """The content is not a picture, regardless of the file's name."""
    return nothing_charged(
        sentence("{name} is not a picture, whatever its name says.", name=quote_name(name)),
        sentence("Send a PNG, JPEG or WebP picture."),
    )


def unsupported(name: str, detail: str) -> Explanation:
    """The picture has a format that is neither accepted nor converted."""
    return nothing_charged(
        sentence(
            "{name} is a picture of a kind that I cannot use ({kind}).",
            name=quote_name(name),
            kind=quote_vendor(detail),
        ),
        sentence("Send it as PNG, JPEG or WebP."),
    )


def truncated(name: str) -> Explanation:
    """The file ends before the picture does."""
    return nothing_charged(
        sentence("{name} is damaged or incomplete.", name=quote_name(name)),
        sentence("Send the picture again."),
    )


def too_many_pixels(name: str, limit_pixels: int) -> Explanation:
    """The picture has more pixels than can be opened safely."""
    return nothing_charged(
        sentence(
            "{name} has more than {limit} million pixels.",
            name=quote_name(name),
            limit=limit_pixels // 1_000_000,
        ),
        sentence("Send a smaller version of the picture."),
    )


def from_elsewhere(name: str) -> Explanation:
    """The attachment's address is not one of Discord's."""
    return nothing_charged(
        sentence("{name} does not lie on Discord's servers, so I did not open it.", name=quote_name(name)),
        sentence("Upload the picture to Discord."),
    )


def gone(name: str) -> Explanation:
    """Discord no longer has the attachment."""
    return nothing_charged(
        sentence("{name} is no longer on Discord's servers.", name=quote_name(name)),
        sentence("Upload the picture again."),
    )


def unreachable(name: str) -> Explanation:
    """Discord's file servers did not answer."""
    return nothing_charged(
        sentence("Discord did not hand out {name}.", name=quote_name(name)),
        sentence("Try again in a minute."),
    )


def not_convertible(name: str) -> Explanation:
    """The picture could not be converted."""
    return nothing_charged(
        sentence(
            "{name} could not be converted to a picture that the video service takes.", name=quote_name(name)
        ),
        sentence("Send it as PNG, JPEG or WebP, smaller than 10 MB."),
    )


def without_frame(name: str) -> Explanation:
    """The video whose last frame is needed cannot be read."""
    return nothing_charged(
        sentence("I could not take the last frame of {name}.", name=quote_name(name)),
        sentence("Take a screenshot of it and use that as the picture."),
    )
