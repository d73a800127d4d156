"""Makes colour profiles (ICC.1:2010) for colours that a file describes by numbers instead of a profile.

Pictures (`bot/images/decoding`) and frames of videos (`bot/video_files/decoding`) are converted by them.
Little CMS, behind Pillow's ImageCms, converts by profiles alone and makes only one for sRGB itself.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final

Matrix = tuple[tuple[float, float, float], ...]
Chromaticities = tuple[float, float, float, float, float, float]
"""x and y of red, green and blue."""

_PRIMARIES: Final[dict[int, Chromaticities]] = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060),
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
"""ITU-T H.273, *Colour primaries*: BT.709, BT.601 (625 and 525 lines), BT.2020, P3 (as Display P3 uses it)."""
_D65: Final = (0.3127, 0.3290)
_D50: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final[Matrix] = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_PQ: Final = 16
_HLG: Final = 18
_LINEAR: Final = 8
_CURVE_POINTS: Final = 4096
_WHITE_NITS: Final = 203.0
"""Brightness of paper white in HDR (ITU-R BT.2408)."""
_KNEE: Final = 0.75
"""Share of white up to which HDR is left as bright as it is; what is brighter is compressed towards white."""


def profile_of_numbers(primaries: int, transfer: int) -> bytes | None:
    """Return a profile for numbers of ITU-T H.273; None where they mean, or look like, sRGB.

    PQ and HLG become ordinary brightness: a profile that compresses what is brighter than paper white.
    """
    curve = {_PQ: _pq, _HLG: _hlg, _LINEAR: _identity}.get(transfer)
    wide = primaries in {9, 11, 12}
    if curve is None and not wide:
        return None
    return profile(_PRIMARIES.get(primaries, _PRIMARIES[1]), _D65, curve or _srgb)


def profile(primaries: Chromaticities, white: tuple[float, float], curve: Callable[[float], float]) -> bytes:
    """Return an RGB profile of primaries, a white point, and one curve from code values to light, both 0 to 1."""
    columns = zip(*_to_d50(primaries, white), strict=True)
    points = [
        round(min(max(curve(step / (_CURVE_POINTS - 1)), 0.0), 1.0) * 65535) for step in range(_CURVE_POINTS)
    ]
    trc = b"curv\0\0\0\0" + struct.pack(f">I{_CURVE_POINTS}H", _CURVE_POINTS, *points)
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + bytes(78)),
        (b"cprt", b"text\0\0\0\0none\0"),
        (b"wtpt", _xyz(_D50)),
        *zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, columns), strict=True),
        *((name, trc) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    return _file(tags)


def _file(tags: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return a profile: a header of 128 bytes, a table of tags, their contents."""
    table, contents = struct.pack(">I", len(tags)), b""
    placed: dict[bytes, int] = {}
    begin = 128 + 4 + 12 * len(tags)
    for name, content in tags:
        if content not in placed:
            placed[content] = begin + len(contents)
            contents += content + bytes(-len(content) % 4)
        table += name + struct.pack(">II", placed[content], len(content))
    head = (
        struct.pack(">I4sI4s4s4s", begin + len(contents), b"\0\0\0\0", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
        + struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
        + b"acsp"
        + bytes(28)
        + _xyz(_D50)[8:]
    )
    return head.ljust(128, b"\0") + table + contents


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _to_d50(primaries: Chromaticities, white: tuple[float, float]) -> Matrix:
    """Return the matrix from linear RGB to XYZ, adapted to the profiles' white by Bradford's method (Annex E)."""
    xs = [_xyz_of(*primaries[at : at + 2]) for at in (0, 2, 4)]
    matrix: Matrix = tuple(zip(*xs, strict=True))  # pyright: ignore[reportAssignmentType] - three by three
    white_xyz = _xyz_of(*white)
    scales = _times(_inverse(matrix), white_xyz)
    scaled: Matrix = tuple((row[0] * scales[0], row[1] * scales[1], row[2] * scales[2]) for row in matrix)
    source, target = _times(_BRADFORD, white_xyz), _times(_BRADFORD, _D50)
    adapted: Matrix = tuple(
        (row[0] * target[at] / source[at], row[1] * target[at] / source[at], row[2] * target[at] / source[at])
        for at, row in enumerate(_BRADFORD)
    )
    return _product(_product(_inverse(_BRADFORD), adapted), scaled)


def _xyz_of(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _times(matrix: Matrix, vector: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return tuple(_times(columns, row) for row in left)  # pyright: ignore[reportArgumentType] - three by three


def _inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    cofactors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    return tuple((x / determinant, y / determinant, z / determinant) for x, y, z in cofactors)


def _identity(code: float) -> float:
    return code


def _srgb(code: float) -> float:
    return code / 12.92 if code <= 0.04045 else ((code + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - IEC 61966-2-1


def _pq(code: float) -> float:
    """SMPTE ST 2084, from a code value to light relative to paper white, compressed."""
    power = code ** (1 / 78.84375)
    nits = 10_000 * (max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return _compressed(nits / _WHITE_NITS)


def _hlg(code: float) -> float:
    """ITU-R BT.2100, HLG, for a display of 1,000 nits whose gamma of 1.2 is taken for each colour."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = code**2 / 3 if code <= 0.5 else (2.718281828459045 ** ((code - c) / a) + b) / 12  # noqa: PLR2004 - Table 5
    return _compressed(1000 * scene**1.2 / _WHITE_NITS)


def _compressed(light: float) -> float:
    """Return light of 0 (black), 1 (paper white) and more as 0 to 1, unchanged up to the knee."""
    if light <= _KNEE:
        return light
    over = (light - _KNEE) / (1 - _KNEE)
    return _KNEE + (1 - _KNEE) * over / (1 + over)
