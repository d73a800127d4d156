"""Judging files by their boxes."""

import struct
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import Mp4Verdict, judge_mp4
from tests.dimilinks.videos import FTYP, MOOV, box, endless_box, large_box, whole_mp4

WHOLE = whole_mp4(40)


def verdict(folder: Path, data: bytes) -> Mp4Verdict:
    path = folder / "file.mp4"
    path.write_bytes(data)
    return judge_mp4(path)


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        FTYP + box(b"free") + box(b"mdat", b"x") + MOOV,
        FTYP + MOOV + large_box(b"mdat", bytes(100)),
        FTYP + MOOV + endless_box(b"mdat", bytes(100)),
        FTYP + MOOV + box(b"moof") + box(b"mdat") + box(b"moof") + box(b"mdat", b"y") + box(b"mfra"),
        box(b"free") + FTYP + MOOV + box(b"mdat"),
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
        MOOV + box(b"mdat", b"x"),
        WHOLE + box(b"moof", bytes(20))[:-1],
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
    ],
)
def test_bytes_behind_the_last_box_are_tolerated(tmp_path: Path, behind: bytes) -> None:
    assert verdict(tmp_path, WHOLE + behind) is Mp4Verdict.WHOLE


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
    assert judge_mp4(path) is Mp4Verdict.TRUNCATED
