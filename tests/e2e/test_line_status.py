"""The bot's status in Discord: how long the line is, no more often than Discord takes it."""

from dataclasses import replace

import pytest

from bot.sandbox.discord.presences import UPDATES, WITHIN_S
from bot.services.line_status import EVERY_S
from bot.texts import status as words
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, in_line

OFTEN = replace(QUICK, status_every_s=0.3)
"""Often enough for a test; it changes seldom enough for Discord's limit."""


async def shows(harness: Harness, text: str) -> None:
    """Wait until that is the status."""
    presences = harness.sandbox.discord.gateway.presences
    await presences.wait_for(text, TIMEOUT_S)
    await until(lambda: presences.texts[-1] == text)


@pytest.mark.started_with(tuning=OFTEN, jobs_at_once=1)
async def test_it_follows_the_line_and_says_that_the_bot_stops(harness: Harness) -> None:
    presences = harness.sandbox.discord.gateway.presences
    await shows(harness, words.FREE)
    reply = await being_made(harness, "a secret boat")
    await shows(harness, words.BUSY)
    await in_line(harness, "a secret cat")
    await shows(harness, words.in_line(1))
    assert len(presences.shown) == 3  # nothing is sent again that is shown already
    assert "secret" not in " ".join(presences.texts)
    await harness.stop()
    assert presences.texts[-1] == words.STOPPING
    assert {one.status for one in presences.shown} == {"online"}
    del reply


@pytest.mark.started_with(tuning=OFTEN)
async def test_a_new_session_shows_it_at_once_and_one_that_goes_on_keeps_it(harness: Harness) -> None:
    gateway = harness.sandbox.discord.gateway
    await shows(harness, words.FREE)
    resumes = gateway.resumes
    await harness.sandbox.discord.drop_gateway()
    await until(lambda: gateway.resumes > resumes)
    await harness.sandbox.discord.drop_gateway(resumable=False)
    await until(lambda: len({one.session_id for one in gateway.presences.shown}) == 2)
    assert gateway.presences.texts == [words.FREE, words.FREE]


@pytest.mark.started_with(presence=False, tuning=OFTEN)
async def test_without_the_operators_wish_there_is_none(harness: Harness) -> None:
    await being_made(harness, "a boat")
    await harness.stop()
    assert harness.sandbox.discord.gateway.presences.shown == []


def test_the_usual_pace_leaves_room_for_a_new_session_and_the_stop() -> None:
    assert WITHIN_S / EVERY_S + 2 <= UPDATES - 1
    assert 60 / EVERY_S + 2 <= UPDATES


def test_a_long_line_has_no_exact_number() -> None:
    assert words.in_line(99) == "/video · 99 in line"
    assert words.in_line(100) == "/video · over 99 in line"
