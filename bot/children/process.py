"""The parent's side of one child process: started, asked one thing at a time, ended."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

_PACKAGE_ROOT: Final = Path(__file__).parents[2]
_BOOT: Final = (
    "import importlib, sys; sys.path[:0] = sys.argv[2:-1]; from bot.children.priority import step_back; "
    "step_back(); importlib.import_module(sys.argv[1]).main()"
)
_ANSWER_MAX_BYTES: Final = 64 * 1024
_REPORT_BEGINS: Final = b'{"progress":'
_REPORT_MAX_BYTES: Final = 64
_REPORTS_AT_ONCE: Final = 40
_REPORTS_PER_S: Final = 20
"""Reports of progress that are taken from a child; one that sends more is no child of ours any more."""
_SAFE_ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1"}
"""The environment of children: one that a hostile file takes over finds no secret in it. The variable keeps glibc
from reserving address space for each thread of a decoder, which would count against the limit."""


class ChildFault(StrEnum):
    """Reason why a child gave no answer to a request."""

    DIED = "died"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    RAISED = "raised"
    """The task raised an error; its name is the detail."""
    NOT_STARTED = "not_started"
    """There is no child, which says nothing about the task: the machine has no room for one, or the bot stops."""


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
        import_paths: Further folders to import from.
        environment: Variables for libraries, beside those that all children have.
    """

    module: str
    memory_bytes: int
    import_paths: Sequence[Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


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
        try:
            return cls(await cls._execute(spec, folder), folder)
        except BaseException:  # a cancellation as well
            folder.rmdir()  # noqa: ASYNC240 - an empty folder: this takes microseconds
            raise

    @staticmethod
    async def _execute(spec: ChildSpec, folder: Path) -> Process:
        return await asyncio.create_subprocess_exec(
            # Isolated: no PYTHON* variables, no user packages, nothing from the working folder.
            *(sys.executable, "-I", "-X", "utf8", "-c", _BOOT, spec.module),
            *(str(path) for path in (_PACKAGE_ROOT, *spec.import_paths)),
            str(spec.memory_bytes),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={**_SAFE_ENVIRONMENT, **spec.environment},
            cwd=folder,
            limit=_ANSWER_MAX_BYTES,
            # Not in the terminal's process group: Ctrl-C is the bot's to see.
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """True while the process has not ended, as far as is known."""
        return self._process.returncode is None

    async def ask(
        self,
        task: str,
        within_s: float,
        arguments: dict[str, object],
        on_progress: Callable[[float], None] | None = None,
    ) -> dict[str, Any]:
        """Have a task done. After an error, or a cancellation, the child is ended.

        Args:
            task: Its name.
            within_s: Seconds of wall time after which the child is killed.
            arguments: The task's arguments, as JSON takes them.
            on_progress: Called with the share that is done, from 0 to 1, as often as the task tells it.

        Returns:
            What the task answered. It comes from a process that a hostile file may have taken over.

        Raises:
            ChildFaultError: The child died, took too long or too much memory, or its task raised an error.
        """
        request = {"task": task, "within_s": within_s, **arguments}
        if on_progress is not None:
            request["progress"] = True
        answered = False
        try:
            async with asyncio.timeout(within_s):
                answer = await self._exchange(json.dumps(request).encode() + b"\n", on_progress)
            answered = True
        except TimeoutError:
            raise ChildFaultError(ChildFault.TIMED_OUT) from None
        finally:
            if not answered:
                await self.end()
        self.tasks_done += 1
        if isinstance(answer.get("result"), dict):
            return answer["result"]
        # Memory that a failed task left behind, and what it did to a library, are not the next task's.
        await self.end()
        fault = ChildFault.OUT_OF_MEMORY if answer.get("out_of_memory") is True else ChildFault.RAISED
        raise ChildFaultError(fault, answer["fault"][:80])

    async def end(self) -> None:
        """Kill the process, if it runs, and wait for its end, so that no zombie stays; remove its folder."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                # `Process.kill` asks first if it has, which takes the exit status away from asyncio.
                os.kill(self._process.pid, signal.SIGKILL)
        self._close_pipes()
        await self._process.wait()
        # An empty folder, as a rule: this takes microseconds.
        shutil.rmtree(self._folder, ignore_errors=True)

    def _close_pipes(self) -> None:
        """Let go of both pipes: `Process.wait` returns only once they are closed (CPython, `base_subprocess`).

        A child that writes more than is read stops its pipe from being read at all, so its end is never seen there;
        and what a child has started itself may keep it open.
        """
        # There is no public way to the pipes of a process.
        pipes = cast("asyncio.SubprocessTransport", vars(self._process)["_transport"])
        for number in (0, 1):
            pipe = pipes.get_pipe_transport(number)
            if pipe is not None:
                pipe.close()

    async def _exchange(self, request: bytes, on_progress: Callable[[float], None] | None) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the child was started without pipes")
        line, ended = b"", False
        try:
            stdin.write(request)
            await stdin.drain()
            line = await _last_line(stdout, on_progress)
            ended = stdout.at_eof()
        except ConnectionError:
            ended = True
        except ValueError:
            pass  # longer than any answer
        answer = _answer_in(line)
        if answer is not None:
            return answer
        await self.end()
        if not ended:
            raise ChildFaultError(ChildFault.DIED, "nonsense")
        # Decoders with threads use their processor time up before the time of the clock.
        fault = ChildFault.TIMED_OUT if self._process.returncode == -signal.SIGXCPU else ChildFault.DIED
        raise ChildFaultError(fault, _how(self._process.returncode))


async def _last_line(stdout: asyncio.StreamReader, on_progress: Callable[[float], None] | None) -> bytes:
    """Return the first line that is no report of progress, or one report more than a child may send."""
    began_s, reports = time.monotonic(), 0
    while True:
        line = await stdout.readline()
        share = _progress_in(line) if on_progress is not None else None
        if on_progress is None or share is None:
            return line
        reports += 1
        if reports > _REPORTS_AT_ONCE + _REPORTS_PER_S * (time.monotonic() - began_s):
            return line
        on_progress(share)


def _progress_in(line: bytes) -> float | None:
    """Return the share of the task that a line reports as done; None if it reports none."""
    if not line.startswith(_REPORT_BEGINS) or len(line) > _REPORT_MAX_BYTES:
        return None
    try:
        found: Any = json.loads(line)["progress"]
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if 0 <= found <= 1 else None


def _answer_in(line: bytes) -> dict[str, Any] | None:
    """Return the answer in a line; None if it is none, as from a child that a hostile file has taken over."""
    try:
        answer: Any = json.loads(line)
        # Halves of surrogate pairs, which JSON can name, could be stored and sent nowhere.
        json.dumps(answer, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    found = cast("dict[str, Any]", answer)
    is_one = isinstance(found.get("result"), dict) or isinstance(found.get("fault"), str)
    return found if is_one else None


def _how(returncode: int | None) -> str:
    if returncode is None or returncode >= 0:
        return f"exit status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:  # most of the real-time signals have no name
        return f"signal {-returncode}"
