"""Without a store nothing of one is loaded, and obstore need not be installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.files import opening
from bot.settings import BadConfigurationError, load
from tests.files.s3_server import S3Server

ROOT = Path(__file__).parents[2]
_LOADED = "import sys, bot.app, bot.cli.check, bot.cli.forget; print('obstore' in sys.modules)"


def test_the_bot_imports_no_obstore() -> None:
    found = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


def test_a_store_without_obstore_is_refused_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _name: None)
    settings = load(S3Server(url="http://127.0.0.1:9").environment(), env_file=None)
    with pytest.raises(BadConfigurationError, match=r"STORE_URL: .*s3\.lock"):
        opening.open_bucket(settings)


@pytest.mark.parametrize(
    "url", ["s3://", "s3://Films", "s3://films/../x", "gs://films", "/srv/films", "file:///x"]
)
def test_an_address_that_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(BadConfigurationError, match="STORE_URL: expected file://"):
        load({"store_url": url}, env_file=None)
