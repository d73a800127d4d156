"""Decoders in child processes of their own: hostile files and large memory stay out of the bot's process."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

DONE: Final = "ok"
"""What a decoder says that has nothing else to tell."""
DECODE_TIMEOUT_S: Final = 90.0
_PACKAGE_ROOT: Final = Path(__file__).parents[2]


async def run_decoder(
    module: str, *arguments: str, timeout_s: float = DECODE_TIMEOUT_S, extra_paths: Sequence[str] = ()
) -> bytes:
    """What `python -m module arguments` wrote to standard output; nothing if it died.

    `extra_paths` is where else its modules may lie. Raises `TimeoutError` when it took too long.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Nothing of the bot's own environment, secrets above all, is of use to a decoder.
        env={
            "PYTHONPATH": os.pathsep.join([str(_PACKAGE_ROOT), *extra_paths]),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    try:
        async with asyncio.timeout(timeout_s):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told
