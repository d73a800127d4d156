"""Opens a picture with the decoder of its kind, and no other."""

import warnings
from pathlib import Path

from PIL import AvifImagePlugin, Image

from bot.images.decoding.kinds import PictureKind

_DECODER_THREADS = 2


def prepare_decoders() -> None:
    """Set the decoders up, once in a process."""
    # The limits of `limits.py` decide; Pillow's own warn at one number and refuse at another.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    AvifImagePlugin.DEFAULT_MAX_THREADS = _DECODER_THREADS


def open_picture(path: Path, kind: PictureKind) -> Image.Image:
    """Open a picture: its header is read, its pixels are not. Raises whatever the decoder does."""
    if kind is PictureKind.HEIF:
        # libheif takes 10 MB, which children without such pictures do without.
        import pillow_heif  # noqa: PLC0415

        pillow_heif.register_heif_opener(  # pyright: ignore[reportUnknownMemberType] - annotated only in part
            thumbnails=False, depth_images=False, aux_images=False, decode_threads=_DECODER_THREADS
        )
    return Image.open(path, formats=[kind.value])
