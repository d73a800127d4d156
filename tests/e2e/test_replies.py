"""A message that mentions the bot: from the words to the video in a reply, or to the reason why there is none."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.sandbox.discord import Attachment, Channel, Intents, Message, MessageVersion
from bot.sandbox.discord.composing import Composition
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.stickers import StickerFormat
from bot.sandbox.discord.wire import ChannelKind
from bot.texts import explanations, moderation, replies
from bot.texts.sentences import Language, Speakable
from tests.e2e.pictures import picture
from tests.e2e.presses import confirm, finish, hold, until
from tests.e2e.stage import ENDINGS, QUICK, TIMEOUT_S, Stage, open_stage

CALM = replace(QUICK, edit_interval_s=0.6)
"""Five edits of one channel's messages in five seconds are all that Discord takes from a bot."""
RAIN = "make it rain 10s vertical"
NOBODY = {"parse": [], "replied_user": False}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """A bot that is shown what a message replies to which mentions it."""
    async with open_stage(tmp_path, tuning=CALM) as opened:
        opened.sandbox.discord.world.referenced_shown_on_mention = True
        yield opened


def blind(stage: Stage) -> Stage:
    """The same bot, shown nothing but messages that mention it."""
    stage.sandbox.discord.world.referenced_shown_on_mention = False
    return stage


def ping(stage: Stage, text: str = "") -> str:
    return f"<@{stage.sandbox.discord.bot_user_id}> {text}"


def upload(stage: Stage, width: int = 40, name: str = "cat.png") -> Attachment:
    """A picture that is known again by its width."""
    return stage.sandbox.discord.upload(name, picture(size=(width, 30)))


async def say(
    stage: Stage, text: str = "", pictures: int = 0, *, channel: Channel | None = None, **more: Any
) -> Message:
    """Ada, unless it is somebody else, says something, with pictures."""
    attached = [upload(stage) for _ in range(pictures)]
    more.setdefault("attachments", attached)
    user = more.pop("user", stage.user)
    return await stage.sandbox.discord.say(user, channel or stage.channel, text, **more)


def answers(asked: Message) -> list[Message]:
    bot = asked.channel.world.bot
    return [found for found in asked.channel.messages if found.author is bot and found.reply_to is asked]


async def answer_to(asked: Message) -> Message:
    """The bot's reply to a message."""

    def found() -> Message | None:
        return next(iter(answers(asked)), None)

    return await asked.channel.changed.until(found, TIMEOUT_S, "an answer")


async def said_to(asked: Message) -> str:
    """The words with which a message is answered where no video comes of it."""
    return (await answer_to(asked)).versions[0].text()


async def ended(stage: Stage, asked: Message) -> MessageVersion:
    """The last version of the only answer to a message."""
    shown = await (await answer_to(asked)).wait_for(
        lambda version: bool(version.videos) or any(end in version.text() for end in ENDINGS), TIMEOUT_S
    )
    await stage.app.engine.idle()
    assert len(answers(asked)) == 1
    return shown


async def widths_of_video(stage: Stage, asked: Message) -> list[int]:
    """How wide the pictures were from which the only video was made."""
    shown = await ended(stage, asked)
    assert shown.videos, shown.text()
    (submission,) = stage.sandbox.dimilinks.request_log.submissions
    assert submission.prompt == "make it rain"
    return [reference.width for reference in submission.references]


@contextmanager
def overheard(stage: Stage, *, passed_on: bool = True) -> Generator[list[Event]]:
    """The gateway's events of meanwhile, of which the bot hears only if they are passed on."""
    events: list[Event] = []
    world = stage.sandbox.discord.world
    announce = world.announce

    def hear(event: Event) -> None:
        events.append(event)
        if passed_on:
            announce(event)

    world.announce = hear
    try:
        yield events
    finally:
        world.announce = announce


# The video.


async def test_a_reply_to_a_picture_is_answered_at_once_and_becomes_the_video(stage: Stage) -> None:
    hold(stage)
    shown = await say(stage, pictures=1, user=stage.member("bob"))
    asked = await say(stage, ping(stage, RAIN), reply_to=shown)
    answer = await answer_to(asked)
    assert "Got it…" in answer.versions[0].text()
    assert answer.pings.users == ()
    assert answer.body.allowed_mentions in (NOBODY, {"parse": []})  # the latter once it was edited
    await answer.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    finish(stage, "make it rain")
    last = await ended(stage, asked)
    assert last.videos
    assert "make it rain\n-# 10 s · 720x1280 · 720p · normal · 1 picture" in last.text()
    assert "vertical" not in last.text()
    (submission,) = stage.sandbox.dimilinks.request_log.submissions
    assert (submission.prompt, submission.seconds, submission.size) == ("make it rain", "10", "720x1280")
    assert [reference.width for reference in submission.references] == [40]
    assert stage.rows("state, person_id") == [{"state": "delivered", "person_id": stage.user.id}]


async def attached(stage: Stage) -> Message:
    files = [upload(stage, 41), stage.sandbox.discord.upload("notes.txt", b"no picture"), upload(stage, 42)]
    return await say(stage, "look", attachments=files)


async def embedded(stage: Stage) -> Message:
    discord = stage.sandbox.discord
    foreign = discord.foreign_upload("a.png", picture(size=(99, 30)))
    image = {"url": foreign.url, "proxy_url": upload(stage, 41).url, "width": 41, "height": 30}
    thumbnail = {"url": upload(stage, 42).url}
    return await say(
        stage, "https://example.com", embeds=[{"type": "rich", "image": image, "thumbnail": thumbnail}]
    )


async def forwarded(stage: Stage) -> Message:
    return await say(stage, forwards=await attached(stage))


async def sticking(stage: Stage) -> Message:
    discord = stage.sandbox.discord
    png = discord.add_sticker("wave", picture(size=(41, 41)))
    apng = discord.add_sticker("bow", picture(size=(42, 42)), StickerFormat.APNG)
    lottie = discord.add_sticker("dance", b"{}", StickerFormat.LOTTIE)
    return await say(stage, stickers=[png, lottie, apng])


@pytest.mark.parametrize("source", [attached, embedded, forwarded, sticking])
async def test_pictures_are_found_wherever_discord_puts_them(
    stage: Stage, source: Callable[[Stage], Any]
) -> None:
    asked = await say(stage, ping(stage, RAIN), reply_to=await source(stage), attachments=[upload(stage, 50)])
    assert await widths_of_video(stage, asked) == [41, 42, 50]


async def test_the_first_seven_pictures_count_those_that_were_replied_to_before_those_of_the_reply(
    stage: Stage,
) -> None:
    shown = await say(stage, attachments=[upload(stage, 40 + number) for number in range(5)])
    own = [upload(stage, 50 + number) for number in range(5)]
    asked = await say(stage, ping(stage, RAIN), reply_to=shown, attachments=own)
    assert await widths_of_video(stage, asked) == [40, 41, 42, 43, 44, 50, 51]


async def test_a_mention_in_the_middle_is_taken_out_and_the_frame_is_the_pictures(stage: Stage) -> None:
    tall = stage.sandbox.discord.upload("tall.png", picture(size=(30, 60)))
    asked = await say(stage, f"make it {ping(stage)} rain", attachments=[tall])
    assert await widths_of_video(stage, asked) == [30]
    assert stage.sandbox.dimilinks.request_log.submissions[0].size == "720x1280"


# Pictures that Discord does not show.


async def test_without_the_intent_a_picture_that_is_not_shown_buys_nothing(stage: Stage) -> None:
    blind(stage)
    for language in Language:
        guild = stage.sandbox.discord.add_guild("abroad", locale=language.value)
        guild.join(stage.user)
        channel = guild.add_channel("general")
        shown = await say(stage, "look", 1, channel=channel)
        asked = await say(stage, ping(stage, RAIN), channel=channel, reply_to=shown)
        assert await said_to(asked) == replies.PICTURES_NOT_SHOWN.in_language(language)
    assert (stage.bought, stage.rows()) == (0, [])


async def test_pictures_of_the_mentioning_message_itself_are_always_shown(stage: Stage) -> None:
    hidden = await say(blind(stage), "look", 1)
    asked = await say(stage, ping(stage, RAIN), reply_to=hidden, attachments=[upload(stage, 77)])
    assert await widths_of_video(stage, asked) == [77]


async def test_with_the_intent_the_picture_is_shown(tmp_path: Path) -> None:
    allowed = Intents.MESSAGE_CONTENT  # in Discord's developer portal; the setting asks for it
    async with open_stage(tmp_path, tuning=CALM, privileged_intents=allowed, message_content=True) as stage:
        asked = await say(stage, ping(stage, RAIN), reply_to=await attached(stage))
        assert await widths_of_video(stage, asked) == [41, 42]


# What is not meant for the bot.


async def test_what_does_not_mention_the_bot_in_its_text_is_left_alone(stage: Stage) -> None:
    other = stage.sandbox.discord.add_user("other", bot=True)
    stage.guild.join(other)
    mine = await answer_to(await say(stage, ping(stage)))
    shown = await say(stage, pictures=1)
    left = [
        await say(stage, ping(stage, RAIN), 1, user=other),
        await say(stage, ping(stage, RAIN), 1, user=stage.member("hook"), webhook=True),
        await say(stage, "thanks, make it rain", 1, reply_to=mine),
        await say(stage, RAIN, reply_to=shown),
        await say(stage, "@everyone @Stillmotion " + RAIN, 1),
        await say(stage, f"<@{stage.user.id}> <@&{stage.guild.roles[1].id}> {RAIN}", 1),
        await say(stage, forwards=await say(stage, "quiet", 1)),
        edited := await say(stage, RAIN, 1),
    ]
    store = stage.sandbox.discord.core.messages
    store.edit(edited, Composition(content=ping(stage, RAIN), attachments=edited.body.attachments))
    await answer_to(await say(stage, ping(stage)))
    await stage.app.engine.idle()
    assert [answers(message) for message in left] == [[]] * len(left)
    assert (stage.bought, stage.rows()) == (0, [])


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
        ("rain, spicy", 1, None, explanations.SPICY_NEEDS_AGE_GATE),
    ],
)
async def test_what_no_video_can_be_made_of_is_answered_and_buys_nothing(
    stage: Stage, text: str, pictures: int, replied: str | None, expected: Speakable
) -> None:
    reply_to = await say(stage, replied) if replied else None
    asked = await say(stage, ping(stage, text), pictures, reply_to=reply_to)
    assert await said_to(asked) == expected.in_language(Language.ENGLISH)
    assert [answer.body.allowed_mentions for answer in answers(asked)] == [NOBODY]
    assert (stage.bought, stage.rows()) == (0, [])


async def test_hundreds_of_unknown_options_are_answered_too(stage: Stage) -> None:
    asked = await say(stage, ping(stage, " , ".join(f"--a{number}{'_' * 55}" for number in range(30))), 1)
    assert "I do not know" in await said_to(asked)


@pytest.mark.parametrize("said", [True, False], ids=["said to be gone", "to be looked up"])
async def test_a_message_that_is_gone_is_told(stage: Stage, *, said: bool) -> None:
    shown = await say(stage, pictures=1)
    with overheard(stage, passed_on=False) as events:
        asked = await say(stage, ping(stage, RAIN), reply_to=shown)
    stage.sandbox.discord.core.messages.delete(shown)
    data = {name: value for name, value in events[0].data.items() if name != "referenced_message"}
    told = data | ({"referenced_message": None} if said else {})
    stage.sandbox.discord.gateway.broadcast(replace(events[0], data=told, redacted=told))
    assert await said_to(asked) == replies.MESSAGE_GONE.english
    assert stage.bought == 0


async def test_a_broken_picture_is_told_in_the_answer(stage: Stage) -> None:
    broken = stage.sandbox.discord.upload("cut.png", picture(size=(300, 200))[:-40])
    shown = await ended(stage, await say(stage, ping(stage, RAIN), attachments=[broken]))
    assert "“cut.png” is damaged or incomplete" in shown.text()
    assert stage.bought == 0


# Places.


@pytest.mark.parametrize(
    ("text", "language"),
    [("hello", Language.ENGLISH), ("让猫挥手", Language.CHINESE), ("猫です", Language.JAPANESE)],
)
async def test_words_alone_get_help_in_direct_messages(stage: Stage, text: str, language: Language) -> None:
    asked = await say(stage, text, channel=stage.sandbox.discord.dm(stage.user))
    assert await said_to(asked) == replies.HELP.in_language(language)


async def test_direct_messages_need_no_mention(stage: Stage) -> None:
    inbox = stage.sandbox.discord.dm(stage.user)
    shown = await say(stage, "", 1, channel=inbox)
    assert await said_to(shown) == replies.WHAT_SHOULD_HAPPEN.english
    asked = await say(stage, "make it rain、10秒、縦長", channel=inbox, reply_to=shown)
    assert await widths_of_video(stage, asked) == [40]


async def test_a_video_asked_for_in_direct_messages_is_told_in_the_language_of_the_prompt(
    stage: Stage,
) -> None:
    asked = await say(stage, "猫が手を振る、10秒", 1, channel=stage.sandbox.discord.dm(stage.user))
    assert "動画" in (await ended(stage, asked)).text()


def thread(stage: Stage) -> Channel:
    return stage.channel.add_thread("talk")


def post(stage: Stage) -> Channel:
    return stage.guild.add_channel("forum", kind=ChannelKind.FORUM).add_thread("a post")


def voice_chat(stage: Stage) -> Channel:
    return stage.guild.add_channel("voice", kind=ChannelKind.VOICE)


@pytest.mark.parametrize("place", [thread, post, voice_chat])
async def test_threads_posts_and_voice_chats_work_too(
    stage: Stage, place: Callable[[Stage], Channel]
) -> None:
    channel = place(stage)
    asked = await say(
        stage, ping(stage, RAIN), channel=channel, reply_to=await say(stage, "", 1, channel=channel)
    )
    assert await widths_of_video(stage, asked) == [40]


async def test_spicy_needs_an_age_restricted_channel(stage: Stage) -> None:
    asked = await say(stage, ping(stage, "make it rain, spicy"), 1, channel=stage.adult_channel)
    assert moderation.NEEDS_CONSENT.english in await said_to(asked)
    question = await stage.adult_channel.wait_for_message(lambda seen: bool(seen.buttons), TIMEOUT_S)
    shown = await (await confirm(stage, question)).wait_for_video(TIMEOUT_S)
    assert "'spoiler': True" in str(shown.components)
    await stage.app.engine.idle()
    inbox = stage.sandbox.discord.dm(stage.user)
    asked = await say(stage, "make it rain, spicy", 1, channel=inbox)
    assert await said_to(asked) == explanations.SPICY_NOT_IN_DIRECT_MESSAGES.english
    assert stage.bought == 1


async def test_where_the_bot_may_not_speak_the_person_is_told_directly(stage: Stage) -> None:
    stage.channel.deny_bot("send_messages")
    await say(stage, ping(stage, RAIN), 1)
    message = await stage.sandbox.discord.dm(stage.user).wait_for_message(lambda _: True, TIMEOUT_S)
    # Who may not speak may not attach either.
    why = explanations.missing_rights(("send_messages", "attach_files"))
    assert message.current.text() == replies.not_answered(why, stage.channel.mention).english
    assert (stage.bought, stage.rows()) == (0, [])


async def test_without_the_right_to_attach_files_the_answer_says_so(stage: Stage) -> None:
    stage.channel.deny_bot("attach_files")
    asked = await say(stage, ping(stage, RAIN), 1)
    assert await said_to(asked) == explanations.missing_rights(("attach_files",)).english
    assert (stage.bought, stage.rows()) == (0, [])


async def test_where_nobody_can_be_told_there_is_a_line_in_the_log_alone(stage: Stage) -> None:
    stage.channel.deny_bot("send_messages")
    stage.user.accepts_direct_messages = False
    with structlog.testing.capture_logs() as lines:
        await say(stage, ping(stage, RAIN), 1)
        await until(lambda: "message_not_answered" in [line["event"] for line in lines])
    assert [line["log_level"] for line in lines] == ["info"]
    assert (stage.bought, stage.rows()) == (0, [])


async def test_the_seconds_of_a_day_are_those_of_who_asks(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=CALM, seconds_a_day_per_person=16) as stage:
        shown = await say(stage, pictures=1, user=stage.member("bob"))
        await ended(stage, await say(stage, ping(stage, RAIN), 1, reply_to=shown))
        refused = await said_to(await say(stage, ping(stage, RAIN), 1))
        assert "You have 6 seconds of video left for today." in refused
        assert stage.bought == 1
