"""Decides how a film is compressed: its bitrate, its size in pixels, and its sound. Pure arithmetic."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

AIM: Final = 0.92
"""Share of the limit that is aimed at. Encoders in one pass miss by a few percent."""
SOUND_BITS_PER_S: Final = 96_000
"""Bitrate of sound that is encoded anew."""
FRAMES_PER_S_MAX: Final = 60
_SOUND_COPIED_BITS_PER_S: Final = 136_000
_SOUND_SHARE_MAX: Final = 0.2
_SOUND_BITS_PER_S_MIN: Final = 24_000
_FILM_BITS_PER_S_MIN: Final = 8_000
"""Less than this is no film any more, at any size."""
_DRAWN_BITS_PER_S: Final = 500_000
_PACKET_BYTES: Final = 20
_HEAD_BYTES: Final = 6_000
"""Bytes that an mp4 adds to its packets: the tables of its index, the rest of its head."""
_SIDES_PX: Final = (1080, 720, 540, 480, 360, 240)
_BITS_PER_PIXEL: Final = 0.025
"""Below this a smaller picture, enlarged, looks more like the film than one in full size. Measured with x264's
`veryfast` on moving photographs and drawings."""
_DURATION_S_MIN: Final = 0.2


@dataclass(frozen=True)
class Plan:
    """Bitrates and dimensions of a compressed film.

    Attributes:
        width_px: Width of the frames, as they are stored.
        height_px: Height, likewise.
        film_bits_per_s: Bitrate of the film.
        sound_bits_per_s: Bitrate of the sound; None if its packets are copied, or there is none.
    """

    width_px: int
    height_px: int
    film_bits_per_s: int
    sound_bits_per_s: int | None


@dataclass(frozen=True)
class Load:
    """Facts of a film that is to be compressed; dimensions are those of the stored frames.

    Attributes:
        drawn: True if something is drawn on the film, which its own bits have no room for.
    """

    width_px: int
    height_px: int
    frames: int
    duration_s: float
    film_bytes: int
    sound_bytes: int = 0
    sound_packets: int = 0
    sound_is_aac: bool = False
    drawn: bool = False


def plan_of(load: Load, limit_bytes: int, *, share: float = 1.0, smaller: bool = False) -> Plan | None:
    """Return how a film gets below a limit; None if it cannot.

    Args:
        load: The film.
        limit_bytes: Largest size of the file.
        share: Share of the limit's bits that may be used; less than 1 after a miss.
        smaller: True for frames one step smaller than that needs.
    """
    duration_s = max(load.duration_s, _DURATION_S_MIN)
    container_bytes = _HEAD_BYTES + _PACKET_BYTES * (load.frames + load.sound_packets)
    total_bits_per_s = (AIM * share * limit_bytes - container_bytes) * 8 / duration_s
    taken_bits_per_s, sound_bits_per_s = _sound(load, total_bits_per_s, duration_s)
    # More than the film has now would only preserve what compressing it did to it.
    own_bits_per_s = load.film_bytes * 8 / duration_s + (_DRAWN_BITS_PER_S if load.drawn else 0)
    film_bits_per_s = min(total_bits_per_s - taken_bits_per_s, own_bits_per_s)
    if total_bits_per_s - taken_bits_per_s < _FILM_BITS_PER_S_MIN:
        return None
    frames_per_s = min(load.frames / duration_s, FRAMES_PER_S_MAX)
    width_px, height_px = _size(load, film_bits_per_s / max(frames_per_s, 1.0), steps=int(smaller))
    return Plan(width_px, height_px, max(int(film_bits_per_s), _FILM_BITS_PER_S_MIN), sound_bits_per_s)


def _sound(load: Load, total_bits_per_s: float, duration_s: float) -> tuple[float, int | None]:
    """Return the bits a second that the sound takes, and those with which it is encoded; None if it is copied."""
    if not load.sound_packets:
        return 0.0, None
    own_bits_per_s = load.sound_bytes * 8 / duration_s
    share_bits_per_s = max(_SOUND_SHARE_MAX * total_bits_per_s, _SOUND_BITS_PER_S_MIN)
    if load.sound_is_aac and own_bits_per_s <= min(_SOUND_COPIED_BITS_PER_S, share_bits_per_s):
        return own_bits_per_s, None
    chosen = int(min(SOUND_BITS_PER_S, share_bits_per_s))
    return chosen, chosen


def _size(load: Load, bits_per_frame: float, *, steps: int) -> tuple[int, int]:
    """Return the largest size whose pixels get enough bits, or so many steps below it, or the smallest."""
    sizes = list(_sizes(load.width_px, load.height_px))
    pixels_max = bits_per_frame / _BITS_PER_PIXEL
    first = next((number for number, (w, h) in enumerate(sizes) if w * h <= pixels_max), len(sizes))
    return sizes[min(first + steps, len(sizes) - 1)]


def _sizes(width_px: int, height_px: int) -> Iterator[tuple[int, int]]:
    """Yield sizes of the same shape, the largest first: the film's own, if it is not too large, then steps down."""
    side_px, long_px = min(width_px, height_px), max(width_px, height_px)
    largest = min(1.0, _SIDES_PX[0] / side_px, 2 * _SIDES_PX[0] / long_px)
    yield _even(width_px * largest), _even(height_px * largest)
    for step_px in _SIDES_PX:
        if step_px < side_px * largest * 0.95:
            yield _even(width_px * step_px / side_px), _even(height_px * step_px / side_px)


def _even(length_px: float) -> int:
    return max(16, 2 * math.floor(length_px / 2 + 0.5))
