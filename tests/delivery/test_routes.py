"""Which ways to a person are open, over age and place of the reply."""

from datetime import timedelta

import pytest

from bot.delivery.routes import Route, final_routes, progress_route
from tests.jobs.builders import MOMENT, an_address

T, E, A, D = Route.TOKEN, Route.EDIT_AS_BOT, Route.ANSWER_IN_CHANNEL, Route.DIRECT_MESSAGE


@pytest.mark.parametrize(
    ("age_min", "private", "channel_id", "message_id", "expected"),
    [
        (0, False, 3, 4, [T, E, A, D]),
        (13.9, False, 3, 4, [T, E, A, D]),
        (14, False, 3, 4, [E, A, D]),
        (90, False, 3, 4, [E, A, D]),
        (0, True, 3, 4, [T, D]),
        (14, True, 3, 4, [D]),
        (14, False, 3, None, [A, D]),
        (14, False, None, None, [D]),
    ],
)
def test_final_routes(
    age_min: float,
    private: bool,  # noqa: FBT001 - a column of the table
    channel_id: int | None,
    message_id: int | None,
    expected: list[Route],
) -> None:
    address = an_address(private=private, channel_id=channel_id, message_id=message_id)
    assert final_routes(address, MOMENT + timedelta(minutes=age_min)) == expected


@pytest.mark.parametrize(
    ("age_min", "private", "expected"),
    [(0, False, T), (13.9, True, T), (14, False, E), (14, True, None), (59, False, E), (60, False, None)],
)
def test_progress_is_shown_by_edits_only_and_not_on_old_messages(
    age_min: float,
    private: bool,  # noqa: FBT001 - a column of the table
    expected: Route | None,
) -> None:
    assert progress_route(an_address(private=private), MOMENT + timedelta(minutes=age_min)) is expected
