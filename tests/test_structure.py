"""The structure of the code: sizes of files, names of classes, circles of imports, imports between tests.

Import-linter holds the layers (`pyproject.toml`). This file holds what it cannot express.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SANDBOX = ROOT / "bot" / "sandbox"
PRODUCT = [path for folder in ("bot", "cogs") for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def is_large(path: Path, most_bytes: int) -> bool:
    return path.stat().st_size > most_bytes or len(path.read_text("utf-8").splitlines()) > 400


def test_no_file_of_the_product_is_large() -> None:
    assert [name_of(path) for path in PRODUCT if is_large(path, 16_000)] == []


def test_no_file_of_the_tests_is_large() -> None:
    assert [name_of(path) for path in TESTS.rglob("*.py") if is_large(path, 20_000)] == []


@pytest.mark.parametrize("imitation", [False, True], ids=["bot", "sandbox"])
def test_no_public_class_name_is_used_twice(imitation: bool) -> None:  # noqa: FBT001
    """The sandbox counts by itself: it imitates Discord, so it has a `Message` as the bot has."""
    names = Counter(
        node.name
        for path in PRODUCT
        if path.is_relative_to(SANDBOX) is imitation
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert names.total() > 50
    assert [name for name, count in names.items() if count > 1] == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("bot", "cogs", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_the_sandbox_loads_jsonschema_only_when_there_is_something_to_check() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, bot.sandbox.sandbox; print('jsonschema' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "False"


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, with what it takes from each."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)
            assert node.level == 0, f"{path} has a relative import"


def is_collected(name: str) -> bool:
    """True if a dotted name is, or lies in, a module that pytest collects by itself."""
    return any(part == "conftest" or part.startswith("test_") for part in name.split("."))


def test_no_test_module_is_imported_by_another() -> None:
    """Import-linter cannot hold this: its wildcards stand for whole names, not for the beginning `test_`."""
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in imported(path)
        if name.startswith("tests.") and is_collected(name)
    ]
    assert wrong == []
