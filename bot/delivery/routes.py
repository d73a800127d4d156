"""Routes to a user that are open, in the order in which they are tried. Pure functions."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.delivery.messages import ReplyAddress

TOKEN_TRUSTED_FOR: Final = timedelta(minutes=14)
"""An interaction's token works for 15 minutes; used later it answers 401, and those count towards the ban
for invalid requests (Discord, *Receiving and Responding*; *Rate Limits*). One minute is kept as a margin."""

TOKEN_LIVES_FOR: Final = timedelta(minutes=15)
"""After this a token opens nothing any more and need not be kept."""

LATE_EDITS_AFTER: Final = timedelta(hours=1)
"""Edits of a message older than this have an extra limit (code 30046), so only the final one is made."""


class Route(StrEnum):
    """One way to bring a post to a user."""

    TOKEN = "token"  # noqa: S105 - the name of a way, not a secret
    EDIT_AS_BOT = "edit_as_bot"
    ANSWER_IN_CHANNEL = "answer_in_channel"
    DIRECT_MESSAGE = "direct_message"

    @property
    def makes_new_message(self) -> bool:
        """True if a repetition could show the same post twice."""
        return self in {Route.ANSWER_IN_CHANNEL, Route.DIRECT_MESSAGE}


def _editable_by_token(address: ReplyAddress, age_s: float) -> bool:
    return address.token is not None and age_s < TOKEN_TRUSTED_FOR.total_seconds()


def _editable_as_bot(address: ReplyAddress) -> bool:
    # Private replies are unknown messages on the channel's own routes.
    return not address.private and address.channel_id is not None and address.message_id is not None


def final_routes(address: ReplyAddress, age_s: float) -> Sequence[Route]:
    """Return the routes for the final post of a job, best first. Private requests are never answered in a channel.

    `age_s` is how long ago the interaction of the address came.
    """
    routes: list[Route] = []
    if _editable_by_token(address, age_s):
        routes.append(Route.TOKEN)
    if _editable_as_bot(address):
        routes.append(Route.EDIT_AS_BOT)
    if not address.private and address.channel_id is not None:
        routes.append(Route.ANSWER_IN_CHANNEL)
    routes.append(Route.DIRECT_MESSAGE)
    return routes


def progress_routes(address: ReplyAddress, age_s: float, message_age_s: float) -> Sequence[Route]:
    """Return the routes for a card of a running job; none where an edit is not worth while or not possible.

    `message_age_s` is the age of the message itself, whose token may be newer.
    """
    routes: list[Route] = []
    if message_age_s >= LATE_EDITS_AFTER.total_seconds():
        return routes
    if _editable_by_token(address, age_s):
        routes.append(Route.TOKEN)
    if _editable_as_bot(address):
        routes.append(Route.EDIT_AS_BOT)
    return routes


def asked_routes(address: ReplyAddress, age_s: float) -> Sequence[Route]:
    """Return the routes for a card that a user asked to see: worth an edit however old its message is."""
    return [Route.TOKEN] if _editable_by_token(address, age_s) else []
