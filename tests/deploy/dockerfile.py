"""The Dockerfile, read as far as its own tests need it."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines joined."""

    keyword: str
    rest: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.rest)


def instructions(path: Path) -> list[Instruction]:
    """All of them, without comments."""
    lines = (line for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [Instruction(keyword, rest.strip()) for keyword, _, rest in found]


def stages(path: Path) -> list[list[Instruction]]:
    """The instructions of each stage, which begins with FROM."""
    found: list[list[Instruction]] = []
    for one in instructions(path):
        if one.keyword == "FROM":
            found.append([])
        if found:
            found[-1].append(one)
    return found


def all_of(path: Path, keyword: str) -> Iterator[Instruction]:
    return (one for one in instructions(path) if one.keyword == keyword)


def health_check(path: Path) -> list[str]:
    """The command of the health check."""
    (found,) = all_of(path, "HEALTHCHECK")
    return json.loads(found.rest.partition("CMD")[2])
