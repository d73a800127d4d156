"""The last frame of a video: exactly the one that is shown last, and nothing of what is no video."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import psutil
import pytest

from bot.images.model import IMAGE_LIMITS, ImageRefusedError, ImageSource, SourceKind
from bot.images.problems import ImageProblem
from bot.images.spool import ReferenceSpool
from bot.video import ImageMime
from tests.e2e.actors.pictures import picture
from tests.images.cdn import Cdn
from tests.images.encoded_videos import film, sound
from tests.images.spools import open_spool

_PYAV: Any = av  # its annotations leave out half of what is used here


def video(cdn: Cdn, content: bytes, name: str = "film.mp4") -> ImageSource:
    return replace(cdn.source(name, content), kind=SourceKind.VIDEO)


async def test_a_frame_is_a_picture_like_others(cdn: Cdn, spool: ReferenceSpool) -> None:
    (reference,) = await spool.collect("job", [video(cdn, film(40))], "user")
    assert (reference.mime, reference.width_px, reference.height_px) == (ImageMime.PNG, 160, 96)
    assert (reference.filename, reference.conversion) == ("film.mp4", None)
    assert [path.name for path in reference.path.parent.iterdir()] == ["0.png"]


async def test_it_comes_first_and_pictures_keep_their_order(cdn: Cdn, spool: ReferenceSpool) -> None:
    pictures = [cdn.source(f"{width}.png", picture(size=(width, 100))) for width in (150, 151)]
    references = await spool.collect("job", [video(cdn, film(12)), *pictures], "user")
    assert [reference.width_px for reference in references] == [160, 150, 151]


@pytest.mark.parametrize(
    ("content_of", "problem"),
    [
        (lambda: film(40)[:3000], ImageProblem.NO_FRAME),  # its index was at the end
        (lambda: film(200, movflags="faststart", crf="10")[:3000], ImageProblem.NO_FRAME),
        (lambda: film(200, movflags="faststart", crf="10", g="24")[:100_000], ImageProblem.NO_FRAME),
        (lambda: b"this is a text\n" * 100, ImageProblem.NO_FRAME),
        (lambda: b"\0" * 5000, ImageProblem.NO_FRAME),
        (sound, ImageProblem.NO_FRAME),
        (lambda: b"", ImageProblem.EMPTY),
    ],
    ids=["truncated", "truncated to its index", "broken off", "text", "zeros", "sound", "empty"],
)
async def test_what_has_no_frame_is_refused_by_its_name(
    cdn: Cdn, spool: ReferenceSpool, tmp_path: Path, content_of: Callable[[], bytes], problem: ImageProblem
) -> None:
    content = content_of()
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


async def test_a_cancelled_frame_leaves_no_process_behind(cdn: Cdn, tmp_path: Path) -> None:
    source = video(cdn, film(200))
    me = psutil.Process()
    before = set(me.children())
    async with open_spool(tmp_path) as spool:
        collecting = asyncio.create_task(spool.collect("job", [source], "user"))
        async with asyncio.timeout(60):
            while not set(me.children()) - before:  # noqa: ASYNC110 - the operating system rings no bell
                await asyncio.sleep(0.005)
        collecting.cancel()
        await asyncio.wait([collecting])
        assert collecting.cancelled()
    assert set(me.children()) <= before


@pytest.mark.parametrize("module", ["bot.images.spool", "bot.app"])
def test_the_bot_itself_loads_no_decoder(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'av', 'PIL', 'pillow_heif'}} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert told.stdout.strip() == "[]"
