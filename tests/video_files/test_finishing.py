"""The file that is posted: marked, rid of what nobody sees, otherwise as it was; and named faults."""

import io
import json
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest

from bot.children.pool import ChildPool
from bot.video_files.finishing import (
    AigcMark,
    FinishedBy,
    FinishedVideo,
    FinishOrder,
    NotFinishedError,
    VideoFinishing,
)
from tests.images.encoded_videos import film, sound
from tests.video_files.films import encoded, quarters

_PYAV: Any = av  # its annotations leave out half of what is used here
ONE = 1 << 16
MIB = 1024 * 1024
MARK = AigcMark("Stillmotion", "job-1", "Made by AI with Stillmotion")
CREDENTIALS = (
    (24 + 8).to_bytes(4, "big") + b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"manifest"
)


async def finished(
    pool: ChildPool,
    folder: Path,
    content: bytes,
    *,
    limit_bytes: int = 10 * MIB,
    mark: AigcMark | None = MARK,
    **order: Any,
) -> FinishedVideo:
    source = folder / "job-1.mp4"
    source.write_bytes(content)
    wanted = FinishOrder(limit_bytes, mark, **order)
    shares: list[float] = []
    made = await VideoFinishing(pool).finish("ada", source, folder / "job-1.post.mp4", wanted, shares.append)
    assert sorted(path.name for path in folder.iterdir()) == ["job-1.mp4", "job-1.post.mp4"]
    assert source.read_bytes() == content
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return made


def packets(content: bytes) -> list[tuple[int, str]]:
    """The film's packets: milliseconds since the first, and a digest."""
    with _PYAV.open(io.BytesIO(content)) as container:
        found = [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(container.streams.video[0])
            if packet.size
        ]
    first = min(at for at, _ in found)
    return [(round(1000 * (at - first)), sha256(part).hexdigest()) for at, part in found]


def tags(path: Path) -> dict[str, str]:
    with _PYAV.open(str(path)) as container:
        return dict(container.metadata)


def boxes(content: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(content):
        found.append(content[at + 4 : at + 8])
        at += int.from_bytes(content[at : at + 4], "big")
    return found


@pytest.mark.parametrize(
    ("content_of", "matrix", "ratio"),
    [
        (lambda: film(40), None, None),
        (lambda: film(40, bf="3", g="12"), None, None),
        (lambda: film(40, first_pts=100), None, None),
        (lambda: film(40, movflags="frag_keyframe+empty_moov", g="12"), None, None),
        (lambda: film(40) + b"\n", None, None),
        (
            lambda: encoded([quarters()] * 6, matrix=(0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)),
            (0, ONE, 0, -ONE),
            None,
        ),
        (lambda: encoded([quarters()] * 6, pixel_ratio=Fraction(4, 3)), None, Fraction(4, 3)),
    ],
    ids=["plain", "reordered", "late", "fragments", "and a newline", "turned", "oblong pixels"],
)
async def test_a_film_is_marked_and_otherwise_as_it_was(
    pool: ChildPool,
    tmp_path: Path,
    content_of: Callable[[], bytes],
    matrix: tuple[int, ...] | None,
    ratio: Fraction | None,
) -> None:
    content = content_of()
    made = await finished(pool, tmp_path, content)
    assert made.by is FinishedBy.REMUXED
    whole = made.path.read_bytes()
    assert packets(whole) == packets(content)
    assert boxes(whole)[:2] == [b"ftyp", b"moov"]
    assert json.loads(tags(made.path)["AIGC"]) == {
        "Label": "1",
        "ContentProducer": "Stillmotion",
        "ProduceID": "job-1",
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }
    assert tags(made.path)["comment"] == "Made by AI with Stillmotion"
    with _PYAV.open(str(made.path)) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))
        assert stream.sample_aspect_ratio == ratio
        found = frame.side_data.get("DISPLAYMATRIX")
        numbers = memoryview(bytes(found)).cast("i") if found is not None else None
        assert (numbers and (numbers[0], numbers[1], numbers[2], numbers[3])) == matrix


async def test_colour_tags_stay(pool: ChildPool, tmp_path: Path) -> None:
    colours = {"colorspace": 1, "color_range": 2, "color_primaries": 12, "color_trc": 13}
    made = await finished(pool, tmp_path, encoded([quarters()] * 3, tags=colours))
    with _PYAV.open(str(made.path)) as container:
        frame = next(container.decode(video=0))
        assert {name: getattr(frame, name) for name in colours} == colours


@pytest.mark.parametrize("limit_bytes", [10 * MIB, 20_000])
async def test_without_a_mark_only_the_limit_changes_anything(
    pool: ChildPool, tmp_path: Path, limit_bytes: int
) -> None:
    padding = (100_008).to_bytes(4, "big") + b"free" + bytes(100_000)
    content = film(40) + padding
    made = await finished(pool, tmp_path, content, mark=None, limit_bytes=limit_bytes)
    if limit_bytes > len(content):
        assert made.by is FinishedBy.UNCHANGED
        assert made.path.read_bytes() == content
    else:
        assert made.by is FinishedBy.REMUXED
        assert packets(made.path.read_bytes()) == packets(content)
        assert "AIGC" not in tags(made.path)
    assert made.size_bytes == made.path.stat().st_size <= limit_bytes
    assert (made.width_px, made.height_px) == (160, 96)
    assert made.duration_s == pytest.approx(40 / 24, abs=0.01)


@pytest.mark.parametrize("sign", [False, True])
async def test_a_film_with_credentials_stays_as_it_is_where_nothing_gives_it_new_ones(
    pool: ChildPool, tmp_path: Path, *, sign: bool
) -> None:
    content = film(40) + CREDENTIALS
    made = await finished(pool, tmp_path, content, sign=sign)
    assert made.by is FinishedBy.UNCHANGED
    assert made.path.read_bytes() == content


async def test_who_made_the_film_stays_in_its_mark(pool: ChildPool, tmp_path: Path) -> None:
    first = await finished(pool, tmp_path, film(10), mark=AigcMark("Studio", "film-9", "Made by AI"))
    made = await finished(pool, tmp_path, _moved(first.path))
    found = json.loads(tags(made.path)["AIGC"])
    assert (found["ContentProducer"], found["ProduceID"]) == ("Studio", "film-9")
    assert (found["ContentPropagator"], found["PropagateID"]) == ("Stillmotion", "job-1")


def _moved(path: Path) -> bytes:
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.mark.parametrize(
    "content_of",
    [
        lambda: film(40)[:3000],
        lambda: b"",
        lambda: b"text" * 100,
        sound,
        lambda: b"#EXTM3U\n#EXTINF:5,\nfile:/etc/hostname\n#EXT-X-ENDLIST\n",
    ],
    ids=["truncated", "empty", "text", "sound", "playlist"],
)
async def test_what_is_no_film_is_a_named_fault(
    pool: ChildPool, tmp_path: Path, content_of: Callable[[], bytes]
) -> None:
    content = content_of()
    with pytest.raises(NotFinishedError) as failed:
        await finished(pool, tmp_path, content)
    assert failed.value.hopeless
    assert [path.name for path in tmp_path.iterdir()] == ["job-1.mp4"]
