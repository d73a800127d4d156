"""Frames of videos: the one that is shown last, the first good one, and none of what is no video."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from PIL import Image, ImageChops, ImageStat

from bot.children.pool import ChildPool
from bot.video_files.decoding.frames import first_frame, last_frame
from bot.video_files.frames import NoFrameError, VideoFrames, video_pool
from tests.images.encoded_videos import drawing, film, sound
from tests.video_files.films import encoded, opened

_PYAV: Any = av  # its annotations leave out half of what is used here


def all_frames(content: bytes) -> list[Image.Image]:
    """Every frame, from the first to the last that is shown."""
    with _PYAV.open(io.BytesIO(content)) as container:
        frames = sorted(container.decode(video=0), key=lambda frame: frame.pts)
        return [frame.to_image() for frame in frames]


def difference(one: Image.Image, other: Image.Image) -> float:
    """By how much two pictures differ in the mean, from 0 to 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


@pytest.mark.parametrize(
    "content_of",
    [
        lambda: film(40),
        lambda: film(1),
        lambda: film(2),
        lambda: film(41, g="8", bf="3"),  # the last key frame is the last frame
        lambda: film(50, g="12", bf="3", sc_threshold="0"),
        lambda: film(30, g="1"),
        lambda: film(30, first_pts=100),
        lambda: film(30, movflags="frag_keyframe+empty_moov"),
        lambda: film(30, container_format="matroska"),
        lambda: encoded([drawing(number) for number in range(8)], pts=[0, 1, 2, 30, 31, 90, 95, 200]),
        lambda: film(30) + b"\n",
    ],
    ids=[
        "plain",
        "one frame",
        "two",
        "ends on a key",
        "many keys",
        "all keys",
        "late",
        "fragments",
        "mkv",
        "uneven",
        "and a newline",
    ],
)
def test_it_is_the_frame_that_is_shown_last(tmp_path: Path, content_of: Callable[[], bytes]) -> None:
    content = content_of()
    source, destination = tmp_path / "film", tmp_path / "frame.png"
    source.write_bytes(content)
    last_frame(str(source), str(destination))
    taken, frames = opened(destination), all_frames(content)
    assert difference(taken, frames[-1]) < 1
    assert all(difference(taken, frame) > 5 for frame in frames[:-1])


@pytest.mark.parametrize(
    ("frames", "wanted"),
    [
        ([drawing(3), drawing(4)], 0),
        ([Image.new("RGB", (160, 96), "black")] * 30 + [drawing(5), drawing(6)], 30),
        ([Image.new("RGB", (160, 96), "white")] * 3 + [drawing(5)], 3),
        ([Image.new("RGB", (160, 96), "#2040c0"), drawing(5)], 0),
        ([Image.new("RGB", (160, 96), "black")] * 200 + [drawing(5)], 0),
        ([Image.new("RGB", (160, 96), "black")] * 2, 0),
    ],
    ids=["the first", "behind black", "behind white", "blue", "behind too much black", "all black"],
)
def test_the_first_frame_shows_something(tmp_path: Path, frames: list[Image.Image], wanted: int) -> None:
    source, destination = tmp_path / "film", tmp_path / "frame.png"
    source.write_bytes(encoded(frames))
    first_frame(str(source), str(destination))
    assert difference(opened(destination), frames[wanted]) < 3


def test_the_first_frame_of_a_film_that_breaks_off_is_there(tmp_path: Path) -> None:
    content = film(200, movflags="faststart", crf="10", g="24")
    source, destination = tmp_path / "film", tmp_path / "frame.png"
    source.write_bytes(content[:100_000])
    first_frame(str(source), str(destination))
    assert difference(opened(destination), all_frames(content)[0]) < 1


PLAYLIST = b"""#EXTM3U
#EXT-X-TARGETDURATION:5
#EXTINF:5,
file:%s
#EXT-X-ENDLIST
"""


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(film(5, container_format="mpegts"))
    playlist = tmp_path / "film"
    playlist.write_bytes(PLAYLIST % str(other).encode())
    with pytest.raises(av.FFmpegError):
        last_frame(str(playlist), str(tmp_path / "frame.png"))


@pytest.mark.parametrize(
    "content_of",
    [
        lambda: film(40)[:3000],  # its index was at the end
        lambda: film(200, movflags="faststart", crf="10")[:3000],
        lambda: film(200, movflags="faststart", crf="10", g="24")[:100_000],
        lambda: b"this is a text\n" * 100,
        lambda: b"\0" * 5000,
        lambda: b"",
        sound,
        lambda: b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/film.ts\n#EXT-X-ENDLIST\n",
        lambda: b"ffconcat version 1.0\nfile /etc/hostname\n",
    ],
    ids=[
        "truncated",
        "truncated to its index",
        "broken off",
        "text",
        "zeros",
        "empty",
        "sound",
        "playlist",
        "list",
    ],
)
async def test_what_has_no_last_frame_is_an_error_of_its_own(
    pool: ChildPool, tmp_path: Path, content_of: Callable[[], bytes]
) -> None:
    content = content_of()
    source, destination = tmp_path / "film", tmp_path / "frame.png"
    source.write_bytes(content)
    with pytest.raises(NoFrameError):
        await VideoFrames(pool).last_frame("bob", source, destination)
    assert not destination.exists()


async def test_a_child_takes_both_frames(pool: ChildPool, tmp_path: Path) -> None:
    source, first, last = tmp_path / "film", tmp_path / "first.png", tmp_path / "last.png"
    content = film(30)
    source.write_bytes(content)
    frames = VideoFrames(pool)
    await frames.first_frame("bob", source, first)
    await frames.last_frame("bob", source, last)
    shown = all_frames(content)
    assert difference(opened(first), shown[0]) < 1
    assert difference(opened(last), shown[-1]) < 1


async def test_a_child_without_the_memory_for_a_frame_says_so(tmp_path: Path) -> None:
    source, destination = tmp_path / "film", tmp_path / "frame.png"
    source.write_bytes(encoded([Image.new("RGB", (3840, 2160), "blue")], preset="ultrafast"))
    async with video_pool(160 * 1024**2) as small:
        with pytest.raises(NoFrameError):
            await VideoFrames(small).last_frame("bob", source, destination)
    assert not destination.exists()


async def test_a_cancelled_decoding_leaves_no_process_behind(pool: ChildPool, tmp_path: Path) -> None:
    source = tmp_path / "film"
    source.write_bytes(film(200))
    me = psutil.Process()
    before = set(me.children())
    taking = asyncio.create_task(VideoFrames(pool).last_frame("bob", source, tmp_path / "frame.png"))
    async with asyncio.timeout(60):
        while not set(me.children()) - before:  # noqa: ASYNC110 - the operating system rings no bell
            await asyncio.sleep(0.005)
    taking.cancel()
    await asyncio.wait([taking])
    assert taking.cancelled()
    assert set(me.children()) <= before
