"""What tests share that change what is kept: a transaction for each change, as in the bot."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from bot.moderation.audit.log import AuditedTransaction, AuditLog

P = ParamSpec("P")
T = TypeVar("T")


async def alone(
    audit_log: AuditLog,
    change: Callable[Concatenate[AuditedTransaction, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Make one change in a transaction of its own, without entries."""
    async with audit_log.transaction() as within:
        return await change(within, *args, **kwargs)
