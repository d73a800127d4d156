"""The one path of every picture: what leaves is what a person saw, and no more than that."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.images.decoding import bmp, gif, heif, jpeg, png, webp
from bot.images.decoding.kinds import HEAD_BYTES, PictureKind, kind_of
from bot.images.decoding.layout import Layout, damaged, write_copy
from bot.images.decoding.limits import ENLARGED_PX, LARGEST_PX, check_dimensions, decoding_bytes
from bot.images.decoding.opening import open_picture
from bot.images.decoding.remake import remake
from bot.images.decoding.wholeness import check_without_end, is_opaque
from bot.images.problems import ImageProblem, UnusableImageError

_PASSING: Final[Mapping[PictureKind, str]] = {
    PictureKind.PNG: "image/png",
    PictureKind.JPEG: "image/jpeg",
    PictureKind.WEBP: "image/webp",
}
"""Kinds that the video service takes, by their media types."""
_WALKS: Final = {
    PictureKind.JPEG: jpeg.walk,
    PictureKind.PNG: png.walk,
    PictureKind.WEBP: webp.walk,
    PictureKind.GIF: gif.walk,
}


def prepare(source: str, destination: str, limit_bytes: int) -> dict[str, object]:
    """Make a file a picture that the video service takes.

    Args:
        source: The file, which is left alone.
        destination: Where the picture is written, unless it can be sent as it is.
        limit_bytes: The picture is to be smaller than this.

    Returns:
        `problem` and `detail` of a file that cannot be used. Else `kind`, `mime`, `width_px`, `height_px`; `made`,
        which is true if there is a new file; and true for what was done to it: `animated` (it is the first frame of
        an animation), `enlarged`, `reduced`, `hdr` (HDR brightness became ordinary), `on_white` (parts of it were
        see-through).
    """
    path = Path(source)
    try:
        return _prepared(path, Path(destination), _kind_of(path), limit_bytes)
    except UnusableImageError as error:
        return {"problem": error.problem.value, "detail": error.detail}
    # Decoders raise what they like, and each of it is about the file; but not what the machine lacks.
    except Exception as error:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
            raise
        name = type(error).__name__
    # Here the decoder's frames are gone, and what it had decoded with them.
    _check_memory(path)
    return {"problem": ImageProblem.TRUNCATED.value, "detail": name}


def _check_memory(path: Path) -> None:
    """Raise `MemoryError` unless a picture could be decoded: for want of memory decoders fail as if of damage."""
    try:
        kind = _kind_of(path)
        layout = _walked(path, kind)
    except Exception:  # noqa: BLE001 - damaged before anything was decoded
        return
    bytearray(decoding_bytes(kind, layout.width_px * layout.height_px))


def _kind_of(path: Path) -> PictureKind:
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES))


def _prepared(path: Path, destination: Path, kind: PictureKind, limit_bytes: int) -> dict[str, object]:
    layout = _walked(path, kind)
    width_px, height_px = layout.width_px, layout.height_px
    check_dimensions(kind, width_px, height_px)
    if not layout.ended:
        check_without_end(path)
    if layout.kept is not None and not (layout.animated and layout.needs_remake):
        # From here on only what is kept counts: what is left out may be a trap for decoders.
        write_copy(path, destination, layout.kept)
        path = destination
    size_bytes = path.stat().st_size
    found: dict[str, object] = {"kind": kind.value, "animated": layout.animated}
    if (
        kind in _PASSING
        and not layout.needs_remake
        and layout.orientation == 1
        and min(width_px, height_px) >= ENLARGED_PX
        and max(width_px, height_px) <= LARGEST_PX
        and size_bytes < limit_bytes
        and is_opaque(path, kind, layout)
    ):
        made = path == destination
        return {**found, "mime": _PASSING[kind], "width_px": width_px, "height_px": height_px, "made": made}
    remade = remake(path, destination, kind, layout, limit_bytes=limit_bytes)
    return {
        **found,
        "mime": remade.mime,
        "width_px": remade.width_px,
        "height_px": remade.height_px,
        "made": True,
        "enlarged": remade.width_px * remade.height_px > width_px * height_px,
        "reduced": remade.width_px * remade.height_px < width_px * height_px,
        "on_white": remade.on_white,
        "hdr": layout.colours is not None and layout.colours.hdr,
    }


def _walked(path: Path, kind: PictureKind) -> Layout:
    """Walk over the file's parts, and find its dimensions."""
    if kind in _WALKS:
        return _WALKS[kind](path)
    if kind is PictureKind.BMP:
        bmp.check_header(path)
    colours = heif.walk(path, kind) if kind in {PictureKind.HEIF, PictureKind.AVIF} else None
    with open_picture(path, kind) as opened:
        if not (opened.width and opened.height):
            raise damaged("no dimensions")
        animated = kind is PictureKind.AVIF and bool(getattr(opened, "is_animated", False))
        return Layout(opened.width, opened.height, animated=animated, needs_remake=True, colours=colours)
