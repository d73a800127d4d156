"""Reported videos: hidden when enough people or one moderator say so, then brought back or removed."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.audit import Entry
from bot.moderation.reviews import ReviewSubject, Vote
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.dimilinks import HttpError
from bot.sandbox.dimilinks.faults import Endpoint
from bot.sandbox.discord import DiscordFault, Message, MessageVersion, Reply, User
from bot.sandbox.discord.versions import walk
from bot.storage import StorageUnavailableError
from bot.texts import forms, moderation
from bot.texts import jobs as words
from bot.texts.cards import DELIVERED
from bot.texts.forms import ReportReason
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    id_of,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
    until,
)
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_approvals import moderator, question
from tests.e2e.test_forms import UNKNOWN
from tests.e2e.test_reports import reported, reports
from tests.e2e.test_results import delivered, opens

HIDDEN = moderation.HIDDEN_HEADLINE.english
REMOVED = moderation.REMOVED_HEADLINE.english
ASKED = moderation.REVIEW_REPORT.english
PROMPT = "a paper boat"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock, rules=None) as opened:
        await rule(opened)
        yield opened


async def rule(stage: Stage, **changes: Any) -> None:
    """Have the server's moderators decide."""
    channel = next((one for one in stage.guild.channels if one.name == "reviews"), None)
    review = channel or stage.guild.add_channel("reviews")
    rules = ServerRules(
        spicy_confirmed_by=1, modes={Gate.SPICY: Mode.OPEN}, review_channel_id=review.id, reports_to_hide=2
    ).model_copy(update=changes)
    await stage.app.moderation.books.rules.change(stage.guild.id, rules)


async def report(stage: Stage, reply: Reply, user: User) -> str:
    """Report a video, with whatever the answer is."""
    return await reported(stage, await opens(stage, reply, "Report", user=user), ReportReason.SEXUAL)


async def seen(message: Message, text: str) -> MessageVersion:
    """Wait for a state of a message."""
    return await message.wait_for(lambda version: text in version.text(), TIMEOUT_S)


async def hidden(stage: Stage, reply: Reply, mod: User | None = None) -> Message:
    """Have a video hidden by a moderator; the question about it."""
    assert await report(stage, reply, mod or moderator(stage, "rita")) == forms.REPORTED.english
    await seen(message_of(reply), HIDDEN)
    return await question(stage, ASKED)


def kept(stage: Stage) -> list[Path]:
    """The files of hidden videos."""
    return [*(stage.data_dir / "media").glob("hidden-*")]


def audit(stage: Stage, *columns: str) -> list[Any]:
    """The log, read from outside the bot."""
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        found = connection.execute(f"SELECT {', '.join(columns)} FROM audit ORDER BY number")  # noqa: S608
        return [row[0] if len(columns) == 1 else row for row in found]


async def why(stage: Stage, card: Message, label: str, user: User, said: str = "off it goes") -> str:
    """Press one of the buttons that want a reason; what that is answered with."""
    opened = await press(stage, card, label, user=user)
    await opened.wait_for_modal(TIMEOUT_S)
    return await told(await stage.sandbox.discord.submit(opened, {"reason": ["minor"], "words": said}))


def is_put_away(version: MessageVersion) -> bool:
    """Whether nothing is left of the video, of what was asked for, and of the buttons."""
    return not version.attachments and PROMPT not in version.text() and not version.buttons


# Hiding.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_enough_people_hide_a_video_and_moderators_are_asked(stage: Stage, *, restarted: bool) -> None:
    await rule(stage, reports_to_hide=3)
    reply = await delivered(stage)
    for name in ("bob", "cy"):
        assert await report(stage, reply, stage.member(name)) == forms.REPORTED.english
    await meanwhile(stage, restarted=restarted)
    assert message_of(reply).current.videos
    assert await report(stage, reply, stage.member("dee")) == forms.REPORTED.english
    assert is_put_away(await seen(message_of(reply), HIDDEN))
    card = await question(stage, ASKED)
    assert PROMPT in card.current.text()
    assert not card.current.attachments
    assert labels(card.current) == ["View", "Restore", "Remove…", "Remove and strike…"]
    assert not card.pings.users
    assert len(kept(stage)) == 1
    assert audit(stage, "action").count("video_reported") == 3
    assert audit(stage, "action")[-1] == "video_hidden"


async def test_the_same_person_counts_once(stage: Stage) -> None:
    reply, bob = await delivered(stage), stage.member("bob")
    assert await report(stage, reply, bob) == forms.REPORTED.english
    for _ in range(3):
        assert await report(stage, reply, bob) == forms.REPORTED_BEFORE.english
    assert message_of(reply).current.videos
    assert audit(stage, "action") == ["video_reported"]


@pytest.mark.parametrize(
    "right", ["manage_messages", "manage_guild", None], ids=["mod", "manager", "reviewer"]
)
async def test_one_moderator_hides_a_video(stage: Stage, right: str | None) -> None:
    role = stage.guild.add_role("role", [right] if right is not None else [])
    if right is None:
        await rule(stage, reviewer_roles=frozenset({role.id}))
    reply = await delivered(stage)
    await hidden(stage, reply, stage.member("mo", roles=[role]))


async def test_a_moderator_elsewhere_counts_as_anybody(stage: Stage) -> None:
    reply = await delivered(stage)
    elsewhere = stage.sandbox.discord.add_guild("Elsewhere")
    mod = stage.member("mo")
    elsewhere.join(mod, [elsewhere.add_role("mods", ["manage_messages"])])
    await report(stage, reply, mod)
    assert message_of(reply).current.videos


async def test_reports_of_muted_people_do_not_count(stage: Stage) -> None:
    reply, bob, mo = await delivered(stage), stage.member("bob"), moderator(stage)
    members = stage.app.moderation.books.members
    for muted in (bob, mo):
        await members.mute_reports(stage.guild.id, muted.id, muted=True)
    for person in (bob, mo, stage.member("cy")):
        assert await report(stage, reply, person) == forms.REPORTED.english
    assert message_of(reply).current.videos
    await report(stage, reply, stage.member("dee"))
    await seen(message_of(reply), HIDDEN)


async def test_many_reports_in_the_same_moment_ask_once(stage: Stage) -> None:
    reply = await delivered(stage)
    opened = [
        await opens(stage, reply, "Report", user=stage.member(name)) for name in ("bob", "cy", "dee", "eve")
    ]
    sent = [await stage.sandbox.discord.submit(one, {"reason": ["other"]}) for one in opened]
    for one in sent:
        assert await told(one) == forms.REPORTED.english
    await seen(message_of(reply), HIDDEN)
    cards = [one for one in (await question(stage, ASKED)).channel.messages if ASKED in one.current.text()]
    assert len(cards) == 1
    assert audit(stage, "action").count("video_hidden") == 1


async def test_a_moderators_report_that_was_only_half_stored_can_be_made_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply, mo = await delivered(stage), moderator(stage)

    async def fails(*_: Entry) -> None:
        raise StorageUnavailableError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(stage.app.moderation.trail, "append", fails)
        assert await report(stage, reply, mo) == words.NOT_STORED.english
    assert message_of(reply).current.videos
    await report(stage, reply, mo)
    await seen(message_of(reply), HIDDEN)


@pytest.mark.parametrize("where", ["private", "direct"])
async def test_what_only_its_owner_sees_is_not_hidden(stage: Stage, where: str) -> None:
    await rule(stage, reports_to_hide=1)
    channel = stage.sandbox.discord.dm(stage.user) if where == "direct" else None
    reply = await delivered(stage, channel=channel, private=where == "private")
    message = message_of(reply)
    made_up = id_of(message.current, "Delete").replace(":delete:", ":report:")
    assert ":report:" in made_up
    opened = await press_unseen(stage, message, made_up)
    await opened.wait_for_modal(TIMEOUT_S)
    assert await reported(stage, opened, ReportReason.MINOR) == forms.REPORTED.english
    assert message.current.videos
    assert kept(stage) == []


async def test_nobody_reports_what_somebody_else_made_in_private(stage: Stage) -> None:
    mo = moderator(stage)
    await delivered(stage, private=True)
    shown = await delivered(stage)
    private, public = (row["id"] for row in stage.rows("id"))
    opened = await press_unseen(
        stage,
        message_of(shown),
        id_of(message_of(shown).current, "Report").replace(public, private),
        user=mo,
    )
    await opened.wait_for_modal(TIMEOUT_S)
    assert await reported(stage, opened, ReportReason.MINOR) != forms.REPORTED.english
    assert reports(stage) == []


async def test_a_video_that_is_not_known_is_said_to_be_so(stage: Stage) -> None:
    reply = await delivered(stage)
    (row,) = stage.rows("id")
    made_up = id_of(message_of(reply).current, "Report").replace(row["id"], UNKNOWN)
    opened = await press_unseen(stage, message_of(reply), made_up, user=moderator(stage))
    await opened.wait_for_modal(TIMEOUT_S)
    assert await reported(stage, opened, ReportReason.MINOR) == words.GONE.english
    assert message_of(reply).current.videos
    assert reports(stage) == []


async def test_a_made_up_form_hides_no_other_video_than_it_came_from(stage: Stage) -> None:
    first, second = await delivered(stage), await delivered(stage)
    one, other = (row["id"] for row in stage.rows("id"))
    opened = await opens(stage, first, "Report", user=moderator(stage))
    assert opened.modal is not None
    opened.modal["custom_id"] = opened.modal["custom_id"].replace(one, other)
    await reported(stage, opened, ReportReason.MINOR)
    assert message_of(first).current.videos
    assert message_of(second).current.videos


async def test_a_video_that_is_deleted_already_is_asked_about_all_the_same(stage: Stage) -> None:
    reply = await delivered(stage)
    opened = await opens(stage, reply, "Report", user=moderator(stage))
    await press(stage, reply, "Delete")
    await message_of(reply).wait_for(lambda _: message_of(reply).deleted, TIMEOUT_S)
    assert await reported(stage, opened, ReportReason.MINOR) == forms.REPORTED.english
    card = await question(stage, ASKED)
    assert "Decided" in await why(stage, card, "Remove…", moderator(stage, "rita"))
    assert kept(stage) == []


# Looking.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_only_moderators_look_at_a_hidden_video_alone_and_that_is_logged(
    stage: Stage, *, restarted: bool
) -> None:
    card = await hidden(stage, await delivered(stage))
    await meanwhile(stage, restarted=restarted)
    turned_away = await press(stage, card, "View", user=stage.member("bob"))
    assert await told(turned_away) == moderation.VOTE_NOT_YOURS.english
    assert not turned_away.current or not turned_away.current.attachments
    assert "hidden_video_viewed" not in audit(stage, "action")
    mo = moderator(stage)
    looking = await press(stage, card, "View", user=mo)
    shown = await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    assert looking.ephemeral
    assert shown.text() == moderation.VIEWED.english
    assert shown.attachments[0].filename.startswith("SPOILER_")
    assert ("hidden_video_viewed", mo.id, stage.user.id) in audit(stage, "action", "actor_id", "person_id")


async def test_a_video_that_could_not_be_kept_is_fetched_when_somebody_looks(stage: Stage) -> None:
    reply = await delivered(stage)
    stage.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 1.0, [HttpError(503)])
    card = await hidden(stage, reply)
    assert kept(stage) == []
    stage.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 0.0, [])
    looking = await press(stage, card, "View", user=moderator(stage))
    await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)


async def test_a_video_that_the_service_no_longer_has_is_removed(stage: Stage) -> None:
    reply, mo = await delivered(stage), moderator(stage)
    stage.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 1.0, [HttpError(404)])
    card = await hidden(stage, reply)
    assert await told(await press(stage, card, "View", user=mo)) == moderation.HIDDEN_GONE.english
    await press(stage, card, "Restore", user=mo)
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await until(lambda: audit(stage, "action")[-1] == "video_removed")


# Deciding.


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("preset", ["normal", "spicy"])
async def test_a_restored_video_is_as_it_was_and_not_hidden_again(
    stage: Stage, preset: str, *, restarted: bool
) -> None:
    reply = await delivered(stage, channel=stage.adult_channel, preset=preset)
    before = message_of(reply).current
    card = await hidden(stage, reply)
    await meanwhile(stage, restarted=restarted)
    assert (
        await told(await press(stage, card, "Restore", user=moderator(stage)))
        == moderation.VOTE_DECIDED.english
    )
    now = message_of(reply).current
    assert now.videos
    assert now.text() == before.text()
    assert [node.get("spoiler") for node in walk(now.components)] == [
        node.get("spoiler") for node in walk(before.components)
    ]
    assert any(
        node.get("spoiler") or any(item.get("spoiler") for item in node.get("items", []))
        for node in walk(now.components)
    ) is (preset == "spicy")
    await seen(card, "Approved")
    assert not card.current.buttons
    assert kept(stage) == []
    assert audit(stage, "action")[-1] == "video_restored"
    for name in ("bob", "cy", "dee"):
        assert await report(stage, reply, stage.member(name)) == forms.REPORTED.english
    assert await report(stage, reply, moderator(stage, "max")) == forms.REPORTED.english
    assert message_of(reply).current.videos


async def test_a_video_that_is_no_longer_allowed_there_does_not_come_back(stage: Stage) -> None:
    reply = await delivered(stage, channel=stage.adult_channel, preset="spicy")
    card = await hidden(stage, reply)
    stage.adult_channel.set_nsfw(False)
    await press(stage, card, "Restore", user=moderator(stage))
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await until(lambda: audit(stage, "action")[-1] == "video_removed")
    assert kept(stage) == []


async def test_a_video_is_restored_although_discord_was_away_for_a_moment(stage: Stage) -> None:
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    route = "PATCH /channels/*/messages/*"
    stage.sandbox.discord.faults.append(DiscordFault(route, status=503, message="Unavailable", times=2))
    await press(stage, card, "Restore", user=moderator(stage))
    await message_of(reply).wait_for(
        lambda _: (
            bool(message_of(reply).current.videos) and DELIVERED.english in message_of(reply).current.text()
        ),
        TIMEOUT_S,
    )
    assert not any(REMOVED in version.text() for version in message_of(reply).versions)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_removed_video_stays_away(stage: Stage, *, restarted: bool) -> None:
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    await meanwhile(stage, restarted=restarted)
    mo = moderator(stage)
    assert await why(stage, card, "Remove…", mo) == moderation.VOTE_DECIDED.english
    assert is_put_away(await seen(message_of(reply), REMOVED))
    assert "off it goes" in (await seen(card, "Denied")).text()
    assert kept(stage) == []
    assert audit(stage, "action", "actor_id", "reason")[-1] == ("video_removed", mo.id, "off it goes")
    assert not stage.app.moderation.books.members.of(stage.guild.id, stage.user.id).is_suspended(stage.now())
    for label in ("View", "Restore", "Remove…"):
        late = await press_unseen(stage, card, id_of(card.versions[0], label), user=mo)
        if label == "Remove…":
            await late.wait_for_modal(TIMEOUT_S)
            late = await stage.sandbox.discord.submit(late, {"reason": ["minor"]})
        assert await told(late) in {moderation.VOTE_CLOSED.english, moderation.HIDDEN_GONE.english}
    assert not message_of(reply).current.videos


async def test_strikes_suspend_when_there_are_enough(stage: Stage) -> None:
    await rule(stage, strikes_to_suspend=2, suspend_hours=5)
    mo = moderator(stage)
    members = stage.app.moderation.books.members
    for number in (1, 2):
        reply = await delivered(stage)
        assert await report(stage, reply, mo) == forms.REPORTED.english
        await seen(message_of(reply), HIDDEN)
        channel = (await question(stage, ASKED)).channel
        card = channel.messages[-1]
        assert await why(stage, card, "Remove and strike…", mo) == moderation.VOTE_DECIDED.english
        await seen(message_of(reply), REMOVED)
        assert members.of(stage.guild.id, stage.user.id).is_suspended(stage.now()) is (number == 2)
    deeds = audit(stage, "action")
    assert (deeds.count("strike_given"), deeds.count("suspended")) == (2, 1)
    refused = await stage.video("another one")
    assert "suspended" in await told(refused)
    assert stage.bought == 2


async def test_a_video_that_nobody_decides_about_is_removed_in_time(
    stage: Stage, clock: MovableClock
) -> None:
    await rule(stage, hidden_hours=48)
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    clock.offset = timedelta(hours=47)
    await stage.app.housekeeping.tidy()
    await stage.restart()
    assert len(kept(stage)) == 1
    assert HIDDEN in message_of(reply).current.text()
    clock.offset = timedelta(hours=49)
    await stage.restart()
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await seen(card, moderation.CLOSED_EXPIRED.english)
    await until(lambda: kept(stage) == [])


async def test_housekeeping_keeps_hidden_videos_while_they_are_asked_about(
    stage: Stage, clock: MovableClock
) -> None:
    await rule(stage, hidden_hours=720)
    card = await hidden(stage, await delivered(stage))
    clock.offset = timedelta(days=20)
    await stage.app.housekeeping.tidy()
    assert len(kept(stage)) == 1
    looking = await press(stage, card, "View", user=moderator(stage))
    await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)


async def test_nobody_decides_about_their_own_video(stage: Stage) -> None:
    maker = moderator(stage, "max")
    reply = await delivered(stage, user=maker)
    card = await hidden(stage, reply)
    for label in ("Restore", "Remove…", "Remove and strike…"):
        if label == "Restore":
            answered = await told(await press(stage, card, label, user=maker))
        else:
            answered = await why(stage, card, label, maker)
        assert answered == moderation.VOTE_OWN.english
        assert "Only moderators" in (
            await why(stage, card, label, stage.user)
            if label != "Restore"
            else await told(await press(stage, card, label, user=stage.user))
        )
    assert HIDDEN in message_of(reply).current.text()
    assert len(kept(stage)) == 1


async def test_what_an_earlier_process_decided_and_did_not_carry_out_is_carried_out(stage: Stage) -> None:
    reply = await delivered(stage)
    await hidden(stage, reply)
    mod = stage.app.moderation
    (row,) = stage.rows("id")
    review = await mod.review_store.latest(row["id"], ReviewSubject.REPORT)
    assert review is not None
    await mod.hiding.finish()
    assert HIDDEN in message_of(reply).current.text()
    await mod.review_store.vote(review.id, Vote(7, approves=True, reason="", cast_at=stage.now()), 1)
    await stage.restart()
    hiding = stage.app.moderation.hiding
    decided = await stage.app.moderation.review_store.get(review.id)
    assert decided is not None
    await asyncio.gather(hiding.finish(), hiding.settle(decided), hiding.finish())
    assert message_of(reply).current.videos
    assert kept(stage) == []
    assert audit(stage, "action").count("video_restored") == 1


async def test_moderators_are_asked_by_their_owner_where_there_is_no_channel(stage: Stage) -> None:
    await rule(stage, review_channel_id=None)
    reply = await delivered(stage)
    assert await report(stage, reply, moderator(stage)) == forms.REPORTED.english
    inbox = stage.sandbox.discord.dm(stage.guild.owner)
    card = await inbox.wait_for_message(lambda version: ASKED in version.text(), TIMEOUT_S)
    assert (
        await told(await press(stage, card, "Restore", user=stage.guild.owner))
        == moderation.VOTE_DECIDED.english
    )
    assert message_of(reply).current.videos


async def test_of_two_decisions_in_the_same_moment_one_is_carried_out(stage: Stage) -> None:
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    rita, mo = moderator(stage, "mia"), moderator(stage)
    opened = await press(stage, card, "Remove…", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    restoring, removing = await asyncio.gather(
        press(stage, card, "Restore", user=rita),
        stage.sandbox.discord.submit(opened, {"reason": ["minor"], "words": "no"}),
    )
    answered = [await told(one) for one in (restoring, removing)]
    assert sorted(answered) == sorted([moderation.VOTE_DECIDED.english, moderation.VOTE_CLOSED.english])
    restored = answered[0] == moderation.VOTE_DECIDED.english
    assert bool(message_of(reply).current.videos) is restored
    deeds = audit(stage, "action")
    assert deeds.count("video_restored") + deeds.count("video_removed") == 1


async def test_a_ban_removes_what_is_hidden(stage: Stage) -> None:
    maker = stage.member("max")
    reply = await delivered(stage, user=maker)
    card = await hidden(stage, reply)
    stage.guild.ban(maker)
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await seen(card, "Denied")
    await until(lambda: kept(stage) == [])


async def test_view_is_for_reported_videos_alone(stage: Stage) -> None:
    await rule(stage, modes={Gate.SPICY: Mode.APPROVAL})
    await stage.video("a lighthouse", channel=stage.adult_channel, preset="spicy")
    card = await question(stage)
    made_up = id_of(card.current, "Approve").replace(":yes:", ":view:")
    looking = await press_unseen(stage, card, made_up, user=moderator(stage))
    assert await told(looking) == moderation.HIDDEN_GONE.english
    assert kept(stage) == []
    assert "hidden_video_viewed" not in audit(stage, "action")
