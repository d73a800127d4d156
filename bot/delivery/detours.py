"""Detours: why a final post did not come as it was meant to, in the reply and with the prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.delivery.messages import DeliveryError, ReplyUnreachableError
from bot.delivery.routes import Route


class DetourReason(StrEnum):
    """Reason why a better route than the one taken was closed. The values are stored."""

    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason, not a secret
    """The reply's token was too old, or Discord did not take it."""
    GONE = "gone"
    """Discord knows no such message, channel or token."""
    NOT_PERMITTED = "not_permitted"
    REFUSED = "refused"
    """Discord refused the post for its content."""


@dataclass(frozen=True)
class Detour:
    """What was otherwise about a final post.

    Attributes:
        route: The route by which it came.
        reason: Why the route before it was closed; None if it came by the best one.
        unquoted: True if the prompt was left out, because AutoMod refused it.
    """

    route: Route
    reason: DetourReason | None
    unquoted: bool


def detour_of(
    route: Route, best: Route, closed: Mapping[Route, DeliveryError], *, unquoted: bool
) -> Detour | None:
    """Return the detour of a post that came by `route`; None if all was as it was meant to be.

    Args:
        route: The route by which it came.
        best: The route by which the reply is changed as a rule.
        closed: The routes that are closed, with the error that closed each.
        unquoted: True if the prompt was left out.
    """
    if route in {best, Route.TOKEN}:
        return Detour(route, None, unquoted) if unquoted else None
    order = list(Route)
    before = [closed[one] for one in order[: order.index(route)] if one in closed]
    # Without an error no other route was open from the start: a token that is too old is not tried.
    reason = _reason_of(before[-1]) if before else DetourReason.TOKEN_EXPIRED
    return Detour(route, reason, unquoted)


def _reason_of(error: DeliveryError) -> DetourReason:
    if not isinstance(error, ReplyUnreachableError):
        return DetourReason.REFUSED
    if error.token_refused:
        return DetourReason.TOKEN_EXPIRED
    return DetourReason.GONE if error.unknown else DetourReason.NOT_PERMITTED
