"""The import graph: no circles, and nothing heavy before it is needed."""

import subprocess
import sys
from graphlib import TopologicalSorter

import grimp


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
