"""Finished videos made to fit limits: how much of them is left, how long that takes, what a mark costs."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
from rich.console import Console
from rich.table import Table

from bot.video_files.credentials import ContentCredentials, IdentityFiles, is_installed, signing_pool
from bot.video_files.finishing import (
    AigcMark,
    FinishedBy,
    FinishedVideo,
    FinishOrder,
    VideoFinishing,
    finishing_pool,
)
from tests.bench import delivery_relay
from tests.bench.figures import Figure
from tests.video_files.comparing import extent, ssim
from tests.video_files.scenes import Scene, write

_CHILD_BYTES = 768 * 1024 * 1024
_MIB = 1024 * 1024
_MB = 1_000_000
_LIMITS = (8, 10, 20, 50, 100)
_FILM_LIKE = (
    Scene("photograph", 1280, 720, 20, 60 * _MB, grain=4),
    Scene("photograph", 848, 480, 20, 15 * _MB, grain=4),
    Scene("photograph", 720, 1280, 10, 30 * _MB, grain=2, sound=False),
    Scene("photograph", 480, 848, 6, 1 * _MB),
    Scene("drawing", 1280, 720, 20, 60 * _MB, grain=4),
    Scene("drawing", 1024, 1024, 10, 25 * _MB, grain=2),
    Scene("drawing", 1280, 720, 6, 12 * _MB, grain=4, sound=False),
)
_HARD = (
    # Where a face is even, grain is all that there is, and at these bitrates no encoder keeps it.
    Scene("flat", 1280, 720, 20, 60 * _MB, grain=4),
    Scene("noise", 1280, 720, 20, 60 * _MB),
    Scene("noise", 1024, 1024, 10, 40 * _MB, sound=False),
)
_MARKED = (
    Scene("photograph", 848, 480, 6, 1 * _MB),
    Scene("photograph", 1280, 720, 6, 4 * _MB),
    Scene("photograph", 1280, 720, 10, 15 * _MB),
    Scene("photograph", 1280, 720, 20, 60 * _MB, grain=4),
)
_MARK_BASE_MS = 30
_MARK = AigcMark("Stillmotion", "bench", "Made by AI")
_ROUNDS = 7
_DRIFT_MAX_S = 0.1


@dataclass(frozen=True)
class _Row:
    scene: Scene
    limit_mib: int
    made: FinishedVideo
    alike: float
    took_s: float
    whole: bool


async def run() -> list[Figure]:
    """Fit every film to every limit; then time one of them, and marks; then relay many at once."""
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        films = {scene: Path(scratch, f"{number}.mp4") for number, scene in enumerate(_scenes())}
        for scene, path in films.items():
            write(scene, path)
        async with finishing_pool(_CHILD_BYTES) as pool, signing_pool(_CHILD_BYTES) as signing:
            files = IdentityFiles(Path(scratch, "key.pem"), Path(scratch, "certificate.pem"), made_here=True)
            credentials = ContentCredentials(signing, files) if is_installed() else None
            if credentials is not None:
                await credentials.prepare()
            finishing = VideoFinishing(pool, credentials)
            rows = [
                await _fitted(finishing, scene, films[scene], limit_mib)
                for scene in (*_FILM_LIKE, *_HARD)
                for limit_mib in _LIMITS
            ]
            fit_ratio = await _fit_ratio(finishing, films[_FILM_LIKE[0]])
            mark_ms = [await _mark_ms(finishing, films[scene]) for scene in _MARKED]
    _show(rows)
    return [*_figures(rows, fit_ratio, max(mark_ms)), *await delivery_relay.run()]


def _scenes() -> Iterator[Scene]:
    yield from dict.fromkeys((*_FILM_LIKE, *_HARD, *_MARKED))


async def _finished(finishing: VideoFinishing, source: Path, limit_mib: int) -> FinishedVideo:
    order = FinishOrder(limit_mib * _MIB, _MARK, sign=True)
    return await finishing.finish("bench", source, source.with_suffix(".post.mp4"), order, lambda _: None)


async def _fitted(finishing: VideoFinishing, scene: Scene, source: Path, limit_mib: int) -> _Row:
    began_s = time.perf_counter()
    made = await _finished(finishing, source, limit_mib)
    took_s = time.perf_counter() - began_s
    # A copy has the packets of the film; the child has compared them.
    alike = 1.0 if made.by is FinishedBy.REMUXED else ssim(source, made.path)
    before, after = _extent_of_source(source), extent(made.path, copied=made.by is FinishedBy.REMUXED)
    whole = (
        made.path.stat().st_size <= limit_mib * _MIB
        and before[0] == after[0]
        and all(abs(one - other) <= _DRIFT_MAX_S for one, other in zip(before[1:], after[1:], strict=True))
    )
    return _Row(scene, limit_mib, made, alike, took_s, whole)


@cache
def _extent_of_source(source: Path) -> tuple[int, float, float]:
    return extent(source)


async def _fit_ratio(finishing: VideoFinishing, source: Path) -> float:
    ours_s: list[float] = []
    plain_s: list[float] = []
    for _ in range(3):
        began_s = time.perf_counter()
        made = await _finished(finishing, source, 10)
        ours_s.append(time.perf_counter() - began_s)
        began_s = time.perf_counter()
        _encode_plainly(source, source.with_suffix(".plain.mp4"), made.size_bytes * 8 / made.duration_s)
        plain_s.append(time.perf_counter() - began_s)
    return statistics.median(ours_s) / statistics.median(plain_s)


def _encode_plainly(source: Path, destination: Path, bits_per_s: float) -> None:
    """Encode the film in one pass of `veryfast` at a bitrate, and copy the sound, as PyAV's documents show."""
    pyav: Any = av  # its annotations leave out half of what is used here
    with pyav.open(str(source)) as container, pyav.open(str(destination), "w") as made:
        film, sound = container.streams.video[0], container.streams.audio[0]
        film_made = made.add_stream("libx264", rate=film.average_rate, options={"preset": "veryfast"})
        film_made.width, film_made.height, film_made.pix_fmt = film.width, film.height, "yuv420p"
        film_made.bit_rate = int(bits_per_s)
        sound_made = made.add_stream_from_template(sound)
        for packet in container.demux(film, sound):
            if packet.stream is film:
                for frame in packet.decode():
                    made.mux(film_made.encode(frame))
            elif packet.dts is not None:
                packet.stream = sound_made
                made.mux(packet)
        made.mux(film_made.encode(None))


async def _mark_ms(finishing: VideoFinishing, source: Path) -> float:
    """Return the milliseconds for each megabyte beyond what any file may take, of a warm child."""
    found: list[float] = []
    for _ in range(_ROUNDS):
        began_s = time.perf_counter()
        await _finished(finishing, source, 100)
        found.append((time.perf_counter() - began_s) * 1000)
    return (statistics.median(found) - _MARK_BASE_MS) / (source.stat().st_size / _MB)


def _show(rows: list[_Row]) -> None:
    table = Table("film", "limit", "by", "of it", "frame", "SSIM", "seconds", "whole", title="fitting")
    for row in rows:
        table.add_row(
            row.scene.name,
            f"{row.limit_mib} MiB",
            row.made.by,
            f"{row.made.size_bytes / row.limit_mib / _MIB:.0%}",
            f"{row.made.width_px}x{row.made.height_px}",
            f"{row.alike:.3f}",
            f"{row.took_s:.1f}",
            "yes" if row.whole else "NO",
        )
    Console().print(table)


def _figures(rows: list[_Row], fit_ratio: float, mark_ms: float) -> list[Figure]:
    def least(kinds: set[str]) -> float:
        return min(row.alike for row in rows if row.scene.kind in kinds)

    return [
        Figure(
            "delivery.ssim_min",
            least({"photograph", "drawing"}),
            "SSIM of moving photographs and drawings after fitting, the worst of all limits",
            at_least=0.92,
        ),
        Figure(
            "delivery.ssim_flat", least({"flat"}), "the same of even faces with grain of 4, which is lost"
        ),
        Figure(
            "delivery.not_whole",
            sum(not row.whole for row in rows),
            "files beyond their limit, or with frames or 0.1 s missing",
            at_most=0,
        ),
        Figure(
            "delivery.fit_ratio",
            fit_ratio,
            "wall time of fitting 60 MB, 20 s, 720p to 10 MiB over one pass of veryfast",
            at_most=1.5,
        ),
        Figure(
            "delivery.mark_ms_per_mb",
            mark_ms,
            f"marking{' and signing' if is_installed() else ''}, beyond {_MARK_BASE_MS} ms, for each MB; the worst "
            "of 1 to 60 MB",
            at_most=5,
        ),
    ]
