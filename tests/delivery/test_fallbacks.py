"""Why a post came by another route, from the errors that closed the better ones."""

import pytest

from bot.delivery.fallbacks import Fallback, FallbackReason, fallback_of
from bot.delivery.messages import (
    DeliveryError,
    PostRefusedError,
    ReplyUnreachableError,
    ThreadClosedError,
    WordsRefusedError,
)
from bot.delivery.routes import Route

OLD = ReplyUnreachableError("x", status=401, code=50027)
NO_SUCH = ReplyUnreachableError("x", status=404, code=10008)
CLOSED = ReplyUnreachableError("x", status=403, code=50013)


@pytest.mark.parametrize(
    ("route", "closed", "reason"),
    [
        (Route.EDIT_AS_BOT, {}, FallbackReason.TOKEN_EXPIRED),
        (Route.EDIT_AS_BOT, {Route.TOKEN: OLD}, FallbackReason.TOKEN_EXPIRED),
        (Route.EDIT_AS_BOT, {Route.TOKEN: PostRefusedError("x")}, FallbackReason.REFUSED),
        (Route.ANSWER_IN_CHANNEL, {Route.TOKEN: OLD, Route.EDIT_AS_BOT: NO_SUCH}, FallbackReason.GONE),
        (Route.DIRECT_MESSAGE, {Route.TOKEN: NO_SUCH}, FallbackReason.GONE),
        (
            Route.DIRECT_MESSAGE,
            {Route.ANSWER_IN_CHANNEL: CLOSED, Route.EDIT_AS_BOT: NO_SUCH},
            FallbackReason.NOT_PERMITTED,
        ),
        (Route.DIRECT_MESSAGE, {Route.TOKEN: WordsRefusedError("x")}, FallbackReason.REFUSED),
        (Route.DIRECT_MESSAGE, {Route.EDIT_AS_BOT: ThreadClosedError("x")}, FallbackReason.NOT_PERMITTED),
        # Closed by a card of progress, and open again with a newer token.
        (Route.EDIT_AS_BOT, {Route.DIRECT_MESSAGE: CLOSED}, FallbackReason.TOKEN_EXPIRED),
    ],
)
def test_the_reason_is_that_of_the_last_better_route(
    route: Route, closed: dict[Route, DeliveryError], reason: FallbackReason
) -> None:
    assert fallback_of(route, Route.TOKEN, closed, unquoted=False) == Fallback(route, reason, unquoted=False)


@pytest.mark.parametrize("best", [Route.TOKEN, Route.EDIT_AS_BOT])
def test_the_best_route_is_a_fallback_only_without_the_prompt(best: Route) -> None:
    assert fallback_of(best, best, {}, unquoted=False) is None
    assert fallback_of(best, best, {}, unquoted=True) == Fallback(best, None, unquoted=True)


@pytest.mark.parametrize(
    ("status", "code", "may_pass"),
    [(401, 50027, True), (404, 10015, True), (404, 10062, True), (404, 10008, False), (403, 50001, False)],
)
def test_what_may_pass_is_known_by_status_and_code(status: int, code: int, *, may_pass: bool) -> None:
    assert ReplyUnreachableError("x", status=status, code=code).may_pass is may_pass
