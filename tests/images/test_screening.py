"""The look for nudity, with a detector that finds it in whatever is red."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from bot.images import screen
from bot.images.detectors import DetectorName, Kind, first_installed, is_installed
from bot.images.screening import Screening, ScreeningResult, ScreeningUnavailableError, percent
from tests.e2e.actors.pictures import picture, png_claiming
from tests.images.encoded_videos import film, reddening, sound
from tests.images.made_detectors import NUDENET, OPENNSFW, made_detector, scored

HANGING = "import time; time.sleep(60)"
DYING = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(params=list(DetectorName))
def detector(request: pytest.FixtureRequest) -> DetectorName:
    """Each of the detectors."""
    return request.param


@pytest.fixture
def packages(tmp_path: Path, detector: DetectorName) -> Path:
    """The folder that the detector is imported from."""
    return made_detector(tmp_path / "packages", detector)


@pytest.fixture
def screening(packages: Path, detector: DetectorName) -> Screening:
    return Screening(detector, import_paths=[packages])


def with_code(folder: Path, code: str, detector: DetectorName = DetectorName.NUDENET) -> Screening:
    """A check by a detector of this code."""
    return Screening(detector, import_paths=[made_detector(folder / "packages", detector, code)])


def painted(path: Path, colour: str | tuple[int, ...], mode: str = "RGB", **options: Any) -> Path:
    Image.new(mode, (64, 48), colour).save(path, **options)
    return path


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
async def test_not_every_class_of_nudenet_counts(tmp_path: Path, colour: tuple[int, ...]) -> None:
    screening = with_code(tmp_path, NUDENET)
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
    off = Screening(None)
    assert await off.score_pictures([tmp_path / "absent.png"]) == 0
    assert await off.score_video(tmp_path / "absent.mp4") == 0


async def test_no_pictures_need_no_detector(tmp_path: Path) -> None:
    assert await with_code(tmp_path, DYING).score_pictures([]) == 0


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is installed here."""
    monkeypatch.setattr(sys, "path", [])


@pytest.mark.usefixtures("nothing_installed")
def test_a_detector_is_found_without_being_imported(packages: Path, detector: DetectorName) -> None:
    assert not is_installed(detector)
    assert is_installed(detector, [packages])
    assert (first_installed(), first_installed([packages])) == (None, detector)
    assert detector.package not in sys.modules


@pytest.mark.usefixtures("nothing_installed")
def test_opennsfw_is_preferred(tmp_path: Path) -> None:
    folders = [made_detector(tmp_path / name, name) for name in reversed(DetectorName)]
    assert first_installed(folders) is DetectorName.OPENNSFW


@pytest.mark.parametrize(
    ("code", "fault"),
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
async def test_a_detector_that_does_not_work_is_a_fault(tmp_path: Path, code: str, fault: str) -> None:
    assert await fault_of(with_code(tmp_path, code), painted(tmp_path / "one.png", "red")) == fault


async def test_a_score_of_opennsfw_that_is_no_probability_is_a_fault(tmp_path: Path) -> None:
    odd = with_code(tmp_path, OPENNSFW.replace("nsfw=red", "nsfw=-1"), DetectorName.OPENNSFW)
    assert await fault_of(odd, painted(tmp_path / "one.png", "red")) == "no_probability"


async def test_too_few_scores_are_a_fault(
    screening: Screening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(_detector: DetectorName, _kind: Kind, _paths: Sequence[Path]) -> ScreeningResult:
        return ScreeningResult(scores=[])

    monkeypatch.setattr(screening, "_outcome", told)
    path = painted(tmp_path / "one.png", "red")
    assert await fault_of(screening, path) == "died"
    assert await fault_of(screening, path, kind=Kind.VIDEO) == "died"


async def test_a_detector_that_hangs_is_killed(tmp_path: Path) -> None:
    me = psutil.Process()
    before = set(me.children())
    packages = made_detector(tmp_path / "packages", DetectorName.OPENNSFW, HANGING)
    hanging = Screening(DetectorName.OPENNSFW, timeout_s=0.5, import_paths=[packages])
    assert await fault_of(hanging, painted(tmp_path / "one.png", "red")) == "timed_out"
    assert set(me.children()) <= before


async def _child(before: set[psutil.Process]) -> psutil.Process:
    async with asyncio.timeout(60):
        while not (found := set(psutil.Process().children()) - before):  # noqa: ASYNC110 - as elsewhere: no bell
            await asyncio.sleep(0.005)
    return found.pop()


async def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    screening = with_code(tmp_path, "print('hello')" + NUDENET)
    assert await screening.score_pictures([painted(tmp_path / "red.png", "red")]) == 1


async def test_a_killed_child_is_replaced_once(tmp_path: Path) -> None:
    packages = made_detector(tmp_path / "packages", DetectorName.NUDENET, HANGING)
    screening = Screening(DetectorName.NUDENET, import_paths=[packages])
    red = painted(tmp_path / "red.png", "red")
    before = set(psutil.Process().children())
    scoring = asyncio.create_task(screening.score_pictures([red]))
    killed = await _child(before)
    (packages / "nudenet" / "__init__.py").write_text(NUDENET, "utf-8")
    os.kill(killed.pid, signal.SIGKILL)
    assert await scoring == 1


async def test_a_cancelled_look_leaves_no_process_behind(tmp_path: Path) -> None:
    screening = with_code(tmp_path, HANGING)
    before = set(psutil.Process().children())
    scoring = asyncio.create_task(screening.score_pictures([painted(tmp_path / "one.png", "red")]))
    await _child(before)
    scoring.cancel()
    await asyncio.wait([scoring])
    assert scoring.cancelled()
    assert set(psutil.Process().children()) <= before


async def test_a_stop_ends_the_child(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    async with with_code(tmp_path, HANGING) as screening:
        scoring = asyncio.create_task(fault_of(screening, painted(tmp_path / "one.png", "red")))
        await _child(before)
    assert await scoring == "died"
    assert set(psutil.Process().children()) <= before


async def test_one_at_a_time_and_the_loop_goes_on(screening: Screening, tmp_path: Path) -> None:
    reds = [painted(tmp_path / f"{number}.png", (255, number, 0)) for number in range(3)]
    me = psutil.Process()
    before = set(me.children())
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(screening.score_pictures([red])) for red in reds]
        most, longest_s = 0, 0.0
        while not all(look.done() for look in looks):
            last = time.monotonic()
            await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - last)
            most = max(most, len(set(me.children()) - before))
    assert [look.result() for look in looks] == [1, 1, 1]
    assert most == 1
    assert longest_s < 0.5


async def test_a_picture_is_scored_once_whatever_its_name(
    screening: Screening, packages: Path, tmp_path: Path
) -> None:
    half, same = painted(tmp_path / "half.png", (128, 0, 0)), painted(tmp_path / "same.png", (128, 0, 0))
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(screening.score_pictures(paths)) for paths in ([half], [same, half])]
    assert [percent(look.result()) for look in looks] == [50, 50]
    assert scored(packages) == 1
    red = painted(tmp_path / "red.png", "red")
    assert await screening.score_pictures([half, red]) == 1
    assert percent(await screening.score_pictures([half])) == 50
    assert scored(packages) == 2
    # Another picture in the place of the first.
    painted(half, "black")
    assert await screening.score_pictures([half]) == 0


async def test_so_is_a_video(screening: Screening, packages: Path, tmp_path: Path) -> None:
    path = reddening(tmp_path / "film.mp4", 3)
    assert [percent(await screening.score_video(path)) for _ in range(2)] == [pytest.approx(100, abs=2)] * 2
    assert scored(packages) == 3


async def test_what_had_no_score_is_scored_the_next_time(
    screening: Screening, packages: Path, tmp_path: Path, detector: DetectorName
) -> None:
    red = painted(tmp_path / "red.png", "red")
    code = packages / detector.package / "__init__.py"
    fine = code.read_text("utf-8")
    code.write_text("import a_library_that_is_not_there", "utf-8")
    assert await fault_of(screening, red) == "not_loadable"
    code.write_text(fine, "utf-8")
    assert await screening.score_pictures([red]) == 1


async def test_the_oldest_scores_are_forgotten(
    screening: Screening, packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.images.screening._REMEMBERED", 2)
    paths = [painted(tmp_path / f"{number}.png", (number, 0, 0)) for number in range(3)]
    for path in (paths[0], paths[1], paths[0], paths[2]):
        await screening.score_pictures([path])
    assert scored(packages) == 3
    await screening.score_pictures([paths[0], paths[2]])
    assert scored(packages) == 3
    await screening.score_pictures([paths[1]])
    assert scored(packages) == 4


@pytest.mark.parametrize(
    ("score", "shown"),
    [(0, 0), (0.004, 0), (0.254, 25), (0.5, 50), (0.996, 100), (1, 100), (1.2, 100), (-1, 0)],
)
def test_percent(score: float, shown: int) -> None:
    assert percent(score) == shown
