"""News for the operator: told once, by direct message, without holding up whoever brought them."""

import asyncio
from typing import Final, Protocol

import stamina
import structlog

from bot.delivery.messages import DeliveryError, DiscordUnavailableError

log: Final = structlog.get_logger(__name__)

_LONGEST_BACKLOG: Final = 20
_TRY_AGAIN_AFTER_S: Final = 30.0
_ATTEMPTS: Final = 10


class OperatorChannel(Protocol):
    """Way to the operator. Both methods raise `bot.delivery.messages.DeliveryError`."""

    async def operator_id(self) -> int:
        """Whose application this is."""
        ...

    async def tell_person(self, person_id: int, text: str) -> None:
        """Send plain words to one person."""
        ...


class OperatorNotices:
    """A backlog of news and the one task that tells them; `run` is that task's."""

    def __init__(self, line: OperatorChannel) -> None:
        self._line = line
        self._backlog: asyncio.Queue[str] = asyncio.Queue(_LONGEST_BACKLOG)

    def tell(self, text: str) -> None:
        """Have the operator told soon. Never waits; what no longer fits stays in the log alone."""
        try:
            self._backlog.put_nowait(text)
        except asyncio.QueueFull:
            log.warning("operator_not_told", text=text)

    async def run(self) -> None:
        """Tell what there is to tell, until cancelled."""
        while True:
            await self._deliver(await self._backlog.get())

    async def _deliver(self, text: str) -> None:
        try:
            async for attempt in stamina.retry_context(
                on=DiscordUnavailableError,
                attempts=_ATTEMPTS,
                timeout=None,
                wait_initial=_TRY_AGAIN_AFTER_S,
                wait_max=_TRY_AGAIN_AFTER_S,
            ):
                with attempt:
                    await self._line.tell_person(await self._line.operator_id(), text)
        except DeliveryError as error:
            log.warning("operator_not_told", text=text, reason=str(error))
        else:
            log.info("operator_told")
