"""Animations: silent, within their limit, of the film's whole length, and marked."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import av
import pytest

from bot.video_files.animating import (
    AnimationKind,
    AnimationOrder,
    NotAnimatedError,
    VideoAnimating,
    animation_pool,
)
from bot.video_files.finishing import AigcMark
from tests.video_files.scenes import Scene, write

_PYAV: Any = av  # its annotations leave out half of what is used here
MIB = 1024 * 1024
MARK = AigcMark("Stillmotion", "0123abcd", "Made by AI, <b>& so on")
SMALL = Scene("flat", 160, 90, 1, 100_000)
KINDS = pytest.mark.parametrize("kind", list(AnimationKind))


@pytest.fixture
async def animating() -> AsyncGenerator[VideoAnimating]:
    async with animation_pool(768 * MIB) as pool:
        yield VideoAnimating(pool)


def frames_of(path: Path) -> tuple[int, tuple[int, int], float]:
    """The number of frames, their size, and the seconds that they are shown; the last one counts as the others."""
    times: list[float] = []
    with _PYAV.open(str(path)) as container:
        assert not container.streams.audio
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            size = frame.width, frame.height
            times.append(frame.time)
    return len(times), size, times[-1] * len(times) / (len(times) - 1)


def durations_in_webp(content: bytes) -> tuple[int, float]:
    """The number of frames of a WebP file, and their seconds, by its own chunks."""
    count, total_ms, at = 0, 0, 12
    while at < len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"ANMF":
            count += 1
            total_ms += int.from_bytes(content[at + 20 : at + 23], "little")
        at += 8 + size + size % 2
    assert at == len(content)
    return count, total_ms / 1000


async def test_a_film_becomes_a_gif_of_the_same_length(animating: VideoAnimating, tmp_path: Path) -> None:
    source, made = write(SMALL, tmp_path / "film.mp4"), tmp_path / "made.gif"
    await animating.animate("1", source, made, AnimationOrder(AnimationKind.GIF, 10_000_000, MARK))
    assert made.read_bytes()[:6] == b"GIF89a"
    assert b"NETSCAPE2.0" in made.read_bytes()
    count, size, seconds = frames_of(made)
    assert (count, size) == (15, (160, 90))
    assert seconds == pytest.approx(1, abs=0.1)


@pytest.mark.slow
async def test_a_film_becomes_a_smaller_webp(animating: VideoAnimating, tmp_path: Path) -> None:
    source = write(SMALL, tmp_path / "film.mp4")
    for kind in AnimationKind:
        order = AnimationOrder(kind, 10_000_000, MARK)
        await animating.animate("1", source, tmp_path / f"made.{kind}", order)
    content = (tmp_path / "made.webp").read_bytes()
    assert len(content) < (tmp_path / "made.gif").stat().st_size
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    count, seconds = durations_in_webp(content)
    assert 10 < count <= 15  # the encoder shows one frame for longer rather than twice
    assert seconds == pytest.approx(1, abs=0.1)


async def test_both_say_that_ai_made_them(animating: VideoAnimating, tmp_path: Path) -> None:
    source = write(SMALL, tmp_path / "film.mp4")
    for kind in AnimationKind:
        order = AnimationOrder(kind, 10_000_000, MARK)
        await animating.animate("1", source, tmp_path / f"made.{kind}", order)
    gif = (tmp_path / "made.gif").read_bytes()
    comment = gif[gif.rindex(b"!\xfe") + 2 :]
    text = b""
    while comment[0]:
        text, comment = text + comment[1 : comment[0] + 1], comment[comment[0] + 1 :]
    found = json.loads(text)
    assert (json.loads(found["AIGC"])["ProduceID"], found["comment"]) == ("0123abcd", MARK.comment)
    webp = (tmp_path / "made.webp").read_bytes()
    assert webp[20] & 0x04
    xmp = webp[webp.index(b"XMP ") + 8 :].decode()
    assert "trainedAlgorithmicMedia" in xmp
    assert "0123abcd" in xmp
    assert "Made by AI, &lt;b&gt;&amp; so on" in xmp


@pytest.mark.slow
async def test_without_a_mark_there_is_none(animating: VideoAnimating, tmp_path: Path) -> None:
    source = write(SMALL, tmp_path / "film.mp4")
    for kind in AnimationKind:
        made = tmp_path / f"made.{kind}"
        await animating.animate("1", source, made, AnimationOrder(kind, 10_000_000))
        assert b"AIGC" not in made.read_bytes()


@pytest.mark.slow
@KINDS
@pytest.mark.parametrize("limit_bytes", [400_000, 1_500_000])
@pytest.mark.parametrize(
    "scene",
    [
        Scene("noise", 320, 180, 2, 1_000_000, sound=False),
        Scene("photograph", 1280, 720, 10, 5_000_000, grain=2),
        Scene("drawing", 360, 640, 6, 2_000_000, grain=2),
    ],
)
async def test_an_animation_stays_within_its_limit(
    animating: VideoAnimating, tmp_path: Path, scene: Scene, limit_bytes: int, kind: AnimationKind
) -> None:
    source, made = write(scene, tmp_path / "film.mp4"), tmp_path / f"made.{kind}"
    await animating.animate("1", source, made, AnimationOrder(kind, limit_bytes, MARK, "Made by AI"))
    assert limit_bytes / 10 < made.stat().st_size <= limit_bytes


@pytest.mark.slow
@KINDS
async def test_what_does_not_get_so_small_leaves_nothing(
    animating: VideoAnimating, tmp_path: Path, kind: AnimationKind
) -> None:
    source, made = write(SMALL, tmp_path / "film.mp4"), tmp_path / f"made.{kind}"
    with pytest.raises(NotAnimatedError, match="too_large"):
        await animating.animate("1", source, made, AnimationOrder(kind, 9_000, MARK))
    assert not made.exists()


@pytest.mark.slow
@KINDS
async def test_what_is_no_video_leaves_nothing(
    animating: VideoAnimating, tmp_path: Path, kind: AnimationKind
) -> None:
    source, made = tmp_path / "film.mp4", tmp_path / f"made.{kind}"
    source.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(5000))
    with pytest.raises(NotAnimatedError):
        await animating.animate("1", source, made, AnimationOrder(kind, 10_000_000))
    assert not made.exists()
