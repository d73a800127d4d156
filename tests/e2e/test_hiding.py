"""Reported videos are hidden when enough people, or one moderator, say so."""

import pytest

from bot.moderation.reporting import ReportReason
from bot.texts import forms
from bot.texts import jobs as words
from tests.e2e.actors.approvals import moderator, question
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.forms import UNKNOWN, opens
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.reports import (
    ASKED,
    HIDDEN,
    PROMPT,
    hidden,
    is_hidden,
    kept,
    report,
    reported,
    reports,
    rule,
    seen,
    why,
)
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.videos import delivered
from tests.moderation.audited import alone

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]


@pytest.mark.postgresql
@AT_ONCE_AND_AFTER_A_RESTART
async def test_enough_people_hide_a_video_and_moderators_are_asked(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness, reports_to_hide=3)
    reply = await delivered(harness)
    for name in ("bob", "cy"):
        assert await report(harness, reply, harness.member(name)) == forms.REPORTED.english
    await meanwhile(harness, restarted=restarted)
    assert message_of(reply).current.videos
    assert await report(harness, reply, harness.member("dee")) == forms.REPORTED.english
    assert is_hidden(await seen(message_of(reply), HIDDEN))
    card = await question(harness, ASKED)
    assert PROMPT in card.current.text()
    assert not card.current.attachments
    assert labels(card.current) == ["View", "Restore", "Remove…", "Remove and strike…"]
    assert not card.pings.users
    assert len(kept(harness)) == 1
    assert audit(harness, "action").count("video_reported") == 3
    assert audit(harness, "action")[-1] == "video_hidden"


@pytest.mark.slow
async def test_the_same_person_counts_once(harness: Harness) -> None:
    reply, bob = await delivered(harness), harness.member("bob")
    assert await report(harness, reply, bob) == forms.REPORTED.english
    for _ in range(3):
        assert await report(harness, reply, bob) == forms.REPORTED_BEFORE.english
    assert message_of(reply).current.videos
    assert audit(harness, "action") == ["video_reported"]


@pytest.mark.parametrize(
    "right", ["manage_messages", "manage_guild", None], ids=["mod", "manager", "reviewer"]
)
async def test_one_moderator_hides_a_video(harness: Harness, right: str | None) -> None:
    role = harness.guild.add_role("role", [right] if right is not None else [])
    if right is None:
        await rule(harness, reviewer_roles=frozenset({role.id}))
    reply = await delivered(harness)
    await hidden(harness, reply, harness.member("mo", roles=[role]))


async def test_a_moderator_elsewhere_counts_as_anybody(harness: Harness) -> None:
    reply = await delivered(harness)
    elsewhere = harness.sandbox.discord.add_guild("Elsewhere")
    mod = harness.member("mo")
    elsewhere.join(mod, [elsewhere.add_role("mods", ["manage_messages"])])
    await report(harness, reply, mod)
    assert message_of(reply).current.videos


@pytest.mark.slow
async def test_reports_of_muted_people_do_not_count(harness: Harness) -> None:
    reply, bob, mo = await delivered(harness), harness.member("bob"), moderator(harness)
    members = harness.app.moderation.caches.members
    for muted in (bob, mo):
        await alone(
            harness.app.moderation.audit_log, members.mute_reports, harness.guild.id, muted.id, muted=True
        )
    for person in (bob, mo, harness.member("cy")):
        assert await report(harness, reply, person) == forms.REPORTED.english
    assert message_of(reply).current.videos
    await report(harness, reply, harness.member("dee"))
    await seen(message_of(reply), HIDDEN)


@pytest.mark.slow
async def test_many_reports_in_the_same_moment_ask_once(harness: Harness) -> None:
    reply = await delivered(harness)
    opened = [
        await opens(harness, reply, "Report", user=harness.member(name))
        for name in ("bob", "cy", "dee", "eve")
    ]
    sent = [await harness.sandbox.discord.submit(one, {"reason": ["other"]}) for one in opened]
    for one in sent:
        assert await told(one) == forms.REPORTED.english
    await seen(message_of(reply), HIDDEN)
    cards = [one for one in (await question(harness, ASKED)).channel.messages if ASKED in one.current.text()]
    assert len(cards) == 1
    assert audit(harness, "action").count("video_hidden") == 1


@pytest.mark.parametrize("where", ["private", "direct"])
async def test_what_only_its_owner_sees_is_not_hidden(harness: Harness, where: str) -> None:
    await rule(harness, reports_to_hide=1)
    channel = harness.sandbox.discord.dm(harness.user) if where == "direct" else None
    reply = await delivered(harness, channel=channel, private=where == "private")
    message = message_of(reply)
    made_up = id_of(message.current, "Delete").replace(":delete:", ":report:")
    assert ":report:" in made_up
    opened = await press_unseen(harness, message, made_up)
    await opened.wait_for_modal(TIMEOUT_S)
    assert await reported(harness, opened, ReportReason.MINOR) == forms.REPORTED.english
    assert message.current.videos
    assert kept(harness) == []


@pytest.mark.slow
async def test_nobody_reports_what_somebody_else_made_in_private(harness: Harness) -> None:
    mo = moderator(harness)
    await delivered(harness, private=True)
    shown = await delivered(harness)
    private, public = (row["id"] for row in harness.rows("id"))
    opened = await press_unseen(
        harness,
        message_of(shown),
        id_of(message_of(shown).current, "Report").replace(public, private),
        user=mo,
    )
    await opened.wait_for_modal(TIMEOUT_S)
    assert await reported(harness, opened, ReportReason.MINOR) != forms.REPORTED.english
    assert reports(harness) == []


async def test_a_video_that_is_not_known_is_said_to_be_so(harness: Harness) -> None:
    reply = await delivered(harness)
    (row,) = harness.rows("id")
    made_up = id_of(message_of(reply).current, "Report").replace(row["id"], UNKNOWN)
    opened = await press_unseen(harness, message_of(reply), made_up, user=moderator(harness))
    await opened.wait_for_modal(TIMEOUT_S)
    assert await reported(harness, opened, ReportReason.MINOR) == words.GONE.english
    assert message_of(reply).current.videos
    assert reports(harness) == []


@pytest.mark.slow
async def test_a_made_up_form_hides_no_other_video_than_it_came_from(harness: Harness) -> None:
    first, second = await delivered(harness), await delivered(harness)
    one, other = (row["id"] for row in harness.rows("id"))
    opened = await opens(harness, first, "Report", user=moderator(harness))
    assert opened.modal is not None
    opened.modal["custom_id"] = opened.modal["custom_id"].replace(one, other)
    await reported(harness, opened, ReportReason.MINOR)
    assert message_of(first).current.videos
    assert message_of(second).current.videos


async def test_a_video_that_is_deleted_already_is_asked_about_all_the_same(harness: Harness) -> None:
    reply = await delivered(harness)
    opened = await opens(harness, reply, "Report", user=moderator(harness))
    await press(harness, reply, "Delete")
    await message_of(reply).wait_for(lambda _: message_of(reply).deleted, TIMEOUT_S)
    assert await reported(harness, opened, ReportReason.MINOR) == forms.REPORTED.english
    card = await question(harness, ASKED)
    assert "Decided" in await why(harness, card, "Remove…", moderator(harness, "rita"))
    assert kept(harness) == []
