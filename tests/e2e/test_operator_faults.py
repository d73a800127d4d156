"""When the video service refuses the bot itself: nothing is lost, the operator hears once, and it goes on."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.lifecycle.pauses import ProbeIntervals
from bot.sandbox.dimilinks import At, Endpoint, Fault, Html, HttpError, SubmitStage
from bot.sandbox.dimilinks.faults import RawAnswer
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.pictures import png_of
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish

KEY = HttpError(401, "invalid_api_key", "bad key")
MONEY = HttpError(402, "insufficient_balance", "余额不足")
MODEL = HttpError(403, "model_not_allowed", "not allowed")
UNNAMED = HttpError(403, None, "not today")
OTHERS_COME_SOON = replace(QUICK, probe_intervals=replace(QUICK.probe_intervals, evidence_s=20.0))
"""Soon enough to be evidence, also on a busy machine."""
LOSES_REQUESTS = replace(
    QUICK,
    probe_intervals=replace(QUICK.probe_intervals, first_s=2.0, longest_s=4.0, question_s=0.5),
    timeouts=replace(QUICK.timeouts, submit_s=60.0),
)


async def told(harness: Harness, count: int) -> list[str]:
    """The operator's messages, once there are so many."""
    async with asyncio.timeout(TIMEOUT_S):
        while len(news(harness)) < count:  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)
    return news(harness)


async def others_turn(harness: Harness, name: str) -> None:
    """Somebody else's request, which has to come to its turn within ten seconds, whatever a video takes then."""
    reply = await harness.video(name, user=harness.member(name))
    await reply.wait_for_video(TIMEOUT_S)
    (taken,) = [one for one in harness.sandbox.dimilinks.request_log.submissions if one.prompt == name]
    assert reply.acknowledged_at is not None
    assert taken.received_at - reply.acknowledged_at < 10


def paused(harness: Harness) -> float | None:
    return harness.app.metrics.registry.get_sample_value("stillmotion_submitting_paused")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(KEY, "does not accept this bot's key"), (MONEY, "out of money"), (MODEL, "does not allow this bot")],
)
async def test_every_request_waits_and_goes_on_once_the_service_takes_one(
    harness: Harness, fault: Fault, expected: str
) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [fault])
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [fault])
    people = [harness.member(f"person{number}") for number in range(4)]
    replies = [await harness.video(f"video {person.name}", user=person) for person in people]
    for reply in replies:
        shown = await reply.wait_for(lambda version: expected in version.text(), TIMEOUT_S)
        assert "Waiting for the bot's operator" in shown.text()
        assert "This cost nothing." in shown.text()
    assert paused(harness) == 1.0
    (first,) = await told(harness, 1)
    assert "paused for the whole bot" in first
    assert harness.bought == 0
    harness.sandbox.dimilinks.faults.clear()
    for reply in replies:
        await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 4
    assert paused(harness) == 0.0
    _, second = await told(harness, 2)
    assert "takes requests again" in second
    assert len(news(harness)) == 2


async def test_while_it_is_paused_one_request_at_a_time_probes(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [MODEL])
    await harness.video()
    await told(harness, 1)
    people = [harness.member(f"person{number}") for number in range(6)]
    for person in people:
        await harness.video(user=person)
    before = len(harness.submissions_sent)
    began_s = asyncio.get_running_loop().time()
    async with asyncio.timeout(TIMEOUT_S):
        while len(harness.submissions_sent) < before + 3:  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)
    times = [request.at for request in harness.submissions_sent[before:]]
    pauses = [later - sooner for sooner, later in zip([began_s, *times], times, strict=False)][1:]
    assert min(pauses) >= harness.tuning.probe_intervals.first_s


@pytest.mark.parametrize(
    "fault",
    [
        At(SubmitStage.AFTER_BODY, HttpError(200, "insufficient_quota", "no money")),
        pytest.param(
            RawAnswer(b'{"code": "insufficient_user_quota", "data": null, "request_id": "req-2026"}'),
            marks=pytest.mark.slow,
        ),
    ],
)
@pytest.mark.started_with(tuning=replace(QUICK, probe_intervals=ProbeIntervals()))
async def test_an_empty_account_that_is_told_as_a_success_costs_one_request_its_certainty(
    harness: Harness, fault: Fault
) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [fault])
    lost = await harness.ended(await harness.video("first"))
    assert "I cannot tell" in lost.text()
    people = [harness.member(f"person{number}") for number in range(4)]
    for person in people:
        waiting = await harness.video(f"video {person.name}", user=person)
        await waiting.wait_for(lambda version: "out of money" in version.text(), TIMEOUT_S)
    assert len(harness.submissions_sent) == 1
    assert [row["state"] for row in harness.rows()].count("unknown") == 1
    assert sum("out of money" in text for text in await told(harness, 2)) == 1


@pytest.mark.slow
async def test_a_wrong_key_is_probed_without_sending_a_request_that_costs(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [KEY])
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [KEY])
    reply = await harness.video()
    await told(harness, 1)
    asked = [request for request in harness.sandbox.dimilinks.request_log.requests if request.method == "GET"]
    async with asyncio.timeout(TIMEOUT_S):
        while len(asked) < 2:
            asked = [
                request
                for request in harness.sandbox.dimilinks.request_log.requests
                if request.method == "GET"
            ]
            await asyncio.sleep(0.02)
    assert len(harness.submissions_sent) == 1
    harness.sandbox.dimilinks.faults.clear()
    await reply.wait_for_video(TIMEOUT_S)


async def test_waiting_requests_survive_a_restart(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [MONEY])
    reply = await harness.video()
    await reply.wait_for(lambda version: "Waiting for the bot's operator" in version.text(), TIMEOUT_S)
    await harness.restart()
    harness.sandbox.dimilinks.faults.clear()
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


@pytest.mark.parametrize("fault", [KEY, MONEY, MODEL])
async def test_questions_that_are_refused_do_not_end_a_job(harness: Harness, fault: HttpError) -> None:
    harness.sandbox.dimilinks.faults.task.extend([fault] * 3)
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


@pytest.mark.slow
async def test_one_request_that_the_service_refuses_without_a_reason_ends_with_its_words(
    harness: Harness,
) -> None:
    harness.sandbox.dimilinks.faults.poison("poison", UNNAMED)
    poisoned = await harness.video("poison")
    await poisoned.wait_for(lambda version: "try once more shortly" in version.text(), TIMEOUT_S)
    await others_turn(harness, "other")
    shown = await harness.ended(poisoned)
    assert "not today" in shown.text()
    assert "This cost nothing." in shown.text()
    assert "Change" in [button.label for button in shown.buttons]
    assert len(await told(harness, 1)) == 1
    await (await harness.video(user=harness.member("later"))).wait_for_video(TIMEOUT_S)
    assert paused(harness) == 0.0


@pytest.mark.slow
@pytest.mark.started_with(tuning=OTHERS_COME_SOON)
@pytest.mark.parametrize("fault", [MONEY, UNNAMED, Html(403), Html(502)])
async def test_a_poisoned_request_ends_soon_and_the_operator_hears_little(
    harness: Harness, fault: Fault
) -> None:
    harness.sandbox.dimilinks.faults.poison("poison", fault)
    poisoned = await harness.video("poison")
    for number in range(3):
        await others_turn(harness, f"user{number}")
    await harness.ended(poisoned)
    assert len(news(harness)) <= 2
    assert harness.bought == 3


@pytest.mark.slow
@pytest.mark.started_with(tuning=OTHERS_COME_SOON)
@pytest.mark.parametrize("status", [403, 413])
async def test_a_request_that_is_always_refused_unread_ends_soon_and_delays_nobody(
    harness: Harness, status: int
) -> None:
    harness.sandbox.dimilinks.faults.refuse_larger(2_000_000, Html(status))
    large = await harness.video(image=harness.sandbox.discord.upload("large.png", png_of(9_000_000)))
    await large.wait_for(lambda version: "try once more shortly" in version.text(), TIMEOUT_S)
    assert paused(harness) == 0.0
    await others_turn(harness, "other")
    shown = await harness.ended(large)
    assert ("too large" if status == 413 else "(HTTP 403)") in shown.text()
    assert "This cost nothing." in shown.text()
    assert "Change" in [button.label for button in shown.buttons]
    assert len(news(harness)) == 1
    assert [request.status for request in harness.submissions_sent] == [status, 200, status]


@pytest.mark.slow
@pytest.mark.started_with(tuning=OTHERS_COME_SOON)
async def test_an_edge_that_refuses_all_requests_unread_loses_none_of_them(harness: Harness) -> None:
    faults = harness.sandbox.dimilinks.faults
    faults.refuse_larger(0, Html(502))
    for endpoint in (Endpoint.TASK, Endpoint.MODELS):
        faults.rate(endpoint, 1.0, [Html(502)])
    content = png_of(9_000_000)
    replies = [
        await harness.video(
            user=harness.member(f"person{number}"), image=harness.sandbox.discord.upload("large.png", content)
        )
        for number in range(2)
    ]
    for reply in replies:
        await reply.wait_for(lambda version: "Waiting for the video service" in version.text(), TIMEOUT_S)
    assert len(harness.submissions_sent) <= 2
    faults.clear()
    for reply in replies:
        await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 2


async def test_a_key_that_is_revoked_while_videos_are_made_is_told_and_nothing_is_lost(
    harness: Harness,
) -> None:
    reply = await being_made(harness)
    harness.sandbox.dimilinks.key_revoked = True
    (first,) = await told(harness, 1)
    assert "cannot see how the videos" in first
    harness.sandbox.dimilinks.key_revoked = False
    finish(harness)
    await reply.wait_for_video(TIMEOUT_S)
    assert len(await told(harness, 2)) == 2
    assert harness.bought == 1


async def test_questions_that_are_refused_without_a_known_reason_are_told_as_well(harness: Harness) -> None:
    reply = await being_made(harness)
    harness.sandbox.dimilinks.faults.rate(Endpoint.TASK, 1.0, [UNNAMED])
    (first,) = await told(harness, 1)
    assert "not today" in first
    harness.sandbox.dimilinks.faults.clear()
    finish(harness)
    await reply.wait_for_video(TIMEOUT_S)
    assert len(await told(harness, 2)) == 2


@pytest.mark.slow
async def test_a_balance_that_is_too_low_for_one_request_is_told_after_another_refusal_too(
    harness: Harness,
) -> None:
    for fault in (UNNAMED, MONEY):
        harness.sandbox.dimilinks.faults.poison("poison", fault)
        poisoned = await harness.video("poison", user=harness.member(str(fault.status)))
        await poisoned.wait_for(lambda version: "try once more shortly" in version.text(), TIMEOUT_S)
        await others_turn(harness, f"other {fault.status}")
        await harness.ended(poisoned)
    _, second = await told(harness, 2)
    assert "the balance at DimiLinks is too low" in second


@pytest.mark.slow
@pytest.mark.started_with(tuning=LOSES_REQUESTS, jobs_at_once=5)
@pytest.mark.parametrize("answers_questions", [True, False])
async def test_a_restart_into_an_outage_costs_no_more_than_the_probe(
    harness: Harness, *, answers_questions: bool
) -> None:
    faults = harness.sandbox.dimilinks.faults
    faults.rate(Endpoint.SUBMIT, 1.0, [HttpError(429, "rate_limit", "slow")])
    replies = [await harness.video(user=harness.member(f"person{number}")) for number in range(4)]
    await until(lambda: len(harness.submissions_sent) >= 4)
    await harness.stop()
    before = len(harness.submissions_sent)
    faults.rate(Endpoint.SUBMIT, 1.0, [At(SubmitStage.AFTER_BODY, Html(524))])
    if not answers_questions:
        for endpoint in (Endpoint.TASK, Endpoint.MODELS):
            faults.rate(endpoint, 1.0, [Html(502)])
    await harness.start()
    for reply in replies[answers_questions:]:
        await reply.wait_for(lambda version: "Waiting for the video service" in version.text(), TIMEOUT_S)
    lost = len(harness.submissions_sent) - before
    assert lost == answers_questions
    faults.clear()
    await until(lambda: harness.bought == len(replies) - lost)


@pytest.mark.slow
@pytest.mark.started_with(tuning=LOSES_REQUESTS, jobs_at_once=5, api_requests_per_s=1)
async def test_requests_that_wait_to_leave_stay_when_submitting_pauses_meanwhile(harness: Harness) -> None:
    faults = harness.sandbox.dimilinks.faults
    faults.submit.append(HttpError(429, "rate_limit", "slow", {"Retry-After": "2"}))
    faults.rate(Endpoint.SUBMIT, 1.0, [At(SubmitStage.AFTER_BODY, Html(524))])
    for endpoint in (Endpoint.TASK, Endpoint.MODELS):
        faults.rate(endpoint, 1.0, [Html(502)])
    replies = [await harness.video(user=harness.member(f"person{number}")) for number in range(5)]
    await until(lambda: len(news(harness)) >= 2)
    # After the first page, whose request is unknown, one more may have been on its way.
    assert 2 <= len(harness.submissions_sent) <= 3
    lost = len(harness.submissions_sent) - 1
    faults.clear()
    await until(lambda: harness.bought == len(replies) - lost)


@pytest.mark.slow
async def test_a_service_that_lists_other_models_alone_makes_videos_again(harness: Harness) -> None:
    harness.sandbox.dimilinks.models = ["some-chat-model"]
    harness.sandbox.dimilinks.faults.submit.append(HttpError(503, "model_not_found", "no available channel"))
    await harness.ended(await harness.video("first"))
    for number in range(2):
        await (await harness.video(user=harness.member(f"person{number}"))).wait_for_video(TIMEOUT_S)
    assert harness.bought == 2


@pytest.mark.slow
@pytest.mark.started_with(tuning=LOSES_REQUESTS, jobs_at_once=5)
async def test_a_service_that_answers_questions_and_loses_requests_costs_one_more_for_each_pause(
    harness: Harness,
) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.SUBMIT, 1.0, [At(SubmitStage.AFTER_BODY, Html(524))])
    await harness.ended(await harness.video("first"))
    for number in range(14):
        await harness.video(user=harness.member(f"person{number}"))
    # The first one, the five that leave once a question was answered, and one after each of three pauses.
    await until(lambda: len(harness.submissions_sent) >= 1 + 5 + 3)
    last = [request.at for request in harness.submissions_sent][:9][-4:]
    assert min(later - sooner for sooner, later in pairwise(last)) > LOSES_REQUESTS.probe_intervals.question_s
    lost = len(harness.submissions_sent)
    harness.sandbox.dimilinks.faults.clear()
    await until(lambda: harness.bought >= 15 - lost - 1)
    assert paused(harness) == 0.0
