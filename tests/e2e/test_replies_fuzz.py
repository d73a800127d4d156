"""Messages to the bot in bad times: stops, faults, events that come twice, strangers, and plain nonsense."""

import gc
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import (
    Attachment,
    BucketRule,
    Channel,
    DiscordFault,
    Drop,
    Intents,
    Message,
    RateLimits,
    Sticker,
    User,
)
from bot.sandbox.discord.stickers import StickerFormat
from bot.sandbox.discord.wire import ChannelKind
from bot.texts import jobs as job_words
from bot.texts import refusals
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.mentions import CALM, RAIN, answer_to, answers, ended, overheard, ping, said_to, say
from tests.e2e.actors.pictures import picture, png_claiming
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import finish, hold

HELD = replace(QUICK, edit_interval_s=0.6)
NEVER_MIND_HOW_OFTEN = 1000
ROOMY = RateLimits(
    channel_messages=BucketRule("channel_messages", 1000, 5.0),
    channel_edits=BucketRule("channel_edits", 1000, 5.0),
    global_rule=BucketRule("global", 1000, 1.0),
)
"""So that a crowd can be answered at once: a flood of requests is not what is tested."""


UNHURRIED = dict.fromkeys(("jobs_at_once", "jobs_at_once_per_server", "jobs_at_once_per_person"), 99) | {
    "api_requests_per_s": 1000
}


def fail(harness: Harness, route: str, **how: Any) -> DiscordFault:
    return harness.sandbox.discord.faults.append(DiscordFault(route, **how))


# Stops and faults.


@pytest.mark.started_with(tuning=HELD)
async def test_a_request_that_was_kept_before_a_stop_is_answered_after_it(harness: Harness) -> None:
    refused = fail(harness, "POST /channels/*", status=503, times=NEVER_MIND_HOW_OFTEN)
    asked = await say(harness, ping(harness, RAIN), 1)
    await until(lambda: refused.hits >= 1)
    await harness.stop()
    assert (answers(asked), harness.rows("state"), harness.bought) == ([], [{"state": "queued"}], 0)
    harness.sandbox.discord.faults.clear()
    await harness.start()
    assert (await ended(harness, asked)).videos
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["by the nonce", "by looking back"])
async def test_an_answer_of_which_the_stopped_bot_did_not_hear_is_not_made_again(
    tmp_path: Path, database_url: str | None, *, late: bool
) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, tuning=HELD, now=clock) as harness:
        fail(harness, "POST /channels/*", drop=Drop.AFTER)
        looked = fail(harness, "GET /channels/*", status=503, times=NEVER_MIND_HOW_OFTEN)
        asked = await say(harness, ping(harness, RAIN), 1)
        await until(lambda: looked.hits >= 1)
        await harness.stop()
        assert harness.rows("state, message_id") == [{"state": "queued", "message_id": None}]
        harness.sandbox.discord.faults.clear()
        if late:
            clock.offset = timedelta(minutes=10)
            harness.sandbox.discord.core.messages._nonces.clear()
        await harness.start()
        assert (await ended(harness, asked)).videos
        assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.started_with(tuning=CALM)
async def test_an_answer_whose_receipt_was_lost_is_found(harness: Harness) -> None:
    fail(harness, "POST /channels/*", drop=Drop.AFTER)
    asked = await say(harness, ping(harness, RAIN), 1)
    assert (await ended(harness, asked)).videos
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.started_with(tuning=HELD)
async def test_a_stop_while_the_video_is_made_goes_on_in_the_same_answer(harness: Harness) -> None:
    hold(harness)
    asked = await say(harness, ping(harness, RAIN), 1)
    answer = await answer_to(asked)
    await answer.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await harness.restart()
    finish(harness, "make it rain")
    assert (await ended(harness, asked)).videos
    assert harness.bought == 1


@pytest.mark.started_with(tuning=CALM, seconds_a_day_per_person=10)
async def test_where_discord_refuses_the_answer_nothing_is_bought_or_counted(harness: Harness) -> None:
    refused = fail(harness, "POST /channels/*", status=403, code=50013)
    unanswered = await say(harness, ping(harness, RAIN), 1)
    await until(lambda: refused.hits == 1)
    await harness.app.jobs.runner.idle()
    assert (answers(unanswered), harness.rows(), harness.bought) == ([], [], 0)
    assert (await ended(harness, await say(harness, ping(harness, RAIN), 1))).videos


@pytest.mark.started_with(tuning=CALM, seconds_a_day_per_person=10)
async def test_a_message_that_comes_twice_is_served_and_counted_once(harness: Harness) -> None:
    with overheard(harness) as events:
        asked = await say(harness, ping(harness, RAIN), 1)
        helped = await say(harness, ping(harness))
    gateway = harness.sandbox.discord.gateway
    for event in events * 2:
        gateway.broadcast(event)
    assert (await ended(harness, asked)).videos
    for event in events:
        gateway.broadcast(event)
    refused = await say(harness, ping(harness, RAIN), 1)
    assert "You have 0 seconds of video left for today." in await said_to(refused)
    assert [len(answers(message)) for message in (asked, helped, refused)] == [1, 1, 1]
    assert harness.bought == 1


@pytest.mark.started_with(tuning=HELD)
async def test_strangers_cannot_cancel_it_but_may_refresh_it(harness: Harness) -> None:
    hold(harness)
    bob = harness.member("bob")
    asked = await say(harness, ping(harness, RAIN), 1)
    answer = await answer_to(asked)
    await answer.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    assert (
        await told(await press(harness, answer, "Cancel", user=bob)) == job_words.NOT_YOURS_TO_CANCEL.english
    )
    for user in (bob, harness.user):
        refreshed = await press(harness, answer, "Refresh", user=user)
        await refreshed.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    assert harness.rows("state, person_id") == [{"state": "generating", "person_id": harness.user.id}]
    finish(harness, "make it rain")
    assert (await ended(harness, asked)).videos


@pytest.mark.started_with(tuning=CALM, allowed_people="1")
async def test_only_those_who_may_make_videos_do(harness: Harness) -> None:
    asked = await say(harness, ping(harness, RAIN), 1)
    assert await said_to(asked) == refusals.REFUSALS["not_among_allowed"].english
    assert harness.bought == 0


# Nonsense.

PING = "\x01"
"""Stands for the bot's mention."""
PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [PING, PING, f"{PING} {PING}", f"`{PING}`", "make it rain", "让猫挥手，", "猫が手を振る、"]
    ),
    st.sampled_from(
        ["10s", "vertical", "竖屏", "縦長", ", fun", ", spicy", "720p", "--ar 9:16", "--v 6", "15s"]
    ),
    st.sampled_from(["**", "||", "```", "> ", "# ", "[a](https://x.y)", "@everyone", "<@1>", "<@!", "<#1>"]),
)
OPENINGS = st.sampled_from([f"{PING} make it rain ", f"{PING} ", f"a cat {PING}", PING, "a cat ", ""])
FILES = st.sampled_from([0, 0, 0, 0, *range(10)])
ADDRESSES = st.one_of(
    st.integers(0, 9),
    st.text(max_size=30),
    st.sampled_from(
        [
            *("http://[::1", "http://a:99999999/x.png", "http://host:port/", "//x/y.png", "data:image/png,x"),
            *(
                "attachment://cat.png",
                "https://user:pw@127.0.0.1/cat.png",
                "ftp://x/cat.png",
                "https://",
                "\x00",
            ),
            *(
                "https://exa mple/ .png",
                "https://xn--/a.png",
                "https://" + "a" * 300 + ".com/",
                "http://127.0.0.1/",
            ),
        ]
    ),
)
SIZES = st.sampled_from([None, 0, -1, 41, 10**9])


@dataclass(frozen=True)
class Utterance:
    """A message to be: numbers stand for what only a running harness has."""

    text: str
    place: int
    who: str
    files: list[int]
    embeds: list[dict[str, Any]]
    stickers: list[int]
    replies_to: int | None
    forwards: int | None


SHOWN = st.fixed_dictionaries(
    {"url": ADDRESSES, "width": SIZES, "height": SIZES}, optional={"proxy_url": ADDRESSES}
)
EMBEDS = st.lists(
    st.fixed_dictionaries({"type": st.just("rich")}, optional={"image": SHOWN, "thumbnail": SHOWN}),
    min_size=1,
    max_size=2,
)


def seldom(value: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    """A value now and then."""
    return st.integers(0, 3).flatmap(lambda chance: st.just(otherwise) if chance else value)


UTTERANCES = st.builds(
    Utterance,
    text=st.tuples(OPENINGS, st.lists(PIECES, max_size=5).map(" ".join)).map("".join),
    place=st.integers(0, 4),
    who=st.sampled_from(["person"] * 6 + ["bot", "webhook"]),
    files=st.lists(FILES, max_size=3),
    embeds=seldom(EMBEDS, []),
    stickers=seldom(st.lists(st.integers(0, 2), max_size=2), []),
    replies_to=st.none() | st.integers(0, 200),
    forwards=seldom(st.integers(0, 200), None),
)


def utterances(count: int) -> list[Utterance]:
    """The same every time, and as odd as hypothesis makes them."""
    made: list[Utterance] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(UTTERANCES)
    def collect(utterance: Utterance) -> None:
        made.append(utterance)

    collect()
    return made


OFFENDERS = [
    Utterance(f"{PING} make it rain", 0, "person", [], [{"type": "rich", "image": shown}], [], None, None)
    for shown in ({"url": "http://[::1"}, {"url": 0, "width": -1, "height": 41}, {"url": 0, "proxy_url": ""})
]
"""What once broke the bot."""


class Crowd:
    """People, a bot and a webhook that say what they are given, everywhere."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        discord = harness.sandbox.discord
        self.places: list[Channel] = [
            harness.channel,
            harness.adult_channel,
            harness.channel.add_thread("talk"),
            harness.guild.add_channel("voice", kind=ChannelKind.VOICE),
            discord.dm(harness.user),
        ]
        self.other = discord.add_user("other", bot=True)
        harness.guild.join(self.other)
        broken = picture(size=(300, 200))[:-40]
        files = [
            *(("cat.png", picture()), ("cut.png", broken), ("empty.png", b""), ("text.png", b"hello")),
            *(("bomb.png", png_claiming(30_000, 30_000)), ("notes.txt", b"x"), ("a.svg", b"<svg/>")),
            *(("dance.gif", picture("GIF")), ("gone.png", picture()), ("**_猫_**.jpg", picture("JPEG"))),
        ]
        self.files: list[Attachment] = [discord.upload(name, data) for name, data in files]
        self.files[8].delete()
        self.stickers = [
            discord.add_sticker("wave", picture()),
            discord.add_sticker("dance", b"{}", StickerFormat.LOTTIE),
            Sticker(77, "of another kind", 9),
        ]
        self.said: dict[int, list[Message]] = {channel.id: [] for channel in self.places}

    async def say(self, utterance: Utterance) -> Message | None:
        """Say it, unless Discord would not let it be said."""
        channel = self.places[utterance.place]
        person = channel.is_private or utterance.who == "person"
        user: User = self.other if not person and utterance.who == "bot" else self.harness.user
        earlier = self.said[channel.id]
        forwards = _pick(earlier, utterance.forwards)
        text = utterance.text.replace(PING, ping(self.harness))
        content = (utterance.files, utterance.embeds, utterance.stickers)
        if not text.strip() and forwards is None and not any(content):
            return None
        said = await self.harness.sandbox.discord.say(
            user,
            channel,
            text,
            attachments=[self.files[number] for number in utterance.files],
            embeds=[self._embed(embed) for embed in utterance.embeds],
            stickers=[self.stickers[number] for number in utterance.stickers],
            reply_to=_pick(earlier, utterance.replies_to) if forwards is None else None,
            forwards=forwards,
            webhook=not person and utterance.who == "webhook",
        )
        earlier.append(said)
        return said

    def is_answered(self, said: Message) -> bool:
        """Whether a message is meant for the bot."""
        mentioned = re.search(rf"<@!?{self.harness.sandbox.discord.bot_user_id}>", said.body.content)
        by_person = not said.author.bot and not said.webhook
        return by_person and (said.channel.is_private or mentioned is not None)

    def _embed(self, embed: dict[str, Any]) -> dict[str, Any]:
        def address(value: object) -> object:
            return self.files[value].url if isinstance(value, int) else value

        return {
            name: {key: address(value) if "url" in key else value for key, value in part.items()}
            if isinstance(part, dict)
            else part
            for name, part in embed.items()
        }


def _pick(messages: list[Message], number: int | None) -> Message | None:
    return messages[number % len(messages)] if messages and number is not None else None


def _is_answered(message: Message) -> bool:
    return bool(answers(message))


@pytest.mark.slow
@pytest.mark.parametrize("intents", [Intents.NONE, Intents.MESSAGE_CONTENT], ids=["emptied", "shown"])
async def test_whatever_people_say_they_are_answered_and_nothing_breaks(
    tmp_path: Path, database_url: str | None, caplog: pytest.LogCaptureFixture, intents: Intents
) -> None:
    async with open_harness(
        tmp_path,
        database_url,
        tuning=replace(QUICK, edit_interval_s=5.0),
        pace=TaskPace(queue_s=0, generate_s=0.05),
        privileged_intents=intents,
        limits=ROOMY,
        message_content=bool(intents),
        **UNHURRIED,
    ) as harness:
        crowd = Crowd(harness)
        crowd.said[harness.channel.id].append(await answer_to(await say(harness, ping(harness))))
        with structlog.testing.capture_logs() as lines:
            heard = [await crowd.say(utterance) for utterance in (*OFFENDERS, *utterances(150))]
            said = [message for message in heard if message is not None]
            for_bot = [message for message in said if crowd.is_answered(message)]
            with suppress(TimeoutError):
                for (
                    message
                ) in for_bot:  # each in its own time: the whole crowd may take a busy machine a minute
                    await until(partial(_is_answered, message))
            await harness.app.jobs.runner.idle()
            gc.collect()
        assert [message.payload() for message in for_bot if not answers(message)] == []
        assert [line for line in lines if line["log_level"] in {"error", "critical"}] == []
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
        assert len(for_bot) > 30
        assert harness.bought > 5
        counts = {message.id: len(answers(message)) for message in said}
        assert counts == {message.id: int(crowd.is_answered(message)) for message in said}
