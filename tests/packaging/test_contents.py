"""The packages contain everything of `bot` and `cogs` that git tracks, and nothing that only lies there."""

import subprocess
from pathlib import Path

from hatchling.builders.plugin.interface import BuilderInterface
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from bot import __version__

ROOT = Path(__file__).parents[2]


def tracked(*folders: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *folders],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}


def contents(builder: BuilderInterface) -> set[str]:
    return {file.distribution_path for file in builder.recurse_included_files()}


def test_the_wheel_has_every_file_of_the_packages_and_no_other() -> None:
    packed = contents(WheelBuilder(str(ROOT)))
    assert packed == tracked("bot", "cogs")
    assert {Path(name).suffix for name in packed} > {".py", ".po", ".toml", ".json", ".mako"}


def test_the_source_archive_has_what_builds_and_tests_the_project() -> None:
    packed = contents(SdistBuilder(str(ROOT)))
    assert tracked("bot", "cogs", "tests", "requirements", "data") <= packed
    assert {"LICENSE", "CHANGELOG.md", "README.md", "Makefile", ".env.example"} <= packed
    assert packed <= tracked()


def test_the_source_archive_has_nothing_that_lies_in_a_checkout_by_accident(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "bot/__init__.py"):
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    strays = (
        ".env",
        "notes.txt",
        "data/stillmotion.sqlite3",
        "demo-out/boat.mp4",
        "bot/.env",
        "backup/bot.py",
    )
    for name in strays:
        stray = tmp_path / name
        stray.parent.mkdir(exist_ok=True)
        stray.write_text("a token", encoding="utf-8")
    packed = contents(SdistBuilder(str(tmp_path)))
    assert packed == {"README.md", "LICENSE", "bot/__init__.py"}


def test_the_packages_have_the_version_that_the_code_states() -> None:
    assert WheelBuilder(str(ROOT)).metadata.version == __version__
