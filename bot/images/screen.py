"""Child process that scores nudity with NudeNet, an optional extra, on pictures or on frames of one video.

`bot/images/screening.py` asks it. It does one task only, because the detector never releases its memory.
"""

import functools
import importlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, cast

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from PIL import Image

from bot.children.serving import serve
from bot.images.decoding.opening import prepare_decoders
from bot.images.screening import NOT_INSTALLED, Kind

EXPOSED: Final = frozenset(
    {
        "ANUS_EXPOSED",
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    }
)
"""NudeNet's classes that count. Left out are clothed ones (`*_COVERED`) and bare but not sexual ones:
`MALE_BREAST_EXPOSED`, `BELLY_EXPOSED`, `FEET_EXPOSED`, `ARMPITS_EXPOSED`, `FACE_FEMALE`, `FACE_MALE`."""
FRAMES_MAX: Final = 8
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_FRAME_PIXELS: Final = 4096 * 4096
_SIDE_PX: Final = 640
"""Side of the picture that the detector gets: twice its input size, so that its halving averages all pixels."""


class Detector(Protocol):
    """The used part of NudeNet's `NudeDetector`."""

    def detect(self, image_path: bytes, /) -> Sequence[Mapping[str, Any]]:
        """Find body parts in an encoded picture: a `class` and a `score` each, from 0.25 up."""
        ...


class _UnusableError(ValueError):
    """The file cannot be scored. The text is a short reason."""


def score(detector: Detector, picture: Image.Image) -> float:
    """Return the highest probability of an exposed part in a picture; 0 if it is below the detector's 0.25."""
    return max((_score_opaque(detector, opaque) for opaque in _opaque(picture)), default=0.0)


def _score_opaque(detector: Detector, picture: Image.Image) -> float:
    # NudeNet takes a path or an encoded picture. BMP needs no compression and loses nothing.
    encoded = io.BytesIO()
    picture.save(encoded, "BMP")
    found = detector.detect(encoded.getvalue())
    scores = [float(one["score"]) for one in found if one["class"] in EXPOSED]
    if not all(0 <= one <= 1 for one in scores):  # also false for NaN, which `max` could skip
        raise _UnusableError("no_probability")
    return max(scores, default=0.0)


def _opaque(picture: Image.Image) -> Iterator[Image.Image]:
    """Yield the picture without transparency; twice, with different backgrounds, if it has transparent parts."""
    # Dropping the alpha channel shows colours that transparency hides; a white background shows what the
    # transparency itself draws. Viewers may display either.
    yield picture.convert("RGB")
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        yield Image.alpha_composite(white, picture).convert("RGB")


def read_picture(path: Path) -> Image.Image:
    """Read a prepared picture, made small, as RGB or RGBA. A damaged file raises an error."""
    with Image.open(path, formats=_FORMATS) as opened:
        opened.draft("RGB", (_SIDE_PX, _SIDE_PX))
        picture = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    return picture


def sample_frames(path: Path) -> list[Image.Image]:
    """Return up to `FRAMES_MAX` frames of a video at even distances, the first and the last included."""
    # The header's number of frames may be wrong, so packets are counted. Their number may still differ from
    # that of the frames, so the last frame is taken whatever the count was.
    wanted = _even(_count_frames(path))
    frames: list[Image.Image] = []
    last: VideoFrame | None = None
    last_is_taken = False
    for number, frame in enumerate(_decoded(path)):
        last = frame
        last_is_taken = number in wanted
        if last_is_taken:
            frames.append(_small(frame))
    if last is None:
        raise _UnusableError("no_frame")
    if not last_is_taken:
        frames.append(_small(last))
    return frames


def _even(count: int) -> frozenset[int]:
    """Return at most `FRAMES_MAX` evenly spaced numbers from 0 to `count` - 1, both included."""
    if count <= FRAMES_MAX:
        return frozenset(range(count))
    return frozenset(round(number * (count - 1) / (FRAMES_MAX - 1)) for number in range(FRAMES_MAX))


def _open_video(path: Path) -> InputContainer:
    # FFmpeg also opens playlists, which name other addresses: only local files are allowed, nothing is fetched.
    return av.open(f"file:{path}", options={"protocol_whitelist": "file"})


def _count_frames(path: Path) -> int:
    with _open_video(path) as container:
        if not container.streams.video:
            raise _UnusableError("no_video")
        return sum(packet.size > 0 and not packet.is_discard for packet in container.demux(video=0))


def _decoded(path: Path) -> Iterator[VideoFrame]:
    with _open_video(path) as container:
        stream = container.streams.video[0]
        if stream.width * stream.height > _FRAME_PIXELS:
            raise _UnusableError("too_many_pixels")
        stream.codec_context.thread_count = 1  # each thread would hold frames of its own
        yield from container.decode(stream)


def _small(frame: VideoFrame) -> Image.Image:
    picture = cast("Image.Image", frame.to_image())  # pyright: ignore[reportUnknownMemberType] - PyAV has no types
    picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    return picture


def load_detector() -> Detector:
    """Load NudeNet on one thread. Raises `ImportError` if it is not installed or cannot be loaded."""
    importlib.import_module("nudenet")
    # NudeNet has no setting for threads. By default onnxruntime starts one a core, which spin while they wait,
    # so the class that NudeNet will call is replaced by one with the options filled in.
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    runtime.InferenceSession = functools.partial(runtime.InferenceSession, sess_options=options)
    return importlib.import_module("nudenet").NudeDetector()


def screen(kind: str, paths: Sequence[str]) -> dict[str, object]:
    """Score each picture, or frames of the one video.

    Args:
        kind: A value of `bot.images.screening.Kind`.
        paths: The files.

    Returns:
        `scores`, or `fault` with the reason why there are none.
    """
    files = [Path(path) for path in paths]
    try:
        detector = load_detector()
        if Kind(kind) is Kind.PICTURES:
            return {"scores": [score(detector, read_picture(file)) for file in files]}
        (video,) = files
        return {"scores": [score(detector, frame) for frame in sample_frames(video)]}
    except ImportError as error:
        return {"fault": NOT_INSTALLED if error.name == "nudenet" else "not_loadable"}
    except _UnusableError as unusable:
        return {"fault": str(unusable)}


def main() -> None:
    """Score files until nobody asks any more."""
    # NudeNet's libraries read these variables when they are loaded, which happens later.
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    prepare_decoders()
    serve({"screen": screen})
