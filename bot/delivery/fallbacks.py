"""Fallbacks: why a final post did not come as it was meant to, in the reply and with the prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.delivery.messages import DeliveryError, ReplyUnreachableError, ThreadClosedError
from bot.delivery.routes import Route


class FallbackReason(StrEnum):
    """Reason why a better route than the one taken was closed. The values are stored."""

    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason, not a secret
    """The reply's token was too old, or Discord did not take it."""
    GONE = "gone"
    """Discord knows no such message, channel or token."""
    NOT_PERMITTED = "not_permitted"
    REFUSED = "refused"
    """Discord refused the post for its content."""


@dataclass(frozen=True)
class Fallback:
    """A final post that came by another route than the best one, or without its prompt.

    Attributes:
        route: The route by which it came.
        reason: Why the route before it was closed; None if it came by the best one.
        unquoted: True if the prompt was left out, because AutoMod refused it.
    """

    route: Route
    reason: FallbackReason | None
    unquoted: bool


def fallback_of(
    route: Route, best: Route, closed: Mapping[Route, DeliveryError], *, unquoted: bool
) -> Fallback | None:
    """Return the fallback of a post that came by `route`; None if all was as it was meant to be.

    Args:
        route: The route by which it came.
        best: The route by which the reply is changed as a rule.
        closed: The routes that are closed, with the error that closed each.
        unquoted: True if the prompt was left out.
    """
    if route in {best, Route.TOKEN}:
        return Fallback(route, None, unquoted) if unquoted else None
    order = list(Route)
    before = [closed[one] for one in order[: order.index(route)] if one in closed]
    # Without an error no other route was open from the start: a token that is too old is not tried.
    reason = _reason_of(before[-1]) if before else FallbackReason.TOKEN_EXPIRED
    return Fallback(route, reason, unquoted)


def _reason_of(error: DeliveryError) -> FallbackReason:
    if isinstance(error, ThreadClosedError):
        return FallbackReason.NOT_PERMITTED
    if not isinstance(error, ReplyUnreachableError):
        return FallbackReason.REFUSED
    if error.token_refused:
        return FallbackReason.TOKEN_EXPIRED
    return FallbackReason.GONE if error.unknown else FallbackReason.NOT_PERMITTED
