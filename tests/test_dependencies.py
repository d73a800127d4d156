"""Everything that the code imports is a named dependency, or belongs to the extra of the part that imports it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.extras import Extra, install_command

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DISTRIBUTIONS = packages_distributions()
OF_EXTRAS = {
    ROOT / "bot" / "sandbox": "demo",
    ROOT / "bot" / "video_files" / "signing": "marks",
    **dict.fromkeys((ROOT / "bot" / "storage").glob("postgresql_*.py"), "postgres"),
    ROOT / "bot" / "moving" / "target.py": "postgres",
    ROOT / "bot" / "files" / "bucket.py": "s3",
}
"""Parts of the bot that need an extra. Nothing else imports what only an extra has."""
NOT_IMPORTED = {
    "confusable-homoglyphs": "its data file is read",
    "python-dotenv": "pydantic-settings reads .env with it",
}
FOUND_BY_LIBRARIES = {"aiodns": "aiohttp", "brotli": "aiohttp", "orjson": "discord", "zstandard": "discord"}
"""Packages of the extra `speed`, and the library that looks for each by its name."""


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: Iterable[str]) -> set[str]:
    return {
        normalised(found[0])
        for one in requirements
        if (found := re.match(r"[A-Za-z0-9._-]+", one)) is not None
    }


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a file imports, of other projects."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            name = module.partition(".")[0]
            if name not in sys.stdlib_module_names | {"bot", "cogs"}:
                yield name


@cache
def imports() -> list[tuple[Path, str]]:
    """Each file of the product with the distribution of each thing that it imports."""
    return [
        (path, normalised(DISTRIBUTIONS[name][0]))
        for folder in ("bot", "cogs")
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
    ]


def available_to(path: Path) -> set[str]:
    found = names(PROJECT["dependencies"])
    for folder, extra in OF_EXTRAS.items():
        if path.is_relative_to(folder):
            found |= names(EXTRAS[extra])
    return found


def test_everything_that_is_imported_is_a_named_dependency() -> None:
    assert len(imports()) > 200
    assert {(str(path), name) for path, name in imports() if name not in available_to(path)} == set()


def test_every_dependency_is_used() -> None:
    used = {name for _, name in imports()}
    named = names([*PROJECT["dependencies"], *EXTRAS["demo"], *EXTRAS["marks"]])
    assert named - used == set(NOT_IMPORTED)


def test_what_makes_it_faster_is_looked_for_by_a_library() -> None:
    assert names(EXTRAS["speed"]) == set(FOUND_BY_LIBRARIES)
    for wanted, library in FOUND_BY_LIBRARIES.items():
        (folder,) = __import__(library).__path__
        texts = (path.read_text("utf-8") for path in Path(folder).rglob("*.py"))
        assert any(re.search(rf"^\s+(?:import|from) {wanted}\b", text, re.MULTILINE) for text in texts), (
            wanted
        )


@pytest.mark.parametrize("extra", list(Extra))
def test_every_extra_that_the_bot_names_can_be_installed(extra: Extra, tmp_path: Path) -> None:
    assert extra in EXTRAS
    checkout = install_command(extra)
    assert checkout.startswith(sys.executable)
    assert f"{ROOT}/requirements/{extra}.lock" in checkout
    # Without the requirements beside it the package is an installed one.
    assert install_command(extra, tmp_path).endswith(f"-m pip install 'stillmotion[{extra}]'")


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_the_lock_of_an_extra_pins_what_the_bot_has_and_what_the_extra_adds(extra: str) -> None:
    def pinned(lock: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
        return dict(re.findall(r"^([\w.-]+)==(.+?) \\$", text, re.MULTILINE))

    alone, with_extra = pinned("runtime"), pinned(extra)
    assert len(alone) > 30
    assert {name: with_extra.get(name) for name in alone} == alone
    assert names(EXTRAS[extra]) <= set(with_extra)
