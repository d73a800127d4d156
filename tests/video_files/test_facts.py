"""Facts of video files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from bot.children.pool import ChildPool
from bot.video_files.facts import VideoFacts, VideoFactsReader
from tests.images.encoded_videos import film, sound
from tests.video_files.films import encoded
from tests.video_files.scenes import Scene, pictures

_PYAV: Any = av  # its annotations leave out half of what is used here


@pytest.mark.parametrize(
    "content_of",
    [
        lambda: film(48),
        lambda: film(48, bf="3", g="12"),
        lambda: film(48, first_pts=100),
        lambda: film(48, movflags="frag_keyframe+empty_moov", g="12"),
        lambda: film(48, container_format="matroska"),
        lambda: film(48) + bytes(100),
    ],
    ids=["plain", "reordered", "late", "fragments", "mkv", "and zeros"],
)
async def test_its_duration_is_that_of_its_packets(
    pool: ChildPool, tmp_path: Path, content_of: Callable[[], bytes]
) -> None:
    content = content_of()
    source = tmp_path / "film"
    source.write_bytes(content)
    found = await VideoFactsReader(pool).read("bob", source)
    assert found is not None
    assert (found.width_px, found.height_px) == (160, 96)
    assert found.duration_s == pytest.approx(2, abs=0.05)


async def test_a_film_that_breaks_off_covers_less_than_it_claims(pool: ChildPool, tmp_path: Path) -> None:
    content = film(96, movflags="faststart", g="12")
    source = tmp_path / "film"
    source.write_bytes(content[: len(content) * 6 // 10])
    found = await VideoFactsReader(pool).read("bob", source)
    assert found is not None
    assert found.claimed_s == pytest.approx(4, abs=0.05)
    assert 1 < found.duration_s < 3.5


@pytest.mark.parametrize("content", [b"", b"text" * 100, sound()], ids=["empty", "text", "sound"])
async def test_what_is_no_film_has_no_facts(pool: ChildPool, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "film"
    source.write_bytes(content)
    assert await VideoFactsReader(pool).read("bob", source) is None


def test_an_absurd_answer_is_no_fact() -> None:
    with pytest.raises(ValueError, match="duration_s"):
        VideoFacts.model_validate({"width_px": 10, "height_px": 10, "duration_s": float("nan")})


async def test_a_gap_between_frames_that_are_stored_out_of_order_adds_nothing(
    pool: ChildPool, tmp_path: Path
) -> None:
    frames = [
        _PYAV.VideoFrame.from_ndarray(planes, "yuv420p")
        for planes in pictures(Scene("photograph", 160, 96, 2, 100_000))
    ]
    times = [number + (48 if number > 24 else 0) for number in range(len(frames))]
    source = tmp_path / "film.mp4"
    source.write_bytes(encoded(frames, pts=times, bf="3", b_strategy="0", x264opts="scenecut=0"))
    found = await VideoFactsReader(pool).read("bob", source)
    assert found is not None
    assert found.duration_s == pytest.approx(4, abs=0.05)
