"""Data URLs: exact to the byte, whatever the size, and never of a file that changed."""

import base64
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.images.data_url import _READ_BYTES, DataUrl
from bot.video import ImageMime


async def text_of(path: Path, mime: ImageMime = ImageMime.PNG) -> tuple[bytes, int]:
    url = DataUrl(path, mime)
    return b"".join([chunk async for chunk in url.chunks()]), url.length_bytes


@given(size_bytes=st.integers(0, 3 * _READ_BYTES), mime=st.sampled_from(ImageMime))
@example(size_bytes=0, mime=ImageMime.PNG)
@example(size_bytes=_READ_BYTES - 1, mime=ImageMime.PNG)
@example(size_bytes=_READ_BYTES, mime=ImageMime.PNG)
@example(size_bytes=_READ_BYTES + 1, mime=ImageMime.PNG)
@example(size_bytes=2 * _READ_BYTES + 2, mime=ImageMime.WEBP)
async def test_the_text_is_that_of_the_standard_library_and_its_length_is_known_before(
    size_bytes: int, mime: ImageMime
) -> None:
    data = bytes(index * 7 % 251 for index in range(1000)) * (size_bytes // 1000 + 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture")
        path.write_bytes(data[:size_bytes])
        text, length_bytes = await text_of(path, mime)
    assert text == f"data:{mime};base64,".encode() + base64.b64encode(data[:size_bytes])
    assert length_bytes == len(text)


@pytest.mark.parametrize("change_bytes", [-1, 1, -_READ_BYTES, 5000])
async def test_a_file_that_changed_its_size_is_not_sent_as_if_it_had_not(
    tmp_path: Path, change_bytes: int
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(b"x" * (2 * _READ_BYTES))
    url = DataUrl(path, ImageMime.PNG)
    path.write_bytes(b"x" * (2 * _READ_BYTES + change_bytes))
    sent: list[bytes] = []

    async def send() -> None:
        nonlocal sent
        async for chunk in url.chunks():
            sent += [chunk]

    with pytest.raises(OSError, match="changed while it was read"):
        await send()
    assert sum(map(len, sent)) <= url.length_bytes


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DataUrl(tmp_path / "nowhere", ImageMime.PNG)
