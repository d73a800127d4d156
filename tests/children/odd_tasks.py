"""A child whose tasks do what decoders do when files are damaged or hostile. Imported by children alone."""

import hashlib
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.children.serving import serve

_ANSWERS = 3
"""The descriptor on which answers leave: the first one beside the standard ones."""


def _note(file: str, word: str) -> list[str]:
    """Add a line to a file that several children share, and return all of its lines."""
    with Path(file).open("a+", encoding="utf-8") as notes:
        notes.write(f"{word}\n")
        notes.flush()
        notes.seek(0)
        return notes.read().splitlines()


def echo(value: object) -> Mapping[str, object]:
    """Answer with the value and the child's process id."""
    return {"value": value, "pid": os.getpid()}


def raises() -> Mapping[str, object]:
    """Raise an error whose text nobody may see."""
    raise LookupError("words of the file")


def takes(size_bytes: int) -> Mapping[str, object]:
    """Take memory."""
    return {"taken_bytes": len(bytearray(size_bytes))}


def dies(notes: str, number: int, times: int) -> Mapping[str, object]:
    """Die by a signal as often as that; then answer with the number of attempts."""
    attempts = len(_note(notes, "attempt"))
    if attempts <= times:
        os.kill(os.getpid(), number)
    return {"attempts": attempts}


def leaves(status: int) -> Mapping[str, object]:
    """End the process."""
    os._exit(status)


def hangs(notes: str) -> Mapping[str, object]:
    """Note the process id and never answer."""
    _note(notes, str(os.getpid()))
    while True:
        signal.pause()


def burns() -> Mapping[str, object]:
    """Never answer, at full speed."""
    while True:
        pass


def burns_on_all_cores(most_s: int) -> Mapping[str, object]:
    """Use more processor time than there is, as a decoder with threads can before its time is over."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + most_s, -1))
    while True:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 1000)


def prints() -> Mapping[str, object]:
    """Print what looks like an answer, as libraries print what they like."""
    for line in ('{"result": {"value": "printed"}}', "x" * 100_000):
        print(line, flush=True)  # noqa: T201 - it is what is tested
        print(line, file=sys.stderr, flush=True)  # noqa: T201
        os.write(1, line.encode())
    return {"value": "answered"}


def answers(text: str) -> Mapping[str, object]:
    """Write to where answers leave, as a file that has taken the process over can; then answer."""
    os.write(_ANSWERS, text.encode())
    return {"value": "answered"}


def answers_half(text: str, status: int) -> Mapping[str, object]:
    """Write there, and end the process."""
    os.write(_ANSWERS, text.encode())
    os._exit(status)


def connects(host: str, port: int) -> Mapping[str, object]:
    """Try to reach the network."""
    socket.create_connection((host, port)).close()
    return {}


def _session_priority() -> str:
    """Return the session's priority where Linux shares the processor among sessions; otherwise nothing."""
    shown = Path("/proc/self/autogroup")
    return shown.read_text() if shown.exists() else ""


def surroundings() -> Mapping[str, object]:
    """Tell what the process can see and may do."""
    open_files = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "contents": sorted(path.name for path in Path.cwd().iterdir()),
        "path": sys.path,
        "open_files": [name for name in open_files if not name.startswith(("pipe:", "/dev/null"))],
        "session": os.getsid(0),
        "group": os.getpgid(0),
        "niceness": os.nice(0),
        "session_priority": _session_priority(),
        "core_bytes": resource.getrlimit(resource.RLIMIT_CORE)[0],
    }


def leaves_files() -> Mapping[str, object]:
    """Leave files in the working folder."""
    Path("left").mkdir()
    Path("left", "behind").write_bytes(b"\0")
    return {"folder": str(Path.cwd())}


def overlaps(notes: str) -> Mapping[str, object]:
    """Note when it begins and ends, and take a moment."""
    _note(notes, f"begin {os.getpid()}")
    time.sleep(0.02)
    _note(notes, f"end {os.getpid()}")
    return {}


def meets(notes: str, count: int) -> Mapping[str, object]:
    """Answer once so many children are at this task."""
    _note(notes, str(os.getpid()))
    while len(Path(notes).read_text("utf-8").splitlines()) < count:
        time.sleep(0.005)
    return {}


def advances(on_progress: Callable[[float], None]) -> Mapping[str, object]:
    """Tell how far it is far more often than anybody wants to know."""
    began_s = time.monotonic()
    while (now_s := time.monotonic()) - began_s < 1:
        on_progress(now_s - began_s)
    return {"value": "answered"}


def floods(text: str, on_progress: Callable[[float], None]) -> Mapping[str, object]:
    """Write the same line over and over to where answers leave, without end."""
    while True:
        os.write(_ANSWERS, text.encode())


def main() -> None:
    """Do such tasks until nobody asks any more."""
    tasks = (
        *(echo, raises, takes, dies, leaves, hangs, burns, burns_on_all_cores, prints, answers, answers_half),
        *(connects, surroundings, leaves_files, overlaps, meets, advances, floods),
    )
    serve({task.__name__: task for task in tasks})
