"""The free question that tells if the API is there and takes the key."""

import json

import pytest

from bot.dimilinks import (
    BadKeyError,
    DimiLinks,
    DimiLinksError,
    FaultReason,
    NotFoundError,
    RateLimitedError,
    ServerError,
    UnreadableAnswerError,
)
from tests.dimilinks.clients import KEY
from tests.dimilinks.servers import Answer, RecordingServer, json_answer


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ('{"object": "list", "data": [{"id": "grok-imagine-video", "object": "model"}, {"id": "b"}]}', 2),
        ('{"data": []}', 0),
        ('{"models": [{"name": "models/a"}, "b", 7, null, {"id": ["odd"]}, {}]}', 2),
        ('["a", "b", "c"]', 3),
    ],
)
async def test_models_are_listed_in_every_shape(
    api: RecordingServer, client: DimiLinks, body: str, models: int
) -> None:
    api.answers = [json_answer(body)]
    assert len(await client.models()) == models
    [seen] = api.seen
    assert (seen.method, seen.path) == ("GET", "/v1/models")
    assert seen.headers["Authorization"] == f"Bearer {KEY}"


async def test_long_list_is_read_whole(api: RecordingServer, client: DimiLinks) -> None:
    names = [f"model-{number}" for number in range(2_000)]
    api.answers = [json_answer(json.dumps({"data": [{"id": name, "note": "x" * 150} for name in names]}))]
    assert await client.models() == tuple(names)


@pytest.mark.parametrize(
    ("answer", "expected", "in_own_voice"),
    [
        (json_answer('{"error": {"code": "invalid_api_key"}}', 401), BadKeyError, True),
        (json_answer('{"error": {"message": "no such route"}}', 404), NotFoundError, True),
        (json_answer('{"error": {"message": "slow down"}}', 429), RateLimitedError, True),
        (json_answer('{"error": {"message": "oops"}}', 500), ServerError, True),
        (Answer(401, b"<html>log in</html>"), UnreadableAnswerError, False),
        (Answer(200, b"<html>welcome</html>"), UnreadableAnswerError, False),
        (json_answer("{}"), UnreadableAnswerError, False),
        (json_answer('{"data": {"id": "x"}}'), UnreadableAnswerError, False),
        (Answer(502), ServerError, False),
    ],
)
async def test_other_answers_tell_if_the_api_itself_spoke(
    api: RecordingServer,
    client: DimiLinks,
    answer: Answer,
    expected: type[DimiLinksError],
    in_own_voice: bool,  # noqa: FBT001 - a table's column
) -> None:
    api.answers = [answer]
    with pytest.raises(DimiLinksError) as caught:
        await client.models()
    assert (type(caught.value), caught.value.in_own_voice) == (expected, in_own_voice)
    assert (caught.value.verdict.reason is FaultReason.PAGE) is answer.body.startswith(b"<html>")
