"""ICC profiles made from numbers, and the colours that files must hold to be seen as intended."""

import struct
from collections.abc import Sequence
from functools import cache

from tests.images.corpus.case import Colour

Vector = Sequence[float]
Matrix = Sequence[Sequence[float]]

_D50: Vector = (0.9642, 1.0, 0.8249)
_D65 = (0.3127, 0.3290)
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_ADOBE_GAMMA = 563 / 256


def display_p3() -> bytes:
    """Return a profile as phones put it into their pictures: Display P3 with the curve of sRGB."""
    return matrix_profile(DISPLAY_P3, _srgb_curve())


def adobe_rgb() -> bytes:
    """Return a profile with the primaries and the gamma of Adobe RGB (1998)."""
    return matrix_profile(ADOBE_RGB, _gamma_curve(_ADOBE_GAMMA))


def srgb() -> bytes:
    """Return a profile of sRGB."""
    return matrix_profile(SRGB, _srgb_curve())


def gray(gamma: float) -> bytes:
    """Return a profile of a gray picture with this gamma."""
    tags = {b"wtpt": _xyz(_D50), b"kTRC": _gamma_curve(gamma)}
    return _profile(b"GRAY", b"XYZ ", b"mntr", tags)


def in_display_p3(colour: Colour) -> Colour:
    """Return what a file in Display P3 holds, to be seen as this sRGB colour."""
    return _through(colour, DISPLAY_P3, to_srgb_curve)


def in_adobe_rgb(colour: Colour) -> Colour:
    """Return what a file in Adobe RGB holds, to be seen as this sRGB colour."""
    return _through(colour, ADOBE_RGB, lambda light: max(light, 0.0) ** (1 / _ADOBE_GAMMA))


def light_in(colour: Colour, primaries: Sequence[tuple[float, float]]) -> list[float]:
    """Return the linear light, from 0 to 1, of an sRGB colour in other primaries."""
    light = [from_srgb_curve(value / 255) for value in colour]
    return _times(_inverse(_to_xyz(primaries)), _times(_to_xyz(SRGB), light))


def from_srgb_curve(value: float) -> float:
    """Return the linear light of a value of sRGB, both from 0 to 1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def to_srgb_curve(light: float) -> float:
    """Return the value of sRGB for linear light, both from 0 to 1."""
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _through(colour: Colour, primaries: Sequence[tuple[float, float]], curve) -> Colour:  # noqa: ANN001
    return tuple(min(255, max(0, round(255 * curve(value)))) for value in light_in(colour, primaries))


INKS: dict[tuple[int, int, int, int], Colour] = {
    (0, 0, 0, 0): (255, 255, 255),
    (1, 0, 0, 0): (70, 150, 190),
    (0, 1, 0, 0): (190, 60, 120),
    (0, 0, 1, 0): (240, 220, 80),
    (0, 0, 0, 1): (45, 42, 40),
    (1, 1, 0, 0): (60, 50, 110),
    (0, 1, 1, 0): (185, 70, 60),
    (1, 0, 1, 0): (60, 130, 80),
    (1, 1, 1, 0): (55, 50, 50),
}
"""sRGB colours of full inks on paper, by cyan, magenta, yellow and black, unlike those of a plain subtraction."""


@cache
def cmyk() -> bytes:
    """Return a profile of a press, as a table of what its inks look like.

    All inks together are black, so that it plays no part whether the darkest point is scaled.
    """
    nodes = b""
    for number in range(16):
        inks = (number >> 3 & 1, number >> 2 & 1, number >> 1 & 1, number & 1)
        colour = INKS.get(inks, (0, 0, 0))
        nodes += _lab16(colour)
    table = b"mft2\0\0\0\0" + bytes([4, 3, 2, 0]) + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += (
        struct.pack(">HH", 2, 2) + struct.pack(">HH", 0, 65535) * 4 + nodes + struct.pack(">HH", 0, 65535) * 3
    )
    return _profile(b"CMYK", b"Lab ", b"prtr", {b"wtpt": _xyz(_D50), b"A2B0": table})


def _lab16(colour: Colour) -> bytes:
    xyz = _times(_to_xyz(SRGB), [from_srgb_curve(value / 255) for value in colour])
    x, y, z = (
        value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
        for value in (part / white for part, white in zip(xyz, _D50, strict=True))
    )
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    # Version 2 of ICC puts 100 at FF00, and the colour axes' zero at 8000.
    return struct.pack(
        ">3H", *(min(65535, max(0, round(v))) for v in (lightness * 652.8, (a + 128) * 256, (b + 128) * 256))
    )


@cache
def matrix_profile(primaries: tuple[tuple[float, float], ...], curve: bytes) -> bytes:
    """Return a profile of a display with these primaries and this curve."""
    matrix = _to_xyz(primaries)
    tags = {b"wtpt": _xyz(_D50)}
    for column, name in enumerate((b"r", b"g", b"b")):
        tags[name + b"XYZ"] = _xyz([row[column] for row in matrix])
        tags[name + b"TRC"] = curve
    return _profile(b"RGB ", b"XYZ ", b"mntr", tags)


def _profile(space: bytes, connection: bytes, device: bytes, tags: dict[bytes, bytes]) -> bytes:
    text = b"Stillmotion test"
    everything = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        **tags,
    }
    at = 128 + 4 + 12 * len(everything)
    table, data = struct.pack(">I", len(everything)), b""
    for name, content in everything.items():
        table += name + struct.pack(">II", at + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(data), bytes(4), 0x02400000, device, space, connection)
    head += (
        struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
        + bytes(28)
        + struct.pack(">3i", 63190, 65536, 54061)
    )
    return head.ljust(128, b"\0") + table + data


def _xyz(values: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


@cache
def _srgb_curve() -> bytes:
    steps = [round(65535 * from_srgb_curve(number / 1023)) for number in range(1024)]
    return b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *steps)


@cache
def _to_xyz(primaries: tuple[tuple[float, float], ...]) -> Matrix:
    """Return the matrix from linear light to XYZ under D50, adapted as ICC says (Bradford)."""
    columns = [_xyz_of(point) for point in primaries]
    white = _xyz_of(_D65)
    matrix = [[column[row] for column in columns] for row in range(3)]
    shares = _times(_inverse(matrix), white)
    scaled = [[value * share for value, share in zip(row, shares, strict=True)] for row in matrix]
    ratio = [to / of for to, of in zip(_times(_BRADFORD, _D50), _times(_BRADFORD, white), strict=True)]
    diagonal = [[ratio[row] if row == column else 0.0 for column in range(3)] for row in range(3)]
    return _product(_product(_inverse(_BRADFORD), diagonal), _product(_BRADFORD, scaled))


def _xyz_of(point: tuple[float, float]) -> Vector:
    x, y = point
    return (x / y, 1.0, (1 - x - y) / y)


def _times(matrix: Matrix, vector: Vector) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _product(left: Matrix, right: Matrix) -> Matrix:
    return [[sum(row[k] * right[k][column] for k in range(3)) for column in range(3)] for row in left]


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    adjugate = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return [[value / determinant for value in row] for row in adjugate]
