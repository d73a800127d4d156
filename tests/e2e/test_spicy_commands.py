"""`/spicy`: what moderators see and change; everybody else is turned away, at every press."""

from typing import Any

import pytest

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.reviews.questions import Questions
from bot.sandbox.discord import InvalidInvocation
from bot.storage.errors import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import labels, message_of, press, press_unseen, told, whispered
from tests.e2e.actors.damage import change_rows, rewrite
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import COMMANDS, entries, seed, spicy
from tests.e2e.actors.timing import until

ANY_COMMAND = pytest.mark.parametrize(("command", "options"), COMMANDS)


async def broken(*_: object, **__: object) -> Any:
    raise StorageUnavailableError("the disk is full")


# Who may.


@ANY_COMMAND
async def test_others_are_turned_away(harness: Harness, command: str, options: dict[str, Any]) -> None:
    bea = harness.member("bea")
    with pytest.raises(InvalidInvocation):
        await spicy(harness, command, bea, **options)
    reply = await spicy(harness, command, bea, force=True, **options)
    assert reply.text == words.MODERATORS_ONLY.english
    assert await entries(harness) == []
    assert harness.app.moderation.caches.members.of(harness.guild.id, harness.user.id).listed is None
    assert harness.app.moderation.caches.words.terms(harness.guild.id) == ()


async def test_it_is_offered_in_servers_alone(harness: Harness) -> None:
    (command,) = [one for one in harness.sandbox.discord.commands if one["name"] == "spicy"]
    assert (command["contexts"], command["integration_types"]) == ([0], [0])
    assert command["default_member_permissions"] == str(1 << 13)
    assert {one["name"] for one in command["options"]} == {
        "queue",
        "log",
        "trust",
        "suspend",
        "words",
        "user",
        "stop",
        "resume",
        "purge",
        "test",
    }


async def test_a_reviewer_role_suffices(harness: Harness) -> None:
    role = harness.guild.add_role("reviewers")
    rules = ServerRules(reviewer_roles=frozenset({role.id}))
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)
    reply = await spicy(harness, "queue", harness.member("bea", roles=[role]), force=True)
    assert words.QUEUE_EMPTY.english in reply.text


@pytest.mark.parametrize("custom_id", ["sm-log:0:0:all:0", "sm-queue:0", "sm-words:0", "sm-mute:12:1"])
async def test_who_lost_the_right_turns_no_page(harness: Harness, custom_id: str) -> None:
    mo = moderator(harness)
    await seed(harness, 11)
    shown = await spicy(harness, "log", mo)
    harness.guild.members[mo.id].roles.clear()
    pressed = await press_unseen(harness, message_of(shown), custom_id, user=mo)
    assert await told(pressed) == words.MODERATORS_ONLY.english
    assert not harness.app.moderation.caches.members.of(harness.guild.id, 12).reports_muted


@pytest.mark.parametrize(
    "custom_id",
    ["sm-log:0:0:nothing:0", "sm-log:x", "sm-queue:-1", "sm-mute:99999999999999999999:1", "sm-words:"],
)
async def test_buttons_of_other_versions_do_nothing(harness: Harness, custom_id: str) -> None:
    mo = moderator(harness)
    shown = await spicy(harness, "log", mo)
    pressed = await press_unseen(harness, message_of(shown), custom_id, user=mo)
    assert await told(pressed) == job_words.OLD_BUTTON.english


@pytest.mark.parametrize(("command", "options"), COMMANDS[3:5])
async def test_nobody_decides_about_themselves(
    harness: Harness, command: str, options: dict[str, Any]
) -> None:
    mo = moderator(harness)
    about: dict[str, Any] = options | {"person": mo}
    reply = await spicy(harness, command, mo, **about)
    assert reply.text == words.NOT_YOURSELF.english
    shown = await spicy(harness, "user", mo, person=mo)
    pressed = await press(harness, shown, words.MUTE.english, user=mo)
    assert await told(pressed) == words.NOT_YOURSELF.english
    assert await entries(harness) == []


# The queue.


@pytest.mark.slow
@pytest.mark.started_with(held_per_person=7)
@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_queue_in_pages(harness: Harness, *, restarted: bool) -> None:
    mo, review = moderator(harness), harness.guild.add_channel("reviews")
    rules = ServerRules(modes={Gate.NORMAL: Mode.APPROVAL}, review_channel_id=review.id, quorum=2)
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)
    for number in range(7):
        await harness.video(f"boat _{number}_")
        await until(lambda number=number: len(review.messages) > number)
    await press(harness, review.messages[0], "Approve", user=mo)
    await review.messages[0].wait_for(lambda version: f"Yes: {mo.mention}" in version.text(), TIMEOUT_S)
    shown = await spicy(harness, "queue", mo)
    text = shown.text
    assert text.index("boat \\_0\\_") < text.index("boat \\_4\\_")
    assert "boat \\_5\\_" not in text
    assert "Yes: 1 · no: 0 · 2 votes decide" in text
    assert f"{harness.user.mention} · 6 s · 1280x720 · 720p · normal" in text
    assert review.messages[0].url in text
    assert labels(message_of(shown).current)[-1:] == ["Next"]
    await meanwhile(harness, restarted=restarted)
    turned = await press(harness, shown, "Next", user=mo)
    second = await told(turned)
    assert "boat \\_5\\_" in second
    assert "boat \\_6\\_" in second
    assert "boat \\_4\\_" not in second
    assert "boat \\_0\\_" in await told(await press(harness, turned, "Back", user=mo))
    late = await press_unseen(harness, message_of(shown), "sm-queue:40", user=mo)
    assert "boat \\_6\\_" in await told(late)
    profile = await spicy(harness, "user", mo, person="ada")
    assert review.messages[0].url in profile.text
    assert "and 2 more" in profile.text


# Faults.


@pytest.mark.parametrize(("command", "options"), COMMANDS[3:6])
async def test_what_could_not_be_stored_is_not_done(
    harness: Harness, command: str, options: dict[str, Any]
) -> None:
    mo = moderator(harness)
    async with locked_disk(harness):
        assert (await spicy(harness, command, mo, **options)).text == job_words.NOT_STORED.english
    assert await entries(harness) == []
    assert harness.sandbox.discord.dm(harness.user).messages == []


@pytest.mark.parametrize(
    ("command", "broken_store"), [("queue", "review_store"), ("log", "trail"), ("user", "questions")]
)
async def test_what_cannot_be_read_is_said(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, command: str, broken_store: str
) -> None:
    mo, parts = moderator(harness), harness.app.moderation
    options: dict[str, Any] = {"person": "ada"} if command == "user" else {}
    shown = await spicy(harness, command, mo, **options)
    monkeypatch.setattr(parts.reviews, "pending_in", broken)
    monkeypatch.setattr(parts.audit_log.store, "read", broken)
    monkeypatch.setattr(Questions, "record", broken)
    assert (await spicy(harness, command, mo, **options)).text == words.NOT_READ.english
    custom_id = {"queue": "sm-queue:0", "log": "sm-log:0:0:all:0", "user": "sm-mute:12:0"}[command]
    pressed = await press_unseen(harness, message_of(shown), custom_id, user=mo)
    assert await whispered(pressed) == words.NOT_READ.english


async def test_an_entry_that_somebody_spoiled_is_named(harness: Harness) -> None:
    await seed(harness, 3)
    action = audit(harness, "action")[1]
    rewrite(harness, "UPDATE audit SET action = 'nothing' WHERE number = 2")
    mo = moderator(harness)
    assert (await spicy(harness, "log", mo)).text == words.unreadable(2).english
    assert (await spicy(harness, "log", mo, export="json")).text == words.unreadable(2).english
    # Mended, since the log of every test has to verify.
    await change_rows(harness, "UPDATE audit SET action = ? WHERE number = 2", action)
