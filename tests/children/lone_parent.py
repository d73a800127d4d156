"""A process with a pool of children, which tests send signals: `python -m tests.children.lone_parent [NOTES]`.

It prints the process id of its child, and prints it again after each Ctrl-C. With a file for notes its child hangs.
"""

import asyncio
import signal
import sys

from bot.children.pool import ChildPool
from bot.children.process import ChildSpec


async def _main() -> None:
    interrupted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
    spec = ChildSpec("tests.children.odd_tasks", 256 * 1024 * 1024)
    async with ChildPool(spec, at_once=1, within_s=1.0) as pool:
        if len(sys.argv) > 1:
            await pool.ask("ada", "hangs", notes=sys.argv[1])
        while True:
            print((await pool.ask("ada", "echo", value=1))["pid"], flush=True)  # noqa: T201 - read by the test
            await interrupted.wait()
            interrupted.clear()


if __name__ == "__main__":
    asyncio.run(_main())
