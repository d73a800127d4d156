"""The parent's side of one child process: started, asked one thing at a time, ended."""

import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

_PACKAGE_ROOT: Final = Path(__file__).parents[2]
_BOOT: Final = (
    "import importlib, sys; sys.path[:0] = sys.argv[2:-2]; importlib.import_module(sys.argv[1]).main()"
)
_ANSWER_MAX_BYTES: Final = 64 * 1024
_SAFE_ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1"}
"""The child's whole environment: one that a hostile file takes over finds no secret in it. The variable keeps glibc
from reserving address space for each thread of a decoder, which would count against the limit."""


class ChildFault(StrEnum):
    """Reason why a child gave no answer to a request."""

    DIED = "died"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    RAISED = "raised"
    """The task raised an error; its name is the detail."""


class ChildFaultError(Exception):
    """A child did not do its task. `detail` is a short technical term, such as the name of a signal."""

    def __init__(self, fault: ChildFault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True)
class ChildSpec:
    """Program of a child, and its limits.

    Attributes:
        module: Its `main()` calls `bot.children.serving.serve`.
        memory_bytes: Limit of its address space.
        niceness: 0 for work that somebody waits for, more for work that may wait.
        import_paths: Further folders to import from.
    """

    module: str
    memory_bytes: int
    niceness: int = 0
    import_paths: Sequence[Path] = ()


class ChildProcess:
    """One running child. It has no environment, no network and a working folder of its own."""

    def __init__(self, process: Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self.tasks_done = 0

    @classmethod
    async def start(cls, spec: ChildSpec) -> "ChildProcess":
        """Start a child. Raises `OSError` if the machine cannot."""
        folder = Path(tempfile.mkdtemp(prefix="stillmotion-child-"))
        process = await asyncio.create_subprocess_exec(
            # Isolated: no PYTHON* variables, no user packages, nothing from the working folder.
            *(sys.executable, "-I", "-X", "utf8", "-c", _BOOT, spec.module),
            *(str(path) for path in (_PACKAGE_ROOT, *spec.import_paths)),
            *(str(spec.memory_bytes), str(spec.niceness)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_SAFE_ENVIRONMENT,
            cwd=folder,
            limit=_ANSWER_MAX_BYTES,
            # Not in the terminal's process group: Ctrl-C is the bot's to see.
            start_new_session=True,
        )
        return cls(process, folder)

    @property
    def alive(self) -> bool:
        """True while the process has not ended, as far as is known."""
        return self._process.returncode is None

    async def ask(self, task: str, within_s: float, arguments: dict[str, object]) -> dict[str, Any]:
        """Have a task done. After an error, or a cancellation, the child is ended.

        Args:
            task: Its name.
            within_s: Seconds of wall time after which the child is killed.
            arguments: The task's arguments, as JSON takes them.

        Returns:
            What the task answered. It comes from a process that a hostile file may have taken over.

        Raises:
            ChildFaultError: The child died, took too long or too much memory, or its task raised an error.
        """
        request = {"task": task, "within_s": within_s, **arguments}
        answered = False
        try:
            async with asyncio.timeout(within_s):
                answer = await self._exchange(json.dumps(request).encode() + b"\n")
            answered = True
        except TimeoutError:
            raise ChildFaultError(ChildFault.TIMED_OUT) from None
        finally:
            if not answered:
                await self.end()
        self.tasks_done += 1
        if "result" in answer:
            return answer["result"]
        # Memory that a failed task left behind, and what it did to a library, are not the next task's.
        await self.end()
        fault = ChildFault.OUT_OF_MEMORY if answer.get("out_of_memory") is True else ChildFault.RAISED
        raise ChildFaultError(fault, str(answer.get("fault"))[:80])

    async def end(self) -> None:
        """Kill the process, if it runs, and wait for its end, so that no zombie stays; remove its folder."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                self._process.kill()
        await self._process.wait()
        # An empty folder, as a rule: this takes microseconds.
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _exchange(self, request: bytes) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the child was started without pipes")
        try:
            stdin.write(request)
            await stdin.drain()
            answer: Any = json.loads(await stdout.readline())
        except (ConnectionError, ValueError):
            # No line, half a line, one that is too long or no JSON: the child has ended, or is no longer ours.
            answer = None
        if not isinstance(answer, dict):
            await self.end()
            raise ChildFaultError(ChildFault.DIED, _how(self._process.returncode))
        return cast("dict[str, Any]", answer)


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit status {returncode}"
