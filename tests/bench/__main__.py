"""`python -m tests.bench [NAME]…`: run the benchmarks, print their tables, write `bench.json`."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from subprocess import run

from tests.bench import ack, chaos, delivery, idle, images, jobs, line, memory, scale, waiting, words
from tests.bench.figures import Figure, show, write

BENCHMARKS: Mapping[str, Callable[[], Coroutine[None, None, list[Figure]]]] = {
    "images": images.run,
    "ack": ack.run,
    "chaos": chaos.run,
    "jobs": jobs.run,
    "line": line.run,
    "idle": idle.run,
    "memory": memory.run,
    "words": words.run,
    "delivery": delivery.run,
    "scale": scale.run,
    "waiting": waiting.run,
}
_RESULT = Path("bench.json")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 0 unless one could not be run. A missed target is a result, no error."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    if not names:
        _RESULT.unlink(missing_ok=True)
    if len(names) != 1:
        # Each in a process of its own: what one leaves behind, such as its priority, is not the next one's.
        commands = [(sys.executable, "-m", "tests.bench", name) for name in names or BENCHMARKS]
        return max(run(one, check=False).returncode for one in commands)  # noqa: S603 - names of the table above
    figures = asyncio.run(BENCHMARKS[names[0]]())
    show(names[0], figures)
    write(_RESULT, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
