"""Content credentials on the command line: what is missing or wrong is said, and that they work."""

from pathlib import Path

import pytest

from bot.cli.mark_check import check_marks
from bot.settings import Settings, load
from bot.texts.console_marks import FAULTS
from tests.cli.shell import Shell
from tests.video_files.credentials import NOT_INSTALLED, REASON

installed = pytest.mark.skipif(NOT_INSTALLED, reason=REASON)
missing = pytest.mark.skipif(not NOT_INSTALLED, reason="c2pa-python is installed here")


def settings(folder: Path, **values: object) -> Settings:
    return load({"data_dir": folder / "data", **values}, env_file=None)


@pytest.mark.slow
async def test_a_start_with_a_key_without_a_certificate_says_so(shell: Shell) -> None:
    secrets = {"DISCORD_TOKEN": "a-token", "DIMILINKS_API_KEY": "a-key"}
    outcome = await shell.run("run", environment={**secrets, "MARK_KEY": "key.pem"})
    assert outcome.status == 2
    assert len(outcome.err.strip().splitlines()) == 1
    assert "MARK_KEY, MARK_CERTIFICATE: one without the other" in outcome.err


async def test_the_check_finds_one_without_the_other(tmp_path: Path) -> None:
    line = await check_marks(settings(tmp_path, mark_certificate="certificate.pem"))
    assert not line.passed
    assert "MARK_KEY, MARK_CERTIFICATE: one without the other" in line.told


async def test_what_is_off_is_no_fault(tmp_path: Path) -> None:
    line = await check_marks(settings(tmp_path, file_mark=False))
    assert (line.passed, line.told) == (True, "off, as FILE_MARK is")


@missing
async def test_without_the_extra_the_check_says_how_to_install_it(tmp_path: Path) -> None:
    line = await check_marks(settings(tmp_path))
    assert line.passed
    assert "requirements/marks.lock" in line.told
    line = await check_marks(settings(tmp_path, mark_key="key.pem", mark_certificate="certificate.pem"))
    assert not line.passed
    assert "requirements/marks.lock" in line.told


@installed
async def test_the_check_tries_and_makes_nothing(tmp_path: Path) -> None:
    line = await check_marks(settings(tmp_path))
    assert line.passed
    assert "at its first start" in line.told
    assert list(tmp_path.iterdir()) == []


@installed
async def test_the_check_says_until_when_a_certificate_is_good(tmp_path: Path) -> None:
    from bot.video_files.signing.identity import own_identity  # noqa: PLC0415 - needs the extra

    folder = tmp_path / "data" / "marks"
    identity = own_identity(folder / "key.pem", folder / "certificate.pem")
    line = await check_marks(settings(tmp_path))
    assert line.passed
    assert f"{identity.until:%Y-%m-%d}" in line.told


@installed
async def test_the_check_says_what_is_wrong_with_the_operators_own(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("no key")
    line = await check_marks(settings(tmp_path, mark_key=key, mark_certificate=key))
    assert not line.passed
    assert f"{key}: {FAULTS['key_unreadable']}" in line.told
