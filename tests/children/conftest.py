"""What children may leave behind: nothing."""

import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.children.pools import children


@pytest.fixture(autouse=True)
async def working_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Path]:
    """The folder in which children get theirs. No test may leave one, or a process."""
    folder = tmp_path / "working"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = children()
    yield folder
    assert children() <= before
    assert list(folder.iterdir()) == []


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A file in which children write down what they do."""
    return tmp_path / "notes"
