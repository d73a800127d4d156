"""Tells if a file is a whole mp4, judged by its boxes: nothing is decoded."""

from enum import Enum, StrEnum, auto
from pathlib import Path
from typing import BinaryIO, Final

from bot.dimilinks.mp4_boxes import HEADER, Box, NoBox, box_at, payload_of
from bot.dimilinks.mp4_media import MediaAccount

_REQUIRED: Final = frozenset({b"moov", b"mdat"})
# A file may only begin with one of these: the brand, which QuickTime leaves out, or a box that the standard and
# QuickTime allow before it.
_FIRST: Final = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pdin", b"uuid"})

# One of these that is cut off is a piece of the film. Anything else that is cut off behind the film may be some
# bytes that a gateway or a tagger has added, which players ignore.
_FILM: Final = frozenset({b"moov", b"mdat", b"moof"})
_COUNTED: Final = frozenset({b"moov", b"moof", b"sidx"})

PEEK_BYTES: Final = HEADER.size
"""Number of leading bytes that `may_begin_mp4` needs."""

# Fragmented files hold some hundred boxes. The bound keeps a file made of empty boxes from taking minutes.
_BOXES_MAX: Final = 100_000
_TABLES_MAX_BYTES: Final = 8 * 1024 * 1024
_SHORT_S: Final = 0.25
"""Seconds that a film may lack of what it promises, as tracks end at different times and numbers are rounded."""


class Mp4Verdict(StrEnum):
    """Judgement of a file."""

    WHOLE = "whole"
    DOUBTFUL = "doubtful"
    """It may be whole: its boxes are, and something else says that the end is missing."""
    TRUNCATED = "truncated"
    """It ends before its boxes do, or before all that a video needs is there."""
    NOT_MP4 = "not_mp4"
    """It does not begin like an mp4, or its boxes make no sense."""


class Length(Enum):
    """Knowledge of a file's length."""

    MET = auto()
    """It is as long as was promised."""
    UNKNOWN = auto()
    UNMET = auto()
    """It is shorter than was promised."""


class _Layout:
    """The boxes of a file, as far as they are whole."""

    def __init__(self, file: BinaryIO, file_bytes: int) -> None:
        self.missing = set(_REQUIRED)
        self.open_ended = False
        self.fragmented = False
        self.ragged = False
        """True if the last bytes are no whole box."""
        self.film_is_cut = False
        self.nonsense = False
        self.media_bytes = 0
        self.counted: list[Box] = []
        begin = 0
        for _ in range(_BOXES_MAX):
            if begin >= file_bytes:
                break
            box = box_at(file, begin, file_bytes)
            if isinstance(box, NoBox):
                self.ragged, self.nonsense = True, box is NoBox.NONSENSE
                return
            if box.end > file_bytes:
                self.ragged = True
                self.film_is_cut = self.film_is_cut or box.kind in _FILM
                return
            self._add(box)
            begin = box.end
        self.film_is_cut = self.film_is_cut or begin < file_bytes

    def _add(self, box: Box) -> None:
        self.missing.discard(box.kind)
        if box.kind in _COUNTED:
            self.counted.append(box)
        if box.kind == b"mdat":
            self.media_bytes += box.payload_bytes
            self.open_ended = self.open_ended or box.open_ended
            self.film_is_cut = False
        elif box.kind == b"moof":
            # Until its samples have come.
            self.fragmented = self.film_is_cut = True


def may_begin_mp4(head: bytes | bytearray) -> bool:
    """True if a file that begins with `head` (at least `PEEK_BYTES` long) can be an mp4 at all."""
    return len(head) >= PEEK_BYTES and HEADER.unpack_from(head)[1] in _FIRST


def judge_mp4(path: Path, length: Length = Length.UNKNOWN) -> Mp4Verdict:
    """Judge a file by its boxes. Blocks: reads the disk; run it in a thread. Raises `OSError`.

    A film whose `moov` and `mdat` are there whole is whole, whatever follows the last box. But the boxes of one
    that is fragmented, or whose `mdat` is open-ended, look whole wherever it was cut. So if the length proves
    nothing, its own tables are asked.

    Args:
        path: The file.
        length: What is known of its length.
    """
    file_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(PEEK_BYTES)
        if len(head) < PEEK_BYTES:
            return Mp4Verdict.TRUNCATED
        if not may_begin_mp4(head):
            return Mp4Verdict.NOT_MP4
        layout = _Layout(file, file_bytes)
        if layout.missing or layout.film_is_cut:
            return Mp4Verdict.NOT_MP4 if layout.nonsense and layout.missing else Mp4Verdict.TRUNCATED
        account = MediaAccount()
        for box in layout.counted:
            if box.payload_bytes <= _TABLES_MAX_BYTES:
                account.add(box.kind, payload_of(file, box))
    return _judge_film(layout, account, length)


def _judge_film(layout: _Layout, account: MediaAccount, length: Length) -> Mp4Verdict:
    """Judge a film whose required boxes are whole."""
    in_fragments = layout.fragmented or account.in_fragments
    if not in_fragments and not layout.open_ended:
        return Mp4Verdict.DOUBTFUL if length is Length.UNMET else Mp4Verdict.WHOLE
    if length is Length.UNMET:
        return Mp4Verdict.TRUNCATED
    if account.sample_bytes > layout.media_bytes:
        return Mp4Verdict.DOUBTFUL if length is Length.MET else Mp4Verdict.TRUNCATED
    if length is Length.MET or not in_fragments:
        return Mp4Verdict.WHOLE
    is_short = account.promised_s - account.covered_s > _SHORT_S
    return Mp4Verdict.DOUBTFUL if is_short or (layout.ragged and not account.states_all) else Mp4Verdict.WHOLE
