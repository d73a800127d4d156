"""The made videos: real H.264 of the ordered shape and length, with the prompt and the pictures in them."""

import asyncio
import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import av
import pytest
from PIL import Image

from bot.sandbox.video_factory import DrawnVideoFactory, SampleVideoFactory, VideoSpec


async def made(folder: Path, prompt: str = "a boat", *, name: str = "film", **changes: object) -> Path:
    spec = VideoSpec.of_request(
        name,
        prompt,
        str(changes.get("seconds", "6")),
        str(changes.get("size", "1280x720")),
        str(changes.get("resolution", "480p")),
        tuple(changes.get("pictures", ())),  # type: ignore[arg-type]
    )
    factory = DrawnVideoFactory(folder)
    try:
        return await factory.make(spec)
    finally:
        await factory.close()


def frames_of(path: Path, every: int) -> list[Image.Image]:
    with av.open(str(path)) as container:
        return [
            frame.to_image() for index, frame in enumerate(container.decode(video=0)) if index % every == 0
        ]


@pytest.mark.parametrize(
    ("size", "resolution", "shape"),
    [("1280x720", "720p", (1280, 720)), ("720x1280", "480p", (480, 854)), ("1024x1024", "480p", None)],
)
@pytest.mark.slow
async def test_shape_length_and_codec_are_the_ordered_ones(
    tmp_path: Path, size: str, resolution: str, shape: tuple[int, int] | None
) -> None:
    path = await made(tmp_path, size=size, resolution=resolution)
    with av.open(str(path)) as container:
        (stream,) = container.streams.video
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(container.duration or 0) / 1_000_000 == pytest.approx(6, abs=0.1)
        found = (stream.codec_context.width, stream.codec_context.height)
    if shape is None:
        assert found[0] == found[1]
    else:
        assert found == pytest.approx(shape, abs=2)


async def test_the_picture_is_seen_and_moves(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    striped = Image.new("RGB", (640, 360))
    striped.paste((255, 0, 0), (0, 0, 320, 360))
    striped.paste((0, 0, 255), (320, 0, 640, 360))
    striped.save(picture)
    path = await made(tmp_path, seconds="2", size="320x180", resolution="720p", pictures=(picture,))
    first, *_, last = frames_of(path, every=24)
    red, green, blue = first.resize((1, 1)).getpixel((0, 0))
    assert min(red, blue) > green + 30
    assert first.tobytes() != last.tobytes()


@pytest.mark.slow
async def test_another_prompt_makes_another_film(tmp_path: Path) -> None:
    one = frames_of(await made(tmp_path, "a boat", name="one"), every=1000)[0]
    other = frames_of(await made(tmp_path, "夜の街 🌃", name="other"), every=1000)[0]
    assert one.tobytes() != other.tobytes()


async def test_a_sample_is_made_once_for_a_shape(tmp_path: Path) -> None:
    factory = SampleVideoFactory(tmp_path / "films")
    orders = [
        VideoSpec.of_request(name, name, "20", size, "720p", ())
        for name, size in (("a", "1280x720"), ("b", "1280x720"), ("c", "720x1280"))
    ]
    paths = [await factory.make(order) for order in orders]
    assert paths[0] == paths[1] != paths[2]
    with av.open(str(paths[2])) as container:
        assert (
            container.streams.video[0].codec_context.height > container.streams.video[0].codec_context.width
        )


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent this signal there")
async def test_ctrl_c_does_not_interrupt_a_drawing_even_while_its_process_starts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A terminal sends SIGINT to every process; the factory's owner ends the ones that draw."""
    spec = VideoSpec.of_request("film", "abstract lights", "1", "128x128", "720p", ())
    factory = DrawnVideoFactory(tmp_path)
    others = set(multiprocessing.active_children())
    making = asyncio.create_task(factory.make(spec))
    sent = 0
    while not making.done():
        for process in set(multiprocessing.active_children()) - others:
            if process.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)
                    sent += 1
        await asyncio.sleep(0.02)
    assert (await making).stat().st_size > 0
    await factory.close()
    assert sent > 0
    assert capfd.readouterr().err == ""
