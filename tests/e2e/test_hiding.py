"""Reported videos are hidden when enough people, or one moderator, say so."""

import pytest

from bot.texts import forms
from bot.texts import jobs as words
from bot.texts.forms import ReportReason
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    id_of,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
)
from tests.e2e.report_steps import (
    ASKED,
    HIDDEN,
    PROMPT,
    audit,
    clock,
    hidden,
    is_put_away,
    kept,
    moderator,
    question,
    report,
    rule,
    seen,
    stage,
    why,
)
from tests.e2e.stage import TIMEOUT_S, Stage
from tests.e2e.test_forms import UNKNOWN
from tests.e2e.test_reports import reported, reports
from tests.e2e.test_results import delivered, opens
from tests.moderation.audited import alone

__all__ = ["clock", "stage"]


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
        await alone(stage.app.moderation.trail, members.mute_reports, stage.guild.id, muted.id, muted=True)
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
