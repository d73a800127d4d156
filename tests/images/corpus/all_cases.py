"""All cases of the corpus."""

from functools import cache

from tests.images.corpus import bmp, foreign, gif, isobmff, jpeg, jpeg_damage, png, png_damage, sizes, webp
from tests.images.corpus.case import Case

_PARTS = (jpeg, jpeg_damage, png, png_damage, webp, isobmff, gif, bmp, foreign, sizes)


@cache
def all_cases() -> tuple[Case, ...]:
    """Return the cases, in a fixed order."""
    return tuple(case for part in _PARTS for case in part.cases())
