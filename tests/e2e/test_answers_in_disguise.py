"""Answers to submissions that say something else than they seem to: whose task it is, and where its id stands."""

import json

from bot.sandbox.dimilinks import RawAnswer
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.videos import being_made, finish


async def test_a_task_that_another_request_bought_is_not_shown_twice(harness: Harness) -> None:
    first = await being_made(harness, "mine", user=harness.member("first"), private=True)
    (task_id,) = (submission.task_id for submission in harness.sandbox.dimilinks.request_log.submissions)
    answer = json.dumps({"data": {"task_id": task_id}, "note": "from the cache"}).encode()
    harness.sandbox.dimilinks.faults.submit.append(RawAnswer(answer))
    second = await harness.video("yours", user=harness.member("second"))
    shown = await second.wait_for(lambda version: "may have paid for it" in version.text(), TIMEOUT_S)
    assert "Try again" in [button.label for button in shown.buttons]
    row = next(row for row in harness.rows() if row["prompt"] == "yours")
    assert (row["state"], row["task_id"]) == ("unknown", None)
    assert "from the cache" in row["raw_answer"]
    finish(harness, "mine")
    await first.wait_for_video(TIMEOUT_S)
    await harness.restart()
    await harness.app.jobs.runner.idle()
    assert [row["state"] for row in harness.rows()] == ["delivered", "unknown"]
