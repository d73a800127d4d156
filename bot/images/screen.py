"""Child process that scores nudity: `python -m bot.images.screen pictures|video PATH...`.

It runs NudeNet, an optional extra, on pictures or on frames of one video, and writes one line of JSON to
standard output (`bot.images.screening.ScreeningResult`). `bot/images/screening.py` starts it. It is a process of
its own for the reasons in `bot/images/convert.py`, and because the detector never releases its memory.
"""

import functools
import importlib
import io
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, cast

import av
import pillow_heif
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from bot.images.child import limit_resources
from bot.images.model import IMAGE_LIMITS
from bot.images.screening import NOT_INSTALLED, Kind, ScreeningResult

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
_SIDE_PX: Final = 640
"""Side of the picture that the detector gets: twice its input size, so that its halving averages all pixels."""
_FAULTS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    AttributeError,  # raised by PyAV for a stream without a decoder
    RuntimeError,  # raised by onnxruntime
    MemoryError,
    Image.DecompressionBombError,
    FFmpegError,
)
"""Errors of the decoders and the detector on damaged files."""


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
    """Read a picture's first frame, upright and small, as RGB or RGBA. A damaged file raises an error."""
    with Image.open(path) as opened:
        if opened.width * opened.height > IMAGE_LIMITS.pixels:
            raise _UnusableError("too_many_pixels")
        if opened.format in {"JPEG", "MPO"}:
            opened.draft("RGB", (_SIDE_PX, _SIDE_PX))
        picture: Image.Image = opened
        if picture.mode.startswith(("I", "F")):
            # As in `bot/images/convert.py`: more than 8 bits a channel would be clipped.
            picture = ImageOps.autocontrast(picture.point(lambda value: value / 256).convert("L"))
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        if picture.mode != mode:
            picture = picture.convert(mode)
        # Made small before it is turned, because turning copies the picture.
        picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
        return ImageOps.exif_transpose(picture)


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
        if stream.width * stream.height > IMAGE_LIMITS.frame_pixels:
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


def screen(kind: Kind, paths: Sequence[Path]) -> ScreeningResult:
    """Score each picture, or frames of the one video. Failures are returned as `ScreeningResult.fault`."""
    try:
        detector = load_detector()
        if kind is Kind.PICTURES:
            return ScreeningResult(scores=[score(detector, read_picture(path)) for path in paths])
        (video,) = paths
        return ScreeningResult(scores=[score(detector, frame) for frame in sample_frames(video)])
    except ImportError as error:
        return ScreeningResult(fault=NOT_INSTALLED if error.name == "nudenet" else "not_loadable")
    except _UnusableError as unusable:
        return ScreeningResult(fault=str(unusable))
    except _FAULTS as error:
        return ScreeningResult(fault=type(error).__name__)


def _refuse_network(event: str, _arguments: tuple[object, ...]) -> None:
    """Audit hook that forbids sockets. The model is in NudeNet's package; a later version must not download one."""
    if event.startswith("socket."):
        raise PermissionError("no network")


def main(arguments: list[str]) -> None:
    """Score the files named by the command line's arguments, within limits on memory and processor time."""
    limit_resources()
    # NudeNet's libraries read these variables when they are loaded, which happens later.
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    sys.addaudithook(_refuse_network)
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = IMAGE_LIMITS.pixels
    # pillow-heif annotates this only in part
    pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType]
    kind, *paths = arguments
    outcome = screen(Kind(kind), [Path(path) for path in paths])
    sys.stdout.write(outcome.model_dump_json() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
