"""`/spicy`: what moderators see and change; everybody else is turned away, at every press."""

import csv
import json
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.audit import Deed, Entry, Recorded, verify
from bot.moderation.members import Listed, Strike
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import InvalidInvocation, Reply, User
from bot.storage import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from bot.texts.sentences import Sentence
from cogs.ui import spicy_views
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
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage, utc_now
from tests.e2e.test_durability import locked_disk

COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("queue", {}),
    ("log", {}),
    ("log", {"export": "json"}),
    ("trust", {"person": "ada", "list": "trusted"}),
    ("suspend", {"person": "ada", "hours": 1, "reason": "spam"}),
    ("words", {"action": "add", "term": "lighthouse"}),
    ("user", {"person": "ada"}),
]
ANY_COMMAND = pytest.mark.parametrize(("command", "options"), COMMANDS)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT) as opened:
        yield opened


def moderator(stage: Stage, name: str = "mo", *, locale: str = "en-US") -> User:
    user = stage.sandbox.discord.add_user(name, locale=locale)
    stage.guild.join(user, [stage.guild.add_role(name, ["manage_messages"])])
    return user


async def spicy(stage: Stage, command: str, user: User, *, force: bool = False, **options: Any) -> Reply:
    """Type one of the commands, and wait for its answer, which is always private."""
    given = {name: stage.user if value == "ada" else value for name, value in options.items()}
    reply = await stage.sandbox.discord.invoke(
        f"spicy {command}", user=user, channel=stage.channel, options=given, force=force
    )
    await told(reply)
    assert reply.ephemeral
    return reply


async def entries(stage: Stage) -> list[Recorded]:
    """The whole log, oldest first."""
    return [one async for one in stage.app.moderation.trail.store.all_in_order()]


async def seed(stage: Stage, count: int, *, at: datetime | None = None, reason: str = "because") -> None:
    """Strikes in the log about ada, numbered in their reasons from 1."""
    when = at or utc_now()
    await stage.app.moderation.trail.append(
        *(
            Entry(stage.guild.id, when, Deed.STRIKE_GIVEN, 5, stage.user.id, None, f"{reason} {number}.")
            for number in range(1, count + 1)
        )
    )


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


# The log.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_log_in_pages_with_its_filter(stage: Stage, *, restarted: bool) -> None:
    mo = moderator(stage)
    await seed(stage, 3, at=utc_now() - timedelta(days=9), reason="long ago")
    await seed(stage, 12)
    await spicy(stage, "trust", mo, person=stage.member("bea"))
    shown = await spicy(stage, "log", mo, person="ada", action="strikes", days=7)
    assert "because 12." in shown.text
    assert "because 3." in shown.text
    assert "because 2." not in shown.text
    assert "trusted list" not in shown.text
    assert f"<@5> · **Strike given** · about {stage.user.mention} · because 12." in shown.text
    assert labels(message_of(shown).current) == ["Older"]
    await meanwhile(stage, restarted=restarted)
    turned = await press(stage, shown, "Older", user=mo)
    text = await told(turned)
    assert "because 2." in text
    assert "long ago" not in text
    assert labels(message_of(turned).current) == ["Newest"]
    assert "because 12." in await told(await press(stage, turned, "Newest", user=mo))
    assert "Put on the trusted list" in (await spicy(stage, "log", mo)).text
    assert (await spicy(stage, "log", mo, action="words")).text.endswith(words.LOG_EMPTY.english)


@pytest.mark.parametrize("signs", ["_" * 500, "@" * 500, "https://a" * 60, "<@1>" * 120])
async def test_whatever_a_reason_is_a_page_fits(stage: Stage, signs: str) -> None:
    mo = moderator(stage)
    await seed(stage, 11, reason=signs)
    assert labels(message_of(await spicy(stage, "log", mo)).current) == ["Older"]


async def test_an_id_is_short_and_every_deed_has_words_in_one_group() -> None:
    longest = max(words.LogGroup, key=len)
    assert len(spicy_views.LogPage(10**15 - 1, 2**63 - 1, longest, 3650).custom_id) <= 100
    named = [name for names in words.DEEDS.values() for name in names]
    assert sorted(named) == sorted(deed.value for deed in Deed)
    assert all(words.deed(deed.value, {}).english for deed in Deed)


def rows(reply: Reply) -> list[Recorded]:
    """What was exported as lines of JSON, as the log would have it."""
    (attached,) = message_of(reply).current.attachments
    assert attached.filename.endswith(".jsonl")
    found: list[Recorded] = []
    for line in attached.path.read_text("utf-8").splitlines():
        fields: dict[str, Any] = json.loads(line)
        fields["at"], fields["deed"] = datetime.fromisoformat(fields["at"]), Deed(fields["deed"])
        found.append(Recorded(**fields))
    return found


async def test_the_log_as_lines_of_json_can_be_verified(stage: Stage) -> None:
    mo, store = moderator(stage), stage.app.moderation.trail.store
    await seed(stage, 600)
    await store.append(
        Entry(stage.guild.id, utc_now(), Deed.REQUEST_HELD, None, stage.user.id, prompt="a 🎞\n'boat'")
    )
    reply = await spicy(stage, "log", mo, export="json")
    exported = rows(reply)
    assert verify(exported) is None
    assert len(exported) == 601
    assert exported[-1].prompt == "a 🎞\n'boat'"
    assert exported[-1].sha256 in reply.text
    last = (await entries(stage))[-1]
    assert (last.deed, last.actor_id) == (Deed.LOG_EXPORTED, mo.id)
    assert last.details == {"entries": 601, "form": "json", "last": 601, "sha256": exported[-1].sha256}
    await store.append(Entry(stage.guild.id + 1, utc_now(), Deed.BANNED, None, stage.user.id))
    again = rows(await spicy(stage, "log", mo, export="json"))
    assert [one.number for one in again] == list(range(1, 603))


async def test_the_log_as_a_table_has_one_heading(stage: Stage) -> None:
    await seed(stage, 600)
    reply = await spicy(stage, "log", moderator(stage), export="csv", action="strikes")
    (attached,) = message_of(reply).current.attachments
    with attached.path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["number"] for row in found] == [str(number) for number in range(1, 601)]
    assert found[0]["reason"] == "because 1."


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_a_log_that_is_too_large_loses_its_oldest(stage: Stage, form: str) -> None:
    stage.sandbox.discord.world.default_upload_limit_bytes = limit = 10_000
    await seed(stage, 600)
    reply = await spicy(stage, "log", moderator(stage), export=form)
    (attached,) = message_of(reply).current.attachments
    lines = attached.path.read_text("utf-8").splitlines()
    heading = form == "csv"
    kept = len(lines) - heading
    assert limit - 1000 < attached.size_bytes <= limit
    assert f"{600 - kept} older entries did not fit" in reply.text
    assert f"because {601 - kept}." in lines[int(heading)]
    assert "because 600." in lines[-1]
    assert lines[0].startswith("number,") is heading


async def test_a_file_that_discord_refuses_is_said_to_be(stage: Stage) -> None:
    await seed(stage, 1)
    stage.channel.deny_bot("attach_files")
    reply = await spicy(stage, "log", moderator(stage), export="csv")
    assert reply.text == words.EXPORT_REFUSED.english


async def test_no_file_of_nothing(stage: Stage) -> None:
    assert (await spicy(stage, "log", moderator(stage), export="csv")).text == words.LOG_EMPTY.english
    assert await entries(stage) == []


# People.


async def test_lists(stage: Stage) -> None:
    mo, members = moderator(stage), stage.app.moderation.books.members
    for chosen, listed in (("trusted", Listed.TRUSTED), ("blocked", Listed.BLOCKED), ("neither", None)):
        for answer in (words.LISTED[words.ListChoice(chosen)], words.UNCHANGED):
            reply = await spicy(stage, "trust", mo, person="ada", list=chosen)
            assert reply.text == answer.english
        assert members.of(stage.guild.id, stage.user.id).listed is listed
    deeds = [(one.deed, one.actor_id, one.person_id) for one in await entries(stage)]
    done = (Deed.TRUSTED, Deed.BLOCKED, Deed.UNLISTED)
    assert deeds == [(deed, mo.id, stage.user.id) for deed in done]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_suspension_is_told_kept_and_lifted(stage: Stage, *, restarted: bool) -> None:
    mo, direct = moderator(stage), stage.sandbox.discord.dm(stage.user)
    assert (await spicy(stage, "suspend", mo, person="ada", hours=0, reason="x")).text == (
        words.UNCHANGED.english
    )
    reply = await spicy(stage, "suspend", mo, person="ada", hours=2, reason="*spam*")
    assert reply.text.startswith(f"{stage.user.mention} is suspended until <t:")
    message = await direct.wait_for_message(lambda version: "\\*spam\\*" in version.text(), TIMEOUT_S)
    assert stage.guild.name in message.current.text()
    await meanwhile(stage, restarted=restarted)
    refused = await stage.video()
    assert "You are suspended" in (await stage.ended(refused)).text()
    assert stage.bought == 0
    profile = (await spicy(stage, "user", mo, person="ada")).text
    assert f"by {mo.mention}: \\*spam\\*" in profile
    lifted = await spicy(stage, "suspend", mo, person="ada", hours=0, reason="enough")
    assert lifted.text == words.LIFTED.english
    await until(lambda: len(direct.messages) == 2)
    first, second = (one for one in await entries(stage) if one.deed is not Deed.REQUEST_REFUSED)
    assert (first.deed, first.person_id, first.reason) == (Deed.SUSPENDED, stage.user.id, "*spam*")
    assert first.details == {"hours": 2}
    assert (second.deed, second.actor_id, second.reason) == (Deed.SUSPENSION_LIFTED, mo.id, "enough")


async def test_everybody_reads_their_language(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def tagged(locale: str, form: str, context: str | None = None) -> str:
        return f"{form}«{locale}»"

    monkeypatch.setattr("bot.texts.sentences.translation", tagged)
    mo, direct = moderator(stage, locale="zh-CN"), stage.sandbox.discord.dm(stage.user)
    stage.guild.locale = "ja"
    reply = await spicy(stage, "suspend", mo, person="ada", hours=2, reason="spam")
    assert reply.text.endswith("«zh-CN»")
    message = await direct.wait_for_message(lambda version: "spam" in version.text(), TIMEOUT_S)
    assert message.current.text().endswith("«ja»")
    for command, options in COMMANDS:
        told_in_chinese = await spicy(stage, command, mo, **options)
        assert "«zh-CN»" in told_in_chinese.text
        assert "«ja»" not in told_in_chinese.text


async def test_who_takes_no_messages_is_suspended_all_the_same(stage: Stage) -> None:
    stage.user.accepts_direct_messages = False
    mo, members = moderator(stage), stage.app.moderation.books.members
    reply = await spicy(stage, "suspend", mo, person="ada", hours=8760, reason="spam")
    assert "is suspended" in reply.text
    assert members.of(stage.guild.id, stage.user.id).is_suspended(utc_now() + timedelta(hours=8759))


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_is_kept_of_somebody_and_their_reports(stage: Stage, *, restarted: bool) -> None:
    mo, ids = moderator(stage), (stage.guild.id, stage.user.id)
    for number in range(10):
        given = Strike(*ids, utc_now() - timedelta(days=number), mo.id, f"{'_' * 300} {number}")
        await stage.app.moderation.books.members.strike(given, ServerRules(strikes_to_suspend=20))
    shown = await spicy(stage, "user", mo, person="ada")
    assert "strikes: 10" in shown.text
    assert "and 2 more" in shown.text
    await meanwhile(stage, restarted=restarted)
    for label, fact, muted in (
        (words.MUTE, words.REPORTS_MUTED, True),
        (words.UNMUTE, words.REPORTS_COUNT, False),
    ):
        shown = await press(stage, shown, label.english, user=mo)
        assert fact.english in await told(shown)
        assert stage.app.moderation.books.members.of(*ids).reports_muted is muted
        last = (await entries(stage))[-1]
        assert (last.deed, last.details) == (Deed.REPORTS_MUTED, {"muted": muted})
    assert "**Reports count again**" in (await spicy(stage, "log", mo)).text


# Words.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_words(stage: Stage, *, restarted: bool) -> None:
    mo = moderator(stage)
    assert words.WORDS_EMPTY.english in (await spicy(stage, "words", mo, action="list")).text
    for number in range(13):
        added = await spicy(stage, "words", mo, action="add", term=f"word{number:02}_*{'|' * 80}")
        assert "is on the list now" in added.text
    await spicy(stage, "words", mo, action="add", term="zebra", effect="held", fragment=True)
    again = await spicy(stage, "words", mo, action="add", term="ZEBRA", effect="blocked")
    assert again.text == "||ZEBRA|| was on the list already; it does now what you said."
    shown = await spicy(stage, "words", mo, action="list")
    assert "||word00\\_" in shown.text
    assert "zebra" not in shown.text
    await meanwhile(stage, restarted=restarted)
    turned = await press(stage, shown, "Next", user=mo)
    assert f"||zebra|| · Blocks the prompt · {mo.mention}" in await told(turned)
    refused = await stage.video("a zebra")
    assert "A rule about words matched" in (await stage.ended(refused)).text()
    assert "no more" in (await spicy(stage, "words", mo, action="remove", term="z e b r a")).text
    gone = await spicy(stage, "words", mo, action="remove", term="zebra")
    assert gone.text == words.TERM_NOT_THERE.english
    *_, added, changed, _, removed = await entries(stage)
    assert added.details == {"term": "zebra", "effect": "held", "fragment": True}
    assert (changed.deed, removed.deed) == (Deed.TERM_ADDED, Deed.TERM_REMOVED)
    assert "||z e b r a||" in (await spicy(stage, "log", mo, action="words")).text


@pytest.mark.parametrize("action", ["add", "remove"])
@pytest.mark.parametrize(
    ("term", "answer"),
    [
        ("   ", words.TERM_MISSING),
        (None, words.TERM_MISSING),
        ("x", words.TERM_TOO_SHORT),
        ("🎞", words.TERM_TOO_SHORT),
        ("y" * 101, words.term_too_long(100)),
    ],
)
async def test_terms_that_cannot_be(stage: Stage, action: str, term: str | None, answer: Sentence) -> None:
    given: dict[str, Any] = {"term": term} if term is not None else {}
    reply = await spicy(stage, "words", moderator(stage), force=True, action=action, **given)
    assert reply.text == answer.english
    assert await entries(stage) == []


async def test_a_full_list(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.moderation.words.book.MOST_TERMS", 0)
    reply = await spicy(stage, "words", moderator(stage), action="add", term="zebra")
    assert reply.text == words.list_full(500).english
    assert await entries(stage) == []


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


@pytest.mark.parametrize(("command", "options"), COMMANDS[3:6])
async def test_what_could_not_be_logged_is_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, command: str, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(stage.app.moderation.trail, "append", broken)
    reply = await spicy(stage, command, moderator(stage), **options)
    assert reply.text == words.NOT_LOGGED.english


@pytest.mark.parametrize(
    ("command", "broken_store"), [("queue", "review_store"), ("log", "trail"), ("user", "reviews")]
)
async def test_what_cannot_be_read_is_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, command: str, broken_store: str
) -> None:
    mo, parts = moderator(stage), stage.app.moderation
    options: dict[str, Any] = {"person": "ada"} if command == "user" else {}
    shown = await spicy(stage, command, mo, **options)
    monkeypatch.setattr(parts.review_store, "open_in", broken)
    monkeypatch.setattr(parts.trail.store, "read", broken)
    monkeypatch.setattr(parts.reviews, "record", broken)
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
