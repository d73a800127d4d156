"""A gateway and workers on one database, in the test's process: what people change reaches who runs the jobs."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.app import Role
from bot.moderation.policy import Person
from bot.moderation.reporting import ReportReason
from bot.moderation.rules import Gate, Mode
from bot.reviews.report_store import Report
from bot.reviews.reports import ReportResult
from bot.texts import forms
from bot.texts import spicy as words
from tests.e2e.actors import reports
from tests.e2e.actors.approvals import held, moderator, question, rule
from tests.e2e.actors.approvals import spicy as asked
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.damage import change_rows
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness, utc_now
from tests.e2e.actors.records import assert_log_unbroken
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line
from tests.postgresql.server import PostgresqlServer

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]


@pytest.fixture
async def processes(
    tmp_path: Path, postgresql: PostgresqlServer
) -> AsyncGenerator[tuple[Harness, AsyncExitStack]]:
    """A gateway, and the stack to which workers are added; one video is made at a time."""
    async with AsyncExitStack() as stack:
        url = postgresql.url(stack.enter_context(postgresql.new_database()))
        opened = await stack.enter_async_context(
            open_harness(tmp_path, url, role=Role.GATEWAY, jobs_at_once=1)
        )
        yield opened, await stack.enter_async_context(AsyncExitStack())
        assert_log_unbroken(opened)


async def test_what_waits_in_line_in_a_worker_is_held_by_a_stop(
    processes: tuple[Harness, AsyncExitStack],
) -> None:
    harness, workers = processes
    await harness.begin(Role.WORKER, workers)
    await rule(harness, modes={Gate.SPICY: Mode.OPEN})
    mo = moderator(harness)
    await being_made(harness, "first")
    waiting = await asked(harness, "a lighthouse")
    await waiting.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    assert (await spicy(harness, "stop", mo)).text == words.stopped(1).english
    await held(waiting)
    card = await question(harness)
    await spicy(harness, "resume", mo)
    finish(harness, "first")
    await told(await press(harness, card, "Approve", user=mo))
    await waiting.wait_for_video(TIMEOUT_S)
    assert harness.bought == 2


async def test_what_waits_in_a_worker_is_asked_about_once_another_begins_after_an_outage(
    processes: tuple[Harness, AsyncExitStack],
) -> None:
    harness, workers = processes
    await harness.begin(Role.WORKER, workers)
    await being_made(harness, "first")
    reply = await in_line(harness, "second")
    # Nobody could write a heartbeat while the database was away.
    await change_rows(harness, "UPDATE heartbeats SET beat_at = 0 WHERE process_id LIKE '%:%'")
    await harness.begin(Role.WORKER, workers)
    await reply.wait_for(lambda version: "Still want it?" in version.text(), TIMEOUT_S)
    finish(harness, "first")
    await press(harness, reply, "Make it")
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 2


async def test_a_further_report_to_a_gateway_that_does_not_lead_is_on_the_card(
    processes: tuple[Harness, AsyncExitStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.reviews.questions._SHOW_OUTDATED_EVERY_S", 0.5)
    harness, others = processes
    await harness.begin(Role.WORKER, others)
    reserve = await harness.begin(Role.GATEWAY, others)
    await reports.rule(harness)
    reply = await harness.video()
    await reply.wait_for_video(TIMEOUT_S)
    await until(lambda: harness.rows("settled_at")[0]["settled_at"] is not None)
    card = await reports.hidden(harness, reply)
    bob, reason = harness.member("bob"), ReportReason.HATEFUL
    said = Report(harness.rows("id")[0]["id"], bob.id, utc_now(), reason, "")
    result = await reserve.moderation.reports.report(said, Person(bob.id, harness.guild.id), None)
    assert result is ReportResult.COUNTED
    await reports.seen(card, forms.REPORT_REASONS[reason].english)
