"""Moving photographs and drawings, made from code: films for measuring what compressing does to them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

_PYAV: Any = av  # its annotations leave out half of what is used here
FRAMES_PER_S = 24
_SAMPLES = 1024


@dataclass(frozen=True)
class Scene:
    """A film to make.

    Attributes:
        kind: "photograph", "drawing", "flat" (a drawing of even faces) or "noise".
        grain: Standard deviation of the noise over each frame, of 255 steps.
        size_bytes: About the size of the file; its bitrate follows.
    """

    kind: str
    width_px: int
    height_px: int
    seconds: float
    size_bytes: int
    grain: float = 0.0
    sound: bool = True
    frames_per_s: int = FRAMES_PER_S
    seed: int = 1

    @property
    def name(self) -> str:
        """A name for tables."""
        grain = f" grain {self.grain:g}" if self.grain else ""
        silent = "" if self.sound else " silent"
        size = f"{self.width_px}x{self.height_px} {self.seconds:g}s {self.size_bytes / 2**20:.0f} MiB"
        return f"{self.kind} {size}{grain}{silent}"


def write(scene: Scene, path: Path) -> Path:
    """Encode a scene with x264 and AAC."""
    rate = int(scene.size_bytes * 8 / scene.seconds) - (128_000 if scene.sound else 0)
    with _PYAV.open(str(path), "w", "mp4", {"movflags": "faststart"}) as container:
        options = {"preset": "superfast", "maxrate": str(rate), "bufsize": str(rate)}
        film = container.add_stream("libx264", rate=scene.frames_per_s, options=options)
        film.width, film.height, film.pix_fmt, film.bit_rate = (
            scene.width_px,
            scene.height_px,
            "yuv420p",
            rate,
        )
        sound = container.add_stream("aac", rate=48_000) if scene.sound else None
        if sound is not None:
            sound.bit_rate = 128_000
        for number, planes in enumerate(pictures(scene)):
            frame = _PYAV.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, scene.frames_per_s)
            container.mux(film.encode(frame))
        container.mux(film.encode(None))
        if sound is not None:
            for frame in _music(scene.seconds):
                container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return path


def pictures(scene: Scene) -> Iterator[Any]:
    """The frames as planes of YUV 4:2:0, one over the other."""
    random = np.random.default_rng(scene.seed)
    width, height = scene.width_px, scene.height_px
    count = max(1, round(scene.seconds * scene.frames_per_s))
    canvas = _CANVASES[scene.kind](random, width * 3 // 2 // 4 * 4, height * 3 // 2 // 4 * 4)
    front = _CANVASES[scene.kind](random, width // 3 // 4 * 4, height // 3 // 4 * 4)
    grains = random.normal(0, scene.grain or 1, (3, height + 64, width + 64)).astype(np.float32)
    for number in range(count):
        turn = math.pi * number / scene.frames_per_s / 10
        left = int((canvas[0].shape[1] - width) / 2 * (1 + math.sin(turn)))
        top = int((canvas[0].shape[0] - height) / 2 * (1 - math.cos(turn)))
        planes = [
            plane[top // n : top // n + height // n, left // n : left // n + width // n].astype(np.float32)
            for plane, n in zip(canvas, (1, 2, 2), strict=True)
        ]
        across = int((width - front[0].shape[1]) / 2 * (1 + math.sin(3 * turn))) // 2 * 2
        down = int((height - front[0].shape[0]) / 2 * (1 + math.cos(2 * turn))) // 2 * 2
        for plane, small, n in zip(planes, front, (1, 2, 2), strict=True):
            plane[down // n : down // n + small.shape[0], across // n : across // n + small.shape[1]] = small
        if scene.kind == "noise":
            planes = [random.uniform(16, 235, plane.shape) for plane in planes]
        elif scene.grain:
            x, y = random.integers(0, 64, 2)
            planes[0] += grains[number % 3, y : y + height, x : x + width]
        flat = np.concatenate([np.clip(plane, 16, 235).ravel() for plane in planes])
        yield np.ascontiguousarray(flat.astype(np.uint8).reshape(height * 3 // 2, width))


def _photograph(random: Any, width: int, height: int) -> list[Any]:
    """A scene with the spectrum of photographs: amplitudes fall with the frequency; edges, a sky, leaves."""
    luma = _clouds(random, width, height, 1.2) * 36 + 120
    rows, columns = np.mgrid[0:height, 0:width]
    luma += 30 * (0.5 - rows / height)
    leaves = _clouds(random, width, height, 0.8) * 26
    luma = np.where(rows > height * (0.6 + 0.1 * np.sin(columns / width * 9)), luma - 30 + leaves, luma)
    for _ in range(14):
        x, y = random.integers(0, width), random.integers(0, height)
        radius, tone = random.integers(height // 30, height // 8), random.uniform(-60, 60)
        luma = np.where((columns - x) ** 2 + (rows - y) ** 2 < radius**2, luma + tone, luma)
    chroma = [_clouds(random, width // 2, height // 2, 1.2) * 12 + 128 for _ in range(2)]
    return [np.clip(luma, 16, 235), *chroma]


def _drawing(random: Any, width: int, height: int) -> list[Any]:
    """Faces with soft shading, outlines and hatching, on rough paper."""
    luma = _figures(random, width, height, hatched=0.6, count=90) + 12 * _clouds(random, width, height, 0.8)
    return [luma, *_tints(random, width, height)]


def _flat(random: Any, width: int, height: int) -> list[Any]:
    """Even faces and outlines, between which there is nothing but grain."""
    return [_figures(random, width, height, hatched=0.1, count=40), *_tints(random, width, height)]


def _grey(_random: Any, width: int, height: int) -> list[Any]:
    return [np.full((height // n, width // n), 128.0) for n in (1, 2, 2)]


def _figures(random: Any, width: int, height: int, *, hatched: float, count: int) -> Any:
    rows, columns = np.mgrid[0:height, 0:width]
    luma = np.full((height, width), 190.0) - 50 * rows / height
    for _ in range(count):
        x, y = random.integers(0, width), random.integers(0, height)
        radius, tone = random.integers(height // 20, height // 6), random.uniform(50, 220)
        away = np.hypot(columns - x, rows - y)
        lines = tone + 40 * (((columns + rows) // random.integers(3, 9)) % 2)
        face = lines if random.uniform() < hatched else tone + 20 * (y - rows) / radius
        luma = np.where(away < radius, face, luma)
        luma = np.where(np.abs(away - radius) < 2, 30, luma)
    return luma


def _tints(random: Any, width: int, height: int) -> list[Any]:
    return [_clouds(random, width // 2, height // 2, 1.6) * 20 + 128 for _ in range(2)]


def _clouds(random: Any, width: int, height: int, fall: float) -> Any:
    """Noise whose amplitude falls with the frequency to this power; mean 0, standard deviation 1."""
    across, down = np.fft.rfftfreq(width) * width / height, np.fft.fftfreq(height)
    distance = np.hypot(across[None, :], down[:, None])
    distance[0, 0] = 1
    spectrum = np.fft.rfft2(random.normal(size=(height, width))) / distance**fall
    spectrum[0, 0] = 0
    found = np.fft.irfft2(spectrum, s=(height, width))
    return found / found.std()


def _music(seconds: float) -> Iterator[Any]:
    times = np.arange(int(seconds * 48_000)) / 48_000
    tones = sum(np.sin(2 * np.pi * tone * times) / 8 for tone in (220, 277.2, 329.6, 440))
    left = (tones + np.random.default_rng(5).normal(0, 0.02, times.size)).astype(np.float32)
    for begin in range(0, times.size, _SAMPLES):
        part = np.ascontiguousarray(np.stack([left[begin : begin + _SAMPLES]] * 2))
        frame = _PYAV.AudioFrame.from_ndarray(part, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, begin, Fraction(1, 48_000)
        yield frame


_CANVASES = {"photograph": _photograph, "drawing": _drawing, "flat": _flat, "noise": _grey}
