"""Extras of the installation (`pyproject.toml`): whether one is there, and the command that installs it."""

import shlex
import sys
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).parents[1]


class Extra(StrEnum):
    """Extra that a part of the bot needs to work at all."""

    DEMO = "demo"
    MARKS = "marks"
    NSFW = "nsfw"
    NUDENET = "nudenet"
    POSTGRES = "postgres"
    S3 = "s3"


_OF_THE_DEMO: Final = ("jsonschema", "referencing")


def demo_is_installed() -> bool:
    """Return True if Python finds what the sandbox imports beyond the bot's own packages."""
    return all(find_spec(name) is not None for name in _OF_THE_DEMO)


def is_checkout(project: Path = _PROJECT) -> bool:
    """Return True if the bot runs from a checkout of the repository, with its Makefile, and is not installed."""
    return (project / "Makefile").is_file()


def install_command(extra: Extra, project: Path = _PROJECT) -> str:
    """Return the shell command that installs an extra beside the bot that runs.

    In a checkout it names the lock file with pinned versions and hashes. Elsewhere it names the installed package,
    of which pip then adds what is missing.

    Args:
        extra: What to install.
        project: Folder that holds the packages `bot` and `cogs`.
    """
    lock = project / "requirements" / f"{extra}.lock"
    wanted = ("--require-hashes", "-r", str(lock)) if lock.exists() else (f"stillmotion[{extra}]",)
    return shlex.join((sys.executable or "python", "-m", "pip", "install", *wanted))
