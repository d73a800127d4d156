"""A video service that misbehaves: the person always gets an answer, and nothing is ever bought twice."""

from dataclasses import replace

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.dimilinks import (
    DropAfterAcceptance,
    DropAfterReading,
    DropBeforeReading,
    Endpoint,
    ErrorAfterAcceptance,
    Fault,
    Html,
    HttpError,
    JsonInstead,
    NoTaskId,
    Redirect,
    TaskOutcome,
    Truncated,
)
from tests.e2e.actors.approvals import rule
from tests.e2e.actors.harness import QUICK, Harness
from tests.e2e.actors.pictures import png_of

NOTHING_CHARGED = "This cost nothing."
CHARGED = "The bot's operator has paid for this video."
PROBABLY = "The operator has probably paid for it."
UNKNOWN = "The operator may have paid for it; I cannot tell."


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HttpError(400, "invalid_request_error", "提示词无效"), "refused the request: 提示词无效"),
        (HttpError(400, "invalid_reference_image", "参考图无效"), "The video service refused a picture."),
        (HttpError(413, None, "请求体过大"), "refused a picture: 请求体过大"),
        (HttpError(400, "content_filter", "内容违规"), "content rules do not allow this request"),
    ],
)
async def test_a_refusal_is_explained_and_not_repeated(harness: Harness, fault: Fault, expected: str) -> None:
    harness.sandbox.dimilinks.faults.submit.append(fault)
    shown = await harness.ended(await harness.video())
    assert expected in shown.text()
    assert NOTHING_CHARGED in shown.text()
    assert harness.bought == 0
    assert len(harness.submissions_sent) == 1


@pytest.mark.slow
async def test_words_that_may_repeat_the_prompt_are_left_out_where_that_is_withheld(harness: Harness) -> None:
    await rule(harness, modes={Gate.NORMAL: Mode.APPROVAL}, review_at=ReviewAt.POSTING)
    said = HttpError(400, "invalid_prompt", "The prompt 'zqxj boat' is not accepted")
    harness.sandbox.dimilinks.faults.submit.append(said)
    shown = await harness.ended(await harness.video("zqxj boat"))
    assert "refused the request." in shown.text()
    assert "zqxj" not in shown.text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "pause_s"),
    [
        (HttpError(429, "rate_limit", "慢一点", {"Retry-After": "1"}), 1.0),
        (HttpError(429, None, "slow down"), 0.0),
    ],
)
async def test_a_rate_limited_submission_waits_and_succeeds(
    harness: Harness, fault: Fault, pause_s: float
) -> None:
    harness.sandbox.dimilinks.faults.submit.append(fault)
    reply = await harness.video()
    await reply.wait_for_video(timeout_s=60)
    first, second = harness.submissions_sent
    assert second.at - first.at >= pause_s
    # A pause shorter than the interval of edits is over before anybody could read of it.
    told = any("busy; I will try again" in version.text() for version in reply.versions)
    assert told or pause_s < QUICK.edit_interval_s
    assert harness.bought == 1


@pytest.mark.slow
async def test_endless_rate_limiting_ends_in_an_answer(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [HttpError(429, None, "slow down")])
    shown = await harness.ended(await harness.video())
    assert "has too many requests and did not accept this one" in shown.text()
    assert NOTHING_CHARGED in shown.text()


@pytest.mark.parametrize(
    ("fault", "bought"),
    [
        (HttpError(500, "internal_error", "内部错误"), 0),
        (Html(502), 0),
        (Html(200), 0),
        (DropBeforeReading(), 0),
        (DropAfterReading(), 0),
        (DropAfterAcceptance(), 1),
        (ErrorAfterAcceptance(504), 1),
        (NoTaskId(), 1),
    ],
)
async def test_a_submission_of_unknown_outcome_is_never_repeated(
    harness: Harness, fault: Fault, bought: int
) -> None:
    harness.sandbox.dimilinks.faults.submit.append(fault)
    shown = await harness.ended(await harness.video())
    assert UNKNOWN in shown.text()
    assert harness.bought == bought
    assert len(harness.submissions_sent) == 1


async def test_a_connection_lost_before_all_pictures_were_sent_bought_nothing_and_is_made_again(
    harness: Harness,
) -> None:
    # More than the sockets between both ends can hold, so that the loss is seen before the end was sent.
    content = png_of(9_000_000)
    images = {
        name: harness.sandbox.discord.upload(f"{name}.png", content)
        for name in ("image", "image2", "image3", "image4")
    }
    harness.sandbox.dimilinks.faults.submit.append(DropBeforeReading())
    await (await harness.video(**images)).wait_for_video(timeout_s=60)
    assert harness.bought == 1
    assert len(harness.submissions_sent) == 2


async def test_a_service_that_is_down_for_a_moment_only_delays(harness: Harness) -> None:
    await harness.sandbox.dimilinks.pause()
    reply = await harness.video()
    await reply.wait_for(lambda version: "try again shortly" in version.text(), timeout_s=60)
    await harness.sandbox.dimilinks.resume()
    await reply.wait_for_video(timeout_s=60)
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_service_that_stays_down_ends_in_an_answer(harness: Harness) -> None:
    await harness.sandbox.dimilinks.pause()
    shown = await harness.ended(await harness.video())
    assert "could not reach the video service in time" in shown.text()
    assert NOTHING_CHARGED in shown.text()


async def test_a_submission_answered_with_a_redirect_does_not_take_the_key_elsewhere(
    harness: Harness,
) -> None:
    """It proves nothing either, since whoever sent it may not be the service."""
    elsewhere = f"http://{harness.sandbox.discord.foreign_host}/v1/videos/generations"
    harness.sandbox.dimilinks.faults.submit.append(Redirect(elsewhere))
    shown = await harness.ended(await harness.video())
    assert UNKNOWN in shown.text()
    assert (harness.bought, len(harness.submissions_sent)) == (0, 1)


@pytest.mark.parametrize(
    "fault",
    [
        HttpError(500, None, "oops"),
        HttpError(429, None, "slow", {"Retry-After": "1"}),
        HttpError(401, "invalid_api_key", "for a moment"),
        Html(502),
        DropBeforeReading(),
        Redirect("http://127.0.0.1:9/elsewhere", 302),
    ],
)
async def test_faults_while_polling_only_delay(harness: Harness, fault: Fault) -> None:
    harness.sandbox.dimilinks.faults.task.extend([fault, fault])
    await (await harness.video()).wait_for_video(timeout_s=60)
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        Truncated(0.5),
        Truncated(0.5, honest_length=False),
        HttpError(500, None, "oops"),
        DropBeforeReading(),
        JsonInstead(),
        Html(200),
    ],
)
async def test_a_broken_download_is_made_again_and_only_a_whole_video_is_posted(
    harness: Harness, fault: Fault
) -> None:
    harness.sandbox.dimilinks.faults.content.append(fault)
    reply = await harness.video()
    shown = await reply.wait_for_video(timeout_s=60)
    sample = harness.sandbox.dimilinks.request_log.submissions[0].task_id
    assert harness.sandbox.dimilinks.request_log.downloads[sample] >= 1
    assert shown.videos[0].path.read_bytes()[4:8] == b"ftyp"
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_video_that_never_arrives_whole_is_told_with_its_number(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 1.0, [Truncated(0.9)])
    shown = await harness.ended(await harness.video())
    assert "it arrived incomplete" in shown.text()
    assert CHARGED in shown.text()
    assert harness.sandbox.dimilinks.request_log.submissions[0].task_id in shown.text()


async def test_a_video_on_another_host_is_fetched_without_the_key(harness: Harness) -> None:
    harness.sandbox.dimilinks.redirect_content = True
    await (await harness.video()).wait_for_video(timeout_s=60)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcome", "expected", "money"),
    [
        (TaskOutcome.FAILED, "The model behind the video service could not make this video.", UNKNOWN),
        (TaskOutcome.BLOCKED, "own filter stopped this video", PROBABLY),
        (TaskOutcome.MISSING_VIDEO, "says that the video is done, but there is none", PROBABLY),
    ],
)
async def test_a_task_that_ends_badly_is_explained(
    harness: Harness, outcome: TaskOutcome, expected: str, money: str
) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(outcome)
    shown = await harness.ended(await harness.video())
    assert expected in shown.text()
    assert money in shown.text()
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_status_that_nobody_knows_does_not_end_the_job(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.STRANGE_STATUS)
    await (await harness.video()).wait_for_video(timeout_s=60)


@pytest.mark.slow
@pytest.mark.started_with(tuning=replace(QUICK, expire_after_s=4.0))
async def test_a_task_that_never_finishes_expires_with_its_number(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.NEVER_FINISHES)
    shown = await harness.ended(await harness.video())
    assert "was not ready in time" in shown.text()
    assert CHARGED in shown.text()
    assert harness.sandbox.dimilinks.request_log.submissions[0].task_id in shown.text()
