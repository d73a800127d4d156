"""The child's side: limits on its own process, and a loop that answers requests.

A child imports only what its tasks need: neither settings nor pydantic, which would cost it 20 MB. One request and
one answer are a line of JSON each, on standard input and output. Before its answer a task that takes long may say
how far it is, which are lines of their own.
"""

import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bot.children.priority import give_session_way

Task = Callable[..., Mapping[str, object]]
"""Takes the request's arguments by name and returns what is answered. It may raise anything.

A task whose parent asks for its progress also takes `on_progress`, which it calls with the share that is done.
"""

_OOM_SCORE: Final = "800"
"""Of 1,000: where memory runs out, Linux is to end a child rather than the bot (*proc(5)*, oom_score_adj)."""
_SPARE_S: Final = 2
"""Seconds beyond a task's time until the child ends itself. Its parent is faster, unless it is gone."""
_FILE_BYTES: Final = 256 * 1024 * 1024
"""The largest file that a child may write."""
_REPORT_EVERY_S: Final = 0.25
"""Seconds between two reports of progress at least."""


def serve(tasks: Mapping[str, Task]) -> None:
    """Answer requests until standard input ends.

    The command line is the one of `bot.children.process`: `… MEMORY_BYTES`.

    Args:
        tasks: Tasks by name.
    """
    answers = _own_output()
    _limit_process(int(sys.argv[-1]))
    gives_way = False
    for line in sys.stdin.buffer:
        request: dict[str, Any] = json.loads(line)
        task, within_s = tasks[request.pop("task")], request.pop("within_s")
        if request.pop("progress", False):
            request["on_progress"] = _Reports(answers)
        _limit_time(within_s)
        gives_way = gives_way or give_session_way()
        try:
            answer: dict[str, object] = {"result": task(**request)}
        # Third-party decoders raise what they like about a damaged file; each of it is about the file.
        except Exception as error:  # noqa: BLE001 - as the line above says
            answer = {"fault": type(error).__name__, "out_of_memory": isinstance(error, MemoryError)}
        os.write(answers, json.dumps(answer).encode() + b"\n")
        signal.alarm(0)
    # A parent that was killed removes no folder.
    with suppress(OSError):
        Path.cwd().rmdir()


class _Reports:
    """Tells the parent how far a task is: a few times a second at most, and only forwards."""

    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._told = 0.0
        self._told_at_s = time.monotonic()

    def __call__(self, share: float) -> None:
        now_s = time.monotonic()
        if share <= self._told or now_s - self._told_at_s < _REPORT_EVERY_S:
            return
        self._told, self._told_at_s = min(share, 1.0), now_s
        os.write(self._answers, json.dumps({"progress": round(self._told, 3)}).encode() + b"\n")


def _own_output() -> int:
    """Keep standard output for answers alone: what a library prints goes nowhere."""
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


def _limit_process(memory_bytes: int) -> None:
    # Set by the child itself: subprocess's `preexec_fn` is not safe while the bot runs other threads.
    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: _FILE_BYTES}
    if sys.platform == "darwin":
        # macOS has no such limit, and refuses to set one.
        del limits[resource.RLIMIT_AS]
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text(_OOM_SCORE)
    sys.addaudithook(_refuse_network)


def _limit_time(within_s: float) -> None:
    # The limit on processor time counts a process's whole life, so it is moved on for each task.
    used = resource.getrusage(resource.RUSAGE_SELF)
    ends_s = math.ceil(used.ru_utime + used.ru_stime + within_s) + _SPARE_S
    resource.setrlimit(resource.RLIMIT_CPU, (ends_s, resource.RLIM_INFINITY))
    signal.alarm(math.ceil(within_s) + _SPARE_S)


def _refuse_network(event: str, _arguments: tuple[object, ...]) -> None:
    """Audit hook that forbids sockets: no file, and no library that a file leads to, is to reach the network."""
    if event.startswith("socket."):
        raise PermissionError("no network")
