"""High dynamic range: the curves of HDR10 and HLG, and what is right when such a picture is made plain."""

from math import log

from tests.images.corpus.case import Colour, MadeAnew, Patch
from tests.images.corpus.drawing import CENTRES, SIZE

PQ, HLG = 16, 18
_NITS = (0.0, 50.0, 203.0, 1000.0)


def pq(nits: float) -> float:
    """Return the value, from 0 to 1, of a luminance by SMPTE ST 2084."""
    power = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(nits: float) -> float:
    """Return the value, from 0 to 1, of a gray of this luminance on an HLG display of 1,000 cd/m² (BT.2100)."""
    scene = (nits / 1000) ** (1 / 1.2)
    if scene <= 1 / 12:
        return (3 * scene) ** 0.5
    return 0.17883277 * log(12 * scene - 0.28466892) + 0.55991073


def tone_mapped() -> MadeAnew:
    """Return the outcome for four grays of 0, 50, 203 and 1,000 cd/m² in an HDR file.

    How highlights are pressed together is open. Black stays black, 203 cd/m² (white paper, ITU-R BT.2408) is light,
    1,000 is at least as light as white paper may be, and 50 is between.
    """
    bounds = ((0, 12), (70, 190), (175, 255), (225, 255))
    seen = tuple(
        Patch(x, y, (low, low, low), (high, high, high))
        for (x, y), (low, high) in zip(CENTRES, bounds, strict=True)
    )
    return MadeAnew(*SIZE, seen)


def hdr_values(transfer: int, most: int) -> list[Colour]:
    """Return raw samples of the four grays that `tone_mapped` expects."""
    curve = pq if transfer == PQ else hlg
    return [(round(most * curve(nits)),) * 3 for nits in _NITS]
