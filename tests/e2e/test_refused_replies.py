"""What a mention asked for and was refused can be changed: by its user alone, with the pictures that came along."""

import pytest

from bot.sandbox.dimilinks.outcomes import TaskOutcome
from bot.sandbox.discord.modals import fields_of
from bot.texts import forms, replies
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.forms import parts, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import CALM, RAIN, answer_to, ended, ping, said_to, say
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile

pytestmark = pytest.mark.started_with(tuning=CALM)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_refused_mention_opens_as_a_form_with_its_words_and_pictures(
    harness: Harness, *, restarted: bool
) -> None:
    asked = await say(harness, ping(harness, "make it rain, spicy 10s"), 1)
    refused = await answer_to(asked)
    await meanwhile(harness, restarted=restarted)
    opened = await press(harness, refused, "Change")
    await opened.wait_for_modal(TIMEOUT_S)
    assert "make it rain" in str(fields_of(opened.modal or {}))
    assert parts(opened)["preset"] == "spicy"
    sent = await send(harness, opened, {"preset": ["normal"]})
    assert (await harness.ended(sent)).videos
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert [reference.width for reference in submission.references] == [140]
    assert harness.rows("seconds") == [{"seconds": 10}]


async def test_nobody_else_changes_what_a_mention_asked_for(harness: Harness) -> None:
    refused = await answer_to(await say(harness, ping(harness, "make it rain, spicy"), 1))
    pressed = await press(harness, refused, "Change", user=harness.member("bob"))
    assert await told(pressed) == forms.REFUSED_NOT_YOURS.english


async def test_a_mention_that_was_not_understood_can_be_changed_where_it_has_pictures(
    harness: Harness,
) -> None:
    silent = await say(harness, ping(harness), 1)
    assert await said_to(silent) == replies.WHAT_SHOULD_HAPPEN.english
    opened = await press(harness, await answer_to(silent), "Change")
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await send(harness, opened, {"prompt": "make it rain"})
    assert (await harness.ended(sent)).videos
    empty = await say(harness, ping(harness, "make it rain"))
    assert labels((await answer_to(empty)).current) == []


async def test_a_failure_of_a_mention_can_be_changed(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.FAILED)
    asked = await say(harness, ping(harness, RAIN), 1)
    assert "Change" in labels(await ended(harness, asked))
