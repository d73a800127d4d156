"""systemd's end of the notify socket (*sd_notify(3)*)."""

import asyncio
import socket
from collections.abc import Callable

from tests.cli.shell import TIMEOUT_S

WATCHDOG_S = 1.0
SIGN = "WATCHDOG=1"


class NotifySocket:
    """systemd's end of the notify socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's argument

    @property
    def environment(self) -> dict[str, str]:
        """Without the process id, as a shell stands between."""
        return {"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000))}

    async def next(self) -> list[str]:
        """The assignments of the next message."""
        async with asyncio.timeout(TIMEOUT_S):
            return (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode().split("\n")

    async def until(self, wanted: Callable[[list[str]], bool]) -> list[list[str]]:
        """The messages up to one that is wanted."""
        messages = [await self.next()]
        while not wanted(messages[-1]):
            messages.append(await self.next())
        return messages

    def close(self) -> None:
        self._socket.close()
