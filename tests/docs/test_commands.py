"""Every command in the documents exists, and is run: here, or by the test that the tables name."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from bot.cli.commands import app
from tests.docs.documents import DOCUMENTS, ROOT, Command, commands_of, inline_code_of, name_of

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([.\w-]+):", MAKEFILE, re.MULTILINE)) - {".PHONY", ".DEFAULT_GOAL"}
RULES = (ROOT / ".ci" / "run").read_text("utf-8")

MAKE_RUN_BY = {
    ".venv": ".ci/run",
    ".venv-run": "Makefile",
    "bench": "tests/bench/__main__.py",
    "demo": "tests/cli/test_demo.py",
    "dist": "tests/packaging/test_installed.py",
    "docs": ".ci/run",
    "lint": ".ci/run",
    "lock": "Makefile",
    "run": "tests/cli/test_run.py",
    "test": ".ci/run",
    "test-all": ".ci/run",
}
"""Files in which the work of a target is done by itself: `make lock` and `make .venv-run` need a registry."""
BOT_RUN_BY = {
    "backup": "tests/cli/test_backup.py",
    "check": "tests/cli/test_check.py",
    "demo": "tests/cli/test_demo.py",
    "fetch": "tests/cli/test_fetch.py",
    "forget": "tests/cli/test_forget.py",
    "gateway": "tests/cli/test_postgresql.py",
    "generate": "tests/cli/test_generate.py",
    "move-to": "tests/cli/test_move_to.py",
    "resolve": "tests/cli/test_unknown.py",
    "restore": "tests/cli/test_backup.py",
    "run": "tests/cli/test_run.py",
    "unknown": "tests/cli/test_unknown.py",
    "worker": "tests/cli/test_postgresql.py",
}
OTHERS_RUN_BY = {
    "cp .env.example .env": "here",
    "chmod 600 .env": "here",
    "python -m tests.docs.configuration": "tests/docs/test_documents.py",
    "python -m tests.docs.pictures": "tests/docs/test_drawing.py",
    "python -m tests.texts.catalogues": "tests/texts/test_translations.py",
    "pip install --only-binary :all: --require-hashes -r requirements/": "tests/deploy/test_dockerfile.py",
    "pip install --no-deps --no-build-isolation": "tests/deploy/test_dockerfile.py",
    "python -m venv": "tests/deploy/test_dockerfile.py",
    "pip install --require-hashes -r requirements/nsfw.lock": "tests/images/test_real_detectors.py",
    "pip install --require-hashes -r requirements/nudenet.lock": "tests/images/test_real_detectors.py",
    "pip install --require-hashes -r requirements/marks.lock": "tests/video_files/test_credentials.py",
}
"""Beginnings of other commands, and the tests that run them or rest on what they do."""
ELSEWHERE = {
    "docker": "no Docker where this is tested; tests/deploy/test_dockerfile.py carries the image's steps out",
    "find": "tests/cli/test_supervision.py looks at the same file",
    "gh": "needs GitHub and a published release",
    "git": "needs a repository to pull from",
    "grep": "the other half of the line with find",
    "install": "as root; tests/deploy/test_files.py sees that the files exist",
    "journalctl": "needs a running systemd",
    "mv": "as root, on the operator's own files",
    "pipx": "tests/packaging/test_installed.py installs the same wheel with pip",
    "rm": "as root, on the operator's own files",
    "sed": "tests/deploy/test_files.py has systemd read the unit with the same change",
    "sudoedit": "opens an editor",
    "systemctl": "needs a running systemd; tests/deploy/test_files.py verifies the unit",
    "systemd-analyze": "tests/deploy/test_files.py runs it on the unit in the repository",
    "useradd": "as root",
    "userdel": "as root",
}
"""Programs that are not run by a test as they stand, and why, or what is tested in their place."""
INSIDE = (
    r"sudo (?:-u \S+ )?(?:env -C \S+ )?",
    r"docker compose (?:run|exec) (?:--rm )?(?:--volume \S+ )?stillmotion (?:stillmotion )?(?=[a-z]+\b)(?!rm\b)",
)
"""Words before a command that somebody else runs, or a container, in which the bot is the program."""

COMMANDS = list(dict.fromkeys(command for document in DOCUMENTS for command in commands_of(document)))


def plain(command: Command) -> str:
    """A command without who runs it where, the environment that it is taken from, and assignments before it."""
    written = " ".join(word for word in command.words if not re.match(r"[A-Z_]+=", word))
    written = re.sub(f"^{INSIDE[0]}", "", written)
    written = re.sub(f"^{INSIDE[1]}", "stillmotion ", written)
    return re.sub(r"^(?:\S*/)?bin/", "", written).replace("python3 ", "python ", 1)


@cache
def group() -> TyperGroup:
    made = typer.main.get_command(app)
    assert isinstance(made, TyperGroup)
    return made


def names_of_options(command: TyperGroup | TyperCommand) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts} | {"--help"}


def problem_with_bot(arguments: list[str]) -> str | None:
    """The fault in arguments of `python -m bot`; None if there is none."""
    if not arguments or arguments[0].startswith("-"):
        return None if {*arguments[:1]} <= names_of_options(group()) else f"no option {arguments[0]}"
    command = group().commands.get(arguments[0])
    if not isinstance(command, TyperCommand):
        return f"no command {arguments[0]}"
    options = {word.strip("[]…").partition("=")[0] for word in arguments if word.strip("[]…").startswith("-")}
    unknown = options - names_of_options(command)
    return f"no option {unknown}" if unknown else None


def problem_with(command: str) -> str | None:
    """The fault in a command of `make` or of the bot; None if there is none."""
    words = [word for word in shlex.split(command) if word != "…"]
    match words:
        case ["make", *rest]:
            targets = {word for word in rest if "=" not in word and re.fullmatch(r"[.\w-]+", word)}
            return f"no target {targets - TARGETS}" if targets - TARGETS else None
        case ["python", "-m", "bot", *arguments] | ["stillmotion", *arguments]:
            return problem_with_bot(arguments)
        case ["python", "-m", module, *_]:
            return None if importlib.util.find_spec(module) else f"no module {module}"
        case _:
            return None


def runner_of(command: str) -> str | None:
    """The file that runs a command, or a word that says why none does; None if nothing is known of it."""
    words = command.split()
    match words:
        case ["make", *rest]:
            target = next((word for word in rest if "=" not in word), "demo")
            return MAKE_RUN_BY.get(target)
        case ["python", "-m", "bot", name, *_] | ["stillmotion", name, *_]:
            return BOT_RUN_BY.get(name, "tests/test_hygiene.py" if name == "--version" else None)
        case [program, *_] if program in ELSEWHERE:
            return ELSEWHERE[program]
        case _:
            return next((by for known, by in OTHERS_RUN_BY.items() if command.startswith(known)), None)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.document}: {command}")
def test_a_command_exists_and_is_run_by_a_test(command: Command) -> None:
    written = plain(command)
    assert problem_with(written) is None
    by = runner_of(written)
    assert by is not None, "say in this file which test runs it"
    assert [
        name for name in re.findall(r"tests/[\w/]+\.py|Makefile|\.ci/run", by) if not (ROOT / name).is_file()
    ] == []


@pytest.mark.parametrize("name", sorted(BOT_RUN_BY))
def test_the_tests_that_are_named_run_the_commands(name: str) -> None:
    text = (ROOT / BOT_RUN_BY[name]).read_text("utf-8")
    assert re.search(rf'"{name}"|\b{name}\(', text)


def test_ci_makes_what_the_tables_say() -> None:
    made = set(re.findall(r"^make ([\w-]+)", RULES, re.MULTILINE))
    assert {target for target, by in MAKE_RUN_BY.items() if by == ".ci/run"} - {".venv"} <= made


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_within_sentences_exist(document: Path) -> None:
    named = [re.sub(r"^\.venv(-\w+)?/bin/", "", code) for code in inline_code_of(document)]
    commands = [code for code in named if re.match(r"make |python -m |stillmotion ", code)]
    assert [(code, said) for code in commands if (said := problem_with(code)) is not None] == []


def cheap() -> Iterator[Command]:
    yield from (command for command in COMMANDS if runner_of(plain(command)) == "here")


def test_the_cheap_ones_work_as_they_stand(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".env.example", tmp_path)
    ran = {plain(command): subprocess.run(command.words, cwd=tmp_path, check=True) for command in cheap()}  # noqa: S603
    assert len(ran) >= 2
    loaded = subprocess.run(
        [sys.executable, "-c", "from bot.settings import load; print(load().data_dir)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "data\n"
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
