"""Content credentials in finished files: valid whatever was done to the file, and none where they cannot be."""

import json
import stat
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from structlog.testing import capture_logs

from bot import __version__
from bot.children.pool import ChildPool
from bot.video_files.credentials import (
    ContentCredentials,
    IdentityFiles,
    NotSignedError,
    signing_pool,
)
from bot.video_files.decoding.credentials import credentials_bytes
from bot.video_files.finishing import (
    AigcMark,
    FinishedBy,
    FinishedVideo,
    FinishOrder,
    VideoFinishing,
    finishing_pool,
)
from tests.images.encoded_videos import film
from tests.video_files.credentials import NOT_INSTALLED, REASON, shown, signed_elsewhere
from tests.video_files.scenes import Scene, write

pytestmark = pytest.mark.skipif(NOT_INSTALLED, reason=REASON)

_PYAV: Any = av  # its annotations leave out half of what is used here
MIB = 1024 * 1024
MARK = AigcMark("Stillmotion", "job-1", "Made by AI with Stillmotion")
BY_AI = ("c2pa.created", "trainedAlgorithmicMedia")
OPENED = ("c2pa.opened", "")
UNKNOWN_SIGNER = {"signingCredential.untrusted"}
"""What a viewer finds wrong with a file whose signer it does not know, and otherwise nothing."""
ROUGH = film(80, qp="1")
GARBAGE = (
    (24 + 8).to_bytes(4, "big") + b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"manifest"
)


@pytest.fixture
def files(tmp_path: Path) -> IdentityFiles:
    folder = tmp_path / "marks"
    return IdentityFiles(folder / "key.pem", folder / "certificate.pem", made_here=True)


@pytest.fixture
async def signing() -> AsyncGenerator[ChildPool]:
    async with signing_pool(768 * MIB) as opened:
        yield opened


@pytest.fixture
async def credentials(signing: ChildPool, files: IdentityFiles) -> ContentCredentials:
    made = ContentCredentials(signing, files)
    assert (await made.prepare()).until is not None
    return made


@pytest.fixture
async def finishing(credentials: ContentCredentials) -> AsyncGenerator[VideoFinishing]:
    async with finishing_pool(768 * MIB) as pool:
        yield VideoFinishing(pool, credentials)


async def finished(finishing: VideoFinishing, source: Path, **order: Any) -> FinishedVideo:
    wanted = replace(FinishOrder(10 * MIB, MARK, sign=True), **order)
    made = await finishing.finish("ada", source, source.with_suffix(".post.mp4"), wanted, lambda _: None)
    assert made.size_bytes == made.path.stat().st_size <= wanted.limit_bytes
    assert not list(source.parent.glob("*.part"))
    assert not list(source.parent.glob("*.signed"))
    return made


def tag(path: Path) -> dict[str, str] | None:
    """The mark of GB 45438-2025; every frame can be decoded."""
    with _PYAV.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 5
        found = container.metadata.get("AIGC")
        return json.loads(found) if found is not None else None


def boxes(path: Path) -> list[bytes]:
    content, found, at = path.read_bytes(), [], 0
    while at < len(content):
        found.append(content[at + 4 : at + 8])
        at += int.from_bytes(content[at : at + 4], "big")
    return found


LARGE = 10 * MIB
PATHS = pytest.mark.parametrize(
    ("limit_bytes", "visible", "by", "changes"),
    [
        (LARGE, None, FinishedBy.REMUXED, [("c2pa.repackaged", "")]),
        (len(ROUGH) // 2, None, FinishedBy.COMPRESSED, [("c2pa.transcoded", "")]),
        (LARGE, "Made by AI", FinishedBy.COMPRESSED, [("c2pa.transcoded", ""), ("c2pa.edited", "")]),
    ],
    ids=["remuxed", "fitted", "visible"],
)


@PATHS
async def test_a_file_is_valid_and_marked_whatever_was_done_to_it(
    finishing: VideoFinishing,
    tmp_path: Path,
    limit_bytes: int,
    visible: str | None,
    by: FinishedBy,
    changes: list[tuple[str, str]],
) -> None:
    source = tmp_path / "job-1.mp4"
    source.write_bytes(ROUGH)
    made = await finished(finishing, source, limit_bytes=limit_bytes, visible_text=visible)
    assert made.by is by
    found = shown(made.path)
    assert found is not None
    assert (found.state, found.problems, found.before) == ("Valid", UNKNOWN_SIGNER, [])
    assert found.actions == [BY_AI]
    assert found.active["title"] == "job-1.mp4"
    maker = found.active["claim_generator_info"][0]
    assert (maker["name"], maker["version"]) == ("Stillmotion", __version__)
    mark = tag(made.path)
    assert mark is not None
    assert mark["ProduceID"] == "job-1"
    order = boxes(made.path)
    assert order.index(b"moov") < order.index(b"mdat")


@PATHS
async def test_credentials_of_the_original_are_kept(
    finishing: VideoFinishing,
    tmp_path: Path,
    limit_bytes: int,
    visible: str | None,
    by: FinishedBy,
    changes: list[tuple[str, str]],
) -> None:
    source = signed_elsewhere(tmp_path / "job-1.mp4", ROUGH)
    made = await finished(finishing, source, limit_bytes=limit_bytes, visible_text=visible)
    assert made.by is by
    found = shown(made.path)
    assert found is not None
    assert (found.state, found.problems) == ("Valid", UNKNOWN_SIGNER)
    assert [one["title"] for one in found.before] == ["theirs.mp4"]
    assert found.actions == [OPENED, *changes]
    assert tag(made.path) is not None


async def test_what_is_wrong_with_credentials_of_the_original_is_no_fault_of_the_file(
    finishing: VideoFinishing, tmp_path: Path
) -> None:
    source = signed_elsewhere(tmp_path / "job-1.mp4", ROUGH)
    content = bytearray(source.read_bytes())
    content[content.index(b"mdat") + len(ROUGH) // 2] ^= 1
    source.write_bytes(content)
    found = shown((await finished(finishing, source)).path)
    assert found is not None
    assert (found.state, found.problems) == ("Valid", UNKNOWN_SIGNER)
    (ingredient,) = found.active["ingredients"]
    failed = ingredient["validation_results"]["activeManifest"]["failure"]
    assert "assertion.bmffHash.mismatch" in {one["code"] for one in failed}


async def test_credentials_that_nobody_can_read_are_replaced(
    finishing: VideoFinishing, tmp_path: Path
) -> None:
    source = tmp_path / "job-1.mp4"
    source.write_bytes(ROUGH + GARBAGE)
    with capture_logs() as logs:
        found = shown((await finished(finishing, source)).path)
    assert found is not None
    assert (found.state, found.actions) == ("Valid", [BY_AI])
    assert "credentials_not_kept" in {line["event"] for line in logs}


@pytest.mark.parametrize("theirs", [False, True], ids=["plain", "signed elsewhere"])
async def test_a_file_that_cannot_be_signed_goes_without(
    finishing: VideoFinishing, files: IdentityFiles, tmp_path: Path, *, theirs: bool
) -> None:
    """A video with credentials stays as it came then: they would be lost for a tag."""
    source = tmp_path / "job-1.mp4"
    source.write_bytes(ROUGH)
    if theirs:
        signed_elsewhere(source, ROUGH)
    files.key.unlink()
    with capture_logs() as logs:
        made = await finished(finishing, source)
    assert [line["fault"] for line in logs if line["event"] == "video_not_signed"] == ["key_unreadable"]
    found = shown(made.path)
    if theirs:
        assert made.by is FinishedBy.UNCHANGED
        assert made.path.read_bytes() == source.read_bytes()
    else:
        assert found is None
        assert tag(made.path) is not None


async def test_without_the_extra_or_a_key_a_video_with_credentials_stays_as_it_came(
    signing: ChildPool, files: IdentityFiles, tmp_path: Path
) -> None:
    source = signed_elsewhere(tmp_path / "job-1.mp4", ROUGH)
    unusable = ContentCredentials(signing, replace(files, made_here=False))
    assert (await unusable.prepare()).fault == "missing"
    async with finishing_pool(768 * MIB) as pool:
        for credentials in (None, unusable):
            made = await finished(VideoFinishing(pool, credentials), source)
            assert made.by is FinishedBy.UNCHANGED
            assert made.path.read_bytes() == source.read_bytes()


async def test_the_limit_counts_credentials_as_well(finishing: VideoFinishing, tmp_path: Path) -> None:
    source = tmp_path / "job-1.mp4"
    source.write_bytes(ROUGH)
    made = await finished(finishing, source, limit_bytes=len(ROUGH) + 1000)
    assert made.by is FinishedBy.COMPRESSED
    assert shown(made.path) is not None


async def test_a_file_that_signing_makes_too_large_goes_without(
    finishing: VideoFinishing, files: IdentityFiles, tmp_path: Path
) -> None:
    source = tmp_path / "job-1.mp4"
    source.write_bytes(ROUGH)
    own, _, above = files.certificate.read_text().partition("-----END CERTIFICATE-----\n")
    files.certificate.write_text(f"{own}-----END CERTIFICATE-----\n{above * 100}")
    with capture_logs() as logs:
        made = await finished(finishing, source, limit_bytes=len(ROUGH) + 40_000)
    assert [line["fault"] for line in logs if line["event"] == "video_not_signed"] == ["too_large"]
    assert made.by is FinishedBy.REMUXED
    assert shown(made.path) is None
    assert tag(made.path) is not None


@pytest.mark.slow
@pytest.mark.parametrize("scene", [Scene("photograph", 1280, 720, 6, 4 * MIB)], ids=lambda scene: scene.name)
async def test_a_whole_video_with_sound_is_valid(
    finishing: VideoFinishing, tmp_path: Path, scene: Scene
) -> None:
    source = write(scene, tmp_path / "job-1.mp4")
    for limit_bytes in (LARGE, 2 * MIB):
        found = shown((await finished(finishing, source, limit_bytes=limit_bytes)).path)
        assert found is not None
        assert (found.state, found.problems) == ("Valid", UNKNOWN_SIGNER)


async def test_a_key_is_made_once_and_nobody_else_reads_it(
    signing: ChildPool, credentials: ContentCredentials, files: IdentityFiles
) -> None:
    first = files.key.read_bytes()
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.key.parent.stat().st_mode) == 0o700
    with capture_logs() as logs:
        assert (await ContentCredentials(signing, files).prepare()).until is not None
    assert files.key.read_bytes() == first
    told = f"{logs}{files}{credentials!r}"
    assert "PRIVATE" not in told
    assert first.splitlines()[1].decode() not in told


async def test_a_film_that_is_none_is_a_named_fault(credentials: ContentCredentials, tmp_path: Path) -> None:
    source = tmp_path / "job-1.mp4"
    source.write_bytes(b"text" * 100)
    with pytest.raises(NotSignedError, match="c2pa_"):
        await credentials.sign(source, tmp_path / "signed", title="x", original=None, changes=[])


@pytest.mark.parametrize(
    ("content", "size_bytes"),
    [
        (ROUGH, 0),
        (ROUGH + GARBAGE, len(GARBAGE)),
        (GARBAGE + ROUGH + GARBAGE, 2 * len(GARBAGE)),
        ((1 << 30).to_bytes(4, "big") + GARBAGE[4:], len(GARBAGE)),
        (bytes(4) + GARBAGE[4:], len(GARBAGE)),
        (b"", 0),
        (b"\x00\x00\x00\x08free" * 20_000, 0),
    ],
    ids=["none", "behind", "twice", "beyond the end", "up to the end", "empty", "many boxes"],
)
def test_credentials_are_found_by_their_box(tmp_path: Path, content: bytes, size_bytes: int) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert credentials_bytes(str(path)) == size_bytes
