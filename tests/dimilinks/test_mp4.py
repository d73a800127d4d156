"""Judging files by their boxes."""

import re
import struct
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import Length, Mp4Verdict, judge_mp4
from tests.dimilinks.videos import (
    FTYP,
    MOOV,
    box,
    endless_box,
    fragment,
    large_box,
    mvex,
    mvhd,
    sidx,
    trak,
    whole_mp4,
)
from tests.images.encoded_videos import film

WHOLE = whole_mp4(40)
TWO_S = [500, 500, 500, 500]
MET, UNKNOWN, UNMET = Length.MET, Length.UNKNOWN, Length.UNMET


def verdict(folder: Path, data: bytes, length: Length = Length.UNKNOWN) -> Mp4Verdict:
    path = folder / "file.mp4"
    path.write_bytes(data)
    return judge_mp4(path, length)


def fragmented(promised_ms: int | None, *parts: bytes, moov_ms: int = 0) -> bytes:
    """A film of fragments whose header promises so many milliseconds."""
    return FTYP + box(b"moov", mvhd(moov_ms) + trak() + mvex(promised_ms)) + b"".join(parts)


def open_ended(there_bytes: int) -> bytes:
    """A film of 10 samples of 100 bytes, whose `mdat` reaches to the end of the file."""
    moov = box(b"moov", mvhd(1000) + trak(samples=10, each=100, sizes=100))
    return FTYP + moov + endless_box(b"mdat", bytes(there_bytes))


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        FTYP + box(b"free") + box(b"mdat", b"x") + MOOV,
        FTYP + MOOV + large_box(b"mdat", bytes(100)),
        FTYP + MOOV + endless_box(b"mdat", bytes(100)),
        FTYP + MOOV + box(b"moof") + box(b"mdat") + box(b"moof") + box(b"mdat", b"y") + box(b"mfra"),
        box(b"free") + FTYP + MOOV + box(b"mdat"),
        MOOV + box(b"mdat", b"x"),
        box(b"wide") + box(b"mdat", b"x") + MOOV,
    ],
)
def test_complete_row_of_boxes_is_whole(tmp_path: Path, data: bytes) -> None:
    assert verdict(tmp_path, data) is Mp4Verdict.WHOLE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        FTYP[:5],
        FTYP,
        FTYP + MOOV,
        FTYP + box(b"mdat", b"x"),
        WHOLE + box(b"moof", bytes(20))[:-1],
        WHOLE + box(b"moof", bytes(20)),
        WHOLE + box(b"moof", bytes(20)) + box(b"mdat", bytes(20))[:-1],
        FTYP + MOOV[:-1],
        box(b"mdat", b"x") + MOOV[:-1],
        FTYP + MOOV + struct.pack(">I4sI", 1, b"mdat", 0),
        FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1) + bytes(50),
        FTYP + box(b"free") * 100_001 + MOOV + box(b"mdat"),
    ],
)
def test_missing_and_broken_boxes_are_truncated(tmp_path: Path, data: bytes) -> None:
    assert verdict(tmp_path, data) is Mp4Verdict.TRUNCATED


@pytest.mark.parametrize(
    "behind",
    [
        b"\0",
        bytes(7),
        bytes(500),
        b"\r\n--boundary--\r\n",
        struct.pack(">I4s", 7, b"free"),
        struct.pack(">I4sQ", 1, b"free", 15),
        struct.pack(">I4sI", 1, b"free", 0),
        b"\n",
        b"TAG" + bytes(125),
        b"APETAGEX" + bytes(24),
        b"<html>gateway</html>",
        box(b"free", bytes(100))[:-1],
        box(b"udta", bytes(100))[:20],
        struct.pack(">I4s", 2**31, b"skip"),
    ],
)
@pytest.mark.parametrize("length", [MET, UNKNOWN])
def test_bytes_behind_the_last_box_are_tolerated(tmp_path: Path, behind: bytes, length: Length) -> None:
    assert verdict(tmp_path, WHOLE + behind, length) is Mp4Verdict.WHOLE
    assert verdict(tmp_path, box(b"mdat", b"x") + MOOV + behind, length) is Mp4Verdict.WHOLE


@pytest.mark.parametrize(
    ("data", "length", "expected"),
    [
        (fragmented(4000, fragment(TWO_S), fragment(TWO_S)), UNKNOWN, Mp4Verdict.WHOLE),
        (fragmented(4000, fragment(TWO_S), fragment([1800])), UNKNOWN, Mp4Verdict.WHOLE),
        (fragmented(4000, fragment(TWO_S)), UNKNOWN, Mp4Verdict.DOUBTFUL),
        (fragmented(4000, fragment(TWO_S)), MET, Mp4Verdict.WHOLE),
        (fragmented(4000, fragment(TWO_S), fragment(TWO_S)), UNMET, Mp4Verdict.TRUNCATED),
        (fragmented(4000, fragment(TWO_S), fragment(TWO_S)[:-1]), MET, Mp4Verdict.TRUNCATED),
        (fragmented(4000, fragment(TWO_S), fragment(TWO_S), b"\n"), UNKNOWN, Mp4Verdict.WHOLE),
        (fragmented(None, fragment(TWO_S)), UNKNOWN, Mp4Verdict.WHOLE),
        (fragmented(None, fragment(TWO_S), box(b"styp")[:-1]), UNKNOWN, Mp4Verdict.DOUBTFUL),
        (fragmented(None, fragment(TWO_S), b"\n"), MET, Mp4Verdict.WHOLE),
        (fragmented(2**32 - 1, fragment(TWO_S)), UNKNOWN, Mp4Verdict.WHOLE),
        (fragmented(None, fragment(TWO_S), moov_ms=4000), UNKNOWN, Mp4Verdict.DOUBTFUL),
        (fragmented(None, sidx([2000, 2000]), fragment(TWO_S)), UNKNOWN, Mp4Verdict.DOUBTFUL),
        (fragmented(None, sidx([2000]), fragment(TWO_S)), UNKNOWN, Mp4Verdict.WHOLE),
        (fragmented(2000, fragment(TWO_S, default_bytes=6)), UNKNOWN, Mp4Verdict.TRUNCATED),
        (fragmented(2000, fragment(TWO_S, default_bytes=5)), UNKNOWN, Mp4Verdict.WHOLE),
        (open_ended(1000), UNKNOWN, Mp4Verdict.WHOLE),
        (open_ended(999), UNKNOWN, Mp4Verdict.TRUNCATED),
        (open_ended(999), MET, Mp4Verdict.DOUBTFUL),
        (open_ended(1000), UNMET, Mp4Verdict.TRUNCATED),
        (open_ended(1001), MET, Mp4Verdict.WHOLE),
        (WHOLE, UNMET, Mp4Verdict.DOUBTFUL),
        (WHOLE[:-1], UNMET, Mp4Verdict.TRUNCATED),
    ],
)
def test_what_its_boxes_cannot_tell_its_length_or_its_tables_do(
    tmp_path: Path, data: bytes, length: Length, expected: Mp4Verdict
) -> None:
    assert verdict(tmp_path, data, length) is expected


@pytest.mark.parametrize(
    "data",
    [
        b'{"error": {"message": "x"}}',
        b"<!doctype html>",
        bytes(100),
        b"GIF89a" + WHOLE,
        FTYP + struct.pack(">I4s", 3, b"mdat"),
    ],
)
def test_something_else_is_no_mp4(tmp_path: Path, data: bytes) -> None:
    assert verdict(tmp_path, data) is Mp4Verdict.NOT_MP4


def test_no_beginning_of_a_video_passes_for_a_whole_one(tmp_path: Path) -> None:
    for length in range(len(WHOLE)):
        assert verdict(tmp_path, WHOLE[:length]) is Mp4Verdict.TRUNCATED


@given(st.binary(max_size=200), st.integers(0, len(FTYP + MOOV)))
def test_no_bytes_are_a_surprise(tmp_path_factory: pytest.TempPathFactory, tail: bytes, keep: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    path.write_bytes((FTYP + MOOV)[:keep] + tail)
    assert judge_mp4(path) in Mp4Verdict


@pytest.mark.parametrize("flags", ["+negative_cts_offsets", "faststart", "frag_keyframe+empty_moov"])
def test_files_of_a_real_muxer_are_whole_and_any_cut_shows(tmp_path: Path, flags: str) -> None:
    path = tmp_path / "real.mp4"
    with av.open(str(path), "w", options={"movflags": flags}) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    assert judge_mp4(path) is Mp4Verdict.WHOLE
    path.write_bytes(path.read_bytes()[:-1])
    assert judge_mp4(path) is not Mp4Verdict.WHOLE


def test_every_cut_of_a_real_fragmented_film_is_doubted_at_least(tmp_path: Path) -> None:
    """Its header and its index promise nothing here, so a cut between two fragments shows in nothing."""
    content = film(48, movflags="frag_keyframe+default_base_moof", g="12")
    ends = [match.start() for match in re.finditer(b"moof", content)][1:]
    for cut in range(content.index(b"moof"), len(content), 97):
        passes = verdict(tmp_path, content[:cut]) is Mp4Verdict.WHOLE
        assert not passes or any(cut == end - 4 for end in ends)


@pytest.mark.parametrize("count", [2, 7])
def test_boxes_of_nonsense_promise_nothing(tmp_path: Path, count: int) -> None:
    moov = box(b"moov", box(b"mvhd", bytes(count)) + box(b"trak", bytes(count)) + box(b"mvex", bytes(count)))
    data = FTYP + moov + box(b"sidx", bytes(count)) + box(b"moof", bytes(count)) + box(b"mdat")
    assert verdict(tmp_path, data) is Mp4Verdict.WHOLE


@given(st.binary(max_size=300), st.integers(0, 3))
def test_no_tables_are_a_surprise(tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int) -> None:
    path = tmp_path_factory.getbasetemp() / "tables.mp4"
    whole = bytearray(fragmented(4000, sidx([2000, 2000]), fragment(TWO_S)))
    at = len(whole) * place // 4
    whole[at : at + len(noise)] = noise
    path.write_bytes(whole)
    assert judge_mp4(path) in Mp4Verdict
