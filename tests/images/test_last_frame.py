"""The last frame of a video: exactly the one that is shown last, and nothing of what is no video."""

import asyncio
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from PIL import Image, ImageChops, ImageStat

from bot.images.model import IMAGE_LIMITS, ImageRefusedError, ImageSource, SourceKind
from bot.images.problems import ImageProblem
from bot.images.spool import ReferenceSpool
from bot.sandbox.video_factory import SampleVideoFactory, VideoSpec
from bot.video import ImageMime
from tests.e2e.actors.pictures import picture
from tests.images.cdn import Cdn
from tests.images.encoded_videos import film, sound

_PYAV: Any = av  # its annotations leave out half of what is used here


def decoded(content: bytes) -> list[Image.Image]:
    """Every frame, from the first to the last that is shown."""
    with _PYAV.open(io.BytesIO(content)) as container:
        frames = sorted(container.decode(video=0), key=lambda frame: frame.pts)
        return [frame.to_image() for frame in frames]


def difference(one: Image.Image, other: Image.Image) -> float:
    """By how much two pictures differ in the mean, from 0 to 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def video(cdn: Cdn, content: bytes, name: str = "film.mp4") -> ImageSource:
    return replace(cdn.source(name, content), kind=SourceKind.VIDEO)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as found:
        found.load()
        return found


@pytest.mark.parametrize(
    "content",
    [
        film(40),
        film(1),
        film(2),
        film(41, g="8", bf="3"),  # the last key frame is the last frame
        film(50, g="12", bf="3", sc_threshold="0"),
        film(30, g="1"),
        film(30, first_pts=100),
        film(30, movflags="frag_keyframe+empty_moov"),
        film(30, container_format="matroska"),
    ],
    ids=["plain", "one frame", "two", "ends on a key", "many keys", "all keys", "late", "fragments", "mkv"],
)
async def test_it_is_the_frame_that_is_shown_last(cdn: Cdn, spool: ReferenceSpool, content: bytes) -> None:
    (reference,) = await spool.collect("job", [video(cdn, content)], "user")
    frames = decoded(content)
    assert reference.mime is ImageMime.PNG
    assert (reference.width_px, reference.height_px) == frames[-1].size
    assert (reference.filename, reference.conversion) == ("film.mp4", None)
    taken = opened(reference.path)
    assert difference(taken, frames[-1]) < 1
    assert all(difference(taken, frame) > 5 for frame in frames[:-1])
    assert [path.name for path in reference.path.parent.iterdir()] == ["0.png"]


async def test_films_of_the_sandbox_have_one_too(cdn: Cdn, spool: ReferenceSpool, tmp_path: Path) -> None:
    order = VideoSpec.of_request("one", "a prompt", "6", "720x1280", "480p", ())
    made = await SampleVideoFactory(tmp_path / "films").make(order)
    content = made.read_bytes()
    (reference,) = await spool.collect("job", [video(cdn, content)], "user")
    assert difference(opened(reference.path), decoded(content)[-1]) < 1


async def test_it_comes_first_and_pictures_keep_their_order(cdn: Cdn, spool: ReferenceSpool) -> None:
    pictures = [cdn.source(f"{width}.png", picture(size=(width, 30))) for width in (50, 51)]
    references = await spool.collect("job", [video(cdn, film(12)), *pictures], "user")
    assert [reference.width_px for reference in references] == [160, 50, 51]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (film(40)[:3000], ImageProblem.NO_FRAME),  # its index was at the end
        (film(200, movflags="faststart", crf="10")[:3000], ImageProblem.NO_FRAME),
        (film(200, movflags="faststart", crf="10", g="24")[:100_000], ImageProblem.NO_FRAME),
        (b"this is a text\n" * 100, ImageProblem.NO_FRAME),
        (b"\0" * 5000, ImageProblem.NO_FRAME),
        (sound(), ImageProblem.NO_FRAME),
        (b"", ImageProblem.EMPTY),
    ],
    ids=["truncated", "truncated to its index", "broken off", "text", "zeros", "sound", "empty"],
)
async def test_what_has_no_frame_is_refused_by_its_name(
    cdn: Cdn, spool: ReferenceSpool, tmp_path: Path, content: bytes, problem: ImageProblem
) -> None:
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect("job", [video(cdn, content, "mine.mp4")], "user")
    assert (refused.value.filename, refused.value.problem) == ("mine.mp4", problem)
    assert list((tmp_path / "spool").iterdir()) == []


async def test_a_video_that_discord_no_longer_has_is_gone(cdn: Cdn, spool: ReferenceSpool) -> None:
    source = video(cdn, film(2))
    cdn.files.clear()
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect("job", [source], "user")
    assert refused.value.problem is ImageProblem.GONE


async def test_videos_may_be_larger_than_pictures_but_not_without_end(
    cdn: Cdn, spool: ReferenceSpool
) -> None:
    fits = replace(video(cdn, film(2)), size_bytes=IMAGE_LIMITS.source_bytes + 1)
    await spool.collect("job", [fits], "user")
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect("job", [replace(fits, size_bytes=IMAGE_LIMITS.video_bytes + 1)], "user")
    assert refused.value.problem is ImageProblem.TOO_LARGE


async def test_a_cancelled_decoding_leaves_no_process_behind(cdn: Cdn, spool: ReferenceSpool) -> None:
    source = video(cdn, film(200))
    me = psutil.Process()
    before = set(me.children())
    collecting = asyncio.create_task(spool.collect("job", [source]), "user")
    async with asyncio.timeout(20):
        while not set(me.children()) - before:  # noqa: ASYNC110 - the operating system rings no bell
            await asyncio.sleep(0.005)
    collecting.cancel()
    await asyncio.wait([collecting])
    assert collecting.cancelled()
    assert set(me.children()) <= before


@pytest.mark.parametrize("module", ["bot.images", "bot.app"])
def test_the_bot_itself_loads_no_decoder_of_videos(module: str) -> None:
    code = f"import sys, {module}; print(sorted(name for name in sys.modules if name.split('.')[0] == 'av'))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert told.stdout.strip() == "[]"
