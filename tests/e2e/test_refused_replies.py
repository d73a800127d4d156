"""What a mention asked for and was refused can be changed: by its user alone, with the pictures that came along."""

import pytest

from bot.sandbox.dimilinks.outcomes import TaskOutcome
from bot.sandbox.discord import DiscordFault
from bot.sandbox.discord.modals import fields_of
from bot.texts import forms, replies
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.forms import parts, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import CALM, RAIN, answer_to, answers, ended, ping, said_to, say
from tests.e2e.actors.records import actions
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until

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


@pytest.mark.parametrize("words", ["rain --ar 4:3", "rain --res 1080p --seconds 7"])
async def test_a_form_takes_the_place_of_a_value_that_is_not_on_offer(harness: Harness, words: str) -> None:
    refused = await answer_to(await say(harness, ping(harness, words), 1))
    assert "has a value that cannot be chosen" in refused.current.text()
    opened = await press(harness, refused, "Change")
    await opened.wait_for_modal(TIMEOUT_S)
    assert (parts(opened)["seconds"], parts(opened)["frame"]) == ("6", "fit/720p")
    assert (await harness.ended(await send(harness, opened, {}))).videos


async def test_a_refusal_is_recorded_though_its_words_reach_nobody(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.sandbox.discord.faults.append(
        DiscordFault("POST /channels/*/messages", status=403, code=50013, message="no", times=99)
    )
    asked = await say(harness, ping(harness, "make it rain, spicy"), 1)
    harness.sandbox.discord.integrations.deny(harness.guild, harness.channel, "video")
    await say(harness, ping(harness, "make it rain"), 1)
    await until(lambda: actions(harness) == ["request_refused", "request_refused"])
    assert answers(asked) == []
    await harness.stop()
    logged = capsys.readouterr().out
    assert logged.count("message_not_answered") == 2
    assert "listener_broke" not in logged


async def test_a_failure_of_a_mention_can_be_changed(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.FAILED)
    asked = await say(harness, ping(harness, RAIN), 1)
    assert "Change" in labels(await ended(harness, asked))
