"""Which ways to a person are open, and in which order they are tried: pure functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.delivery.messages import ReplyAddress

TOKEN_TRUSTED_FOR: Final = timedelta(minutes=14)
"""An interaction's token works for 15 minutes; used later it answers 401, and those count towards the ban
for invalid requests (Discord, *Receiving and Responding*; *Rate Limits*). One minute is kept as a margin."""

LATE_EDITS_AFTER: Final = timedelta(hours=1)
"""Edits of a message older than this have an extra limit (code 30046), so only the final one is made."""


class Route(StrEnum):
    """One way to put a post before a person."""

    TOKEN = "token"  # noqa: S105 - the name of a way, not a secret
    EDIT_AS_BOT = "edit_as_bot"
    ANSWER_IN_CHANNEL = "answer_in_channel"
    DIRECT_MESSAGE = "direct_message"


def _editable_as_bot(address: ReplyAddress) -> bool:
    # Private replies are unknown messages on the channel's own routes.
    return not address.private and address.channel_id is not None and address.message_id is not None


def final_routes(address: ReplyAddress, now: datetime) -> Sequence[Route]:
    """The ways for the last post of a job, best first. What was asked in private never goes to a channel."""
    routes: list[Route] = []
    if now - address.created_at < TOKEN_TRUSTED_FOR:
        routes.append(Route.TOKEN)
    if _editable_as_bot(address):
        routes.append(Route.EDIT_AS_BOT)
    if not address.private and address.channel_id is not None:
        routes.append(Route.ANSWER_IN_CHANNEL)
    routes.append(Route.DIRECT_MESSAGE)
    return routes


def progress_route(address: ReplyAddress, now: datetime) -> Route | None:
    """The way for a card of a job that still runs, or None where it is not worth an edit or not possible."""
    age = now - address.created_at
    if age < TOKEN_TRUSTED_FOR:
        return Route.TOKEN
    if age < LATE_EDITS_AFTER and _editable_as_bot(address):
        return Route.EDIT_AS_BOT
    return None
