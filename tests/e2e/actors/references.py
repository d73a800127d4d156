"""The reference images that the video service was sent."""

import hashlib
import io

from PIL import Image

from tests.e2e.actors.harness import Harness


def hashes(harness: Harness) -> list[list[str]]:
    """The pictures of every video that was bought."""
    return [
        [one.sha256 for one in made.references] for made in harness.sandbox.dimilinks.request_log.submissions
    ]


def first_reference(harness: Harness) -> tuple[str, Image.Image]:
    """The first picture of the newest job, as it is kept: its digest and what it shows."""
    newest = harness.rows("id")[-1]["id"]
    (path,) = (harness.data_dir / "spool" / newest).glob("0.*")
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest(), Image.open(io.BytesIO(content)).convert("RGB")
