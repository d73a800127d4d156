"""The spool: pictures by content, in order, of every kind; nothing left behind."""

import asyncio
import io
import os
from pathlib import Path

import psutil
import pytest
from PIL import Image

from bot.images.model import ImageRefusedError
from bot.images.problems import ImageProblem
from bot.images.spool import ReferenceSpool
from bot.video import REFERENCE_LIMIT_BYTES, REFERENCES_MAX, ImageMime
from tests.e2e.actors.pictures import picture, png_claiming, png_of
from tests.images.cdn import Cdn
from tests.images.spools import open_spool


def opened(path: Path) -> Image.Image:
    with Image.open(path) as found:
        found.load()
        return found


@pytest.mark.parametrize(
    ("image_format", "mime"),
    [("PNG", ImageMime.PNG), ("JPEG", ImageMime.JPEG), ("WEBP", ImageMime.WEBP)],
)
async def test_passing_formats_pass_untouched_whatever_their_name(
    cdn: Cdn, spool: ReferenceSpool, image_format: str, mime: ImageMime
) -> None:
    content = picture(image_format, (300, 200))
    (reference,) = await spool.collect("job", [cdn.source("misnamed.txt", content)], "user")
    assert reference.mime is mime
    assert (reference.width_px, reference.height_px) == (300, 200)
    assert reference.path.read_bytes() == content
    assert reference.filename == "misnamed.txt"
    assert reference.conversion is None


@pytest.mark.parametrize("image_format", ["GIF", "BMP", "AVIF", "HEIF", "MPO"])
async def test_other_formats_are_converted_to_a_passing_one(
    cdn: Cdn, spool: ReferenceSpool, image_format: str
) -> None:
    content = picture(image_format, (300, 200))
    (reference,) = await spool.collect("job", [cdn.source("a.png", content)], "user")
    assert reference.conversion is None  # nobody would notice
    assert opened(reference.path).size == (300, 200)
    assert f"image/{(opened(reference.path).format or '').lower()}" == reference.mime


async def test_a_picture_of_ten_megabytes_is_made_smaller_and_keeps_its_shape(
    cdn: Cdn, spool: ReferenceSpool
) -> None:
    noise = Image.frombytes("RGB", (2400, 1600), os.urandom(2400 * 1600 * 3))
    buffer = io.BytesIO()
    noise.save(buffer, "PNG", compress_level=0)
    assert buffer.tell() > REFERENCE_LIMIT_BYTES
    (reference,) = await spool.collect("job", [cdn.source("a.png", buffer.getvalue())], "user")
    assert reference.mime is ImageMime.JPEG
    assert reference.size_bytes == reference.path.stat().st_size < REFERENCE_LIMIT_BYTES
    width, height = opened(reference.path).size
    assert width / height == pytest.approx(1.5, rel=0.01)


async def test_the_limit_itself_is_too_large(cdn: Cdn, spool: ReferenceSpool) -> None:
    sources = [cdn.source(f"{size}.png", png_of(size)) for size in (9_999_999, 10_000_000)]
    below, at_limit = await spool.collect("job", sources, "user")
    assert below.size_bytes == 9_999_999
    assert at_limit.size_bytes < REFERENCE_LIMIT_BYTES


async def test_converted_pictures_stand_upright_and_what_is_see_through_is_white(
    cdn: Cdn, spool: ReferenceSpool
) -> None:
    lying = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (140, 70), "red").save(lying, "AVIF", exif=exif)
    sources = [cdn.source("a.avif", lying.getvalue())]
    for kind in ("AVIF", "PNG", "WEBP"):
        clear = io.BytesIO()
        Image.new("RGBA", (70, 70), (255, 0, 0, 0)).save(clear, kind, quality=100)
        sources.append(cdn.source(f"clear.{kind}", clear.getvalue()))
    upright, *white = await spool.collect("job", sources, "user")
    assert opened(upright.path).size == (70, 140)
    for one in white:
        shown = opened(one.path)
        assert shown.mode == "RGB", "whatever colours it hides, nobody is sent them"
        assert shown.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"this is no picture", ImageProblem.NOT_AN_IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ImageProblem.UNSUPPORTED_FORMAT),
        (b"", ImageProblem.EMPTY),
        (picture("PNG", (300, 200))[:-1], ImageProblem.TRUNCATED),
        (picture("PNG", (300, 200))[:200], ImageProblem.TRUNCATED),
        (picture("JPEG", (300, 200))[:1500], ImageProblem.TRUNCATED),
        (picture("WEBP", (300, 200))[:-10], ImageProblem.TRUNCATED),
        (png_claiming(30_000, 30_000), ImageProblem.TOO_MANY_PIXELS),
        (png_claiming(2**31 - 1, 2**31 - 1), ImageProblem.TOO_MANY_PIXELS),
        (picture("TIFF"), ImageProblem.UNSUPPORTED_FORMAT),
        (picture("ICO"), ImageProblem.UNSUPPORTED_FORMAT),
        (picture("GIF", (300, 200))[:-500], ImageProblem.TRUNCATED),
    ],
)
async def test_what_cannot_be_used_is_refused_with_its_reason(
    cdn: Cdn, spool: ReferenceSpool, tmp_path: Path, content: bytes, problem: ImageProblem
) -> None:
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect(
            "job", [cdn.source("good.png", picture()), cdn.source("bad.png", content)], "user"
        )
    assert (refused.value.filename, refused.value.problem) == ("bad.png", problem)
    assert not list((tmp_path / "spool").iterdir())


async def test_a_flipped_bit_in_the_middle_of_a_png_is_noticed(cdn: Cdn, spool: ReferenceSpool) -> None:
    content = bytearray(png_of(2_000_000))
    content[1_000_000] ^= 1
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect("job", [cdn.source("a.png", bytes(content))], "user")
    assert refused.value.problem is ImageProblem.TRUNCATED


@pytest.mark.parametrize("tail", [b"\0" * 1000, picture("JPEG"), b"trailing data of a phone"])
async def test_what_phones_append_to_a_jpeg_does_no_harm(
    cdn: Cdn, spool: ReferenceSpool, tail: bytes
) -> None:
    (reference,) = await spool.collect(
        "job", [cdn.source("a.jpg", picture("JPEG", (300, 200)) + tail)], "user"
    )
    assert reference.mime is ImageMime.JPEG


async def test_the_order_is_kept_and_the_first_bad_one_in_order_is_named(
    cdn: Cdn, spool: ReferenceSpool
) -> None:
    sources = [
        cdn.source(f"{number}.png", picture(size=(100 + number, 100))) for number in range(REFERENCES_MAX)
    ]
    references = await spool.collect("job", sources, "user")
    assert [reference.width_px for reference in references] == list(range(100, 100 + REFERENCES_MAX))
    bad = [cdn.source("slow.png", picture("GIF", (300, 200))[:-500]), cdn.source("quick.png", b"")]
    with pytest.raises(ImageRefusedError) as refused:
        await spool.collect("job", bad, "user")
    assert refused.value.filename == "slow.png"


async def test_what_an_earlier_try_left_is_replaced_and_discarding_removes_all(
    cdn: Cdn, spool: ReferenceSpool, tmp_path: Path
) -> None:
    leftover = tmp_path / "spool" / "job" / "0.raw"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half a pic")
    await spool.collect("job", [cdn.source("a.png", picture())], "user")
    assert [path.name for path in leftover.parent.iterdir()] == ["0.png"]
    assert leftover.parent.stat().st_mode & 0o077 == 0
    await spool.discard("job")
    assert not leftover.parent.exists()
    await spool.discard("job")


async def test_local_files_are_copied_and_left_alone(spool: ReferenceSpool, tmp_path: Path) -> None:
    original = tmp_path / "cat.gif"
    original.write_bytes(picture("GIF"))
    (reference,) = await spool.adopt("job", [original])
    assert reference.filename == "cat.gif"
    assert original.read_bytes() == picture("GIF")
    with pytest.raises(ImageRefusedError):
        await spool.adopt("job", [tmp_path / "nowhere.png"])


async def test_a_cancelled_preparation_leaves_no_process_behind(cdn: Cdn, tmp_path: Path) -> None:
    source = cdn.source("a.bmp", picture("BMP", (3000, 3000)))
    me = psutil.Process()
    before = set(me.children())  # other tests of this process may have left helpers of the library's
    async with open_spool(tmp_path) as spool:
        collecting = asyncio.create_task(spool.collect("job", [source], "user"))
        async with asyncio.timeout(60):
            while not set(me.children()) - before:  # noqa: ASYNC110 - the operating system rings no bell
                await asyncio.sleep(0.005)
        collecting.cancel()
        await asyncio.wait([collecting])
        assert collecting.cancelled()
    assert set(me.children()) <= before
