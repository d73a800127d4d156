"""Which ways to a person are open, over age and place of the reply."""

from dataclasses import replace

import pytest

from bot.delivery.routes import Route, asked_routes, final_routes, progress_routes
from tests.jobs.builders import an_address

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
    assert final_routes(address, age_min * 60) == expected


@pytest.mark.parametrize(
    ("age_min", "message_age_min", "private", "expected"),
    [
        (0, 0, False, [T, E]),
        (13.9, 13.9, False, [T, E]),
        (13.9, 13.9, True, [T]),
        (14, 14, False, [E]),
        (14, 14, True, []),
        (59, 59, False, [E]),
        (60, 60, False, []),
        (0, 59, False, [T, E]),
        (0, 60, False, []),
        (0, 60, True, []),
    ],
)
def test_progress_is_shown_by_edits_only_and_not_on_old_messages(
    age_min: float,
    message_age_min: float,
    private: bool,  # noqa: FBT001 - a column of the table
    expected: list[Route],
) -> None:
    assert progress_routes(an_address(private=private), age_min * 60, message_age_min * 60) == expected


def test_a_card_that_somebody_asked_to_see_is_shown_by_their_token_alone() -> None:
    assert asked_routes(an_address(), 0.0) == [T]
    assert asked_routes(an_address(), 14 * 60.0) == []


def test_a_token_that_was_forgotten_opens_nothing() -> None:
    address = replace(an_address(), token=None)
    assert final_routes(address, 0.0) == [E, A, D]
    assert progress_routes(address, 0.0, 0.0) == [E]
    assert asked_routes(address, 0.0) == []
