"""Packages that look like the detectors of the image check, and find nudity in whatever is red."""

from pathlib import Path
from typing import Final

from bot.images.detectors import DetectorName

ONNXRUNTIME: Final = """
class SessionOptions:
    intra_op_num_threads = inter_op_num_threads = 0

class InferenceSession:
    def __init__(self, model, sess_options):
        assert sess_options.intra_op_num_threads == sess_options.inter_op_num_threads == 1
"""
_BEGINNING: Final = """
import io
import os
from pathlib import Path
from PIL import Image, ImageStat

assert "BOT_SECRET" not in os.environ
assert os.environ["OPENBLAS_NUM_THREADS"] == "1"

def colours_of(picture):
    assert picture.mode == "RGB" and max(picture.size) <= 640
    with (Path(__file__).parent.parent / "scored").open("a") as scored:
        scored.write("one\\n")
    return (mean / 255 for mean in ImageStat.Stat(picture).mean)
"""
NUDENET: Final = (
    _BEGINNING
    + """
import onnxruntime

class NudeDetector:
    def __init__(self):
        onnxruntime.InferenceSession("model.onnx")

    def detect(self, image_path):
        with Image.open(io.BytesIO(image_path)) as picture:
            red, green, blue = colours_of(picture)
        return [
            {"class": "MALE_GENITALIA_EXPOSED", "score": red / 2, "box": [0, 0, 1, 1]},
            {"class": "FEMALE_BREAST_EXPOSED", "score": red, "box": [0, 0, 1, 1]},
            {"class": "FEET_EXPOSED", "score": green, "box": [0, 0, 1, 1]},
            {"class": "FEMALE_BREAST_COVERED", "score": blue, "box": [0, 0, 1, 1]},
        ]
"""
)
OPENNSFW: Final = (
    _BEGINNING
    + """
class Prediction:
    def __init__(self, nsfw):
        self.nsfw = nsfw

class NSFWClassifier:
    def __init__(self, *, providers, intra_op_num_threads):
        assert providers == ["CPUExecutionProvider"] and intra_op_num_threads == 1

    def classify(self, image):
        red, _, _ = colours_of(image)
        return Prediction(nsfw=red)
"""
)
_CODE: Final = {DetectorName.OPENNSFW: OPENNSFW, DetectorName.NUDENET: NUDENET}


def made_detector(folder: Path, detector: DetectorName, code: str | None = None) -> Path:
    """Make a folder to import such a detector from, or one of this code."""
    packages = {"onnxruntime": ONNXRUNTIME, detector.package: _CODE[detector] if code is None else code}
    for name, text in packages.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(text, "utf-8")
    return folder


def scored(folder: Path) -> int:
    """Number of pictures that the detector in this folder was given."""
    log = folder / "scored"
    return len(log.read_text("utf-8").splitlines()) if log.exists() else 0
