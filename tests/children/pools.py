"""Pools of children that do odd tasks, and what is left of them."""

from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec

SPEC = ChildSpec("tests.children.odd_tasks", 256 * 1024 * 1024)


def pool_of(spec: ChildSpec = SPEC, **arguments: Any) -> ChildPool:
    """Return a pool of two children with much time, unless the arguments say otherwise."""
    return ChildPool(spec, **({"at_once": 2, "within_s": 30.0} | arguments))


async def fault_of(pool: ChildPool, task: str, **arguments: object) -> tuple[ChildFault, str]:
    """Return why a task was not done."""
    with pytest.raises(ChildFaultError) as failed:
        await pool.ask("ada", task, **arguments)
    return failed.value.fault, failed.value.detail


async def pid_of(pool: ChildPool, owner: str = "ada") -> int:
    """Return the process id of the child that does the next task."""
    return (await pool.ask(owner, "echo", value=0))["pid"]


def children() -> set[psutil.Process]:
    """Return this process's children that have not ended."""
    return {child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}


def lines(notes: Path) -> list[str]:
    """Return what children have noted so far."""
    return notes.read_text("utf-8").splitlines() if notes.exists() else []
