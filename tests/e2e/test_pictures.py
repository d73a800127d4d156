"""Bad pictures: each refused by its number with the reason, before anything is bought."""

import pytest

from tests.e2e.actors.harness import Harness
from tests.e2e.actors.pictures import picture, png_claiming, png_of


@pytest.mark.parametrize(
    ("filename", "content", "expected"),
    [
        ("notes.png", b"this is no picture", "is not a picture, despite its name"),
        ("empty.png", b"", "is an empty file"),
        ("cut.png", picture("PNG", (300, 200))[:-40], "is damaged or incomplete"),
        ("cut.jpg", picture("JPEG", (300, 200))[:-40], "is damaged or incomplete"),
        ("bomb.png", png_claiming(30_000, 30_000), "has too many pixels (30000 x 30000)"),
        ("scan.tiff", picture("TIFF"), "is a kind of picture that I cannot use (TIFF)"),
        ("broken.gif", picture("GIF", (300, 200))[:-500], "is damaged or incomplete"),
        (
            "drawing.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "is a kind of picture that I cannot use (SVG)",
        ),
        ("dot.png", picture("PNG", (31, 64)), "is too small (31 x 64)"),
        ("line.png", picture("PNG", (40, 241)), "is too narrow (40 x 241)"),
    ],
)
async def test_an_unusable_picture_is_refused_by_its_number_or_name(
    harness: Harness, filename: str, content: bytes, expected: str
) -> None:
    good = harness.sandbox.discord.upload("good.png", picture())
    bad = harness.sandbox.discord.upload(filename, content)
    reply = await harness.video(image=good, image2=bad)
    shown = await harness.ended(reply)
    # What is seen before anything is fetched is told in private, where the name may stand.
    name = f"“{filename}”" if reply.ephemeral else "Picture 2"
    assert f"{name} {expected}" in shown.text()
    assert reply.ephemeral or filename not in shown.text()
    assert "This cost nothing." in shown.text()
    assert harness.bought == 0
    assert not list((harness.data_dir / "spool").iterdir())


@pytest.mark.slow
async def test_a_picture_of_ten_megabytes_and_a_byte_is_sent_below_the_limit(harness: Harness) -> None:
    large = harness.sandbox.discord.upload("large.png", png_of(10_000_001))
    reply = await harness.video(image=large)
    await reply.wait_for_video(timeout_s=60)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert 0 < submission.references[0].size_bytes < 10_000_000


@pytest.mark.slow
async def test_a_picture_just_below_ten_megabytes_goes_through_untouched(harness: Harness) -> None:
    content = png_of(9_999_999)
    reply = await harness.video(image=harness.sandbox.discord.upload("large.png", content))
    await reply.wait_for_video(timeout_s=60)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert submission.references[0].size_bytes == len(content)


async def test_a_picture_from_another_host_is_not_even_asked_for(harness: Harness) -> None:
    foreign = harness.sandbox.discord.foreign_upload("elsewhere.png", picture())
    reply = await harness.video(image=foreign)
    shown = await harness.ended(reply)
    assert reply.ephemeral
    assert "“elsewhere.png” is not on Discord's servers" in shown.text()
    assert harness.bought == 0


async def test_a_picture_that_discord_no_longer_has_is_told(harness: Harness) -> None:
    gone = harness.sandbox.discord.upload("gone.png", picture())
    gone.delete()
    reply = await harness.video(image=gone)
    shown = await harness.ended(reply)
    assert "Picture 1 is no longer on Discord's servers" in shown.text()
    assert harness.bought == 0


@pytest.mark.parametrize("image_format", ["GIF", "BMP", "AVIF", "HEIF"])
async def test_formats_that_the_service_does_not_take_are_converted(
    harness: Harness, image_format: str
) -> None:
    upload = harness.sandbox.discord.upload("picture.png", picture(image_format))
    reply = await harness.video(image=upload)
    shown = await reply.wait_for_video(timeout_s=60)
    assert "picture.png" not in shown.text()  # nobody would notice
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert submission.references[0].mime in {"image/png", "image/jpeg"}
