"""Picture files for tests, small and of every kind that people send."""

import io
import struct
import zlib

from PIL import Image


def picture(image_format: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A small real picture."""
    buffer = io.BytesIO()
    gradient = Image.linear_gradient("L").resize(size).convert("RGB")
    gradient.save(buffer, image_format)
    return buffer.getvalue()


def png_of(size_bytes: int) -> bytes:
    """A real PNG of exactly this size: a small picture with an ancillary chunk of filling."""
    whole = picture()
    filling = size_bytes - len(whole) - 12
    data = b"\0" * filling
    chunk = struct.pack(">I", filling) + b"stIL" + data + struct.pack(">I", zlib.crc32(b"stIL" + data))
    end = whole.index(b"IEND") - 4
    return whole[:end] + chunk + whole[end:]


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims these dimensions, whatever its data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        whole += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return whole
