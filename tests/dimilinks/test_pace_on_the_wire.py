"""The pace on real sockets, by the server's own record of what arrived when."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks import ApiTimeouts, DimiLinks, DimiLinksError, Pace, Purchase, ServerError
from bot.dimilinks.body import SubmissionBody
from bot.dimilinks.exchange import Exchange
from bot.dimilinks.scrub import Scrubber
from bot.video import VideoRequest
from tests.dimilinks.clients import KEY, QUICK, ClientFor
from tests.dimilinks.references import Picture
from tests.dimilinks.servers import Answer, RecordingServer, json_answer
from tests.dimilinks.videos import whole_mp4

REQUEST = VideoRequest(prompt="a paper boat in the rain")
ACCEPTED = json_answer('{"data": {"task_id": "t", "status": "queued"}}')
VIDEO = Answer(200, whole_mp4(1000), {"Content-Type": "video/mp4"})

# One request, and the next one long after every test has ended.
ONE_AND_NO_MORE = 0.001

# Requests that left one after another may arrive closer together, by what the machine was busy with.
JITTER_S = 0.2

Call = Callable[[DimiLinks, Path], Awaitable[object]]


async def submit(client: DimiLinks, target: Path) -> object:
    return await client.submit(REQUEST, [Picture()])


async def ask(client: DimiLinks, target: Path) -> object:
    return await client.task("t")


async def fetch(client: DimiLinks, target: Path) -> object:
    return await client.download("t", target)


CALLS = [submit, ask, fetch]


def to(server: RecordingServer, location: str) -> Answer:
    return Answer(302, headers={"Location": str(server.url / location)})


async def waiting(*tasks: asyncio.Task[object], seconds: float = 0.05) -> None:
    """Let the tasks reach their wait for a turn, and stay there for a while."""
    done, _ = await asyncio.wait(tasks, timeout=seconds)
    assert not done


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", CALLS)
async def test_retry_after_holds_back_the_next_call_of_its_kind(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path, status: int, call: Call
) -> None:
    refusal = Answer(status, headers={"Retry-After": "0.3"})
    api.answers = [refusal, VIDEO if call is fetch else ACCEPTED]
    client = client_for(api.url, pace=Pace(100))
    with pytest.raises(DimiLinksError):
        await call(client, tmp_path / "v.mp4")
    await call(client, tmp_path / "v.mp4")
    assert api.seen[1].at_s - api.seen[0].at_s >= 0.3


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("refused", "free"), [(ask, submit), (ask, fetch), (submit, ask), (fetch, ask)])
async def test_a_day_of_retry_after_concerns_no_other_kind_and_no_deadline_of_the_caller(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path, status: int, refused: Call, free: Call
) -> None:
    api.answers = [
        Answer(status, headers={"Retry-After": "86400"}),
        VIDEO if free is fetch else ACCEPTED,
    ]
    client = client_for(api.url, pace=Pace(100))
    with pytest.raises(DimiLinksError) as caught:
        await refused(client, tmp_path / "v.mp4")
    assert caught.value.retry_after_s == 60
    await asyncio.wait_for(free(client, tmp_path / "v.mp4"), 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(refused(client, tmp_path / "v.mp4"), 0.05)
    assert len(api.seen) == 2


@pytest.mark.parametrize("header", ["soon", "-5", "Sun, 99 Mar 2026 12:00:00 GMT", "1e9999", "\u00b2"])
@pytest.mark.parametrize("call", CALLS)
async def test_odd_retry_after_counts_as_none(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path, call: Call, header: str
) -> None:
    api.answers = [Answer(503, headers={"Retry-After": header}), VIDEO if call is fetch else ACCEPTED]
    client = client_for(api.url, pace=Pace(100))
    with pytest.raises(ServerError) as caught:
        await call(client, tmp_path / "v.mp4")
    assert caught.value.retry_after_s is None
    await asyncio.wait_for(call(client, tmp_path / "v.mp4"), 5)


async def test_429_holds_back_a_call_that_waits_for_its_turn_already(
    api: RecordingServer, client_for: ClientFor
) -> None:
    """The sixth, which would have left after a fifth of a second."""
    api.answers = [Answer(429, headers={"Retry-After": "0.5"}), ACCEPTED]
    client = client_for(api.url, pace=Pace(5))
    ends = await asyncio.gather(*(client.task(str(number)) for number in range(6)), return_exceptions=True)
    assert [end.http_status for end in ends if isinstance(end, DimiLinksError)] == [429]
    assert api.seen[5].at_s - api.seen[0].at_s >= 0.5


async def test_retry_after_as_a_date_counts_from_the_clients_own_clock(
    api: RecordingServer, session: aiohttp.ClientSession
) -> None:
    now = datetime(2026, 3, 1, 12, 0, 0, 600_000, tzinfo=UTC)
    client = DimiLinks(session, base_url=api.url, api_key=SecretStr(KEY), now=lambda: now, pace=Pace(100))
    api.answers = [Answer(503, headers={"Retry-After": "Sun, 01 Mar 2026 12:00:01 GMT"}), ACCEPTED]
    with pytest.raises(ServerError):
        await client.task("refused")
    await client.task("t")
    assert 0.4 <= api.seen[1].at_s - api.seen[0].at_s < 30


async def test_odd_header_on_a_success_spoils_nothing(api: RecordingServer, client_for: ClientFor) -> None:
    odd = "Fri, 31 Dec 1999 23:59:59 +99999999999999999999"
    api.answers = [Answer(200, ACCEPTED.body, {"Retry-After": odd})]
    assert (await client_for(api.url, pace=Pace(100)).submit(REQUEST)).task_id == "t"


async def test_fifty_polls_at_twenty_a_second_arrive_as_a_burst_and_then_at_that_rate(
    api: RecordingServer, client_for: ClientFor
) -> None:
    api.answers = [ACCEPTED]
    client = client_for(api.url, pace=Pace(20))
    await asyncio.gather(*(client.task(str(number)) for number in range(50)))
    arrived_s = [seen.at_s for seen in api.seen]
    assert len(arrived_s) == 50
    for window_s in (0.25, 0.5, 1.0):
        most = 20 + 20 * (window_s + JITTER_S)
        for start_s in arrived_s:
            assert sum(start_s <= at_s < start_s + window_s for at_s in arrived_s) <= most
    # 30 that follow the burst, at 20 a second.
    assert arrived_s[-1] - arrived_s[0] > 1.5 - JITTER_S


async def test_submission_overtakes_waiting_polls(api: RecordingServer, client_for: ClientFor) -> None:
    api.answers = [ACCEPTED]
    client = client_for(api.url, pace=Pace(5))
    polls = [asyncio.create_task(client.task(str(number))) for number in range(8)]
    await waiting(*polls[5:])
    await client.submit(REQUEST)
    await asyncio.gather(*polls)
    assert "POST" not in [seen.method for seen in api.seen][-2:]


@pytest.mark.parametrize("call", CALLS)
async def test_waiting_for_a_turn_counts_against_no_deadline_of_the_request(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path, call: Call
) -> None:
    timeouts = ApiTimeouts(*[0.2] * 7)
    api.answers = [Answer(429, headers={"Retry-After": "0.5"}), VIDEO if call is fetch else ACCEPTED]
    client = client_for(api.url, timeouts, pace=Pace(100))
    with pytest.raises(DimiLinksError):
        await call(client, tmp_path / "v.mp4")
    await call(client, tmp_path / "v.mp4")


async def test_the_deadline_of_a_download_goes_on_after_its_turn(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path
) -> None:
    api.answers = [to(api, "again")]
    client = client_for(api.url, ApiTimeouts(download_s=0.000_001), pace=Pace(100))
    with pytest.raises(DimiLinksError, match="in time"):
        await client.download("t", tmp_path / "v.mp4")


async def nothing() -> None:
    """There is nothing to be done before a submission leaves."""


async def test_what_is_to_be_done_before_a_submission_leaves_is_done_when_it_is_its_turn(
    api: RecordingServer, client_for: ClientFor
) -> None:
    api.answers = [ACCEPTED]
    client = client_for(api.url, pace=Pace(4))
    await asyncio.gather(*(client.task(str(number)) for number in range(4)))
    loop = asyncio.get_running_loop()
    asked_s, noted_s = loop.time(), 0.0

    async def leaving() -> None:
        nonlocal noted_s
        assert [seen.method for seen in api.seen] == ["GET"] * 4
        noted_s = loop.time()

    await client.submit(REQUEST, leaving=leaving)
    assert noted_s - asked_s > 0.1
    assert [seen.method for seen in api.seen][4:] == ["POST"]


async def test_what_fails_before_a_submission_leaves_keeps_it_from_leaving(
    api: RecordingServer, client_for: ClientFor
) -> None:
    client = client_for(api.url)

    async def leaving() -> None:
        raise LookupError("moved by somebody else")

    with pytest.raises(LookupError):
        await client.submit(REQUEST, [Picture()], leaving=leaving)
    assert api.seen == []


async def test_submission_given_up_before_its_turn_sent_nothing_and_read_no_picture(
    api: RecordingServer, client_for: ClientFor, session: aiohttp.ClientSession
) -> None:
    api.answers = [ACCEPTED]
    pace = Pace(ONE_AND_NO_MORE)
    client = client_for(api.url, pace=pace)
    await client.task("t")
    picture = Picture()
    body = SubmissionBody(REQUEST, [picture])
    exchange = Exchange(
        session, SecretStr(KEY), Scrubber(KEY), QUICK, pace=pace, now=lambda: datetime.now(UTC)
    )
    post = asyncio.create_task(exchange.post(api.url, body, nothing))
    impatient = asyncio.create_task(asyncio.wait_for(client.submit(REQUEST, [picture]), 0.05))
    await waiting(post)
    post.cancel()
    await asyncio.wait([post, impatient])
    assert post.cancelled()
    assert isinstance(impatient.exception(), TimeoutError)
    assert body.purchase is Purchase.NOT_BOUGHT
    assert picture.given_bytes == 0
    assert [seen.method for seen in api.seen] == ["GET"]


async def test_cancelled_waits_leave_the_capacity_to_others(
    api: RecordingServer, client_for: ClientFor
) -> None:
    api.answers = [ACCEPTED]
    client = client_for(api.url, pace=Pace(2))
    await asyncio.gather(client.task("0"), client.task("1"))
    leavers = [asyncio.create_task(client.task("never")) for _ in range(20)]
    last = asyncio.create_task(client.task("last"))
    await waiting(*leavers, last)
    for leaver in leavers:
        leaver.cancel()
    await last
    assert {seen.path for seen in api.seen} == {"/v1/tasks/0", "/v1/tasks/1", "/v1/tasks/last"}
    assert api.seen[2].at_s - api.seen[1].at_s < 5  # twenty more turns would have taken ten seconds


async def test_redirects_to_another_host_need_no_turn(
    api: RecordingServer, elsewhere: RecordingServer, client_for: ClientFor, tmp_path: Path
) -> None:
    api.answers = [to(elsewhere, "a")]
    elsewhere.answers = [to(elsewhere, "b"), to(elsewhere, "c"), VIDEO]
    client = client_for(api.url, pace=Pace(ONE_AND_NO_MORE))
    await asyncio.wait_for(client.download("t", tmp_path / "v.mp4"), 5)
    assert len(elsewhere.seen) == 3


async def test_redirects_within_the_api_take_turns(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path
) -> None:
    api.answers = [to(api, "a"), VIDEO]
    client = client_for(api.url, pace=Pace(ONE_AND_NO_MORE))
    download = asyncio.create_task(client.download("t", tmp_path / "v.mp4"))
    await waiting(download, seconds=0.2)
    download.cancel()
    assert len(api.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_refusals_of_another_host_are_no_word_on_our_pace(
    api: RecordingServer, elsewhere: RecordingServer, client_for: ClientFor, tmp_path: Path, status: int
) -> None:
    pace = Pace(100)
    api.answers = [to(elsewhere, "busy"), ACCEPTED]
    elsewhere.answers = [Answer(status, headers={"Retry-After": "3600"})]
    client = client_for(api.url, pace=pace)
    with pytest.raises(DimiLinksError):
        await client.download("t", tmp_path / "v.mp4")
    assert pace.rate_per_s == 100
    await asyncio.wait_for(client.task("t"), 2)


async def test_one_pace_holds_for_all_clients_that_share_it(
    api: RecordingServer, client_for: ClientFor
) -> None:
    api.answers = [ACCEPTED]
    pace = Pace(ONE_AND_NO_MORE)
    await client_for(api.url, pace=pace).task("t")
    other = asyncio.create_task(client_for(api.url, pace=pace).task("t"))
    await waiting(other)
    other.cancel()


async def test_an_unreachable_server_uses_up_its_turn_and_no_more(
    api: RecordingServer, client_for: ClientFor, closed_port: int
) -> None:
    api.answers = [ACCEPTED]
    pace = Pace(2)
    with pytest.raises(DimiLinksError):
        await client_for(URL(f"http://127.0.0.1:{closed_port}"), pace=pace).task("t")
    await client_for(api.url, pace=pace).task("t")
    assert pace.rate_per_s == 2
