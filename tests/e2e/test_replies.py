"""A message that mentions the bot: from the words to the video in a reply, or to the reason why there is none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.sandbox.discord import Channel, DiscordFault, Drop, Intents, Message
from bot.sandbox.discord.composing import Composition
from bot.sandbox.discord.stickers import StickerFormat
from bot.texts import explanations, refusals, replies
from bot.texts.messages import Language, Translatable
from tests.e2e.actors.buttons import labels
from tests.e2e.actors.channels import post, thread, voice_chat
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.mentions import (
    CALM,
    RAIN,
    answer_to,
    answers,
    ended,
    overheard,
    ping,
    said_to,
    say,
    upload_of_width,
)
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import finish, hold
from tests.images.encoded_videos import film

pytestmark = pytest.mark.started_with(tuning=CALM)

SEND = "POST /channels/{channel_id}/messages"
NOBODY = {"parse": [], "replied_user": False}


@pytest.fixture
def harness(harness: Harness) -> Harness:
    """A bot that is shown what a message replies to which mentions it."""
    harness.sandbox.discord.world.referenced_shown_on_mention = True
    return harness


def blind(harness: Harness) -> Harness:
    """The same bot, shown nothing but messages that mention it."""
    harness.sandbox.discord.world.referenced_shown_on_mention = False
    return harness


async def widths_of_video(harness: Harness, asked: Message) -> list[int]:
    """How wide the pictures were from which the only video was made."""
    shown = await ended(harness, asked)
    assert shown.videos, shown.text()
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert submission.prompt == "make it rain"
    return [reference.width for reference in submission.references]


# The video.


async def test_a_reply_to_a_picture_is_answered_at_once_and_becomes_the_video(harness: Harness) -> None:
    hold(harness)
    shown = await say(harness, pictures=1, user=harness.member("bob"))
    asked = await say(harness, ping(harness, RAIN), reply_to=shown)
    answer = await answer_to(asked)
    assert "Got it…" in answer.versions[0].text()
    assert answer.pings.users == ()
    assert answer.body.allowed_mentions in (NOBODY, {"parse": []})  # the latter once it was edited
    await answer.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    finish(harness, "make it rain")
    last = await ended(harness, asked)
    assert last.videos
    assert "make it rain\n-# 10 s · 720x1280 · 720p · normal · 1 picture" in last.text()
    assert "vertical" not in last.text()
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert (submission.prompt, submission.seconds, submission.size) == ("make it rain", "10", "720x1280")
    assert [reference.width for reference in submission.references] == [140]
    assert harness.rows("state, person_id") == [{"state": "delivered", "person_id": harness.user.id}]


async def attached(harness: Harness) -> Message:
    files = [
        upload_of_width(harness, 141),
        harness.sandbox.discord.upload("notes.txt", b"no picture"),
        upload_of_width(harness, 142),
    ]
    return await say(harness, "look", attachments=files)


async def embedded(harness: Harness) -> Message:
    discord = harness.sandbox.discord
    foreign = discord.foreign_upload("a.png", picture(size=(199, 130)))
    image = {"url": foreign.url, "proxy_url": upload_of_width(harness, 141).url, "width": 141, "height": 130}
    thumbnail = {"url": upload_of_width(harness, 142).url}
    return await say(
        harness, "https://example.com", embeds=[{"type": "rich", "image": image, "thumbnail": thumbnail}]
    )


async def forwarded(harness: Harness) -> Message:
    return await say(harness, forwards=await attached(harness))


async def sticking(harness: Harness) -> Message:
    discord = harness.sandbox.discord
    png = discord.add_sticker("wave", picture(size=(141, 141)))
    apng = discord.add_sticker("bow", picture(size=(142, 142)), StickerFormat.APNG)
    lottie = discord.add_sticker("dance", b"{}", StickerFormat.LOTTIE)
    return await say(harness, stickers=[png, lottie, apng])


@pytest.mark.slow
@pytest.mark.parametrize("source", [attached, embedded, forwarded, sticking])
async def test_pictures_are_found_wherever_discord_puts_them(
    harness: Harness, source: Callable[[Harness], Any]
) -> None:
    asked = await say(
        harness,
        ping(harness, RAIN),
        reply_to=await source(harness),
        attachments=[upload_of_width(harness, 150)],
    )
    assert await widths_of_video(harness, asked) == [141, 142, 150]


async def test_the_first_seven_pictures_count_those_that_were_replied_to_before_those_of_the_reply(
    harness: Harness,
) -> None:
    shown = await say(harness, attachments=[upload_of_width(harness, 140 + number) for number in range(5)])
    own = [upload_of_width(harness, 150 + number) for number in range(5)]
    asked = await say(harness, ping(harness, RAIN), reply_to=shown, attachments=own)
    assert await widths_of_video(harness, asked) == [140, 141, 142, 143, 144, 150, 151]


async def test_a_mention_in_the_middle_is_taken_out_and_the_frame_is_the_pictures(harness: Harness) -> None:
    tall = harness.sandbox.discord.upload("tall.png", picture(size=(130, 260)))
    asked = await say(harness, f"make it {ping(harness)} rain", attachments=[tall])
    assert await widths_of_video(harness, asked) == [130]
    assert harness.sandbox.dimilinks.request_log.submissions[0].size == "720x1280"


# Pictures that Discord does not show.


async def test_without_the_intent_a_picture_that_is_not_shown_buys_nothing(harness: Harness) -> None:
    blind(harness)
    for language in Language:
        guild = harness.sandbox.discord.add_guild("abroad", locale=language.value)
        guild.join(harness.user)
        channel = guild.add_channel("general")
        shown = await say(harness, "look", 1, channel=channel)
        asked = await say(harness, ping(harness, RAIN), channel=channel, reply_to=shown)
        assert await said_to(asked) == replies.PICTURES_NOT_SHOWN.in_language(language)
    assert (harness.bought, harness.rows()) == (0, [])


@pytest.mark.slow
async def test_pictures_of_the_mentioning_message_itself_are_always_shown(harness: Harness) -> None:
    hidden = await say(blind(harness), "look", 1)
    asked = await say(
        harness, ping(harness, RAIN), reply_to=hidden, attachments=[upload_of_width(harness, 177)]
    )
    assert await widths_of_video(harness, asked) == [177]


async def test_with_the_intent_the_picture_is_shown(tmp_path: Path, database_url: str | None) -> None:
    allowed = Intents.MESSAGE_CONTENT  # in Discord's developer portal; the setting asks for it
    async with open_harness(
        tmp_path, database_url, tuning=CALM, privileged_intents=allowed, message_content=True
    ) as harness:
        asked = await say(harness, ping(harness, RAIN), reply_to=await attached(harness))
        assert await widths_of_video(harness, asked) == [141, 142]


# What is not meant for the bot.


async def test_what_does_not_mention_the_bot_in_its_text_is_left_alone(harness: Harness) -> None:
    other = harness.sandbox.discord.add_user("other", bot=True)
    harness.guild.join(other)
    mine = await answer_to(await say(harness, ping(harness)))
    shown = await say(harness, pictures=1)
    left = [
        await say(harness, ping(harness, RAIN), 1, user=other),
        await say(harness, ping(harness, RAIN), 1, user=harness.member("hook"), webhook=True),
        await say(harness, "thanks, make it rain", 1, reply_to=mine),
        await say(harness, RAIN, reply_to=shown),
        await say(harness, "@everyone @Stillmotion " + RAIN, 1),
        await say(harness, f"<@{harness.user.id}> <@&{harness.guild.roles[1].id}> {RAIN}", 1),
        await say(harness, forwards=await say(harness, "quiet", 1)),
        edited := await say(harness, RAIN, 1),
    ]
    store = harness.sandbox.discord.core.messages
    store.edit(edited, Composition(content=ping(harness, RAIN), attachments=edited.body.attachments))
    await answer_to(await say(harness, ping(harness)))
    await harness.app.jobs.runner.idle()
    assert [answers(message) for message in left] == [[]] * len(left)
    assert (harness.bought, harness.rows()) == (0, [])


@pytest.mark.parametrize(
    ("text", "pictures", "replied", "expected"),
    [
        ("", 0, None, replies.HELP),
        ("make it rain", 0, None, replies.HELP),
        ("make it rain", 0, "just words", replies.NO_PICTURES),
        ("10s vertical", 1, None, replies.WHAT_SHOULD_HAPPEN),
        ("", 1, "just words", replies.WHAT_SHOULD_HAPPEN),
        ("a cat --v 6 --**x**", 1, None, replies.unknown_options(("\\--v",))),
        ("a cat --x_y_z 6", 1, None, replies.unknown_options(("\\--x\\_y\\_z",))),
        ("rain 15s", 1, None, explanations.option_not_offered("seconds", ("6", "10", "12", "16", "20"))),
        (
            "rain --ar 4:3",
            1,
            None,
            explanations.option_not_offered("size", ("1280x720", "720x1280", "1024x1024")),
        ),
        ("x" * 2600, 1, None, explanations.prompt_too_long(2600)),
        ("rain, spicy", 1, None, refusals.REFUSALS["needs_age_restricted_channel"]),
    ],
)
async def test_what_no_video_can_be_made_of_is_answered_and_buys_nothing(
    harness: Harness, text: str, pictures: int, replied: str | None, expected: Translatable
) -> None:
    reply_to = await say(harness, replied) if replied else None
    asked = await say(harness, ping(harness, text), pictures, reply_to=reply_to)
    assert await said_to(asked) == expected.in_language(Language.ENGLISH)
    assert [answer.body.allowed_mentions for answer in answers(asked)] == [NOBODY]
    assert (harness.bought, harness.rows()) == (0, [])


async def test_hundreds_of_unknown_options_are_answered_too(harness: Harness) -> None:
    asked = await say(harness, ping(harness, " , ".join(f"--a{number}{'_' * 55}" for number in range(30))), 1)
    assert "I do not know" in await said_to(asked)


@pytest.mark.parametrize("said", [True, False], ids=["said to be gone", "to be looked up"])
async def test_a_message_that_is_gone_is_told(harness: Harness, *, said: bool) -> None:
    shown = await say(harness, pictures=1)
    with overheard(harness, passed_on=False) as events:
        asked = await say(harness, ping(harness, RAIN), reply_to=shown)
    harness.sandbox.discord.core.messages.delete(shown)
    data = {name: value for name, value in events[0].data.items() if name != "referenced_message"}
    told = data | ({"referenced_message": None} if said else {})
    harness.sandbox.discord.gateway.broadcast(replace(events[0], data=told, redacted=told))
    assert await said_to(asked) == replies.MESSAGE_GONE.english
    assert harness.bought == 0


async def test_a_broken_picture_is_told_in_the_answer(harness: Harness) -> None:
    broken = harness.sandbox.discord.upload("cut.png", picture(size=(300, 200))[:-140])
    shown = await ended(harness, await say(harness, ping(harness, RAIN), attachments=[broken]))
    assert "Picture 1 is damaged or incomplete" in shown.text()
    assert harness.bought == 0


async def test_the_first_frame_of_a_video_is_offered(harness: Harness) -> None:
    clip = harness.sandbox.discord.upload("clip.mp4", film(12))
    shown = await say(harness, attachments=[clip], user=harness.member("bob"))
    asked = await say(harness, ping(harness, RAIN), reply_to=shown)
    refused = await ended(harness, asked)
    assert "Picture 1 is a video, but I need a picture." in refused.text()
    assert "Use first frame" in labels(refused)
    assert harness.bought == 0


# Places.


@pytest.mark.parametrize(
    ("text", "language"),
    [("hello", Language.ENGLISH), ("让猫挥手", Language.CHINESE), ("猫です", Language.JAPANESE)],
)
async def test_words_alone_get_help_in_direct_messages(
    harness: Harness, text: str, language: Language
) -> None:
    asked = await say(harness, text, channel=harness.sandbox.discord.dm(harness.user))
    assert await said_to(asked) == replies.HELP.in_language(language)


async def test_direct_messages_need_no_mention(harness: Harness) -> None:
    inbox = harness.sandbox.discord.dm(harness.user)
    shown = await say(harness, "", 1, channel=inbox)
    assert await said_to(shown) == replies.WHAT_SHOULD_HAPPEN.english
    asked = await say(harness, "make it rain、10秒、縦長", channel=inbox, reply_to=shown)
    assert await widths_of_video(harness, asked) == [140]


async def test_a_video_asked_for_in_direct_messages_is_told_in_the_language_of_the_prompt(
    harness: Harness,
) -> None:
    asked = await say(harness, "猫が手を振る、10秒", 1, channel=harness.sandbox.discord.dm(harness.user))
    assert "動画" in (await ended(harness, asked)).text()


@pytest.mark.parametrize("place", [thread, post, voice_chat])
async def test_threads_posts_and_voice_chats_work_too(
    harness: Harness, place: Callable[[Harness], Channel]
) -> None:
    channel = place(harness)
    asked = await say(
        harness, ping(harness, RAIN), channel=channel, reply_to=await say(harness, "", 1, channel=channel)
    )
    assert await widths_of_video(harness, asked) == [140]


async def test_spicy_is_refused_everywhere_since_a_message_has_pictures(harness: Harness) -> None:
    asked = await say(harness, ping(harness, "make it rain, spicy"), 1, channel=harness.adult_channel)
    assert await said_to(asked) == refusals.REFUSALS["spicy_from_pictures"].english
    asked = await say(harness, ping(harness, "make it rain, spicy"), 1)
    assert await said_to(asked) == refusals.REFUSALS["needs_age_restricted_channel"].english
    inbox = harness.sandbox.discord.dm(harness.user)
    asked = await say(harness, "make it rain, spicy", 1, channel=inbox)
    assert await said_to(asked) == refusals.REFUSALS["not_in_direct_messages"].english
    assert harness.bought == 0


async def test_where_the_bot_may_not_speak_the_person_is_told_directly(harness: Harness) -> None:
    harness.channel.deny_bot("send_messages")
    await say(harness, ping(harness, RAIN), 1)
    message = await harness.sandbox.discord.dm(harness.user).wait_for_message(lambda _: True, TIMEOUT_S)
    # Who may not speak may not attach either.
    why = explanations.missing_rights(("send_messages", "attach_files"))
    assert message.current.text() == replies.not_answered(why, harness.channel.mention).english
    assert (harness.bought, harness.rows()) == (0, [])


async def test_without_the_right_to_attach_files_the_answer_says_so(harness: Harness) -> None:
    harness.channel.deny_bot("attach_files")
    asked = await say(harness, ping(harness, RAIN), 1)
    assert await said_to(asked) == explanations.missing_rights(("attach_files",)).english
    assert (harness.bought, harness.rows()) == (0, [])


async def test_where_nobody_can_be_told_there_is_a_line_in_the_log_alone(harness: Harness) -> None:
    harness.channel.deny_bot("send_messages")
    harness.user.accepts_direct_messages = False
    with structlog.testing.capture_logs() as lines:
        await say(harness, ping(harness, RAIN), 1)
        await until(lambda: "message_not_answered" in [line["event"] for line in lines])
    assert [line["log_level"] for line in lines] == ["info"]
    assert (harness.bought, harness.rows()) == (0, [])


async def test_the_seconds_of_a_day_are_those_of_who_asks(tmp_path: Path, database_url: str | None) -> None:
    async with open_harness(tmp_path, database_url, tuning=CALM, seconds_a_day_per_person=16) as harness:
        shown = await say(harness, pictures=1, user=harness.member("bob"))
        await ended(harness, await say(harness, ping(harness, RAIN), 1, reply_to=shown))
        refused = await said_to(await say(harness, ping(harness, RAIN), 1))
        assert "You have 6 seconds of video left for today." in refused
        assert harness.bought == 1


@pytest.mark.parametrize(
    "trouble",
    [{"status": 503, "times": 2}, {"drop": Drop.AFTER}],
    ids=["away", "lost after it arrived"],
)
async def test_words_are_said_once_though_discord_is_away_at_first(
    harness: Harness, trouble: dict[str, Any]
) -> None:
    fault = harness.sandbox.discord.faults.append(DiscordFault(SEND, **trouble))
    asked = await say(harness, ping(harness))
    await until(lambda: len(harness.sandbox.discord.request_log.of(SEND)) > fault.times)
    assert await said_to(asked) == replies.HELP.english
    assert len(answers(asked)) == 1


async def test_what_was_replied_to_is_looked_up_though_discord_is_away_at_first(harness: Harness) -> None:
    shown = await say(harness, pictures=1)
    with overheard(harness, passed_on=False) as events:
        asked = await say(harness, ping(harness, RAIN), reply_to=shown)
    harness.sandbox.discord.faults.append(DiscordFault("GET /channels/*/messages/*", status=503, times=2))
    told = {name: value for name, value in events[0].data.items() if name != "referenced_message"}
    harness.sandbox.discord.gateway.broadcast(replace(events[0], data=told, redacted=told))
    assert await said_to(asked) == replies.PICTURES_NOT_SHOWN.english
