"""Words that moderators are asked about, or denied, do not stand in the channel meanwhile or afterwards."""

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.moderation.words.matching import Effect, Term
from bot.sandbox.discord import Reply
from bot.texts import jobs as words
from tests.e2e.actors.approvals import deny, held, moderator, question, rule
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.forms import opens, parts
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.pictures import picture

WORD, NAME = "zebra", "fools"
PROMPT = f"a {WORD} on ice"


@pytest.fixture(autouse=True)
async def words_are_held(harness: Harness) -> None:
    await rule(harness)
    await harness.app.moderation.caches.words.add_all(harness.guild.id, [Term(WORD, Effect.HELD)], 1)


def said_for_all(reply: Reply) -> str:
    """All that the reply ever showed, also in what is beside its text."""
    assert not reply.ephemeral
    files = [f"{one.filename} {one.description}" for version in reply.versions for one in version.attachments]
    return " ".join([*(version.text() for version in reply.versions), *files])


async def test_a_held_prompt_and_a_picture_s_name_are_for_moderators_and_its_user(harness: Harness) -> None:
    upload = harness.sandbox.discord.upload(f"{NAME}.png", picture("PNG", (40, 40)))
    reply = await harness.video(PROMPT, image=upload)
    assert "Picture 1 is very small" in (await held(reply)).text()
    card = await question(harness)
    assert PROMPT in card.current.text()
    await told(await deny(harness, card, moderator(harness)))
    await harness.ended(reply)
    assert WORD not in said_for_all(reply)
    assert NAME not in said_for_all(reply)
    theirs = await press(harness, message_of(reply), "Change", user=harness.member("other"))
    assert await told(theirs) == words.NOT_YOURS.english
    assert PROMPT in str(parts(await opens(harness, reply, "Change")))


async def test_nor_do_they_stand_there_where_the_request_ends_before_the_decision(harness: Harness) -> None:
    broken = harness.sandbox.discord.upload(f"{NAME}.png", picture("PNG", (300, 200))[:-40])
    refused = await harness.video(PROMPT, image=broken)
    assert "Picture 1 is damaged" in (await harness.ended(refused)).text()
    cancelled = await harness.video(PROMPT)
    await held(cancelled)
    await told(await press(harness, cancelled, "Cancel"))
    await cancelled.wait_for(lambda version: "Cancelled" in version.text(), TIMEOUT_S)
    for reply in (refused, cancelled):
        assert WORD not in said_for_all(reply)
        assert NAME not in said_for_all(reply)


@pytest.mark.slow
async def test_a_private_reply_keeps_both(harness: Harness) -> None:
    upload = harness.sandbox.discord.upload(f"{NAME}.png", picture("PNG", (40, 40)))
    reply = await harness.video(PROMPT, image=upload, private=True)
    shown = (await held(reply)).text()
    assert PROMPT in shown
    assert f"“{NAME}.png” is very small" in shown


@pytest.mark.slow
@pytest.mark.parametrize("approves", [True, False])
async def test_what_is_asked_about_before_it_is_posted_shows_its_prompt_once_approved(
    harness: Harness, *, approves: bool
) -> None:
    await rule(harness, review_at=ReviewAt.POSTING, modes={Gate.NORMAL: Mode.APPROVAL})
    mo = moderator(harness)
    reply = await harness.video("a boat")
    card = await question(harness, "May this video be posted?")
    if approves:
        await told(await press(harness, card, "Approve", user=mo))
        assert "a boat" in (await reply.wait_for_video(TIMEOUT_S)).text()
    else:
        await told(await deny(harness, card, mo))
        await harness.ended(reply)
        assert "a boat" not in said_for_all(reply)
