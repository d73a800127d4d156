"""*Report* and *Delete*: the operator is told, the video goes away, and every press is answered."""

import pytest

from bot.moderation.reporting import ReportReason
from bot.sandbox.discord import Message
from bot.sandbox.discord.modals import fields_of
from bot.texts import forms
from bot.texts import jobs as words
from bot.texts.forms import REPORT_REASONS
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told, whispered
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.forms import UNKNOWN, answers, custom_id, opens, send, send_made_up
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.reports import reported, reports
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import RESULT, delivered


@pytest.mark.slow
async def test_what_can_be_done_with_a_video_depends_on_where_and_how_it_was_made(harness: Harness) -> None:
    inbox = harness.sandbox.discord.dm(harness.user)
    preview = [*RESULT[:2], "In 720p", *RESULT[2:]]
    private = [label for label in RESULT if label != "Report"]
    for expected, options in (
        (RESULT, {}),
        (preview, {"resolution": "480p"}),
        (private, {"private": True}),
        ([*private[:2], "In 720p", *private[2:]], {"private": True, "resolution": "480p"}),
    ):
        reply = await delivered(harness, **options)
        assert labels(message_of(reply).current) == expected
    in_private = await delivered(harness, channel=inbox)
    assert labels(message_of(in_private).current) == private


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_report_is_kept_and_told_to_the_operator_once(harness: Harness, *, restarted: bool) -> None:
    bob = harness.member("bob")
    reply = await delivered(harness)
    (job,) = harness.rows("id")
    await meanwhile(harness, restarted=restarted)
    opened = await opens(harness, reply, "Report", user=bob)
    assert opened.modal is not None
    assert opened.modal["title"] == forms.REPORT_TITLE.english
    assert list(fields_of(opened.modal)) == ["reason", "words"]
    await meanwhile(harness, restarted=restarted)
    assert await reported(harness, opened, ReportReason.REAL_PERSON, "that is me") == forms.REPORTED.english
    (row,) = reports(harness)
    assert (row["job_id"], row["person_id"]) == (job["id"], bob.id)
    assert (row["reason"], row["words"]) == ("real_person", "that is me")
    await until(lambda: len(news(harness)) == 1)
    again = await opens(harness, reply, "Report", user=bob)
    assert await reported(harness, again, ReportReason.OTHER, "still") == forms.REPORTED_BEFORE.english
    assert reports(harness) == [row]
    other = await opens(harness, reply, "Report")
    assert await reported(harness, other, ReportReason.OTHER) == forms.REPORTED.english
    await until(lambda: len(news(harness)) == 2)
    first, second = news(harness)
    assert REPORT_REASONS[ReportReason.REAL_PERSON].english in first
    assert "They say: that is me" in first
    assert "They say" not in second
    for message in (first, second):
        assert f"Job `{job['id']}`" in message
        assert message_of(reply).url in message


@pytest.mark.slow
@pytest.mark.parametrize("reason", ReportReason)
async def test_every_reason_can_be_given(harness: Harness, reason: ReportReason) -> None:
    opened = await opens(harness, await delivered(harness), "Report")
    assert await reported(harness, opened, reason) == forms.REPORTED.english
    await until(lambda: len(news(harness)) == 1)
    assert REPORT_REASONS[reason].english in news(harness)[0]


async def test_words_of_a_report_ping_nobody_and_link_nowhere(harness: Harness) -> None:
    bob = harness.member("bob")
    opened = await opens(harness, await delivered(harness), "Report", user=bob)
    operator = harness.sandbox.discord.world.operator
    said = (
        f"@everyone {operator.mention} [look](https://evil.example) discord.gg/abc\n# **LOUD** " + "x" * 900
    )
    assert await reported(harness, opened, ReportReason.OTHER, said[:1000]) == forms.REPORTED.english
    await until(lambda: len(news(harness)) == 1)
    (message,) = harness.sandbox.discord.dm(operator).messages
    text = message.current.text()
    assert not message.pings.everyone
    assert not message.pings.users
    assert "@everyone" not in text.replace("\\@", "")
    assert operator.mention not in text
    assert "https://evil" not in text
    assert "[look](" not in text
    assert "discord.gg/" not in text
    assert "**LOUD**" not in text
    assert "\n" not in text
    assert reports(harness)[0]["words"] == said[:1000]


async def test_a_report_without_a_reason_is_not_understood(harness: Harness) -> None:
    opened = await opens(harness, await delivered(harness), "Report")
    for filled in ([], answers(reason="boredom"), answers(reason=""), [{"type": 18}], [7]):
        sent = await send_made_up(harness, custom_id(opened), filled)
        shown = await sent.wait_for(lambda version: bool(version.text()), TIMEOUT_S)
        assert shown.text() == forms.NOT_UNDERSTOOD.english
        assert sent.ephemeral
    assert reports(harness) == []
    assert news(harness) == []


async def test_a_report_that_cannot_be_stored_is_answered_and_told_to_nobody(harness: Harness) -> None:
    opened = await opens(harness, await delivered(harness), "Report")
    async with locked_disk(harness):
        assert await reported(harness, opened, ReportReason.MINOR) == words.NOT_STORED.english
    await harness.app.database.close()
    assert await reported(harness, opened, ReportReason.MINOR) == words.NOT_STORED.english
    await harness.restart()
    assert reports(harness) == []
    assert await reported(harness, opened, ReportReason.MINOR) == forms.REPORTED.english
    await until(lambda: len(news(harness)) == 1)


async def test_a_report_waits_for_a_slow_disk_and_is_acknowledged_before(harness: Harness) -> None:
    reply = await delivered(harness)
    async with harness.app.database.write(), harness.app.database.read(), harness.app.database.read():
        opened = await opens(harness, reply, "Report")
        sent = await send(harness, opened, {"reason": ["violent"]})
        await sent.wait_for_ack(TIMEOUT_S)
    shown = await sent.wait_for(lambda version: bool(version.text()), TIMEOUT_S)
    assert shown.text() == forms.REPORTED.english
    assert await told(sent) == forms.REPORTED.english
    assert len(reports(harness)) == 1


@pytest.mark.slow
async def test_buttons_of_a_reported_video_still_work(harness: Harness) -> None:
    reply = await delivered(harness)
    opened = await opens(harness, reply, "Report")
    await reported(harness, opened, ReportReason.SEXUAL)
    await (await press(harness, reply, "Again")).wait_for_video(TIMEOUT_S)
    assert harness.bought == 2


async def away(message: Message) -> None:
    """Wait until a message is gone."""
    await message.wait_for(lambda _: message.deleted, TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("who", ["owner", "moderator", "owner of a private one"])
async def test_a_video_is_deleted_by_its_owner_or_a_moderator(
    harness: Harness, who: str, *, restarted: bool
) -> None:
    reply = await delivered(harness, private=who == "owner of a private one")
    moderator = harness.member("mo", roles=[harness.guild.add_role("mods", ["manage_messages"])])
    delete = id_of(message_of(reply).current, "Delete")
    await meanwhile(harness, restarted=restarted)
    person = moderator if who == "moderator" else harness.user
    await press(harness, reply, "Delete", user=person)
    await away(message_of(reply))
    late = await press_unseen(harness, message_of(reply), delete, user=person)
    await late.wait_for_ack(TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_nobody_else_deletes_a_video(harness: Harness, *, restarted: bool) -> None:
    reply = await delivered(harness)
    bob = harness.member("bob")
    await meanwhile(harness, restarted=restarted)
    pressed = await press(harness, reply, "Delete", user=bob)
    assert await whispered(pressed) == words.NOT_YOURS_TO_DELETE.english
    mine = id_of(message_of(reply).current, "Delete").replace(str(harness.user.id), str(bob.id))
    pressed = await press_unseen(harness, message_of(reply), mine, user=bob)
    assert await whispered(pressed) == words.NOT_YOURS_TO_DELETE.english
    assert not message_of(reply).deleted
    assert message_of(reply).current.videos


async def test_delete_is_answered_while_the_database_is_slow_or_broken(harness: Harness) -> None:
    reply = await delivered(harness)
    database = harness.app.database
    async with database.read(), database.read():
        slow = await press(harness, reply, "Delete", user=harness.member("bob"))
        await slow.wait_for_ack(TIMEOUT_S)
    assert await whispered(slow) == words.NOT_YOURS_TO_DELETE.english
    await database.close()
    assert await whispered(await press(harness, reply, "Delete")) == words.NOT_STORED.english
    assert not message_of(reply).deleted


async def test_a_video_that_is_not_known_is_said_to_be_so(harness: Harness) -> None:
    reply = await delivered(harness, resolution="480p")
    (row,) = harness.rows("id")
    for label in ("Again", "Change", "In 720p", "Use last frame"):
        unknown = id_of(message_of(reply).current, label).replace(row["id"], UNKNOWN)
        pressed = await press_unseen(harness, message_of(reply), unknown)
        assert await told(pressed) == words.GONE.english
        assert pressed.ephemeral
    unknown = id_of(message_of(reply).current, "Delete").replace(row["id"], UNKNOWN)
    assert await whispered(await press_unseen(harness, message_of(reply), unknown)) == words.GONE.english
    assert not message_of(reply).deleted
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Again", "Change", "In 720p", "Use last frame"])
async def test_presses_are_answered_while_the_database_is_slow_or_broken(
    harness: Harness, label: str
) -> None:
    reply = await delivered(harness, resolution="480p")
    database = harness.app.database
    async with database.read(), database.read():
        slow = await press(harness, reply, label)
        assert await told(slow) == words.NOT_STORED.english
    await database.close()
    broken = await press(harness, reply, label)
    assert await told(broken) == words.NOT_STORED.english
    assert slow.ephemeral
    assert broken.ephemeral
    assert harness.bought == 1
