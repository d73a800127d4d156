"""A second process that opens a database, as another bot would."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CODE: Final = """
import asyncio, sys
from pathlib import Path
from bot.storage.opening import open_database
from tests.storage.rows import add, row

async def hold():
    async with open_database(sys.argv[1], Path("elsewhere")) as database:
        await add(database, row(id="childs"))
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(hold())
"""


@contextmanager
def another_bot(url: str, cwd: Path) -> Generator["subprocess.Popen[str]"]:
    """A process that has opened the database, added a row and keeps it open, until it is killed."""
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(  # noqa: S603 - this interpreter with our own code
        [sys.executable, "-c", _CODE, url],
        cwd=cwd,
        env={"PYTHONPATH": root},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            while process.stdout.readline() not in {"open\n", ""}:
                pass
            yield process
        finally:
            process.kill()
