"""What several tests need is in a module of its own: no module of tests and no conftest is imported by another.

Import-linter cannot hold this: its wildcards stand for whole names, not for the beginning `test_`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent


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
    wrong = [
        f"{path.relative_to(TESTS)} imports {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in imported(path)
        if name.startswith("tests.") and is_collected(name)
    ]
    assert wrong == []
