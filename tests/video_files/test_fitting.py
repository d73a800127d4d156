"""Videos that are too large: they become small enough, and stay what they are."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageColor

from bot.children.pool import ChildPool
from bot.video_files.decoding.frames import first_frame, last_frame
from bot.video_files.finishing import (
    AigcMark,
    FinishedBy,
    FinishedVideo,
    FinishOrder,
    NotFinishedError,
    VideoFinishing,
    finishing_pool,
)
from tests.images.encoded_videos import film
from tests.video_files.comparing import extent, ssim
from tests.video_files.films import corners, encoded, flat_frame, opened
from tests.video_files.scenes import Scene, pictures, write

_PYAV: Any = av  # its annotations leave out half of what is used here
ONE = 1 << 16
MIB = 1024 * 1024
MARK = AigcMark("Stillmotion", "job-1", "Made by AI")
FILM = Scene("photograph", 640, 360, 2, 1_500_000, grain=2)


def rarer(*values: Any) -> Any:
    """A row that is left to the slow tests."""
    return pytest.param(*values, marks=pytest.mark.slow)


async def finished(pool: ChildPool, source: Path, limit_bytes: int, **order: Any) -> FinishedVideo:
    made = source.with_suffix(".post.mp4")
    wanted = FinishOrder(limit_bytes, MARK, **order)
    return await VideoFinishing(pool).finish("ada", source, made, wanted, lambda _: None)


@pytest.mark.parametrize(
    ("scene", "limit_bytes", "alike"),
    [
        (FILM, 400_000, 0.9),
        rarer(replace(FILM, kind="drawing", width_px=360, height_px=640, sound=False), 400_000, 0.9),
        rarer(replace(FILM, width_px=480, height_px=480, frames_per_s=30), 300_000, 0.85),
        rarer(replace(FILM, kind="noise"), 400_000, 0.0),
    ],
    ids=["landscape", "portrait, silent", "square", "noise"],
)
async def test_it_fits_and_is_the_same_film(
    pool: ChildPool, tmp_path: Path, scene: Scene, limit_bytes: int, alike: float
) -> None:
    source = write(scene, tmp_path / "film.mp4")
    made = await finished(pool, source, limit_bytes)
    assert made.by is FinishedBy.COMPRESSED
    assert made.size_bytes == made.path.stat().st_size <= limit_bytes
    assert (made.width_px, made.height_px) == (scene.width_px, scene.height_px)
    assert made.duration_s == pytest.approx(scene.seconds, abs=0.1)
    frames, film_s, sound_s = extent(made.path)
    assert frames == scene.seconds * scene.frames_per_s
    assert film_s == pytest.approx(scene.seconds, abs=0.1)
    assert sound_s == pytest.approx(scene.seconds if scene.sound else 0, abs=0.1)
    assert ssim(source, made.path) >= alike
    with _PYAV.open(str(made.path)) as container:
        assert json.loads(container.metadata["AIGC"])["ProduceID"] == "job-1"
        assert container.streams.video[0].codec_context.profile == "High"
    assert made.path.read_bytes().index(b"moov") < made.path.read_bytes().index(b"mdat")


@pytest.mark.slow
async def test_few_bits_make_it_smaller_in_the_same_shape(pool: ChildPool, tmp_path: Path) -> None:
    source = write(replace(FILM, seconds=3, sound=False), tmp_path / "film.mp4")
    made = await finished(pool, source, 40_000)
    assert (made.width_px, made.height_px) == (426, 240)
    assert made.size_bytes <= 40_000


async def test_a_turned_film_with_oblong_pixels_stays_so(pool: ChildPool, tmp_path: Path) -> None:
    frames = [
        _PYAV.VideoFrame.from_ndarray(planes, "yuv420p") for planes in pictures(replace(FILM, seconds=1))
    ]
    source = tmp_path / "film.mp4"
    matrix = (0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)
    source.write_bytes(encoded(frames, matrix=matrix, pixel_ratio=Fraction(4, 3)))
    made = await finished(pool, source, 300_000)
    assert made.by is FinishedBy.COMPRESSED
    assert (made.width_px, made.height_px) == (360, 853)
    first_frame(str(source), str(tmp_path / "before.png"))
    first_frame(str(made.path), str(tmp_path / "after.png"))
    before, after = opened(tmp_path / "before.png"), opened(tmp_path / "after.png")
    assert before.size == after.size
    assert apart(before.resize((20, 40)), after.resize((20, 40))) < 20


def apart(one: Image.Image, other: Image.Image) -> int:
    return max(high for _, high in ImageChops.difference(one, other).getextrema())


@pytest.mark.parametrize(
    "tags",
    [{}, rarer({"colorspace": 6}), rarer({"colorspace": 1, "color_range": 2})],
    ids=["without tags", "BT.601", "full range"],
)
async def test_its_colours_stay_when_it_becomes_smaller(
    pool: ChildPool, tmp_path: Path, tags: dict[str, int]
) -> None:
    colour = (200, 60, 30)
    matrix, full_range = tags.get("colorspace", 1), tags.get("color_range") == 2
    flat = [flat_frame(colour, (1280, 720), matrix=matrix, full_range=full_range) for _ in range(40)]
    scene = replace(FILM, width_px=1280, height_px=720, seconds=0.04)
    photographs = [_PYAV.VideoFrame.from_ndarray(planes, "yuv420p") for planes in pictures(scene)]
    source = tmp_path / "film.mp4"
    source.write_bytes(encoded([*photographs, *flat], tags=tags, preset="ultrafast"))
    made = await finished(pool, source, 60_000)
    assert made.height_px < 720
    last_frame(str(made.path), str(tmp_path / "frame.png"))
    shown = corners(opened(tmp_path / "frame.png"))[0]
    assert max(abs(a - b) for a, b in zip(shown, colour, strict=True)) <= 12


@pytest.mark.slow
async def test_uneven_times_stay(pool: ChildPool, tmp_path: Path) -> None:
    frames = [
        _PYAV.VideoFrame.from_ndarray(planes, "yuv420p") for planes in pictures(replace(FILM, seconds=0.5))
    ]
    times = [0, 1, 2, 9, 10, 11, 12, 20, 21, 22, 30, 48]
    source = tmp_path / "film.mp4"
    source.write_bytes(encoded(frames, pts=times))
    made = await finished(pool, source, 200_000)
    assert made.by is FinishedBy.COMPRESSED
    with _PYAV.open(str(made.path)) as container:
        assert [round(frame.time * 24) for frame in container.decode(video=0)] == times


async def test_a_gap_between_frames_that_are_stored_out_of_order_is_no_longer_film(
    pool: ChildPool, tmp_path: Path
) -> None:
    frames = [
        _PYAV.VideoFrame.from_ndarray(planes, "yuv420p") for planes in pictures(replace(FILM, seconds=2))
    ]
    source = tmp_path / "film.mp4"
    times = [number + (48 if number > 24 else 0) for number in range(len(frames))]
    source.write_bytes(encoded(frames, pts=times, bf="3", b_strategy="0", x264opts="scenecut=0"))
    made = await finished(pool, source, source.stat().st_size // 3)
    assert made.by is FinishedBy.COMPRESSED
    assert made.duration_s == pytest.approx(4, abs=0.1)
    assert extent(made.path)[1] == pytest.approx(extent(source)[1], abs=0.1)


@pytest.mark.slow
async def test_a_thousand_frames_a_second_become_sixty(pool: ChildPool, tmp_path: Path) -> None:
    source = write(
        Scene("noise", 160, 96, 0.5, 400_000, sound=False, frames_per_s=1000), tmp_path / "film.mp4"
    )
    made = await finished(pool, source, 100_000)
    assert made.duration_s == pytest.approx(0.5, abs=0.1)
    assert 20 <= extent(made.path)[0] <= 40


@pytest.mark.parametrize("text", ["Made by AI", "由 AI 生成"], ids=["Latin", "Chinese"])
async def test_a_line_is_drawn_on_the_first_seconds(pool: ChildPool, tmp_path: Path, text: str) -> None:
    matrix = (0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)
    source = tmp_path / "film.mp4"
    source.write_bytes(encoded([Image.new("RGB", (320, 240), "#3070b0")] * 96, matrix=matrix))
    made = await finished(pool, source, 10 * MIB, visible_text=text)
    assert made.by is FinishedBy.COMPRESSED
    first_frame(str(made.path), str(tmp_path / "first.png"))
    last_frame(str(made.path), str(tmp_path / "last.png"))
    first, last = opened(tmp_path / "first.png"), opened(tmp_path / "last.png")
    assert first.size == (240, 320)
    left, top, right, bottom = (
        ImageChops.difference(first, last).point(lambda value: 255 * (value > 60)).getbbox()
    )
    assert 0 <= left < 30
    assert 280 < bottom <= 320
    assert right - left > 3 * (bottom - top)
    assert max(first.crop((left, top, right, bottom)).convert("L").get_flattened_data()) > 200
    blue = ImageColor.getrgb("#3070b0")
    assert max(abs(a - b) for a, b in zip(corners(last)[0], blue, strict=True)) <= 6


@pytest.mark.slow
async def test_sound_of_another_codec_becomes_aac(pool: ChildPool, tmp_path: Path) -> None:
    plain = write(FILM, tmp_path / "plain.mp4")
    source = tmp_path / "film.mkv"
    with _PYAV.open(str(plain)) as old, _PYAV.open(str(source), "w") as new:
        picture = new.add_stream_from_template(old.streams.video[0])
        sound = new.add_stream("pcm_s16le", rate=48_000, layout="stereo")
        for packet in old.demux():
            if packet.dts is not None and packet.stream.type == "video":
                packet.stream = picture
                new.mux(packet)
            elif packet.stream.type == "audio":
                for frame in packet.decode():
                    new.mux(sound.encode(frame))
        new.mux(sound.encode(None))
    made = await finished(pool, source, 10 * MIB)
    assert made.by is FinishedBy.COMPRESSED
    with _PYAV.open(str(made.path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
    assert extent(made.path)[2] == pytest.approx(2, abs=0.1)


@pytest.mark.slow
async def test_a_damaged_middle_does_not_keep_the_rest(pool: ChildPool, tmp_path: Path) -> None:
    source = write(replace(FILM, sound=False), tmp_path / "film.mp4")
    content = bytearray(source.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 30_000] = bytes(30_000)
    source.write_bytes(content)
    made = await finished(pool, source, 400_000)
    assert made.duration_s == pytest.approx(2, abs=0.1)


async def test_no_room_at_all_is_a_named_fault(pool: ChildPool, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(film(200))
    with pytest.raises(NotFinishedError, match="too_large") as failed:
        await finished(pool, source, 1000)
    assert failed.value.hopeless
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


async def test_progress_is_told(pool: ChildPool, tmp_path: Path) -> None:
    source = write(replace(FILM, seconds=4, size_bytes=4_000_000), tmp_path / "film.mp4")
    shares: list[float] = []
    order = FinishOrder(1_000_000, MARK)
    await VideoFinishing(pool).finish("ada", source, tmp_path / "post.mp4", order, shares.append)
    assert len(shares) > 1
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.slow
async def test_a_child_without_the_memory_says_so(tmp_path: Path) -> None:
    source = write(replace(FILM, width_px=1280, height_px=720, seconds=0.5), tmp_path / "film.mp4")
    async with finishing_pool(150 * MIB) as small:
        with pytest.raises(NotFinishedError) as failed:
            await finished(small, source, 100_000)
    assert not failed.value.hopeless
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
