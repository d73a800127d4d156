"""The documents agree with the code that they describe."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.texts.console_start import PERMISSION_NAMES
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
MAPS = ("bot/README.md", "tests/README.md")
DOCUMENTS = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", *MAPS)]
PATH = re.compile(r"`(\.?\w[\w.-]*/[\w./-]*)`")
MADE_LATER = {".venv-run/bin/python", "backups/", "demo-out/", "marks/", "purchases/"}
"""What the bot and `make run` make."""


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_every_setting_is_in_the_table_and_the_example(name: str) -> None:
    assert f"| `{name}` |" in README
    assert re.search(rf"^#? ?{name}=", EXAMPLE, re.MULTILINE)


def test_no_setting_is_described_that_does_not_exist() -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE)) == known
    section = README.partition("## Configuration")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == known


def test_the_permissions_in_the_table_are_those_that_the_invitation_asks_for() -> None:
    table = README.partition("| permission | what for |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    listed = [
        name.removesuffix(" (optional)") for row in rows if "---" not in row for name in row.split(", ")
    ]
    assert sorted(listed) == sorted(PERMISSION_NAMES.values())


@pytest.mark.parametrize("choices", [Seconds, Size, Resolution, Preset])
def test_every_choice_is_listed(choices: type[Seconds | Size | Resolution | Preset]) -> None:
    name = choices.__name__.lower()
    assert f"| `{name}` | {', '.join(choice.value for choice in choices)} |" in README


def test_the_limits_are_the_ones_that_hold() -> None:
    assert f"1 to {PROMPT_MAX_CHARS:,} characters" in README
    assert f"`image{REFERENCES_MAX}`" in README


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "requirements").iterdir()))
def test_dependencies_are_locked_with_hashes_and_without_a_registry(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[[^]]*\])?==", text, re.MULTILINE | re.IGNORECASE)
    assert len(pinned) >= 6
    assert text.count("--hash=sha256:") >= len(pinned)


def existing(document: Path, path: str) -> Path | None:
    """The file or folder that a document names, from the root or from its own folder, `.py` added or not."""
    found = (base / name for base in (ROOT, document.parent) for name in (path, f"{path}.py"))
    return next((one for one in found if one.exists()), None)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    named = {*PATH.findall(text), *re.findall(r"\]\((?!https?:|#)([^)#]+)", text)} - MADE_LATER
    assert [path for path in sorted(named) if existing(document, path) is None] == []


def defined(path: Path) -> Iterator[str]:
    """The classes and functions of a file, those of classes among them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_every_name_on_the_map_is_where_the_map_says() -> None:
    text = (ROOT / "bot" / "README.md").read_text("utf-8")
    named = re.findall(r"`([\w/]+\.py)` `([\w.]+)`", text)
    assert len(named) > 15
    assert [(path, name) for path, name in named if not {*name.split(".")} <= {*defined(ROOT / path)}] == []
