"""Counts seconds and bytes of an mp4's samples: those that its tables list, and those of them that are in the file.

`mp4.py` tells by it if the file is whole.

Source: ISO/IEC 14496-12, 8 (movie and track headers, sample tables, movie fragments) and 8.16.3 (segment index).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.dimilinks.mp4_boxes import boxes_in

_WORD: Final = struct.Struct(">I")
_LONG: Final = struct.Struct(">Q")
_UNKNOWN: Final = frozenset({2**32 - 1, 2**64 - 1})
"""Durations of all ones mean that it is not known."""


@dataclass
class _Track:
    """One track: `units` of `timescale` a second that its samples cover, and the defaults of its fragments."""

    timescale: int = 0
    units: int = 0
    default_units: int = 0
    default_bytes: int = 0

    @property
    def covered_s(self) -> float:
        return self.units / self.timescale if self.timescale else 0.0


class MediaAccount:
    """Adds up a file's boxes. What cannot be read adds nothing.

    Attributes:
        promised_s: Seconds that the longest of the file's own statements promises; 0 without any.
        in_fragments: True if the header announces fragments.
        states_all: True if the duration of all fragments together is among the statements.
        sample_bytes: Bytes of all samples that the tables list.
    """

    def __init__(self) -> None:
        self.promised_s = 0.0
        self.in_fragments = False
        self.states_all = False
        self.sample_bytes = 0
        self._tracks: dict[int, _Track] = {}
        self._indexed_s: dict[int, float] = {}

    @property
    def covered_s(self) -> float:
        """Seconds that the samples of the longest track cover."""
        return max((track.covered_s for track in self._tracks.values()), default=0.0)

    def add(self, kind: bytes, payload: bytes) -> None:
        """Count a box of the top level: `moov`, `moof` or `sidx`."""
        readers: dict[bytes, Callable[[bytes], None]] = {
            b"moov": self._add_movie,
            b"moof": self._add_fragment,
            b"sidx": self._add_index,
        }
        try:
            readers[kind](payload)
        except (struct.error, IndexError, ZeroDivisionError):
            return

    def _promise(self, units: int, timescale: int) -> None:
        if units not in _UNKNOWN and timescale:
            self.promised_s = max(self.promised_s, units / timescale)

    def _add_movie(self, payload: bytes) -> None:
        timescale = 0
        for kind, contents in boxes_in(payload):
            match kind:
                case b"mvhd":
                    timescale = _WORD.unpack_from(contents, 20 if contents[0] else 12)[0]
                    self._promise(_number(contents, contents[0], 24 if contents[0] else 16), timescale)
                case b"trak":
                    self._add_track(contents)
                case b"mvex":
                    self.in_fragments = True
                    self._add_defaults(contents, timescale)
                case _:
                    pass

    def _add_track(self, payload: bytes) -> None:
        header = _one(payload, b"tkhd")
        media = _one(payload, b"mdia")
        media_header, table = _one(media, b"mdhd"), _one(_one(media, b"minf"), b"stbl")
        track = self._track(_WORD.unpack_from(header, 20 if header[0] else 12)[0])
        track.timescale = _WORD.unpack_from(media_header, 20 if media_header[0] else 12)[0]
        times, sizes = _one(table, b"stts"), _one(table, b"stsz")
        track.units += sum(count * delta for count, delta in struct.iter_unpack(">II", _rows(times, 4, 8)))
        same_bytes, count = struct.unpack_from(">II", sizes, 4)
        self.sample_bytes += same_bytes * count or sum(_words(_rows(sizes, 8, 4)))

    def _add_defaults(self, payload: bytes, timescale: int) -> None:
        for kind, contents in boxes_in(payload):
            if kind == b"mehd":
                self._promise(_number(contents, contents[0], 4), timescale)
                self.states_all = self.promised_s > 0
            elif kind == b"trex":
                number, _, units, size_bytes = struct.unpack_from(">4I", contents, 4)
                track = self._track(number)
                track.default_units, track.default_bytes = units, size_bytes

    def _add_fragment(self, payload: bytes) -> None:
        for kind, contents in boxes_in(payload):
            if kind == b"traf":
                self._add_track_fragment(contents)

    def _add_track_fragment(self, payload: bytes) -> None:
        header = _one(payload, b"tfhd")
        flags, number = struct.unpack_from(">II", header)
        track = self._track(number)
        units, size_bytes, at = track.default_units, track.default_bytes, 8
        at += 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
        if flags & 0x8:
            units = _WORD.unpack_from(header, at)[0]
            at += 4
        if flags & 0x10:
            size_bytes = _WORD.unpack_from(header, at)[0]
        for kind, contents in boxes_in(payload):
            if kind == b"trun":
                run = _Run(contents, units, size_bytes)
                track.units += run.units
                self.sample_bytes += run.sample_bytes

    def _add_index(self, payload: bytes) -> None:
        stream, timescale = struct.unpack_from(">II", payload, 4)
        rows = payload[32 if payload[0] else 24 :]
        count = struct.unpack_from(">H", payload, 30 if payload[0] else 22)[0]
        # Rows with the highest bit set refer to further indexes, which count for themselves.
        units = sum(
            duration
            for size, duration, _ in struct.iter_unpack(">3I", rows[: len(rows) // 12 * 12][: 12 * count])
            if not size >> 31
        )
        self._indexed_s[stream] = self._indexed_s.get(stream, 0.0) + units / timescale
        self.promised_s = max(self.promised_s, self._indexed_s[stream])

    def _track(self, number: int) -> _Track:
        return self._tracks.setdefault(number, _Track())


class _Run:
    """The samples of one `trun`: how long they last, in units, and how large they are."""

    def __init__(self, payload: bytes, units: int, size_bytes: int) -> None:
        flags, count = struct.unpack_from(">II", payload)
        rows = payload[8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4) :]
        columns = [bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800)]
        words = _words(rows[: len(rows) // 4 * 4])[: sum(columns) * count]
        self.units = sum(words[:: sum(columns)]) if columns[0] else units * count
        self.sample_bytes = sum(words[columns[0] :: sum(columns)]) if columns[1] else size_bytes * count


def _one(payload: bytes, wanted: bytes) -> bytes:
    """Return the contents of the first box of a kind. Raises `IndexError` if there is none."""
    return [contents for kind, contents in boxes_in(payload) if kind == wanted][0]  # noqa: RUF015


def _number(contents: bytes, version: int, at: int) -> int:
    """Return a duration: 64 bits long in version 1 of a box."""
    return (_LONG if version else _WORD).unpack_from(contents, at)[0]


def _rows(contents: bytes, count_at: int, row_bytes: int) -> bytes:
    """Return the rows of a table, whose number stands at `count_at`, as far as they are there."""
    count = _WORD.unpack_from(contents, count_at)[0]
    rows = contents[count_at + 4 :]
    return rows[: min(count, len(rows) // row_bytes) * row_bytes]


def _words(rows: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(rows) // 4}I", rows)
