"""Hosted files: signed links, expiry, hosts that misbehave, large uploads."""

from pathlib import Path

import aiohttp
import psutil
import pytest

from bot.sandbox.discord import DiscordSandbox
from tests.sandbox.raw_bot import raw_bot

MIB = 1024 * 1024


async def fetch(url: str) -> tuple[int, bytes]:
    """Status and body of a URL."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.read()


async def test_signed_link_works_until_it_expires_and_fresh_ones_work_again() -> None:
    async with DiscordSandbox() as sandbox:
        attachment = sandbox.upload("my cat.png", b"meow")
        url = attachment.url
        assert url.startswith(f"http://{sandbox.cdn_host}/ephemeral-attachments/")
        assert url.split("?")[0].endswith("/my_cat.png")
        assert await fetch(url) == (200, b"meow")
        attachment.expire()
        assert await fetch(url) == (404, b"This content is no longer available.")
        assert await fetch(attachment.url) == (200, b"meow")
        attachment.delete()
        assert (await fetch(attachment.url))[0] == 404


@pytest.mark.parametrize("change", [("hm=", "hm=0"), ("ex=", "ex=f"), ("?", "?x=1&is=0&y=")])
async def test_link_with_a_changed_signature_is_dead(change: tuple[str, str]) -> None:
    async with DiscordSandbox() as sandbox:
        url = sandbox.upload("cat.png", b"meow").url
        assert (await fetch(url.replace(*change, 1)))[0] == 404
        assert (await fetch(url.split("?")[0]))[0] == 404


async def test_foreign_host_is_another_origin_without_signatures() -> None:
    async with DiscordSandbox() as sandbox:
        attachment = sandbox.foreign_upload("cat.png", b"meow")
        assert sandbox.foreign_host != sandbox.cdn_host
        assert attachment.url.startswith(f"http://{sandbox.foreign_host}/files/")
        assert await fetch(attachment.url) == (200, b"meow")


async def test_host_can_fail_or_break_off() -> None:
    async with DiscordSandbox() as sandbox:
        attachment = sandbox.upload("cat.png", b"m" * MIB)
        attachment.misbehave(status=503)
        assert (await fetch(attachment.url))[0] == 503
        attachment.misbehave(cut_after_bytes=1000)
        with pytest.raises(aiohttp.ClientPayloadError):
            await fetch(attachment.url)
        attachment.misbehave(stall_s=0.05)
        assert await fetch(attachment.url) == (200, b"m" * MIB)


async def test_large_upload_goes_to_disk_and_not_into_memory(tmp_path: Path) -> None:
    size = 200 * MIB
    source = tmp_path / "big.mp4"
    with source.open("wb") as file:
        file.truncate(size)
    async with raw_bot(default_upload_limit_bytes=size, files_dir=tmp_path / "discord") as bot:
        reply = await bot.ask()
        await bot.callback(reply, 5)
        before = psutil.Process().memory_info().rss
        form = bot.form({})
        with source.open("rb") as file:
            form.add_field("files[0]", file, filename="big.mp4")
            assert (await bot.edit(reply, data=form))[0] == 200
        assert psutil.Process().memory_info().rss - before < 30 * MIB
        (video,) = reply.current.videos
        assert video.size_bytes == video.path.stat().st_size == size
        assert video.path.is_relative_to(tmp_path)


async def test_temporary_folder_is_removed_at_the_end() -> None:
    async with DiscordSandbox() as sandbox:
        folder = sandbox.files_dir
        sandbox.upload("cat.png", b"meow")
        assert any((folder / "cdn").iterdir())
    assert not folder.exists()
