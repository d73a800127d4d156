"""Child process that scores nudity, with a detector that is an optional extra, on pictures or on one video.

`bot/images/screening.py` asks it. It does one task only, because detectors never release their memory.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from bot.children.serving import serve
from bot.images.decoding.opening import prepare_decoders
from bot.images.detectors import NOT_INSTALLED, DetectorName, Kind
from bot.images.scoring import NoProbabilityError, Score, load_detector
from bot.video_files.decoding.display import shown_picture
from bot.video_files.decoding.opening import UnusableVideoError, film_of, open_video

FRAMES_MAX: Final = 8
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_SIDE_PX: Final = 640
"""Side of the picture that the detector gets: at least twice its input size, so that its own reduction averages
all pixels."""


def score_visible(score: Score, picture: Image.Image) -> float:
    """Return the score of a picture: the highest one, if it can be shown in several ways."""
    return max(score(opaque) for opaque in _opaque(picture))


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
    """Return up to `FRAMES_MAX` frames of a video at even distances, the first and the last included.

    They are as players show them, upright and in the right colours, and made small.

    Raises:
        UnusableVideoError: There is none, or they are too large. Whatever FFmpeg raises about a damaged file comes
            through, as what cannot be decoded cannot be scored.
    """
    # The header's number of frames may be wrong, so packets are counted. Their number may still differ from
    # that of the frames, so the last frame is taken whatever the count was.
    wanted = _even(_count_frames(path))
    frames: list[Image.Image] = []
    last: VideoFrame | None = None
    last_is_taken = False
    with open_video(str(path)) as container:
        stream = film_of(container)
        for number, frame in enumerate(container.decode(stream)):
            last = frame
            last_is_taken = number in wanted
            if last_is_taken:
                frames.append(_small(frame, stream))
        if last is None:
            raise UnusableVideoError("no_frame")
        if not last_is_taken:
            frames.append(_small(last, stream))
    return frames


def _even(count: int) -> frozenset[int]:
    """Return at most `FRAMES_MAX` evenly spaced numbers from 0 to `count` - 1, both included."""
    if count <= FRAMES_MAX:
        return frozenset(range(count))
    return frozenset(round(number * (count - 1) / (FRAMES_MAX - 1)) for number in range(FRAMES_MAX))


def _count_frames(path: Path) -> int:
    with open_video(str(path)) as container:
        return sum(
            packet.size > 0 and not packet.is_discard for packet in container.demux(film_of(container))
        )


def _small(frame: VideoFrame, stream: VideoStream) -> Image.Image:
    picture = shown_picture(frame, stream)
    picture.thumbnail((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    return picture


def screen(detector: str, kind: str, paths: Sequence[str]) -> dict[str, object]:
    """Score each picture, or frames of the one video.

    Args:
        detector: A value of `bot.images.detectors.DetectorName`.
        kind: A value of `bot.images.detectors.Kind`.
        paths: The files.

    Returns:
        `scores`, or `fault` with the reason why there are none.
    """
    name, files = DetectorName(detector), [Path(path) for path in paths]
    try:
        score = load_detector(name)
        match Kind(kind):
            case Kind.PICTURES:
                return {"scores": [score_visible(score, read_picture(file)) for file in files]}
            case Kind.VIDEO:
                (video,) = files
                return {"scores": [score_visible(score, frame) for frame in sample_frames(video)]}
    except ImportError as error:
        return {"fault": NOT_INSTALLED if error.name == name.package else "not_loadable"}
    except NoProbabilityError:
        return {"fault": "no_probability"}
    except UnusableVideoError as error:
        return {"fault": error.problem}


def main() -> None:
    """Score files until nobody asks any more."""
    # The detectors' libraries read these variables when they are loaded, which happens later.
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    prepare_decoders()
    serve({"screen": screen})
