"""Lasting troubles: the operator hears of each at most once an hour, and once of its end."""

import asyncio

from bot.lifecycle.alarms import SILENCE_S, OperatorAlarms
from tests.dimilinks.virtual_time import in_virtual_time


@in_virtual_time
async def test_a_trouble_that_lasts_is_told_once_an_hour_and_its_end_once() -> None:
    told: list[str] = []
    alarms = OperatorAlarms(told.append)
    for _ in range(90):
        alarms.begin("key", "refused")
        await asyncio.sleep(60)
    alarms.end("key", "over")
    alarms.end("key", "over")
    assert told == ["refused", "refused", "over"]


@in_virtual_time
async def test_a_trouble_that_comes_and_goes_is_told_twice_within_an_hour() -> None:
    told: list[str] = []
    alarms = OperatorAlarms(told.append)
    for _ in range(10):
        alarms.begin("key", "refused")
        alarms.end("key", "over")
        await asyncio.sleep(SILENCE_S / 20)
    assert told == ["refused", "over"]
    await asyncio.sleep(SILENCE_S)
    alarms.begin("key", "refused")
    alarms.end("key", "over")
    assert told == ["refused", "over"] * 2


@in_virtual_time
async def test_troubles_do_not_silence_each_other_and_an_end_without_a_beginning_is_no_news() -> None:
    told: list[str] = []
    alarms = OperatorAlarms(told.append)
    alarms.end("key", "over")
    alarms.begin("key", "refused")
    alarms.begin("money", "empty")
    alarms.end("money")
    assert told == ["refused", "empty"]
