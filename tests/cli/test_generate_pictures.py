"""`python -m bot generate --image`: bad pictures are refused by name before anything is bought; good ones give the
frame its shape."""

from typing import Any

import pytest
from PIL import ExifTags, Image

from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import Shell
from tests.e2e.actors.pictures import picture, png_claiming
from tests.images.corpus.all_cases import all_cases
from tests.images.corpus.bombs import bombs
from tests.images.encoded_videos import film

COMMAND = ("generate", "a cat", "-o", "cat.mp4", "--yes")
CASES = {case.name: case for case in (*all_cases(), *bombs())}


def slow(*values: Any) -> Any:
    """A row of a table that is left to the slow tests: each starts a process."""
    return pytest.param(*values, marks=pytest.mark.slow, id=values[0])


def content_of(name: str) -> bytes:
    """The file of a case of the corpus, or one made here."""
    match name:
        case "film":
            return film(6)
        case "claiming":
            return png_claiming(30_000, 30_000)
        case _:
            return CASES[name].content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "avif_without_primary_item", "it is damaged or incomplete", id="avif_without_primary_item"
        ),
        slow("heic_of_tiles_cut_at_30_percent", "it is damaged or incomplete"),
        slow("bomb_jpeg_of_empty_segments", "it takes more time or memory to read than a picture should"),
        slow("bomb_heic_of_empty_boxes", "it takes more time or memory to read than a picture should"),
        slow("film", "it is a video, not a picture"),
        slow("size_31_31", "it is too small; both sides need 32 pixels or more (31 x 31)"),
        slow("size_100_601", "it is too narrow; one side may be six times the other at most (100 x 601)"),
        slow("claiming", "it has too many pixels (30000 x 30000)"),
        slow("foreign_tiff", "this format cannot be used; PNG, JPEG and WebP can (TIFF)"),
    ],
)
async def test_a_bad_picture_is_refused_by_name(
    shell: Shell, sandbox: Sandbox, name: str, expected: str
) -> None:
    (shell.folder / "good.png").write_bytes(picture())
    (shell.folder / "bad.jpg").write_bytes(content_of(name))
    images = ("--image", "good.png", "--image", "bad.jpg")
    outcome = await shell.run(*COMMAND, *images, environment=sandbox.environment)
    assert outcome.status == 1
    (line,) = outcome.all.splitlines()
    assert f"bad.jpg: {expected}" in line
    assert line.endswith("Nothing was bought.")
    assert sandbox.dimilinks.request_log.requests == []
    assert not list((shell.folder / "data" / "spool").iterdir())


@pytest.mark.slow
async def test_a_picture_that_needs_more_memory_than_there_may_be_is_told(
    shell: Shell, sandbox: Sandbox
) -> None:
    Image.new("RGB", (8_200, 6_000)).save(shell.folder / "large.png", compress_level=1)
    environment = {**sandbox.environment, "CHILD_MEMORY_MB": "256"}
    outcome = await shell.run(*COMMAND, "--image", "large.png", environment=environment)
    assert outcome.status == 1
    (line,) = outcome.all.splitlines()
    assert "large.png: it takes more time or memory to read than a picture should (CHILD_MEMORY_MB)" in line
    assert sandbox.dimilinks.request_log.requests == []


@pytest.mark.slow
async def test_without_a_size_the_frame_follows_the_first_picture_as_it_is_seen(
    shell: Shell, sandbox: Sandbox
) -> None:
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (200, 120)).save(shell.folder / "first.jpg", exif=turned)
    (shell.folder / "second.png").write_bytes(picture())
    images = ("--image", "first.jpg", "--image", "second.png")
    outcome = await shell.run(*COMMAND, *images, environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    (submission,) = sandbox.dimilinks.request_log.submissions
    first, second = submission.references
    assert (first.width, first.height) == (120, 200)
    assert (second.width, second.height) == (96, 72)
    assert submission.size == "720x1280"
