"""The Dockerfile: what a linter says of it, and what its steps build, in folders instead of a container."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import REPOSITORY, TIMEOUT_S
from tests.deploy.dockerfile import Instruction, all_of, stages

DOCKERFILE = REPOSITORY / "Dockerfile"
IGNORE = REPOSITORY / ".dockerignore"
LONG_FOLDERS = ("/opt/stillmotion", "/opt/build", "/opt/wheels", "/src")
"""Absolute paths of the Dockerfile, for which the test has folders of its own."""


def test_a_linter_finds_nothing() -> None:
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    hadolint = shutil.which("hadolint", path=path)
    assert hadolint is not None
    done = subprocess.run(
        [hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_bot_runs_as_nobody_in_particular_and_stops_by_sigterm() -> None:
    *_, final = stages(DOCKERFILE)
    said = {one.keyword: one.rest for one in final}
    assert said["USER"] == "10001:10001"
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert (said["ENTRYPOINT"], said["CMD"]) == ('["stillmotion"]', '["run"]')
    assert said["VOLUME"] == "/data"


def test_what_is_copied_reaches_the_builder_and_nothing_else_does() -> None:
    own = [one for one in all_of(DOCKERFILE, "COPY") if "--from=build" not in one.words]
    copied = {name for one in own for name in one.words[:-1]}
    rules = [line for line in IGNORE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert all((REPOSITORY / name).exists() for name in copied)


@dataclass(frozen=True)
class BuildStage:
    """Carries the instructions of the first stage out, with its absolute paths below a folder."""

    folder: Path
    context: Path

    def here(self, text: str) -> str:
        """The text with the folders of the test."""
        pattern = "|".join(re.escape(name) for name in LONG_FOLDERS)
        return re.sub(
            rf"(?<![\w/])({pattern})(?![\w-])", lambda found: f"{self.folder}{found.group(1)}", text
        )

    def carry_out(self, one: Instruction, environment: dict[str, str]) -> None:
        source = self.folder / "src"
        match one.keyword:
            case "COPY":
                *names, target = one.words
                for name in names:
                    self._copy(self.context / name, source / target)
            case "RUN":
                done = subprocess.run(
                    ["/bin/sh", "-c", self.here(one.rest)],
                    cwd=source,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, done.stdout
            case "ENV":
                environment |= dict(word.partition("=")[::2] for word in one.words)
            case "ARG":
                name, _, value = one.rest.partition("=")
                environment.setdefault(name, value.strip('"'))
            case "FROM" | "WORKDIR":
                pass
            case other:
                raise AssertionError(f"the test does not know {other}")

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def built(folder: Path, extras: str) -> Path:
    """The folder of programs that the build stage makes."""
    stage = BuildStage(folder / "image", REPOSITORY)
    (stage.folder / "src").mkdir(parents=True)
    base = folder / "base"  # a Python with pip, as the base image has
    subprocess.run([sys.executable, "-m", "venv", base], check=True)
    kept = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("PIP_")}
    environment = kept | {"PATH": f"{base / 'bin'}:/usr/bin:/bin", "EXTRAS": extras}
    for one in stages(DOCKERFILE)[0]:
        stage.carry_out(one, environment)
    return stage.folder / "opt" / "stillmotion" / "bin"


@pytest.mark.slow
async def test_its_steps_build_a_bot_that_runs(tmp_path: Path, sandbox: Sandbox) -> None:
    programs = await asyncio.to_thread(built, tmp_path, "marks")
    assert not (programs / "pip").exists()
    process = await asyncio.create_subprocess_exec(
        *(programs / "stillmotion", "run"),
        cwd=tmp_path,
        env={"PATH": str(programs), **sandbox.environment, "DATA_DIR": str(tmp_path / "data")},
        stderr=asyncio.subprocess.PIPE,
    )
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    await sandbox.discord.wait_for_commands(timeout_s=TIMEOUT_S)
    process.terminate()
    async with asyncio.timeout(TIMEOUT_S):
        _, log = await process.communicate()
    assert process.returncode == 0, log
    assert b'"on": true' in log, log  # content credentials, for which the extra is there
