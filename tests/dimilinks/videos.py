"""Small files made of boxes."""

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


def mvhd(duration: int, timescale: int = 1000) -> bytes:
    return box(b"mvhd", struct.pack(">5I", 0, 0, 0, timescale, duration) + bytes(80))


def trak(number: int = 1, *, timescale: int = 1000, samples: int = 0, each: int = 0, sizes: int = 0) -> bytes:
    """A track: so many `samples` of `each` units and `sizes` bytes; none in a fragmented file."""
    table = box(
        b"stbl",
        box(b"stts", struct.pack(">4I", 0, 1, samples, each))
        + box(b"stsz", struct.pack(">3I", 0, sizes, samples)),
    )
    header = box(b"tkhd", struct.pack(">4I", 0, 0, 0, number) + bytes(68))
    media = box(b"mdhd", struct.pack(">5I", 0, 0, 0, timescale, 0) + bytes(4))
    return box(b"trak", header + box(b"mdia", media + box(b"minf", table)))


def mvex(fragment_duration: int | None = None, *, each: int = 0) -> bytes:
    mehd = box(b"mehd", struct.pack(">2I", 0, fragment_duration)) if fragment_duration is not None else b""
    return box(b"mvex", mehd + box(b"trex", struct.pack(">6I", 0, 1, 1, each, 0, 0)))


def fragment(durations: list[int], media: bytes = bytes(20), *, default_bytes: int = 0) -> bytes:
    """A `moof` whose samples last so long, and its `mdat`."""
    trun = box(b"trun", struct.pack(">2I", 0x101, len(durations)) + struct.pack(">I", 0))
    trun = box(b"trun", trun[8:] + struct.pack(f">{len(durations)}I", *durations))
    tfhd = box(b"tfhd", struct.pack(">3I", 0x10, 1, default_bytes))
    return box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", tfhd + trun)) + box(b"mdat", media)


def sidx(durations: list[int], timescale: int = 1000) -> bytes:
    rows = b"".join(struct.pack(">3I", 100, duration, 0) for duration in durations)
    return box(b"sidx", struct.pack(">5I2H", 0, 1, timescale, 0, 0, 0, len(durations)) + rows)
