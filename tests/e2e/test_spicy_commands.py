"""`/spicy`: what moderators see and change; everybody else is turned away, at every press."""

from typing import Any

import pytest

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import InvalidInvocation
from bot.storage import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from tests.e2e.approval_steps import moderator
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
    until,
    whispered,
)
from tests.e2e.spicy_steps import COMMANDS, entries, seed, spicy, stage
from tests.e2e.stage import TIMEOUT_S, Stage
from tests.e2e.test_durability import locked_disk

__all__ = ["stage"]

ANY_COMMAND = pytest.mark.parametrize(("command", "options"), COMMANDS)


async def broken(*_: object, **__: object) -> Any:
    raise StorageUnavailableError("the disk is full")


# Who may.


@ANY_COMMAND
async def test_others_are_turned_away(stage: Stage, command: str, options: dict[str, Any]) -> None:
    bea = stage.member("bea")
    with pytest.raises(InvalidInvocation):
        await spicy(stage, command, bea, **options)
    reply = await spicy(stage, command, bea, force=True, **options)
    assert reply.text == words.MODERATORS_ONLY.english
    assert await entries(stage) == []
    assert stage.app.moderation.books.members.of(stage.guild.id, stage.user.id).listed is None
    assert stage.app.moderation.books.words.listed(stage.guild.id) == ()


async def test_it_is_offered_in_servers_alone(stage: Stage) -> None:
    (command,) = [one for one in stage.sandbox.discord.commands if one["name"] == "spicy"]
    assert (command["contexts"], command["integration_types"]) == ([0], [0])
    assert command["default_member_permissions"] == str(1 << 13)
    assert {one["name"] for one in command["options"]} == {
        "queue",
        "log",
        "trust",
        "suspend",
        "words",
        "user",
    }


async def test_a_reviewer_role_suffices(stage: Stage) -> None:
    role = stage.guild.add_role("reviewers")
    rules = ServerRules(reviewer_roles=frozenset({role.id}))
    await stage.app.moderation.books.rules.change(stage.guild.id, rules)
    reply = await spicy(stage, "queue", stage.member("bea", roles=[role]), force=True)
    assert words.QUEUE_EMPTY.english in reply.text


@pytest.mark.parametrize("custom_id", ["sm-log:0:0:all:0", "sm-queue:0", "sm-words:0", "sm-mute:12:1"])
async def test_who_lost_the_right_turns_no_page(stage: Stage, custom_id: str) -> None:
    mo = moderator(stage)
    await seed(stage, 11)
    shown = await spicy(stage, "log", mo)
    stage.guild.members[mo.id].roles.clear()
    pressed = await press_unseen(stage, message_of(shown), custom_id, user=mo)
    assert await told(pressed) == words.MODERATORS_ONLY.english
    assert not stage.app.moderation.books.members.of(stage.guild.id, 12).reports_muted


@pytest.mark.parametrize(
    "custom_id",
    ["sm-log:0:0:nothing:0", "sm-log:x", "sm-queue:-1", "sm-mute:99999999999999999999:1", "sm-words:"],
)
async def test_buttons_of_other_versions_do_nothing(stage: Stage, custom_id: str) -> None:
    mo = moderator(stage)
    shown = await spicy(stage, "log", mo)
    pressed = await press_unseen(stage, message_of(shown), custom_id, user=mo)
    assert await told(pressed) == job_words.OLD_BUTTON.english


@pytest.mark.parametrize(("command", "options"), COMMANDS[3:5])
async def test_nobody_decides_about_themselves(stage: Stage, command: str, options: dict[str, Any]) -> None:
    mo = moderator(stage)
    about: dict[str, Any] = options | {"person": mo}
    reply = await spicy(stage, command, mo, **about)
    assert reply.text == words.NOT_YOURSELF.english
    shown = await spicy(stage, "user", mo, person=mo)
    pressed = await press(stage, shown, words.MUTE.english, user=mo)
    assert await told(pressed) == words.NOT_YOURSELF.english
    assert await entries(stage) == []


# The queue.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_queue_in_pages(stage: Stage, *, restarted: bool) -> None:
    mo, review = moderator(stage), stage.guild.add_channel("reviews")
    rules = ServerRules(modes={Gate.NORMAL: Mode.APPROVAL}, review_channel_id=review.id, quorum=2)
    await stage.app.moderation.books.rules.change(stage.guild.id, rules)
    for number in range(7):
        await stage.video(f"boat _{number}_")
        await until(lambda number=number: len(review.messages) > number)
    await press(stage, review.messages[0], "Approve", user=mo)
    await review.messages[0].wait_for(lambda version: f"For: {mo.mention}" in version.text(), TIMEOUT_S)
    shown = await spicy(stage, "queue", mo)
    text = shown.text
    assert text.index("boat \\_0\\_") < text.index("boat \\_4\\_")
    assert "boat \\_5\\_" not in text
    assert "For: 1 · against: 0 · 2 votes decide" in text
    assert f"{stage.user.mention} · 6 s · 1280x720 · 720p · normal" in text
    assert review.messages[0].url in text
    assert labels(message_of(shown).current) == ["Next"]
    await meanwhile(stage, restarted=restarted)
    turned = await press(stage, shown, "Next", user=mo)
    second = await told(turned)
    assert "boat \\_5\\_" in second
    assert "boat \\_6\\_" in second
    assert "boat \\_4\\_" not in second
    assert "boat \\_0\\_" in await told(await press(stage, turned, "Back", user=mo))
    late = await press_unseen(stage, message_of(shown), "sm-queue:40", user=mo)
    assert "boat \\_6\\_" in await told(late)
    profile = await spicy(stage, "user", mo, person="ada")
    assert review.messages[0].url in profile.text
    assert "and 2 more" in profile.text


# Faults.


@pytest.mark.parametrize(("command", "options"), COMMANDS[3:6])
async def test_what_could_not_be_stored_is_not_done(
    stage: Stage, command: str, options: dict[str, Any]
) -> None:
    mo = moderator(stage)
    async with locked_disk(stage):
        assert (await spicy(stage, command, mo, **options)).text == job_words.NOT_STORED.english
    assert await entries(stage) == []
    assert stage.sandbox.discord.dm(stage.user).messages == []


@pytest.mark.parametrize(
    ("command", "broken_store"), [("queue", "review_store"), ("log", "trail"), ("user", "questions")]
)
async def test_what_cannot_be_read_is_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, command: str, broken_store: str
) -> None:
    mo, parts = moderator(stage), stage.app.moderation
    options: dict[str, Any] = {"person": "ada"} if command == "user" else {}
    shown = await spicy(stage, command, mo, **options)
    monkeypatch.setattr(parts.review_store, "open_in", broken)
    monkeypatch.setattr(parts.trail.store, "read", broken)
    monkeypatch.setattr(parts.questions, "record", broken)
    assert (await spicy(stage, command, mo, **options)).text == words.NOT_READ.english
    custom_id = {"queue": "sm-queue:0", "log": "sm-log:0:0:all:0", "user": "sm-mute:12:0"}[command]
    pressed = await press_unseen(stage, message_of(shown), custom_id, user=mo)
    assert await whispered(pressed) == words.NOT_READ.english


async def test_an_entry_that_somebody_spoiled_is_named(stage: Stage) -> None:
    await seed(stage, 3)
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql("UPDATE audit SET action = 'nothing' WHERE number = 2")
    mo = moderator(stage)
    assert (await spicy(stage, "log", mo)).text == words.unreadable(2).english
    assert (await spicy(stage, "log", mo, export="json")).text == words.unreadable(2).english
