"""The look for nudity, with a detector that finds it in whatever is red."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from PIL import Image

from bot.images import screen
from bot.images.screening import Kind, Screening, ScreeningResult, ScreeningUnavailableError, percent
from tests.e2e.actors.pictures import picture, png_claiming
from tests.images.encoded_videos import film, sound

_PYAV: Any = av  # its annotations leave out half of what is used here
ONNXRUNTIME = """
class SessionOptions:
    intra_op_num_threads = inter_op_num_threads = 0

class InferenceSession:
    def __init__(self, model, sess_options):
        assert sess_options.intra_op_num_threads == sess_options.inter_op_num_threads == 1
"""
NUDENET = """
import io
import os
import onnxruntime
from PIL import Image, ImageStat

assert "BOT_SECRET" not in os.environ
assert os.environ["OPENBLAS_NUM_THREADS"] == "1"

class NudeDetector:
    def __init__(self):
        onnxruntime.InferenceSession("model.onnx")

    def detect(self, image_path):
        with Image.open(io.BytesIO(image_path)) as picture:
            assert picture.mode == "RGB" and max(picture.size) <= 640
            red, green, blue = (mean / 255 for mean in ImageStat.Stat(picture).mean)
        return [
            {"class": "MALE_GENITALIA_EXPOSED", "score": red / 2, "box": [0, 0, 1, 1]},
            {"class": "FEMALE_BREAST_EXPOSED", "score": red, "box": [0, 0, 1, 1]},
            {"class": "FEET_EXPOSED", "score": green, "box": [0, 0, 1, 1]},
            {"class": "FEMALE_BREAST_COVERED", "score": blue, "box": [0, 0, 1, 1]},
        ]
"""
HANGING = "import time; time.sleep(60)"
DYING = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


def fake(folder: Path, nudenet: str = NUDENET) -> Path:
    """A folder that Python finds such a detector in."""
    for name, code in (("onnxruntime", ONNXRUNTIME), ("nudenet", nudenet)):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(code, "utf-8")
    return folder


@pytest.fixture
def screening(tmp_path: Path) -> Screening:
    return Screening(enabled=True, extra_paths=[fake(tmp_path / "packages")])


def painted(path: Path, colour: str | tuple[int, ...], mode: str = "RGB", **options: Any) -> Path:
    Image.new(mode, (64, 48), colour).save(path, **options)
    return path


def reddening(path: Path, frames: int, container_format: str = "mp4") -> Path:
    """A film whose frames are the redder the later they are, from black to red."""
    with _PYAV.open(str(path), "w", container_format) as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        for number in range(frames):
            red = round(255 * number / max(1, frames - 1))
            frame = _PYAV.VideoFrame.from_image(Image.new("RGB", (64, 48), (red, 0, 0)))
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def reds(frames: Sequence[Image.Image]) -> list[float]:
    """How red each is, from 0 to 1."""
    found: list[float] = []
    for frame in frames:
        pixel = frame.getpixel((30, 20))
        assert isinstance(pixel, tuple)
        found.append(pixel[0] / 255)
    return found


async def fault_of(screening: Screening, *paths: Path, kind: Kind = Kind.PICTURES) -> str:
    look = screening.score_video(paths[0]) if kind is Kind.VIDEO else screening.score_pictures(paths)
    with pytest.raises(ScreeningUnavailableError) as unavailable:
        await look
    return unavailable.value.fault


async def test_the_highest_score_counts(
    screening: Screening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_SECRET", "hush")  # the detector refuses to be where it can see it
    black = painted(tmp_path / "black.png", "black")
    half = painted(tmp_path / "half.webp", (128, 0, 0), lossless=True)
    assert await screening.score_pictures([black]) == 0
    assert percent(await screening.score_pictures([black, half, black])) == 50


@pytest.mark.parametrize("colour", [(0, 255, 0), (0, 0, 255)], ids=["bare feet", "a covered breast"])
async def test_not_every_class_counts(screening: Screening, tmp_path: Path, colour: tuple[int, ...]) -> None:
    assert await screening.score_pictures([painted(tmp_path / "one.png", colour)]) == 0


async def test_see_through_parts_hide_nothing(screening: Screening, tmp_path: Path) -> None:
    hidden = painted(tmp_path / "hidden.png", (255, 0, 0, 0), "RGBA")
    drawn = painted(tmp_path / "drawn.png", (0, 0, 0, 64), "RGBA")  # black, but light where it is shown
    assert await screening.score_pictures([hidden]) == 1
    assert percent(await screening.score_pictures([drawn])) == 75


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
async def test_it_reads_what_the_spool_makes(screening: Screening, tmp_path: Path, image_format: str) -> None:
    path = tmp_path / "large"
    path.write_bytes(picture(image_format, (1000, 700)))
    assert 45 < percent(await screening.score_pictures([path])) < 55


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
def test_pictures_of_every_mode_are_scored_in_colour(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "one.png"
    Image.new(mode, (800, 40)).save(path)
    read = screen.read_picture(path)
    assert (read.mode, read.size) == ("RGBA" if mode == "LA" else "RGB", (640, 32))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"this is a text\n" * 100,
        picture("PNG")[:-40],
        picture("JPEG")[:-40],
        png_claiming(20_000, 20_000),
    ],
    ids=["empty", "text", "truncated", "truncated JPEG", "bomb"],
)
async def test_a_broken_picture_is_a_fault_and_no_score(
    screening: Screening, tmp_path: Path, content: bytes
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(content)
    assert await fault_of(screening, painted(tmp_path / "fine.png", "black"), broken)
    assert await fault_of(screening, tmp_path / "absent.png") == "FileNotFoundError"


@pytest.mark.parametrize("content", [film(40)[:3000], b"\0" * 5000, sound(), b""])
async def test_so_is_a_broken_video(screening: Screening, tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    assert await fault_of(screening, broken, kind=Kind.VIDEO)


@pytest.mark.parametrize("container_format", ["mp4", "matroska"])
@pytest.mark.parametrize("frames", [1, 2, 8, 9, 50, 150])
def test_frames_are_sampled_evenly_from_first_to_last(
    tmp_path: Path, frames: int, container_format: str
) -> None:
    sampled = reds(screen.sample_frames(reddening(tmp_path / "film", frames, container_format)))
    count = min(frames, 8)
    ideal = [number / max(1, count - 1) for number in range(count)]
    tolerance = 0.02 + 0.5 / max(1, frames - 1)
    assert sampled == [pytest.approx(moment, abs=tolerance) for moment in ideal]


@pytest.mark.parametrize("counted", [1, 10, 39, 41, 1000])
def test_whatever_was_counted_the_last_frame_is_sampled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    path = reddening(tmp_path / "film.mp4", 40)

    def count(_path: Path) -> int:
        return counted

    monkeypatch.setattr(screen, "_count_frames", count)
    sampled = reds(screen.sample_frames(path))
    assert sampled == sorted(set(sampled))
    assert sampled[-1] == pytest.approx(1, abs=0.02)


async def test_a_video_s_last_frame_is_seen(screening: Screening, tmp_path: Path) -> None:
    assert percent(await screening.score_video(reddening(tmp_path / "film.mp4", 30))) >= 98


async def test_a_playlist_leads_nowhere(screening: Screening, tmp_path: Path) -> None:
    knocked = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocked.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        playlist = tmp_path / "film.m3u8"
        playlist.write_text(f"#EXTM3U\n#EXTINF:6,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n", "ascii")
        assert await fault_of(screening, playlist, kind=Kind.VIDEO)
    assert not knocked.is_set()


async def test_what_is_switched_off_looks_at_nothing(tmp_path: Path) -> None:
    off = Screening(enabled=False, extra_paths=[fake(tmp_path, DYING)])
    assert await off.score_pictures([tmp_path / "absent.png"]) == 0
    assert await off.score_video(tmp_path / "absent.mp4") == 0


async def test_no_pictures_need_no_detector(tmp_path: Path) -> None:
    assert await Screening(enabled=True, extra_paths=[fake(tmp_path, DYING)]).score_pictures([]) == 0


@pytest.fixture
def without_nudenet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not it is installed here."""
    monkeypatch.setattr(sys, "path", [])


@pytest.mark.usefixtures("without_nudenet")
async def test_nudenet_is_found_without_being_imported(tmp_path: Path) -> None:
    assert not Screening(enabled=True).available
    assert Screening(enabled=True, extra_paths=[fake(tmp_path)]).available
    assert "nudenet" not in sys.modules
    assert await fault_of(Screening(enabled=True), tmp_path / "one.png") == "not_installed"
    assert await fault_of(Screening(enabled=True), tmp_path / "one.mp4", kind=Kind.VIDEO) == "not_installed"


@pytest.mark.parametrize(
    ("nudenet", "fault"),
    [
        ("raise ModuleNotFoundError('gone', name='nudenet')", "not_installed"),
        ("import a_library_that_is_not_there", "not_loadable"),
        ("def NudeDetector(): raise RuntimeError('no model')", "RuntimeError"),
        ("def NudeDetector(): import socket; socket.create_connection(('127.0.0.1', 9))", "PermissionError"),
        ("def NudeDetector(): bytearray(8 * 1024**3)", "MemoryError"),
        (NUDENET.replace('"score": red,', '"score": float("nan"),'), "no_probability"),
        (NUDENET.replace('"score": red,', '"score": red + 1.5,'), "no_probability"),
        ("this is no Python", "SyntaxError"),
        (DYING, "died"),
    ],
)
async def test_a_detector_that_does_not_work_is_a_fault(tmp_path: Path, nudenet: str, fault: str) -> None:
    screening = Screening(enabled=True, extra_paths=[fake(tmp_path / "packages", nudenet)])
    assert await fault_of(screening, painted(tmp_path / "one.png", "red")) == fault


async def test_too_few_scores_are_a_fault(
    screening: Screening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(_kind: Kind, _paths: Sequence[Path]) -> ScreeningResult:
        return ScreeningResult(scores=[])

    monkeypatch.setattr(screening, "_outcome", told)
    assert await fault_of(screening, tmp_path / "one.png") == "died"
    assert await fault_of(screening, tmp_path / "one.mp4", kind=Kind.VIDEO) == "died"


async def test_a_detector_that_hangs_is_killed(tmp_path: Path) -> None:
    me = psutil.Process()
    before = set(me.children())
    hanging = Screening(enabled=True, timeout_s=0.5, extra_paths=[fake(tmp_path, HANGING)])
    assert await fault_of(hanging, tmp_path / "one.png") == "timed_out"
    assert set(me.children()) <= before


async def _child(before: set[psutil.Process]) -> psutil.Process:
    async with asyncio.timeout(20):
        while not (found := set(psutil.Process().children()) - before):  # noqa: ASYNC110 - as elsewhere: no bell
            await asyncio.sleep(0.005)
    return found.pop()


async def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    screening = Screening(enabled=True, extra_paths=[fake(tmp_path / "packages", "print('hello')" + NUDENET)])
    assert await screening.score_pictures([painted(tmp_path / "red.png", "red")]) == 1


async def test_a_killed_child_is_replaced_once(tmp_path: Path) -> None:
    packages = fake(tmp_path / "packages", HANGING)
    screening = Screening(enabled=True, extra_paths=[packages])
    red = painted(tmp_path / "red.png", "red")
    before = set(psutil.Process().children())
    scoring = asyncio.create_task(screening.score_pictures([red]))
    killed = await _child(before)
    (packages / "nudenet" / "__init__.py").write_text(NUDENET, "utf-8")
    os.kill(killed.pid, signal.SIGKILL)
    assert await scoring == 1


async def test_a_cancelled_look_leaves_no_process_behind(tmp_path: Path) -> None:
    screening = Screening(enabled=True, extra_paths=[fake(tmp_path, HANGING)])
    before = set(psutil.Process().children())
    scoring = asyncio.create_task(screening.score_pictures([tmp_path / "one.png"]))
    await _child(before)
    scoring.cancel()
    await asyncio.wait([scoring])
    assert scoring.cancelled()
    assert set(psutil.Process().children()) <= before


async def test_one_at_a_time_and_the_loop_goes_on(screening: Screening, tmp_path: Path) -> None:
    red = painted(tmp_path / "red.png", "red")
    me = psutil.Process()
    before = set(me.children())
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(screening.score_pictures([red])) for _ in range(3)]
        most, longest_s = 0, 0.0
        while not all(look.done() for look in looks):
            last = time.monotonic()
            await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - last)
            most = max(most, len(set(me.children()) - before))
    assert [look.result() for look in looks] == [1, 1, 1]
    assert most == 1
    assert longest_s < 0.5


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0, 0), (0.004, 0), (0.254, 25), (0.5, 50), (0.996, 100), (1, 100), (1.2, 100), (-1, 0)],
)
def test_percent(score: float, shown: int) -> None:
    assert percent(score) == shown
