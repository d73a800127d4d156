"""What tests share that change what is kept: a transaction for each change, as in the bot."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from bot.moderation.audit import AuditedTransaction, AuditTrail

P = ParamSpec("P")
T = TypeVar("T")


async def alone(
    trail: AuditTrail,
    change: Callable[Concatenate[AuditedTransaction, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Make one change in a transaction of its own, without entries."""
    async with trail.transaction() as within:
        return await change(within, *args, **kwargs)
