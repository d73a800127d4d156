"""Picture files for tests, small and of every kind that people send."""

import io
import math
import random
import struct
import zlib

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def picture(image_format: str = "PNG", size: tuple[int, int] = (96, 72)) -> bytes:
    """A small real picture."""
    buffer = io.BytesIO()
    gradient = Image.linear_gradient("L").resize(size).convert("RGB")
    gradient.save(buffer, image_format)
    return buffer.getvalue()


def png_of(size_bytes: int) -> bytes:
    """A real PNG of exactly this size: noise that is not compressed, and empty blocks for the rest."""
    width = max(96, int(math.sqrt(size_bytes / 3)))
    row_bytes = 1 + 3 * width
    height = max(72, size_bytes // (row_bytes + 5) - 4)
    noise = random.Random(size_bytes).randbytes(row_bytes * height)
    rows = b"".join(b"\0" + noise[at + 1 : at + row_bytes] for at in range(0, len(noise), row_bytes))
    blocks = [rows[at : at + row_bytes] for at in range(0, len(rows), row_bytes)]
    body = b"\x78\x01" + b"".join(struct.pack("<BHH", 0, len(one), len(one) ^ 0xFFFF) + one for one in blocks)
    end = struct.pack("<BHH", 1, 0, 0xFFFF) + struct.pack(">I", zlib.adler32(rows))
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    left_bytes = size_bytes - 8 - len(header) - 12 - len(body) - len(end) - 12
    # Empty blocks take 5 bytes each and further chunks 12, so that any size can be made up.
    chunks = next(count for count in range(5) if (left_bytes - 12 * count) % 5 == 0)
    body += struct.pack("<BHH", 0, 0, 0xFFFF) * ((left_bytes - 12 * chunks) // 5) + end
    pieces = (
        [body[:1], *(body[at : at + 1] for at in range(1, chunks)), body[max(chunks, 1) :]]
        if chunks
        else [body]
    )
    data = b"".join(_chunk(b"IDAT", piece) for piece in pieces)
    whole = b"\x89PNG\r\n\x1a\n" + header + data + _chunk(b"IEND", b"")
    if len(whole) != size_bytes:
        raise ValueError(f"{len(whole)} instead of {size_bytes} bytes")
    return whole


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims these dimensions, whatever its data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        whole += _chunk(kind, data)
    return whole
