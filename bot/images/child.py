"""Runs decoders in child processes, which keeps hostile files and their large memory out of the bot's process."""

import asyncio
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

DONE: Final = "ok"
"""Output of a decoder that succeeded and has no other result."""
DECODE_TIMEOUT_S: Final = 90.0
"""Longer than the decoders' own limit of 60 seconds of processor time, which a busy machine stretches."""
_MEMORY_LIMIT_BYTES: Final = 3 * 1024**3
"""Limit of address space. 100 million pixels in four channels take 400 MB, several times that while converting; the
detector's libraries and model take 0.6 GB."""
_CPU_LIMIT_S: Final = 60
_PACKAGE_ROOT: Final = Path(__file__).parents[2]


def limit_resources() -> None:
    """Limit the memory and the processor time of this process, a decoder's, and let the bot's own go first."""
    # Set by the child itself: subprocess's `preexec_fn` is not safe while the bot runs other threads.
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    os.nice(5)


async def run_decoder(
    module: str, *arguments: str, timeout_s: float = DECODE_TIMEOUT_S, extra_paths: Sequence[str] = ()
) -> bytes:
    """Run `python -m module arguments` to its end.

    Args:
        module: The module to run, which reads its arguments and writes its result to standard output.
        arguments: Its arguments.
        timeout_s: Seconds after which the process is killed.
        extra_paths: Further folders to import from.

    Returns:
        Its standard output, which is empty or cut off if the process died.

    Raises:
        TimeoutError: The process took longer than `timeout_s`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # A new environment: a decoder that a hostile file takes over must not find the bot's secrets in its own.
        env={
            "PYTHONPATH": os.pathsep.join([str(_PACKAGE_ROOT), *extra_paths]),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate()
    finally:
        # After a timeout or a cancellation. Waiting for the killed process keeps it from staying a zombie.
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output
