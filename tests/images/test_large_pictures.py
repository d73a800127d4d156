"""The largest pictures that are taken, within the memory of a child; and what is said where it is too little."""

import io
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.images.corpus.case import Case, Outcome, Passes, Refused
from tests.images.corpus.drawing import QUARTERS, quarters, reduced
from tests.images.corpus.isobmff_parts import AV1, HEVC, coded, file, grid
from tests.images.corpus.judge import Sent, complaints
from tests.images.spools import DEFAULT_MEMORY_MB, answer_to, open_spool

pytestmark = pytest.mark.slow

OF_A_PHONE = (8064, 6048)
"""Of 48 megapixels, as phones make them."""
TILE_PX, COLUMNS, ROWS = 512, 16, 12
SMALL_MEMORY_MB = 512


@cache
def tiled(codec: bytes) -> bytes:
    """Quarters of 16 by 12 tiles, as phones write large pictures."""
    tiles = [coded(Image.new("RGB", (TILE_PX, TILE_PX), colour), codec) for colour in QUARTERS]
    places = [
        tiles[2 * (row >= ROWS // 2) + (column >= COLUMNS // 2)]
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    brands = (b"heic", b"mif1") if codec == HEVC else (b"avif", b"mif1")
    return file(*grid(places, COLUMNS, OF_A_PHONE), brands=brands)


@cache
def saved(image_format: str, size: tuple[int, int], mode: str = "RGB", **options: Any) -> bytes:
    """Quarters as a file of Pillow's."""
    kept = io.BytesIO()
    quarters(size).convert(mode).save(kept, image_format, **options)
    return kept.getvalue()


LARGE = (8000, 6000)
TOO_WIDE = (8400, 5700)
"""Of 48 megapixels, and wider than what the video service takes."""
OF_40 = (8000, 5000)
OF_100 = (10_000, 10_000)
FITS_SMALL: dict[str, tuple[Any, Outcome]] = {
    "heic_of_tiles": (partial(tiled, HEVC), reduced(OF_A_PHONE)),
    "avif_of_tiles": (partial(tiled, AV1), reduced(OF_A_PHONE)),
    "avif": (partial(saved, "AVIF", LARGE, speed=10, quality=90), reduced(LARGE)),
    "png": (partial(saved, "PNG", LARGE, compress_level=1), Passes()),
    "png_too_wide": (partial(saved, "PNG", TOO_WIDE, compress_level=1), reduced(TOO_WIDE)),
    "jpeg": (partial(saved, "JPEG", OF_100), reduced(OF_100)),
}
VEILED = tuple((*colour, 128) for colour in QUARTERS)


def see_through() -> bytes:
    kept = io.BytesIO()
    quarters(LARGE, VEILED, "RGBA").save(kept, "PNG", compress_level=1)
    return kept.getvalue()


NEEDS_MORE: dict[str, tuple[Any, Outcome]] = {
    "webp": (partial(saved, "WEBP", OF_40, method=0), Passes()),
    "png_see_through": (see_through, reduced(LARGE, VEILED)),
    "webp_lossless": (
        partial(saved, "WEBP", OF_40, "RGBA", lossless=True, quality=0, method=0),
        Passes(),
    ),
    "jpeg_progressive": (partial(saved, "JPEG", OF_100, progressive=True, subsampling=0), reduced(OF_100)),
}


def cases(table: dict[str, tuple[Any, Outcome]], memory_mb: int) -> list[Any]:
    return [
        pytest.param(Case(f"large_{name}", build, outcome), memory_mb, id=f"{name}-{memory_mb}")
        for name, (build, outcome) in table.items()
    ]


@pytest.mark.parametrize(
    ("case", "memory_mb"),
    [
        *cases(FITS_SMALL | NEEDS_MORE, DEFAULT_MEMORY_MB),
        *cases(FITS_SMALL, SMALL_MEMORY_MB),
    ],
)
async def test_the_largest_pictures_fit_into_a_child(case: Case, memory_mb: int, tmp_path: Path) -> None:
    async with open_spool(tmp_path / "spool", memory_mb) as spool:
        wrong = complaints(case, await answer_to(spool, case.content, tmp_path))
    assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("memory_mb", [SMALL_MEMORY_MB, DEFAULT_MEMORY_MB])
async def test_a_large_jpeg_without_its_end_marker_is_whole(memory_mb: int, tmp_path: Path) -> None:
    size = (8192, 8192)
    whole = saved("JPEG", size).removesuffix(b"\xff\xd9")
    async with open_spool(tmp_path / "spool", memory_mb) as spool:
        answer = await answer_to(spool, whole, tmp_path)
    assert isinstance(answer, Sent), answer
    assert (answer.width_px, answer.height_px) == size


@pytest.mark.parametrize("name", FITS_SMALL | NEEDS_MORE)
async def test_a_large_picture_that_is_cut_is_damaged(name: str, tmp_path: Path) -> None:
    build, _ = (FITS_SMALL | NEEDS_MORE)[name]
    cut = Case(f"large_{name}_cut", lambda: build()[: len(build()) * 2 // 3], Refused("truncated"))
    async with open_spool(tmp_path / "spool") as spool:
        wrong = complaints(cut, await answer_to(spool, cut.content, tmp_path))
    assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("name", [name for name in FITS_SMALL | NEEDS_MORE if name not in {"png", "jpeg"}])
async def test_want_of_memory_is_not_told_as_damage(name: str, tmp_path: Path) -> None:
    build, _ = (FITS_SMALL | NEEDS_MORE)[name]
    whole = Case(f"large_{name}", build, Refused("too_complex"))
    async with open_spool(tmp_path / "spool", 256) as spool:
        wrong = complaints(whole, await answer_to(spool, whole.content, tmp_path))
    assert not wrong, "; ".join(wrong)
