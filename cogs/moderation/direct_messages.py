"""Direct messages that tell a user of a decision about them."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import structlog

from bot.delivery.messages import DeliveryError

log: Final = structlog.get_logger(__name__)

SendDirectly: TypeAlias = Callable[[int, str], Awaitable[None]]
"""Sends a text to one user directly. Raises the errors of `bot.delivery.messages`."""


async def tell_person(send: SendDirectly, person_id: int, text: str) -> None:
    """Tell a user of a decision. It stands even if they cannot be reached."""
    try:
        await send(person_id, text)
    except DeliveryError as error:
        log.info("person_not_told", person=person_id, reason=type(error).__name__)
