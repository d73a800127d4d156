"""The child process that looks for nudity: `python -m bot.images.screen pictures|video PATH...`.

It runs NudeNet, which is an optional extra, over pictures or over frames of one video. The outcome is one line
of JSON on standard output; see `bot.images.screening.Outcome`. Decoding runs here and not in the bot's process
for the reasons that `bot.images.convert` names; so does the detector, which holds on to a lot of memory.
"""

import functools
import importlib
import io
import os
import resource
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

from bot.images.model import IMAGE_LIMITS
from bot.images.screening import NOT_INSTALLED, Kind, Outcome

EXPOSED: Final = frozenset(
    {
        "ANUS_EXPOSED",
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    }
)
"""The detector's classes that count. Of the others, some are clothed (`*_COVERED`), and some are bare but not
sexual: `MALE_BREAST_EXPOSED`, `BELLY_EXPOSED`, `FEET_EXPOSED`, `ARMPITS_EXPOSED`, `FACE_FEMALE`, `FACE_MALE`."""
FRAMES_MAX: Final = 8
_MEMORY_LIMIT_BYTES: Final = 3 * 1024**3
"""Address space: the libraries and the model take 0.6 GB, and 100 million pixels another 0.9 GB at most."""
_CPU_LIMIT_S: Final = 60
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_SIDE_PX: Final = 640
"""Twice what the detector looks at, so that its halving is a mean and leaves nothing out."""
_FAULTS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    AttributeError,  # what PyAV raises for a stream without a decoder
    RuntimeError,  # what onnxruntime raises
    MemoryError,
    Image.DecompressionBombError,
    FFmpegError,
)


class Detector(Protocol):
    """What is used of NudeNet's `NudeDetector`."""

    def detect(self, image_path: bytes, /) -> Sequence[Mapping[str, Any]]:
        """What is to be seen in an encoded picture: a `class` and a `score` each, from 0.25 up."""
        ...


class _UnusableError(ValueError):
    """What cannot be scored, in a word of ours."""


def score(detector: Detector, picture: Image.Image) -> float:
    """The highest probability of anything exposed in the picture; 0 where the detector is not even sure of 0.25."""
    return max((_score_opaque(detector, opaque) for opaque in _opaque(picture)), default=0.0)


def _score_opaque(detector: Detector, picture: Image.Image) -> float:
    encoded = io.BytesIO()
    picture.save(encoded, "BMP")
    found = detector.detect(encoded.getvalue())
    scores = [float(one["score"]) for one in found if one["class"] in EXPOSED]
    if not all(0 <= one <= 1 for one in scores):  # nor is NaN, which `max` could pass over
        raise _UnusableError("no_probability")
    return max(scores, default=0.0)


def _opaque(picture: Image.Image) -> Iterator[Image.Image]:
    """The picture without see-through parts: they may hide something, or draw something; so it is two then."""
    yield picture.convert("RGB")
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        yield Image.alpha_composite(white, picture).convert("RGB")


def read_picture(path: Path) -> Image.Image:
    """A picture's first frame, upright and small, as RGB or RGBA; all of it is read, so that damage shows."""
    with Image.open(path) as opened:
        if opened.width * opened.height > IMAGE_LIMITS.pixels:
            raise _UnusableError("too_many_pixels")
        if opened.format in {"JPEG", "MPO"}:
            opened.draft("RGB", (_SIDE_PX, _SIDE_PX))
        picture: Image.Image = opened
        if picture.mode.startswith(("I", "F")):
            # as in `bot.images.convert`: what has more than 8 bits a channel would be clipped
            picture = ImageOps.autocontrast(picture.point(lambda value: value / 256).convert("L"))
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        if picture.mode != mode:
            picture = picture.convert(mode)
        # only then turned, which would take a second copy of all of it
        picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
        return ImageOps.exif_transpose(picture)


def sample_frames(path: Path) -> list[Image.Image]:
    """Up to `FRAMES_MAX` frames of a video at even distances, the first and the last among them.

    Packets are counted rather than the header believed; whatever the count was, the last frame is taken.
    """
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
    """At most `FRAMES_MAX` numbers below `count`, from the first to the last."""
    if count <= FRAMES_MAX:
        return frozenset(range(count))
    return frozenset(round(number * (count - 1) / (FRAMES_MAX - 1)) for number in range(FRAMES_MAX))


def _open_video(path: Path) -> InputContainer:
    # A playlist is a video too, for FFmpeg; it must not lead anywhere.
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
        stream.codec_context.thread_count = 1
        yield from container.decode(stream)


def _small(frame: VideoFrame) -> Image.Image:
    picture = cast("Image.Image", frame.to_image())  # pyright: ignore[reportUnknownMemberType] - PyAV has no types
    picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    return picture


def load_detector() -> Detector:
    """NudeNet on one thread. Raises `ImportError`."""
    importlib.import_module("nudenet")
    # NudeNet has no setting for it, and by default as many threads as there are cores would spin.
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    runtime.InferenceSession = functools.partial(runtime.InferenceSession, sess_options=options)
    return importlib.import_module("nudenet").NudeDetector()


def screen(kind: Kind, paths: Sequence[Path]) -> Outcome:
    """Score each picture, or frames of the one video."""
    try:
        detector = load_detector()
    except ImportError as error:
        return Outcome(fault=NOT_INSTALLED if error.name == "nudenet" else "not_loadable")
    except _FAULTS as error:
        return Outcome(fault=type(error).__name__)
    try:
        if kind is Kind.PICTURES:
            return Outcome(scores=[score(detector, read_picture(path)) for path in paths])
        (video,) = paths
        return Outcome(scores=[score(detector, frame) for frame in sample_frames(video)])
    except _UnusableError as unusable:
        return Outcome(fault=str(unusable))
    except _FAULTS as error:
        return Outcome(fault=type(error).__name__)


def _refuse_network(event: str, _arguments: tuple[object, ...]) -> None:
    """An audit hook: the model is in the package, and should a later one wish to fetch it, then not from here."""
    if event.startswith("socket."):
        raise PermissionError("no network")


def main(arguments: list[str]) -> None:
    """Screen as the arguments say, within limits on memory and processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    os.nice(5)
    # NudeNet's libraries read these when they are loaded.
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
