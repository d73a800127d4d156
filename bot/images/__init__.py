"""Reference images: fetched to disk, checked by content, converted where needed, and streamed as Data URLs."""

from bot.images.data_url import DataUrl
from bot.images.model import (
    IMAGE_LIMITS,
    Conversion,
    ConversionReason,
    ImageProblem,
    ImageRefusedError,
    ImageSource,
    Reference,
    SourceKind,
)
from bot.images.sources import check_source, is_allowed
from bot.images.spool import ReferenceSpool

__all__ = [
    "IMAGE_LIMITS",
    "Conversion",
    "ConversionReason",
    "DataUrl",
    "ImageProblem",
    "ImageRefusedError",
    "ImageSource",
    "Reference",
    "ReferenceSpool",
    "SourceKind",
    "check_source",
    "is_allowed",
]
