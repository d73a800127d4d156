"""Compares what the bot made of a file with what is right for it. Knows nothing of the bot's own code."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageCms

from tests.images.corpus.case import (
    Case,
    Colour,
    MadeAnew,
    Outcome,
    Passes,
    Patch,
    Refused,
    Stripped,
)
from tests.images.corpus.decoders import UndecodableError, by_ffmpeg, by_pillow, decoded_by_either, mime_of
from tests.images.corpus.private import PRIVATE

_ORIENTATION = 0x0112
_MOST_BYTES = 10_000_000
_LEAST_PX, _MOST_PX, _MOST_RATIO = 64, 8_192, 6
_SIDE_TOLERANCE_PX = 1
_SHAPE_TOLERANCE = 0.01
_COLOUR_CHUNKS = (b"cICP", b"mDCV", b"cLLI")


@dataclass(frozen=True)
class Sent:
    """A picture that leaves the bot, with what the bot says about it."""

    content: bytes
    mime: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Declined:
    """A refusal: the problem's name and the detail."""

    problem: str
    detail: str = ""


Answer = Sent | Declined


def complaints(case: Case, answer: Answer) -> list[str]:
    """Return what is wrong with an answer, in words; nothing if it is one of the case's outcomes."""
    found = [_against(outcome, case.content, answer) for outcome in case.outcomes]
    if any(not wrong for wrong in found):
        return []
    return [
        f"{type(outcome).__name__}: {text}"
        for outcome, wrong in zip(case.outcomes, found, strict=True)
        for text in wrong
    ]


def flaws(sent: Sent) -> list[str]:
    """Return what is wrong with any picture that leaves: it is sound, upright, and tells nothing private."""
    wrong = unsound(sent)
    wrong += [f"holds {text!r}" for text in PRIVATE if text in sent.content]
    if (orientation := _orientation(sent.content)) != 1:
        wrong.append(f"orientation {orientation} is left to the reader")
    return wrong


def unsound(sent: Sent) -> list[str]:
    """Return what is wrong with a picture itself: it does not decode, or is not what it is said to be."""
    try:
        size = decoded_by_either(sent.content).size
    except UndecodableError as error:
        return [f"does not decode: {error}"]
    wrong: list[str] = []
    if mime_of(sent.content) != sent.mime:
        wrong.append(f"called {sent.mime}, is {mime_of(sent.content)!r}")
    if size != (sent.width_px, sent.height_px):
        wrong.append(f"called {sent.width_px} x {sent.height_px}, is {size}")
    if min(size) < _LEAST_PX or max(size) > _MOST_PX or max(size) > _MOST_RATIO * min(size):
        wrong.append(f"{size} is a size that is not taken")
    if len(sent.content) >= _MOST_BYTES:
        wrong.append(f"{len(sent.content)} bytes are too many")
    return wrong


def _against(outcome: Outcome, original: bytes, answer: Answer) -> list[str]:
    match outcome, answer:
        case Refused(), Declined():
            return _against_refusal(outcome, answer)
        case Refused(), Sent():
            return [f"sent, though {outcome.problem}"]
        case _, Declined():
            return [f"refused: {answer.problem} {answer.detail}".rstrip()]
        case Passes(), Sent():
            changed = [] if answer.content == original else ["not byte for byte"]
            return changed + flaws(answer)
        case Stripped(), Sent():
            return _against_stripped(outcome, original, answer) + flaws(answer)
        case MadeAnew(), Sent():
            return _against_made_anew(outcome, answer) + flaws(answer)


def _against_refusal(refused: Refused, answer: Declined) -> list[str]:
    if answer.problem != refused.problem:
        return [f"refused as {answer.problem} {answer.detail}, not {refused.problem}"]
    if refused.named and not any(name.casefold() in answer.detail.casefold() for name in refused.named):
        return [f"called {answer.detail!r}, not {refused.named[0]}"]
    return []


def _against_stripped(stripped: Stripped, original: bytes, answer: Sent) -> list[str]:
    wrong = [f"holds {text!r}" for text in stripped.gone if text in answer.content]
    wrong += [f"lost {text[:32]!r}" for text in stripped.kept if text not in answer.content]
    if len(answer.content) > len(original) + 64:  # a missing end marker or chunk may be added
        wrong.append("became larger")
    wrong += [
        f"other pixels, says {name}"
        for name, pixels in (("Pillow", _pillow_pixels), ("FFmpeg", _ffmpeg_pixels))
        if not _same(pixels, original, answer.content)
    ]
    return wrong


def _pillow_pixels(content: bytes) -> object:
    picture = by_pillow(content)
    return picture.mode, picture.size, picture.tobytes(), picture.getpalette()


def _ffmpeg_pixels(content: bytes) -> object:
    return by_ffmpeg(content).planes()


def _same(pixels: Callable[[bytes], object], original: bytes, output: bytes) -> bool:
    """Compare the pixels of two files; True if the decoder cannot read the original."""
    try:
        before = pixels(original)
    except UndecodableError:
        return True
    try:
        return before == pixels(output)
    except UndecodableError:
        return False


def _against_made_anew(made: MadeAnew, answer: Sent) -> list[str]:
    try:
        decoded = decoded_by_either(answer.content)
    except UndecodableError:
        return []  # flaws() names it
    wrong = _against_shape(made, decoded.size)
    wrong += [f"has {name.decode()}" for name in _COLOUR_CHUNKS if _has_chunk(answer.content, name)]
    for seen in made.patches:
        colour = decoded.colour(seen.x, seen.y)
        if not matches(seen, colour):
            wrong.append(f"{colour} at {seen.x:.2f}, {seen.y:.2f}, not {seen.low} to {seen.high}")
    return wrong + _against_profile(made, answer.content)


def _against_profile(made: MadeAnew, content: bytes) -> list[str]:
    """Look at the patches as a viewer does that minds the profile, if there is one."""
    try:
        profiled = _through_profile(content)
    except (OSError, ImageCms.PyCMSError) as error:
        return [f"its profile cannot be used: {error}"]
    if profiled is None:
        return []
    return [
        f"its profile makes {colour} of {seen.low} to {seen.high}"
        for seen in made.patches
        if not matches(seen, colour := _at(profiled, seen), slack=1)
    ]


def _against_shape(made: MadeAnew, size: tuple[int, int]) -> list[str]:
    right = (made.width_px, made.height_px)
    if made.reduced:
        same = abs(size[0] / size[1] / (right[0] / right[1]) - 1) <= _SHAPE_TOLERANCE
        return [] if same else [f"{size} has not the shape of {right}"]
    near = all(abs(a - b) <= _SIDE_TOLERANCE_PX for a, b in zip(size, right, strict=True))
    return [] if near else [f"{size}, not {right}"]


def matches(seen: Patch, colour: Colour, slack: int = 0) -> bool:
    """Return True if a colour is right for a patch. See-through parts are laid on white."""
    low, high = seen.low, seen.high
    if len(low) > 3:
        share = (low[3] + high[3]) / 2 / 255
        low, high = _on_white(low, share), _on_white(high, share)
    return colour[3:] in {(), (255,)} and _within(colour, low, high, slack)


def _within(colour: Colour, low: Colour, high: Colour, slack: int) -> bool:
    return all(a - slack <= c <= b + slack for a, c, b in zip(low[:3], colour[:3], high[:3], strict=True))


def _on_white(colour: Colour, share: float) -> Colour:
    return tuple(round(value * share + 255 * (1 - share)) for value in colour[:3])


def _orientation(content: bytes) -> int:
    try:
        return by_pillow(content).getexif().get(_ORIENTATION, 1)
    except (UndecodableError, SyntaxError, ValueError):
        return 1  # no EXIF that could be read, or no picture, which is named elsewhere


def _has_chunk(content: bytes, name: bytes) -> bool:
    return mime_of(content) == "image/png" and name in content


def _through_profile(content: bytes) -> Image.Image | None:
    """Return the picture as its own profile says that it looks; None without a profile."""
    picture = by_pillow(content)
    profile = picture.info.get("icc_profile")
    if not profile:
        return None
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.profileToProfile(picture.convert("RGB"), source, ImageCms.createProfile("sRGB"))


def _at(picture: Image.Image, seen: Patch) -> Colour:
    return picture.getpixel((int(seen.x * picture.width), int(seen.y * picture.height)))
