"""`/privacy`: what is stored about somebody is shown, handed out as a file, and deleted after a question."""

from dataclasses import replace

import pytest

from bot.services.personal_data import SERVER_KEPT_FOR
from bot.texts import jobs as job_words
from bot.texts import moderation, refusals
from bot.texts import privacy as words
from bot.texts.messages import Language
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.privacy import deleted, export, privacy
from tests.e2e.actors.records import assert_log_unbroken, states, stored
from tests.e2e.actors.reports import REMOVED, hidden, kept, rule, seen, why
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, media

NOBODY = 0


def owners(harness: Harness) -> list[int]:
    """Whose the jobs are, oldest first."""
    return [row["person_id"] for row in harness.rows("person_id")]


def pending(harness: Harness) -> int:
    """The number of deletions that are not complete."""
    return len(stored(harness, "SELECT * FROM deletions"))


@pytest.mark.postgresql
async def test_what_is_kept_is_shown_and_handed_out(harness: Harness) -> None:
    await delivered(harness)
    shown = await privacy(harness, "show", channel=harness.sandbox.discord.dm(harness.user))
    assert "1 request, with prompts and options" in shown.text
    assert "1 video file" in shown.text
    assert labels(message_of(shown).current) == [words.POLICY.english, words.TERMS.english]
    policy = await press(harness, shown, words.POLICY.english)
    assert (await policy.wait_for(lambda version: bool(version.attachments), TIMEOUT_S)).attachments
    found = await export(harness)
    assert found["person_id"] == str(harness.user.id)
    assert [one["prompt"] for one in found["requests"]] == ["a paper boat"]
    assert "token" not in found["requests"][0]


@pytest.mark.slow
async def test_an_export_names_no_moderator(harness: Harness) -> None:
    await rule(harness)
    mo = moderator(harness, "rita")
    reply = await delivered(harness)
    card = await hidden(harness, reply, mo)
    assert await why(harness, card, "Remove and strike…", mo) == moderation.VOTE_DECIDED.english
    found = await export(harness)
    assert str(mo.id) not in str(found)
    assert [one["given_by"] for one in found["strikes"]] == ["a moderator"]
    assert {one["by"] for one in found["log"]} <= {"a moderator", "another member", "the bot"}


@pytest.mark.postgresql
async def test_a_deletion_ends_what_is_under_way_and_leaves_nothing(harness: Harness) -> None:
    await delivered(harness)
    reply = await being_made(harness, "a very private wish")
    question = await privacy(harness, "delete")
    assert "1 request in progress ends." in question.text
    assert "1 of them is already paid for" in question.text
    text = await deleted(harness)
    assert "1 request was ended." in text
    assert "1 of them was already paid for" in text
    assert refusals.DELETED_BY_OWNER.what.english in message_of(reply).current.text()
    assert owners(harness) == [NOBODY, NOBODY]
    assert {row["prompt"] for row in harness.rows("prompt")} == {"…"}
    assert media(harness) == []
    assert pending(harness) == 0
    assert_log_unbroken(harness)
    assert words.NOTHING.english not in text
    assert "request" not in (await privacy(harness, "show")).text.partition("entry")[0]


async def test_what_was_deleted_is_not_asked_for_again(harness: Harness) -> None:
    reply = await delivered(harness)
    await deleted(harness)
    pressed = await press(harness, reply, "Again")
    assert await told(pressed) == job_words.GONE.english
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_video_that_is_nobodys_can_still_be_reported_and_removed(harness: Harness) -> None:
    await rule(harness)
    mo = moderator(harness, "rita")
    reply = await delivered(harness)
    await deleted(harness)
    card = await hidden(harness, reply, mo)
    assert await why(harness, card, "Remove and strike…", mo) == moderation.VOTE_DECIDED.english
    await seen(message_of(reply), REMOVED)
    assert stored(harness, "SELECT * FROM strikes") == []
    assert stored(harness, "SELECT * FROM person_news") == []
    assert_log_unbroken(harness)


@pytest.mark.slow
async def test_who_keeps_it_loses_nothing(harness: Harness) -> None:
    await delivered(harness)
    asked = await privacy(harness, "delete")
    await press(harness, asked, words.KEEP.english)
    shown = await message_of(asked).wait_for(lambda version: version.text() == words.KEPT.english, TIMEOUT_S)
    assert not shown.buttons
    assert owners(harness) == [harness.user.id]


async def test_who_keeps_it_too_late_is_told_that_it_is_being_deleted(harness: Harness) -> None:
    await delivered(harness)
    earlier, asked = await privacy(harness, "delete"), await privacy(harness, "delete")
    keep = id_of(message_of(asked).current, words.KEEP.english)
    async with harness.app.privacy.personal_data._erasing:  # pyright: ignore[reportPrivateUsage] - others' deletions
        await press(harness, asked, words.DELETE.english)
        shown = message_of(asked)
        under_way = await shown.wait_for(lambda version: version.text() == words.DELETING.english, TIMEOUT_S)
        assert not under_way.buttons
        await until(lambda: pending(harness) == 1)
        await press_unseen(harness, shown, keep)
        await press(harness, earlier, words.KEEP.english)
        for question in (asked, earlier):
            await message_of(question).wait_for(
                lambda version: version.text() == words.BEING_DELETED.english, TIMEOUT_S
            )
    await shown.wait_for(lambda version: "What I kept about you is deleted." in version.text(), TIMEOUT_S)
    assert owners(harness) == [NOBODY]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_moderators_look_at_goes_when_they_have_decided(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness)
    mo = moderator(harness, "rita")
    reply = await delivered(harness)
    card = await hidden(harness, reply, mo)
    assert "1 thing is still needed" in await deleted(harness)
    assert owners(harness) == [harness.user.id]
    assert len(kept(harness)) == 1
    await meanwhile(harness, restarted=restarted)
    assert await why(harness, card, "Remove and strike…", mo) == moderation.VOTE_DECIDED.english
    await until(lambda: not stored(harness, "SELECT * FROM reviews WHERE outstanding IS NOT NULL"))
    await harness.app.privacy.personal_data.run_once()
    assert owners(harness) == [NOBODY]
    assert kept(harness) == []
    assert pending(harness) == 0
    assert stored(harness, "SELECT person_id, reason FROM strikes") == [
        {"person_id": harness.user.id, "reason": ""}
    ]
    assert_log_unbroken(harness)


@pytest.mark.slow
async def test_a_deletion_that_was_cut_short_goes_on_at_the_next_start(harness: Harness) -> None:
    await delivered(harness)
    await harness.app.privacy.personal_data.erasure.ask(harness.user.id, by=None)  # and there it ends
    assert owners(harness) == [harness.user.id]
    await harness.restart()
    await until(lambda: owners(harness) == [NOBODY] and pending(harness) == 0)
    assert_log_unbroken(harness)


@pytest.mark.slow
async def test_a_file_that_cannot_be_deleted_keeps_back_nothing_else(harness: Harness) -> None:
    await delivered(harness)
    (job,) = harness.rows("id")
    stuck = harness.data_dir / "media" / f"{job['id']}.stuck.mp4"
    stuck.mkdir()  # in place of a file: it cannot be unlinked
    erasure = harness.app.privacy.personal_data.erasure
    await erasure.ask(harness.user.id, by=None)
    await erasure.ask(harness.user.id + 1, by=None)
    await harness.app.privacy.personal_data.run_once()
    assert stored(harness, "SELECT person_id FROM deletions") == [{"person_id": harness.user.id}]
    stuck.rmdir()
    await harness.app.privacy.personal_data.run_once()
    assert pending(harness) == 0
    assert owners(harness) == [NOBODY]


@pytest.mark.slow
async def test_a_deletion_buys_no_more_seconds_for_the_day(harness: Harness) -> None:
    await harness.restart(seconds_a_day_per_person=6)
    await delivered(harness)
    await deleted(harness)
    await harness.restart()
    refused = await harness.video("another")
    await told(refused)
    assert harness.bought == 1
    assert states(harness) == ["delivered"]


@pytest.mark.slow
@pytest.mark.parametrize("language", [Language.CHINESE, Language.JAPANESE])
async def test_it_speaks_the_users_language(harness: Harness, language: Language) -> None:
    user = harness.sandbox.discord.add_user("ko", locale=language.value)
    harness.guild.join(user)
    shown = await privacy(harness, "show", user=user)
    assert words.TITLE.in_language(language) in shown.text
    pressed = await press(harness, shown, words.POLICY.in_language(language), user=user)
    there = await pressed.wait_for(lambda version: bool(version.attachments), TIMEOUT_S)
    assert words.POLICY_SHOWN.in_language(language) in there.text()


@pytest.mark.slow
async def test_a_server_that_removed_the_bot_is_forgotten_after_a_month(harness: Harness) -> None:
    await rule(harness)
    await delivered(harness)
    await harness.app.bot.wait_until_ready()  # until then nobody can tell where the bot is
    harness.guild.kick(harness.sandbox.discord.world.bot)
    await until(lambda: len(stored(harness, "SELECT * FROM left_servers")) == 1)
    data = harness.app.privacy.personal_data
    await data._delete_servers(harness.now())  # pyright: ignore[reportPrivateUsage] - the clock is not waited for
    assert len(stored(harness, "SELECT * FROM servers")) == 1
    await data._delete_servers(harness.now() + SERVER_KEPT_FOR)  # pyright: ignore[reportPrivateUsage] - likewise
    assert stored(harness, "SELECT * FROM servers") == []
    assert stored(harness, "SELECT * FROM left_servers") == []
    assert owners(harness) == [NOBODY]
    assert_log_unbroken(harness)


@pytest.mark.slow
async def test_a_server_that_was_left_while_the_bot_was_away_is_noticed(harness: Harness) -> None:
    await delivered(harness)
    await harness.stop()
    harness.guild.kick(harness.sandbox.discord.world.bot)
    await harness.start()
    await until(lambda: len(stored(harness, "SELECT * FROM left_servers")) == 1)


@pytest.mark.slow
async def test_before_discord_has_listed_the_servers_none_is_forgotten(harness: Harness) -> None:
    """A bot that was asked back while it was away is in no server at all for a moment after its start."""
    await delivered(harness)
    data = harness.app.privacy.personal_data
    await data.store.note_left([harness.guild.id], harness.now() - 2 * SERVER_KEPT_FOR)
    data.deadlines.look()  # its first look makes nothing due

    async def untold(_guild_id: int) -> bool | None:
        return None

    starting = replace(data, is_in_server=untold)
    await starting.run_once()
    assert owners(harness) == [harness.user.id]
    await harness.app.bot.wait_until_ready()
    await data.run_once()  # it is there
    assert owners(harness) == [harness.user.id]
    assert stored(harness, "SELECT * FROM left_servers") == []
