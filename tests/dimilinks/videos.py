"""Small files made of top-level boxes."""

import struct


def box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def large_box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(payload)) + payload


def endless_box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I4s", 0, kind) + payload


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")
MOOV = box(b"moov", box(b"mvhd", bytes(100)))


def whole_mp4(media_bytes: int = 5000) -> bytes:
    return FTYP + MOOV + box(b"mdat", b"\x5a" * media_bytes)
