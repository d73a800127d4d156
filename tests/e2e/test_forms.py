"""*Apps ► Animate*, `/video` with *more*, and the forms that they open: nothing lies in memory between the two."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest

from bot.sandbox.discord import Attachment, InvalidInvocation, Message, Reply, User
from bot.sandbox.discord.interactions import InteractionKind
from bot.sandbox.discord.modals import FormValue, fields_of
from bot.texts import forms, moderation
from bot.texts import jobs as words
from tests.e2e.pictures import picture
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    confirm,
    meanwhile,
    told,
    until,
)
from tests.e2e.stage import TIMEOUT_S, Stage, open_stage
from tests.e2e.test_durability import locked_disk

UNKNOWN = "0" * 32


def upload(stage: Stage, name: str = "cat.png", size: tuple[int, int] = (64, 48)) -> Attachment:
    """A picture that somebody sends; its size tells it from others."""
    return stage.sandbox.discord.upload(name, picture(size=size))


async def said(stage: Stage, *pictures: Attachment, user: User | None = None) -> Message:
    """A message with pictures."""
    return await stage.sandbox.discord.say(user or stage.user, stage.channel, "look", attachments=pictures)


async def animated(stage: Stage, message: Message, *, user: User | None = None) -> Reply:
    """The form of *Animate*, once what was chosen for it is kept."""
    before = drafts(stage)
    opened = await stage.sandbox.discord.menu("Animate", user=user or stage.user, message=message)
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(stage) > before)
    return opened


def drafts(stage: Stage) -> int:
    """How many drafts are kept."""
    with closing(connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        return int(connection.execute("SELECT count(*) FROM drafts").fetchone()[0])


def parts(opened: Reply) -> dict[str, object]:
    """What the form holds before anybody touches it, by the parts' names."""
    assert opened.modal is not None
    found: dict[str, object] = {}
    for name, field in fields_of(opened.modal).items():
        chosen = [option["value"] for option in field.get("options", []) if option.get("default")]
        found[name] = chosen[0] if chosen else field.get("value")
    return found


def hint(opened: Reply, name: str) -> str:
    """What stands below a part's label."""
    assert opened.modal is not None
    labels = opened.modal["components"]
    return next(str(label["description"]) for label in labels if label["component"]["custom_id"] == name)


async def send(stage: Stage, opened: Reply, values: Mapping[str, FormValue]) -> Reply:
    """Send a form; the answer to it."""
    return await stage.sandbox.discord.submit(opened, values)


async def send_made_up(
    stage: Stage,
    custom_id: str,
    answers: Sequence[object],
    *,
    user: User | None = None,
    source: Message | None = None,
) -> Reply:
    """Send what no form looks like, or one that was opened for somebody else."""
    data: dict[str, object] = {"custom_id": custom_id, "components": answers}
    clients = stage.sandbox.discord._clients  # pyright: ignore[reportPrivateUsage] - sends only what was opened
    return clients._send(  # pyright: ignore[reportPrivateUsage] - likewise
        InteractionKind.MODAL_SUBMIT, user or stage.user, stage.channel, data, label="form", source=source
    )


def answers(**values: str) -> list[object]:
    """Answers as a form carries them: of a text field for the prompt, of selects for the rest."""
    return [
        {
            "type": 18,
            "id": number,
            "component": {"type": 4, "id": number + 10, "custom_id": name, "value": value}
            if name == "prompt"
            else {"type": 3, "id": number + 10, "custom_id": name, "values": [value]},
        }
        for number, (name, value) in enumerate(values.items(), 1)
    ]


def custom_id(opened: Reply) -> str:
    assert opened.modal is not None
    return str(opened.modal["custom_id"])


def widths(stage: Stage) -> list[int]:
    """The pictures of the last video that was bought, by their widths."""
    return [reference.width for reference in stage.sandbox.dimilinks.request_log.submissions[-1].references]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_message_with_pictures_is_animated_with_those_and_more(
    stage: Stage, *, restarted: bool
) -> None:
    message = await said(stage, upload(stage, size=(40, 70)), upload(stage, size=(41, 30)))
    opened = await animated(stage, message, user=stage.member("bob"))
    assert parts(opened) == {
        "prompt": None,
        "pictures": None,
        "seconds": "6",
        "frame": "720x1280/720p",
        "preset": "normal",
    }
    assert opened.modal is not None
    assert opened.modal["title"] == forms.TITLE_NEW.english
    assert fields_of(opened.modal)["pictures"]["max_values"] == 5
    assert hint(opened, "pictures") == "2 pictures are there already."
    assert len(custom_id(opened)) <= 100
    await meanwhile(stage, restarted=restarted)
    more = [upload(stage, "more.png", (42, 30)), upload(stage, "most.png", (43, 30))]
    values = {"prompt": "they wave", "pictures": more, "seconds": "10", "preset": "fun"}
    reply = await send(stage, opened, values | {"frame": "1024x1024/480p"})
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert "they wave" in shown.text()
    assert not shown.ephemeral
    (made,) = stage.sandbox.dimilinks.request_log.submissions
    assert (made.prompt, made.seconds, made.size) == ("they wave", "10", "1024x1024")
    assert (made.resolution, made.preset) == ("480p", "fun")
    assert widths(stage) == [40, 41, 42, 43]
    await stage.app.engine.idle()
    assert [row["person_id"] for row in stage.rows("person_id")] == [opened.user.id]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_whoever_wants_private_videos_gets_one_from_the_form_too(
    stage: Stage, *, restarted: bool
) -> None:
    options = {"private": True, "seconds": "12", "size": "720x1280", "resolution": "480p", "preset": "fun"}
    chosen = await stage.sandbox.discord.invoke(
        "defaults", user=stage.user, channel=stage.channel, options=options
    )
    await told(chosen)
    opened = await animated(stage, await said(stage, upload(stage, size=(64, 64))))
    found = parts(opened)
    assert (found["seconds"], found["preset"]) == ("12", "fun")
    assert str(found["frame"]).endswith("/480p")
    await meanwhile(stage, restarted=restarted)
    reply = await send(stage, opened, {"prompt": "for me"})
    assert (await reply.wait_for_video(TIMEOUT_S)).ephemeral
    assert reply.ephemeral


async def test_seven_pictures_leave_no_room_for_more(stage: Stage) -> None:
    sent = [upload(stage, f"{number}.png", (40 + number, 30)) for number in range(8)]
    opened = await animated(stage, await said(stage, *sent))
    assert list(parts(opened)) == ["prompt", "seconds", "frame", "preset"]
    await (await send(stage, opened, {"prompt": "all of them"})).wait_for_video(TIMEOUT_S)
    assert widths(stage) == [40, 41, 42, 43, 44, 45, 46]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_message_without_a_picture_asks_for_one(stage: Stage, *, restarted: bool) -> None:
    notes = stage.sandbox.discord.upload("notes.txt", b"no picture")
    opened = await animated(stage, await said(stage, notes))
    assert hint(opened, "pictures") == forms.NONE_IN_MESSAGE.english
    with pytest.raises(InvalidInvocation, match="0 files, allowed are 1 to 7"):
        await send(stage, opened, {"prompt": "nothing to see"})
    await meanwhile(stage, restarted=restarted)
    reply = await send(stage, opened, {"prompt": "something", "pictures": [upload(stage)]})
    await reply.wait_for_video(TIMEOUT_S)
    assert widths(stage) == [64]


async def test_pictures_of_bots_and_forwarded_ones_are_found(stage: Stage) -> None:
    robot = stage.sandbox.discord.add_user("robot", bot=True)
    stage.guild.join(robot)
    message = await said(stage, upload(stage, size=(45, 30)), user=robot)
    forward = await stage.sandbox.discord.say(stage.user, stage.channel, forwards=message)
    for found in (message, forward):
        reply = await send(stage, await animated(stage, found), {"prompt": "beep"})
        await reply.wait_for_video(TIMEOUT_S)
        assert widths(stage) == [45]
    assert stage.bought == 2


async def test_a_picture_that_is_gone_when_the_form_is_sent_is_named(stage: Stage) -> None:
    attachment = upload(stage)
    opened = await animated(stage, await said(stage, attachment))
    attachment.delete()
    reply = await send(stage, opened, {"prompt": "gone"})
    assert "is no longer on Discord's servers" in (await stage.ended(reply)).text()
    assert stage.bought == 0


async def test_the_longest_prompt_fits_into_the_form(stage: Stage) -> None:
    prompt = "\U0001f39e" * 2500
    opened = await animated(stage, await said(stage, upload(stage)))
    await (await send(stage, opened, {"prompt": prompt})).wait_for_video(TIMEOUT_S)
    assert [made.prompt for made in stage.sandbox.dimilinks.request_log.submissions] == [prompt]


async def test_spicy_is_for_age_restricted_channels_in_forms_too(stage: Stage) -> None:
    opened = await animated(stage, await said(stage, upload(stage)))
    reply = await send(stage, opened, {"prompt": "hot", "preset": "spicy"})
    assert "only works in age-restricted channels. Nothing was charged." in await told(reply)
    assert reply.ephemeral
    message = await stage.sandbox.discord.say(stage.user, stage.adult_channel, attachments=[upload(stage)])
    allowed = await send(stage, await animated(stage, message), {"prompt": "hot", "preset": "spicy"})
    assert moderation.NEEDS_CONSENT.english in await told(allowed)
    await (await confirm(stage, allowed)).wait_for_video(TIMEOUT_S)
    assert stage.bought == 1


async def test_a_form_of_somebody_else_or_of_nobody_is_refused(stage: Stage) -> None:
    opened = await animated(stage, await said(stage, upload(stage)))
    filled = answers(prompt="mine now", seconds="6", frame="1280x720/720p", preset="normal")
    theirs = await send_made_up(stage, custom_id(opened), filled, user=stage.member("bob"))
    nobodys = await send_made_up(stage, f"sm-form:draft:{UNKNOWN}:0", filled)
    for reply in (theirs, nobodys):
        assert await told(reply) == forms.DRAFT_GONE.english
        assert reply.ephemeral
    unknown_job = await send_made_up(stage, f"sm-form:change:{UNKNOWN}:0", filled)
    assert await told(unknown_job) == words.GONE.english
    assert unknown_job.ephemeral
    assert stage.submissions_sent == []
    assert stage.rows() == []


async def test_a_form_that_was_forgotten_meanwhile_says_so(tmp_path: Path) -> None:
    clock = MovableClock()
    async with open_stage(tmp_path, now=clock) as stage:
        opened = await animated(stage, await said(stage, upload(stage)))
        clock.offset = timedelta(days=3)
        await stage.app.housekeeping.tidy()
        assert drafts(stage) == 0
        assert await told(await send(stage, opened, {"prompt": "late"})) == forms.DRAFT_GONE.english
        assert stage.submissions_sent == []


@pytest.mark.parametrize(
    "filled",
    [
        [],
        [{"type": 18}],
        [{"type": 18, "component": {"type": 4, "value": "nameless"}}],
        answers(prompt=" ", frame="1280x720/720p"),
        answers(prompt="x", frame="1x1/720p", seconds="6"),
        answers(prompt="x", frame="1280x720/720p", seconds="600"),
        answers(prompt="x", frame="1280x720/720p/720p", preset="free"),
        answers(prompt="x" * 2501, frame="1280x720/720p"),
    ],
)
async def test_what_no_form_would_send_is_refused_in_private(stage: Stage, filled: list[object]) -> None:
    opened = await animated(stage, await said(stage, upload(stage)))
    reply = await send_made_up(stage, custom_id(opened), filled)
    assert "Nothing was charged." in await told(reply)
    assert reply.ephemeral
    assert stage.submissions_sent == []
    assert stage.rows() == []


@pytest.mark.parametrize(
    "unknown", [f"sm-form:other:{UNKNOWN}:0", "sm-form:draft:1", f"sm-report:{UNKNOWN}x"]
)
async def test_forms_of_another_version_are_answered(stage: Stage, unknown: str) -> None:
    reply = await send_made_up(stage, unknown, answers(prompt="from the past"))
    assert await told(reply) == forms.NOT_UNDERSTOOD.english
    assert reply.ephemeral


@AT_ONCE_AND_AFTER_A_RESTART
async def test_more_opens_the_form_with_what_was_typed(stage: Stage, *, restarted: bool) -> None:
    opened = await stage.video(
        "a paper boat",
        seconds="16",
        size="1024x1024",
        resolution="480p",
        preset="custom",
        image=upload(stage, size=(50, 30)),
        image3=upload(stage, size=(51, 30)),
        private=True,
        more=True,
    )
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(stage) == 1)
    assert parts(opened) == {
        "prompt": "a paper boat",
        "pictures": None,
        "seconds": "16",
        "frame": "1024x1024/480p",
        "preset": "custom",
    }
    await meanwhile(stage, restarted=restarted)
    reply = await send(stage, opened, {"pictures": [upload(stage, size=(52, 30))]})
    assert (await reply.wait_for_video(TIMEOUT_S)).ephemeral
    (made,) = stage.sandbox.dimilinks.request_log.submissions
    assert (made.prompt, made.seconds, made.size) == ("a paper boat", "16", "1024x1024")
    assert (made.resolution, made.preset) == ("480p", "custom")
    assert widths(stage) == [50, 51, 52]


async def test_more_without_pictures_needs_none(stage: Stage) -> None:
    opened = await stage.video("just words", more=True)
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(stage) == 1)
    assert hint(opened, "pictures") == forms.FIRST_PICTURES.english
    shown = await (await send(stage, opened, {"prompt": "other words"})).wait_for_video(TIMEOUT_S)
    assert "other words" in shown.text()
    assert not shown.ephemeral
    assert widths(stage) == []


async def test_a_draft_that_could_not_be_stored_buys_nothing(stage: Stage) -> None:
    message = await said(stage, upload(stage))
    async with locked_disk(stage):
        opened = await stage.sandbox.discord.menu("Animate", user=stage.user, message=message)
        await opened.wait_for_modal(TIMEOUT_S)
        assert await told(await send(stage, opened, {"prompt": "lost"})) == forms.DRAFT_GONE.english
    assert stage.submissions_sent == []


async def test_a_form_is_answered_while_the_database_is_slow_or_broken(stage: Stage) -> None:
    opened = await animated(stage, await said(stage, upload(stage)))
    database = stage.app.database
    async with database.read(), database.read():
        slow = await send(stage, opened, {"prompt": "slow"})
        assert await told(slow) == words.NOT_STORED.english
    async with locked_disk(stage):
        locked = await send(stage, opened, {"prompt": "locked"})
        assert "I could not store your request" in await told(locked)
    await database.close()
    broken = await send(stage, opened, {"prompt": "broken"})
    assert await told(broken) == words.NOT_STORED.english
    assert all(reply.ephemeral for reply in (slow, locked, broken))
    assert stage.submissions_sent == []
    await stage.restart()
    await (await send(stage, opened, {"prompt": "better"})).wait_for_video(TIMEOUT_S)
    assert stage.bought == 1
