"""The last frame of a video as a reference picture. `tests/video_files` has what frames look like."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
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


async def test_the_last_frame_of_a_film_is_a_picture_of_the_job(
    cdn: Cdn, spool: ReferenceSpool, tmp_path: Path
) -> None:
    order = VideoSpec.of_request("one", "a prompt", "6", "720x1280", "480p", ())
    made = await SampleVideoFactory(tmp_path / "films").make(order)
    content = made.read_bytes()
    (reference,) = await spool.collect("job", [video(cdn, content)], "user")
    assert reference.mime is ImageMime.PNG
    assert (reference.filename, reference.conversion) == ("film.mp4", None)
    assert difference(opened(reference.path), decoded(content)[-1]) < 1
    assert [path.name for path in reference.path.parent.iterdir()] == ["0.png"]


async def test_it_comes_first_and_pictures_keep_their_order(cdn: Cdn, spool: ReferenceSpool) -> None:
    pictures = [cdn.source(f"{width}.png", picture(size=(width, 64))) for width in (70, 71)]
    references = await spool.collect("job", [video(cdn, film(12)), *pictures], "user")
    assert [reference.width_px for reference in references] == [160, 70, 71]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (film(40)[:3000], ImageProblem.NO_FRAME),
        (sound(), ImageProblem.NO_FRAME),
        (b"", ImageProblem.EMPTY),
    ],
    ids=["truncated", "sound", "empty"],
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


@pytest.mark.parametrize("module", ["bot.images", "bot.app"])
def test_the_bot_itself_loads_no_decoder_of_videos(module: str) -> None:
    code = f"import sys, {module}; print(sorted(name for name in sys.modules if name.split('.')[0] == 'av'))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert told.stdout.strip() == "[]"
