"""`python -m bot check` in an operator's first minutes: `.env`, install link, permissions, ports, children."""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.app import closed_folder
from bot.cli.check_line import CheckLine
from bot.cli.decoding_check import check_decoding
from bot.cli.install_checks import check_install_link, check_permissions
from bot.cli.local_checks import check_env_file, check_links, check_metrics
from bot.media_links.server import LinkedVideo, MediaLinks
from bot.media_links.signing import LinkSigner
from bot.metrics import Metrics
from bot.sandbox.sandbox import Sandbox
from bot.settings import Settings, load
from bot.storage.opening import open_database
from cogs.installation import invite_link


def settings_of(sandbox: Sandbox, tmp_path: Path, **changes: Any) -> Settings:
    """The settings of a bot that runs against the sandbox."""
    own = {name.lower(): value for name, value in sandbox.environment.items()}
    return load({**own, "data_dir": tmp_path / "data", **changes}, env_file=None)


@contextmanager
def taken_port() -> Generator[str]:
    """An address on which something else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def test_the_install_link_asks_for_what_the_bot_needs(sandbox: Sandbox, tmp_path: Path) -> None:
    line = await check_install_link(settings_of(sandbox, tmp_path))
    link = invite_link(sandbox.discord.application_id)
    assert line == CheckLine("install link", passed=True, told=link)
    assert f"client_id={sandbox.discord.application_id}" in link
    assert "scope=bot+applications.commands" in link
    # View Audit Log, View Channels, Send Messages, Embed Links, Attach Files, Read Message History, and in Threads
    bits = 1 << 7 | 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 38
    assert f"permissions={bits}" in link


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        (
            {"0": {"oauth2_install_params": {"scopes": ["bot"], "permissions": "3072"}}},
            "commands, Send Messages in",
        ),
        ({"0": {"oauth2_install_params": {"scopes": ["bot"], "permissions": "3072"}}}, "Attach Files"),
        ({"0": {}}, "the scope bot"),
        ({}, "View Channels"),
        ({"1": {}}, "*Guild Install* is switched off"),
    ],
)
async def test_what_the_portals_own_settings_lack_is_a_warning(
    sandbox: Sandbox, tmp_path: Path, kinds: dict[str, Any], named: str
) -> None:
    sandbox.discord.core.application_changes["integration_types_config"] = kinds
    line = await check_install_link(settings_of(sandbox, tmp_path))
    assert line.passed
    assert line.warns
    assert named in line.told


async def test_servers_are_named_with_what_the_bot_lacks_there(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(sandbox, tmp_path)
    assert (await check_permissions(settings)).told.startswith("it is in no server yet")
    whole = sandbox.discord.add_guild("Whole")
    assert await check_permissions(settings) == CheckLine(
        "permissions", passed=True, told="all it needs, in 1 server"
    )
    for number in range(4):
        guild = sandbox.discord.add_guild(f"Bare {number}")
        for role in guild.roles:
            role.permissions = whole.roles[0].permissions & ~(1 << 15)
    line = await check_permissions(settings)
    assert (line.passed, line.warns) == (True, True)
    assert (
        "in Bare 0: Attach Files; in Bare 1: Attach Files; in Bare 2: Attach Files; and in 1 more"
        in line.told
    )
    assert "Whole" not in line.told


async def test_all_servers_are_looked_at_however_many(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(401):
        sandbox.discord.add_guild(f"Server {number}")
    line = await check_permissions(settings_of(sandbox, tmp_path))
    assert line.told == "all it needs, in 401 servers"


async def test_a_port_for_metrics_has_to_be_free(sandbox: Sandbox, tmp_path: Path) -> None:
    assert (await check_metrics(settings_of(sandbox, tmp_path))).told.startswith("off")
    free = settings_of(sandbox, tmp_path, metrics_address=f"127.0.0.1:{free_port()}")
    assert (await check_metrics(free)).passed
    with taken_port() as address:
        line = await check_metrics(settings_of(sandbox, tmp_path, metrics_address=address))
    assert not line.passed
    assert f"METRICS_ADDRESS: {address} cannot be used (Address already in use)" in line.told


async def test_a_port_that_the_bot_itself_serves_is_well_while_it_runs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    port = free_port()
    settings = settings_of(sandbox, tmp_path, metrics_address=f"127.0.0.1:{port}")
    stop = Metrics().serve("127.0.0.1", port)
    try:
        assert not (await check_metrics(settings)).passed  # another bot's
        async with open_database(None, settings.data_dir):
            line = await check_metrics(settings)
    finally:
        stop()
    assert line.passed
    assert line.told == f"127.0.0.1:{port} is served by the bot that runs"


def with_links(sandbox: Sandbox, tmp_path: Path, address: str) -> Settings:
    return settings_of(sandbox, tmp_path, media_url="https://media.example", media_address=address)


async def test_a_port_for_links_has_to_be_free(sandbox: Sandbox, tmp_path: Path) -> None:
    assert (await check_links(settings_of(sandbox, tmp_path))).told.startswith("off")
    free = f"127.0.0.1:{free_port()}"
    line = await check_links(with_links(sandbox, tmp_path, free))
    assert line == CheckLine("links", passed=True, told=f"{free} is free")
    with taken_port() as address:
        line = await check_links(with_links(sandbox, tmp_path, address))
    assert not line.passed
    assert f"MEDIA_ADDRESS: {address} cannot be used (Address already in use)" in line.told


async def test_an_address_for_links_that_this_machine_does_not_have_is_found(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    line = await check_links(with_links(sandbox, tmp_path, "192.0.2.1:8080"))
    assert not line.passed
    assert "MEDIA_ADDRESS: 192.0.2.1:8080 cannot be used" in line.told


class NoVideos:
    """A source of links in which nothing is."""

    async def find(self, job_id: str) -> LinkedVideo | None:
        raise AssertionError(job_id)

    async def may_go_on(self, job_id: str) -> bool:
        raise AssertionError(job_id)


async def test_links_that_the_bot_itself_serves_are_well_while_it_runs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    links = MediaLinks(LinkSigner(b"k" * 32), NoVideos(), prefix="", now=lambda: datetime.now(UTC))
    async with links.serving("127.0.0.1", 0) as port:
        settings = with_links(sandbox, tmp_path, f"127.0.0.1:{port}")
        assert not (await check_links(settings)).passed  # another bot's
        async with open_database(None, settings.data_dir):
            line = await check_links(settings)
    assert line == CheckLine("links", passed=True, told=f"127.0.0.1:{port} is served by the bot that runs")


async def test_a_port_for_links_that_something_else_has_while_the_bot_runs_is_found(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    port = free_port()
    stop = Metrics().serve("127.0.0.1", port)
    settings = with_links(sandbox, tmp_path, f"127.0.0.1:{port}")
    try:
        async with open_database(None, settings.data_dir):
            line = await check_links(settings)
    finally:
        stop()
    assert not line.passed


async def test_the_processes_for_pictures_and_videos_are_tried(sandbox: Sandbox, tmp_path: Path) -> None:
    line = await check_decoding(settings_of(sandbox, tmp_path))
    assert line.passed
    assert line.told.startswith("a small picture was prepared")


async def test_a_process_that_has_too_little_memory_to_start_is_found(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(sandbox, tmp_path).model_copy(update={"child_memory_mb": 8})
    line = await check_decoding(settings)
    assert not line.passed
    assert "CHILD_MEMORY_MB=8" in line.told


def test_the_file_of_settings_is_named_and_secrets_that_others_can_read_are_a_warning(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    absent = check_env_file(path)
    assert absent.passed
    assert f"there is no {path}" in absent.told
    path.write_text("DISCORD_TOKEN=x\n")
    path.chmod(0o640)
    assert check_env_file(path).warns
    assert f"chmod 600 {path}" in check_env_file(path).told
    path.chmod(0o600)
    told = f"{path} was read; the environment wins over it"
    assert check_env_file(path) == CheckLine(".env", passed=True, told=told)


def test_a_file_of_settings_that_cannot_be_read_fails(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.mkdir()
    told = f"{path} cannot be read (Is a directory); it has to be a file of the user who runs the bot"
    assert check_env_file(path) == CheckLine(".env", passed=False, told=told)


@contextmanager
def as_nobody_owning(folder: Path) -> Generator[None]:
    """Act as a user to whom folders can be closed, where the tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.chown(folder, 65_534, -1)
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("closed", ["", "media", "spool", "purchases"])
def test_a_folder_of_another_user_in_the_data_folder_is_found(closed: str) -> None:
    with TemporaryDirectory() as parent, as_nobody_owning(Path(parent)):
        data = Path(parent) / "data"
        for name in ("", "media", "spool"):
            (data / name).mkdir()
        settings = load({"data_dir": data}, env_file=None)
        assert closed_folder(settings) is None
        (data / closed).mkdir(exist_ok=True)
        (data / closed).chmod(0o500)
        assert closed_folder(settings) == data / closed
        (data / closed).chmod(0o700)
