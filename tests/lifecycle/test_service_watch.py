"""The free question before a submission that tries if a pause is over: what it proves, and what it saves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from pydantic import SecretStr

from bot.dimilinks import DimiLinks, Pace
from bot.jobs.submission_pause import PauseReason
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.service_watch import ServiceWatch
from bot.metrics import Metrics
from bot.video import MODEL
from tests.dimilinks.clients import KEY, QUICK
from tests.dimilinks.servers import Answer, RecordingServer, json_answer

PAGE = Answer(502, b"<html>bad gateway</html>")
UNKNOWN_TASK = json_answer('{"error": {"message": "task not found"}}', 404)
NO_ROUTE = json_answer('{"detail": "Not Found"}', 404)
BAD_KEY = json_answer('{"error": {"code": "invalid_api_key", "message": "bad key"}}', 401)
MODELS = json_answer(f'{{"data": [{{"id": "{MODEL}"}}]}}')
OTHER_MODELS = json_answer('{"data": [{"id": "other"}]}')
KEY_REJECTED, NO_CHANNEL = PauseReason.KEY_REJECTED, PauseReason.NO_CHANNEL


@pytest.fixture
async def service() -> AsyncIterator[RecordingServer]:
    async with RecordingServer() as server:
        yield server


@pytest.fixture
async def watch(service: RecordingServer) -> AsyncIterator[ServiceWatch]:
    async def tells(_kind: object) -> bool:
        return True

    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield ServiceWatch(
            api=DimiLinks(session, base_url=service.url / "v1", api_key=SecretStr(KEY), timeouts=QUICK),
            rate=Pace(1000),
            alarms=OperatorAlarms([].append),
            metrics=Metrics(),
            waiting=lambda: 0,
            tells_of_hold=tells,
            now=lambda: datetime.now(UTC),
        )


@pytest.mark.parametrize("reason", PauseReason)
async def test_whatever_a_pause_is_about_nothing_is_submitted_into_an_outage(
    service: RecordingServer, watch: ServiceWatch, reason: PauseReason
) -> None:
    service.answers = [PAGE]
    assert await watch.is_pointless_probe(reason)
    assert {seen.method for seen in service.seen} == {"GET"}


@pytest.mark.parametrize("reason", PauseReason)
async def test_a_service_that_is_there_is_tried_wherever_it_answers(
    service: RecordingServer, watch: ServiceWatch, reason: PauseReason
) -> None:
    about_task = 2 if reason is KEY_REJECTED else 1
    for answers in ([MODELS], [UNKNOWN_TASK], [*[NO_ROUTE] * about_task, MODELS]):
        service.answers = [MODELS] if reason is NO_CHANNEL else list(answers)
        assert not await watch.is_pointless_probe(reason)


@pytest.mark.parametrize(
    ("reason", "answer"), [(KEY_REJECTED, BAD_KEY), (NO_CHANNEL, OTHER_MODELS)], ids=["key", "channel"]
)
async def test_what_still_lasts_is_not_tried(
    service: RecordingServer, watch: ServiceWatch, reason: PauseReason, answer: Answer
) -> None:
    service.answers = [MODELS, answer]
    await watch.api.models()  # a list that has named the model is believed when it does not any more
    assert await watch.is_pointless_probe(reason)
    assert len(service.seen) == 2
