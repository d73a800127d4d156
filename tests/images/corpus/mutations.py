"""Changes to the bytes of whole files: cuts, flipped bytes, wrong lengths, parts in another order."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.images.corpus.all_cases import all_cases
from tests.images.corpus.case import Case, Refused
from tests.images.corpus.png_parts import SIGNATURE

_NAMES = (
    "jpeg_plain", "jpeg_soft", "jpeg_progressive", "jpeg_restart_intervals", "jpeg_profile_and_gps", "jpeg_cmyk",
    "jpeg_orientation_6_little_endian", "jpeg_extended_xmp", "mpo", "jpeg_baseline_without_end_marker",
    "png_soft", "png_palette_with_transparency", "png_interlaced", "png_text", "png_16_bit_rgba", "apng",
    "png_orientation_6", "png_in_display_p3", "png_2000_pieces_of_data",
    "webp_soft", "webp_lossless", "webp_lossy_with_alpha", "webp_exif_and_xmp", "webp_animated",
    "webp_profile_and_exif",
    "heic_of_tiles", "heic_irot_1", "heic_see_through", "heic_in_display_p3",
    "heic_second_picture_is_the_primary",
    "avif_of_tiles", "avif_irot_1", "avif_see_through", "avif_animated",
    "gif_plain", "gif_first_frame_with_an_offset", "gif_animated",
    "bmp_24_bits", "bmp_run_lengths", "bmp_os2", "bmp_32_bits_with_alpha",
)  # fmt: skip
_CONTAINERS = {b"meta": 12, b"iprp": 8, b"ipco": 8, b"iref": 12, b"moov": 8, b"trak": 8, b"mdia": 8}
"""Boxes that hold boxes, by the size of their heads."""
_STEP_BYTES = 256
_HUGE = (
    b"\0\0",
    b"\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\0\0\0\1",
    b"\x80\0\0\0",
)


def bases() -> list[Case]:
    """Return the whole pictures that are changed."""
    by_name = {case.name: case for case in all_cases()}
    chosen = [by_name[name] for name in _NAMES]
    assert not any(isinstance(case.outcome, Refused) for case in chosen)
    return chosen


@dataclass(frozen=True)
class Mutant:
    """A changed file.

    Args:
        base: The picture that it was.
        content: The changed file.
        cut: True if nothing but its end was taken away.
        change: What was changed, for the report of a failure.
    """

    base: Case
    content: bytes
    cut: bool
    change: str

    def __repr__(self) -> str:
        return f"{self.base.name}: {self.change}"


def parts_of(content: bytes) -> list[bytes]:
    """Split a whole file into segments, chunks, boxes or slices, which together are the file."""
    if content.startswith(b"\xff\xd8"):
        return _split(content, _jpeg_part)
    if content.startswith(SIGNATURE):
        return _split(content, _png_part)
    if content.startswith(b"RIFF"):
        return _split(content, _riff_part)
    if content[4:8] == b"ftyp":
        return _split(content, _box_part)
    return [content[at : at + _STEP_BYTES] for at in range(0, len(content), _STEP_BYTES)]


def _split(content: bytes, length_of: Callable[[bytes, int], int]) -> list[bytes]:
    parts, at = [], 0
    while at < len(content):
        length = length_of(content, at)
        parts.append(content[at : at + length])
        at += length
    return parts


def _jpeg_part(content: bytes, at: int) -> int:
    if content[at] != 0xFF or content[at + 1] in {0xD8, 0xD9}:
        return 2
    length = 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    if content[at + 1] != 0xDA:
        return length
    end = at + length
    # Coded data goes on behind stuffed bytes and restart markers.
    while end < len(content) and not (
        content[end] == 0xFF
        and content[end + 1 : end + 2] not in {b"\0", *(bytes([0xD0 + n]) for n in range(8))}
    ):
        end += 1
    return end - at


def _png_part(content: bytes, at: int) -> int:
    return len(SIGNATURE) if at == 0 else 12 + int.from_bytes(content[at : at + 4], "big")


def _riff_part(content: bytes, at: int) -> int:
    if at == 0:
        return 12
    length = int.from_bytes(content[at + 4 : at + 8], "little")
    return 8 + length + length % 2


def _box_part(content: bytes, at: int) -> int:
    return _CONTAINERS.get(content[at + 4 : at + 8]) or max(8, int.from_bytes(content[at : at + 4], "big"))


def mended(content: bytes) -> bytes:
    """Return a file with right checksums (PNG) or the right length in its first bytes (WebP).

    So changes get past the first check, to what is behind it.
    """
    if content.startswith(b"RIFF"):
        return content[:4] + struct.pack("<I", max(0, len(content) - 8)) + content[8:]
    if not content.startswith(SIGNATURE):
        return content
    whole, at = bytearray(content), len(SIGNATURE)
    while at + 12 <= len(whole):
        end = at + 8 + int.from_bytes(whole[at : at + 4], "big")
        if end + 4 > len(whole):
            break
        struct.pack_into(">I", whole, end, zlib.crc32(whole[at + 4 : end]))
        at = end + 4
    return bytes(whole)


@st.composite
def mutants(draw: st.DrawFn) -> Mutant:
    """Draw a changed file."""
    base = draw(st.sampled_from(bases()))
    kind = draw(st.sampled_from(("cut", "cut", "flip", "length", "swap", "double", "drop")))
    if kind == "cut":
        at = draw(st.integers(1, len(base.content) - 1))
        return Mutant(base, base.content[:at], cut=True, change=f"cut at {at} of {len(base.content)}")
    if kind in {"flip", "length"}:
        content, change = _with_bytes(draw, base.content, kind)
    else:
        content, change = _with_parts(draw, base.content, kind)
    if draw(st.booleans()):
        content, change = mended(content), change + ", mended"
    return Mutant(base, content, cut=False, change=change)


def _with_bytes(draw: st.DrawFn, content: bytes, kind: str) -> tuple[bytes, str]:
    changed, done = bytearray(content), []
    # Half of the changes are near the beginning, where headers are.
    reach = draw(st.sampled_from((min(len(content), 600), len(content))))
    for _ in range(draw(st.integers(1, 4)) if kind == "flip" else 1):
        at = draw(st.integers(0, reach - 1))
        new = (
            bytes([changed[at] ^ draw(st.integers(1, 255))])
            if kind == "flip"
            else draw(st.sampled_from(_HUGE))
        )
        changed[at : at + len(new)] = new
        done.append(f"{new.hex()} at {at}")
    return bytes(changed), ", ".join(done)


def _with_parts(draw: st.DrawFn, content: bytes, kind: str) -> tuple[bytes, str]:
    parts = parts_of(content)
    places = st.integers(0, len(parts) - 1)
    first, second = draw(places), draw(places)
    match kind:
        case "swap":
            parts[first], parts[second] = parts[second], parts[first]
        case "double":
            parts[first:first] = [parts[second]] * draw(st.sampled_from((1, 2, 50)))
        case _:
            del parts[first]
    return b"".join(parts), f"{kind} of parts {first} and {second}"
