"""What gateways of this kind really send, row by row: nothing is bought twice, and what was bought can be had.

Each table runs in one bot, every row as a request of its own with a user of its own.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.lifecycle.pauses import ProbeIntervals
from bot.sandbox.dimilinks import known_faults as known
from bot.sandbox.dimilinks.faults import (
    At,
    EarlierTask,
    Endpoint,
    Fault,
    Hang,
    Html,
    HttpError,
    RawAnswer,
    SubmitStage,
)
from bot.sandbox.dimilinks.outcomes import FailedAtFirst, LateContent, LostContent, OtherVideo, TaskOutcome
from bot.sandbox.dimilinks.shapes import (
    NO_ERRORS,
    ProgressForm,
    TaskShape,
    Wrapper,
)
from bot.sandbox.discord import MessageVersion, Reply
from bot.texts import service_words
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.pictures import png_of
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made

NOTHING_CHARGED = "This cost nothing."
UNKNOWN = "The operator may have paid for it; I cannot tell."
DELIVERED = "Here is your video"
LOST = At(SubmitStage.AFTER_BODY, Html(524))


async def ask_all(harness: Harness, table: Mapping[str, Fault]) -> dict[str, Reply]:
    """One request for each row, whose prompt meets the row's fault."""
    for name, fault in table.items():
        harness.sandbox.dimilinks.faults.poison(f"row {name}.", fault)
    return {
        name: await harness.video(f"row {name}.", user=harness.member(name.replace("_", "")))
        for name in table
    }


async def ends(harness: Harness, replies: Mapping[str, Reply]) -> dict[str, MessageVersion]:
    """The last version of each reply."""
    shown = await asyncio.gather(*(harness.ended(reply) for reply in replies.values()))
    return dict(zip(replies, shown, strict=True))


def labels(version: MessageVersion) -> list[str]:
    return [button.label for button in version.buttons]


EXPLAINED = {
    "invalid_picture": service_words.SERVICE_CODES[service_words.PICTURE_CODE],
    "content_policy": service_words.SERVICE_CODES[service_words.CONTENT_CODE],
    "permission_denied": service_words.SERVICE_CODES[service_words.CONTENT_CODE],
}
"""Sentences for users in place of the service's words, where it is known what they mean."""


async def test_a_refusal_of_one_request_ends_it_with_a_sentence_or_the_services_words_and_nothing_else(
    harness: Harness,
) -> None:
    shown = await ends(harness, await ask_all(harness, known.REFUSALS_OF_ONE_REQUEST))
    for name, version in shown.items():
        message = known.REFUSALS_OF_ONE_REQUEST[name].message
        explained = EXPLAINED.get(name)
        assert (message if explained is None else explained.english) in version.text(), name
        assert explained is None or message not in version.text(), name
        assert NOTHING_CHARGED in version.text(), name
        assert "Change" in labels(version), name
    assert len(harness.submissions_sent) == len(shown)
    assert harness.bought == 0
    assert news(harness) == []
    await (await harness.video()).wait_for_video(TIMEOUT_S)


@pytest.mark.slow
async def test_every_shape_of_acceptance_is_a_bought_video(harness: Harness) -> None:
    replies = await ask_all(harness, known.BOUGHT)
    await asyncio.gather(*(reply.wait_for_video(TIMEOUT_S) for reply in replies.values()))
    assert harness.bought == len(replies)


@pytest.mark.slow
async def test_an_acceptance_that_does_not_say_so_is_never_repeated_and_its_answer_is_kept(
    harness: Harness,
) -> None:
    # So many pages in a row make the pauses between submissions longer than other tests have patience for.
    probes = ProbeIntervals(first_s=0.1, longest_s=0.2, question_s=0.02)
    harness.tuning = replace(QUICK, timeouts=replace(QUICK.timeouts, submit_s=60.0), probe_intervals=probes)
    await harness.restart()
    # The page with a Retry-After is obeyed for a minute (`tests/dimilinks/test_holds.py`).
    table = {
        name: fault for name, fault in known.BOUGHT_WITHOUT_TRUE_WORD.items() if name != "page_banned_1015"
    }
    shown = await ends(harness, await ask_all(harness, table))
    rows = {row["prompt"]: row for row in harness.rows()}
    for name, version in shown.items():
        row = rows[f"row {name}."]
        if DELIVERED in version.text():
            assert row["state"] == "delivered", name
        else:
            assert UNKNOWN in version.text(), name
            assert row["state"] == "unknown", name
            assert row["raw_answer"], name
    assert DELIVERED in shown["torn_behind_id"].text()
    assert harness.bought == len(table) == len(harness.submissions_sent)
    # Said once for all of them; pages in the service's place are over before a question was refused.
    assert sum("did not say if it took a request" in text for text in news(harness)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("first_is_over", [True, False])
async def test_the_task_of_another_request_is_neither_bought_nor_shown(
    harness: Harness,
    first_is_over: bool,  # noqa: FBT001
) -> None:
    first = await harness.video("mine.", user=harness.member("first"))
    if first_is_over:
        await first.wait_for_video(TIMEOUT_S)
    await until(lambda: harness.bought == 1)
    harness.sandbox.dimilinks.faults.poison("another.", EarlierTask())
    second = await harness.ended(await harness.video("another.", user=harness.member("second")))
    assert UNKNOWN in second.text()
    await first.wait_for_video(TIMEOUT_S)
    await harness.restart()
    await harness.app.jobs.runner.idle()
    mine, other = harness.rows("state, task_id, raw_answer")
    assert (mine["state"], other["state"], other["task_id"]) == ("delivered", "unknown", None)
    assert mine["task_id"] in other["raw_answer"]
    assert sum("did not say if it took a request" in text for text in news(harness)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("page", ["challenge", "bad_gateway"])
async def test_a_page_before_the_body_was_read_buys_nothing_and_is_repeated(
    harness: Harness, page: str
) -> None:
    harness.sandbox.dimilinks.faults.submit.append(At(SubmitStage.BEFORE_BODY, known.EDGE_PAGES[page]))
    # More than the sockets between both ends can hold, so that the page is seen before the end was sent.
    content = png_of(9_000_000)
    images = {
        name: harness.sandbox.discord.upload(f"{name}.png", content)
        for name in ("image", "image2", "image3", "image4")
    }
    await (await harness.video(**images)).wait_for_video(TIMEOUT_S)
    assert harness.bought == 1
    assert len(harness.submissions_sent) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(known.CONTENT_TOO_EARLY))
async def test_content_that_comes_late_is_waited_for(harness: Harness, name: str) -> None:
    harness.sandbox.dimilinks.faults.content.extend([known.CONTENT_TOO_EARLY[name]] * 2)
    await (await harness.video()).wait_for_video(TIMEOUT_S)


@pytest.mark.slow
async def test_content_in_any_clothes_is_posted(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.content.extend(known.WHOLE_CONTENT.values())
    replies = [
        await harness.video(f"row {name}.", user=harness.member(name.replace("_", "")))
        for name in known.WHOLE_CONTENT
    ]
    await asyncio.gather(*(reply.wait_for_video(TIMEOUT_S) for reply in replies))
    # At the first try: one that was not taken for a video would be fetched again.
    assert harness.sandbox.dimilinks.request_log.downloads.total() == len(replies)


@pytest.mark.slow
async def test_an_error_that_is_none_beside_completed_does_not_cost_the_video(harness: Harness) -> None:
    odd = [{"code": "upstream_error", "message": "上游返回异常"}, "something odd"]
    for number, error in enumerate([*NO_ERRORS, *odd]):
        shape = TaskShape(wrapper=Wrapper.CODE, extra={"error": error}, extra_on="completed")
        harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [shape])
        reply = await harness.video(user=harness.member(f"user{number}"))
        await reply.wait_for_video(TIMEOUT_S)


@pytest.mark.parametrize("wrapper", Wrapper)
async def test_a_task_in_any_wrapper_ends_in_a_video(harness: Harness, wrapper: Wrapper) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [TaskShape(wrapper=wrapper)])
    await (await harness.video()).wait_for_video(TIMEOUT_S)


@pytest.mark.parametrize(
    "never_clear",
    [
        TaskShape(words={"completed": "ready"}, progress=ProgressForm.MISSING),
        TaskShape(extra={"status": None}),
        HttpError(403, None, "forbidden"),
        HttpError(429, "rate_limit_exceeded", "请求过于频繁"),
    ],
    ids=["a word that nobody knows", "no word", "refused", "too many"],
)
async def test_a_bought_video_is_had_though_no_answer_ever_says_that_it_is_done(
    harness: Harness, never_clear: Fault
) -> None:
    patience = replace(QUICK.timeouts.patience, unclear_s=0.3)
    harness.tuning = replace(QUICK, timeouts=replace(QUICK.timeouts, patience=patience))
    await harness.restart()
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [never_clear])
    await (await harness.video()).wait_for_video(TIMEOUT_S)


@pytest.mark.parametrize("form", ProgressForm)
async def test_progress_in_any_form_ends_in_a_video(harness: Harness, form: ProgressForm) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [TaskShape(progress=form, number_id=True)])
    await (await harness.video()).wait_for_video(TIMEOUT_S)


@pytest.mark.parametrize(
    "outcome",
    [FailedAtFirst(1), FailedAtFirst(2), LateContent(0.5), LateContent(0.5, 400), OtherVideo(size="640x640")],
)
async def test_no_single_free_answer_ends_a_bought_job(harness: Harness, outcome: object) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(outcome)  # pyright: ignore[reportArgumentType] - one of them
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


@pytest.mark.slow
async def test_the_answer_is_kept_for_the_operator_until_the_service_tells_of_the_task(
    harness: Harness,
) -> None:
    faults = harness.sandbox.dimilinks.faults
    faults.submit.append(RawAnswer(b'{"request_id": "req-20261130", "ticket": "TASK_ID"}'))
    await harness.ended(await harness.video("guessed"))
    faults.submit.append(RawAnswer(b'{"id": "TASK_ID"}'))
    await (await harness.video("told", user=harness.member("other"))).wait_for_video(TIMEOUT_S)
    # The video is seen before its delivery is stored.
    await until(lambda: harness.rows("state")[1]["state"] == "delivered")
    guessed, told = harness.rows("state, task_id, raw_answer")
    assert (guessed["state"], guessed["task_id"]) == ("failed", "req-20261130")
    assert harness.sandbox.dimilinks.request_log.submissions[0].task_id in guessed["raw_answer"]
    assert (told["state"], told["raw_answer"]) == ("delivered", None)
    assert sum("told nothing of the task" in text for text in news(harness)) == 1


BUSY = RawAnswer(b'{"status": "error", "message": "service busy"}')


@pytest.mark.slow
async def test_answers_that_failed_themselves_fail_no_video(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.task.extend([BUSY] * 4)
    await (await harness.video()).wait_for_video(TIMEOUT_S)


@pytest.mark.slow
@pytest.mark.started_with(tuning=replace(QUICK, expire_after_s=2.0))
async def test_a_job_whose_answers_all_failed_themselves_does_not_wait_for_ever(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.NEVER_FINISHES)
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [BUSY])
    assert "Look again" in labels(await harness.ended(await harness.video()))


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_content_that_is_gone_ends_soon_with_its_number_and_can_be_looked_for(
    harness: Harness, status: int
) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(LostContent(status))
    shown = await harness.ended(await harness.video())
    assert harness.sandbox.dimilinks.request_log.submissions[0].task_id in shown.text()
    assert "Look again" in labels(shown)
    assert "filter" not in shown.text()


@pytest.mark.slow
async def test_a_page_closes_submitting_no_longer_than_the_service_is_away(harness: Harness) -> None:
    for name, shape in {**known.ABSENT_TASK, "empty": known.EMPTY_ABSENT_TASK}.items():
        harness.sandbox.dimilinks.absent_task = shape
        harness.sandbox.dimilinks.faults.submit.append(LOST)
        lost = await harness.video(user=harness.member(f"lost {name}"))
        assert UNKNOWN in (await harness.ended(lost)).text()
        await (await harness.video(user=harness.member(name))).wait_for_video(TIMEOUT_S)


@pytest.mark.slow
@pytest.mark.started_with(jobs_at_once=9)
async def test_nor_longer_because_polls_are_asked_to_wait_for_a_day(harness: Harness) -> None:
    made = [await being_made(harness, name, user=harness.member(name)) for name in ("bea", "cid", "dan")]
    day = HttpError(429, "rate_limit", headers={"Retry-After": "86400"})
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [day])
    await made[-1].wait_for(lambda version: "asked me to wait" in version.text(), TIMEOUT_S)
    harness.sandbox.dimilinks.faults.submit.append(LOST)
    lost = await harness.video(user=harness.member("lost"))
    await lost.wait_for(lambda version: UNKNOWN in version.text(), TIMEOUT_S)
    await harness.video("plain")
    async with asyncio.timeout(10):
        await until(lambda: harness.bought == 4)


@pytest.mark.slow
async def test_where_nothing_else_tells_that_the_service_is_back_a_task_of_its_own_does(
    harness: Harness,
) -> None:
    harness.sandbox.dimilinks.absent_task = known.EMPTY_ABSENT_TASK
    harness.sandbox.dimilinks.faults.rate(Endpoint.MODELS, 1.0, [Html(404)])
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    harness.sandbox.dimilinks.faults.submit.append(LOST)
    assert UNKNOWN in (await harness.ended(await harness.video(user=harness.member("lost")))).text()
    await (await harness.video(user=harness.member("other"))).wait_for_video(TIMEOUT_S)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "shape"),
    [
        (400, None),
        (404, None),
        (400, known.ABSENT_TASK["code_and_message"]),
        (200, known.ABSENT_TASK["no_data"]),
    ],
)
async def test_a_task_that_the_service_forgets_ends_soon_and_holds_nobody_up(
    harness: Harness, status: int, shape: RawAnswer | None
) -> None:
    await harness.restart(jobs_at_once=1)
    harness.sandbox.dimilinks.absent_task = shape
    harness.sandbox.dimilinks.faults.outcomes.append(LostContent(404, task_status=status))
    lost = await harness.video()
    # The fault is for whoever is first; two commands may be taken in either order.
    await until(lambda: harness.bought == 1)
    other = await harness.video(user=harness.member("other"))
    shown = await harness.ended(lost)
    assert harness.sandbox.dimilinks.request_log.submissions[0].task_id in shown.text()
    assert "Look again" in labels(shown)
    await other.wait_for_video(TIMEOUT_S)


@pytest.mark.slow
@pytest.mark.started_with(tuning=replace(QUICK, expire_after_s=8.0))
async def test_content_that_hangs_does_not_outlast_the_deadline(harness: Harness) -> None:
    faults = harness.sandbox.dimilinks.faults
    faults.outcomes.append(TaskOutcome.NEVER_FINISHES)
    faults.rate(Endpoint.TASK, 1.0, [TaskShape(progress=ProgressForm.ABOVE_100)])
    faults.rate(Endpoint.CONTENT, 1.0, [Hang(60.0)])
    shown = await harness.ended(await harness.video())
    assert "Look again" in labels(shown)
