"""Who waited, whose video went, who is struck or suspended hears it; in public nobody is shown up."""

from datetime import timedelta

import pytest

from bot.moderation.rules import ReviewAt
from bot.sandbox.discord import Attachment, Message, User
from bot.texts import moderation, person_news
from bot.texts import spicy as spicy_words
from tests.e2e.actors.appeals import member
from tests.e2e.actors.approvals import ask, deny, moderator, question, rule
from tests.e2e.actors.buttons import labels, message_of, press, told
from tests.e2e.actors.direct_messages import inbox
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.reports import hidden, why
from tests.e2e.actors.reports import rule as rule_reports
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered

pytestmark = pytest.mark.started_with(rules=None)
RED = 0xE74C3C


def mentions(harness: Harness) -> list[Message]:
    """The messages that pinged ada where she waited."""
    return [one for one in harness.adult_channel.messages if harness.user in one.pings.users]


async def heard(harness: Harness, part: str, user: User | None = None) -> Message:
    """Wait for a direct message."""
    channel = harness.sandbox.discord.dm(user or harness.user)
    return await channel.wait_for_message(lambda version: part in version.text(), TIMEOUT_S)


def is_red(message: Message) -> bool:
    return any(node.get("accent_color") == RED for node in message.current.components)


async def test_who_waited_is_mentioned_once_with_a_link(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    await told(await press(harness, await question(harness), "Approve", user=moderator(harness)))
    await harness.ended(reply)
    await until(lambda: len(mentions(harness)) == 1)
    (mention,) = mentions(harness)
    assert person_news.agreed(bought=False).english in mention.current.text()
    assert message_of(reply).url in mention.current.text()


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_the_reason_of_a_denial_is_between_moderators_and_the_person(
    harness: Harness, at: ReviewAt
) -> None:
    await rule(harness, review_at=at)
    reply = await ask(harness)
    card = await question(harness, "May this video be")
    await told(await deny(harness, card, moderator(harness), words="too *wild*"))
    message = await heard(harness, "too \\*wild\\*")
    assert message_of(reply).url in message.current.text()
    shown = await harness.ended(reply)
    assert "wild" not in shown.text()
    assert not is_red(message_of(reply))
    assert "Change" in labels(shown)
    assert mentions(harness) == []


async def test_who_takes_no_direct_messages_is_mentioned_without_a_reason(harness: Harness) -> None:
    await rule(harness)
    harness.user.accepts_direct_messages = False
    await ask(harness)
    await told(await deny(harness, await question(harness), moderator(harness), words="too wild"))
    await until(lambda: len(mentions(harness)) == 1)
    assert "wild" not in mentions(harness)[0].current.text()


async def test_a_wrong_file_leaves_no_red_card_in_public(harness: Harness) -> None:
    upload: Attachment = harness.sandbox.discord.upload("notes.txt", b"words")
    reply = await harness.video("a boat", image=upload)
    shown = await harness.ended(reply)
    assert not shown.videos
    assert not is_red(message_of(reply))


async def test_whose_video_is_removed_hears_the_reason(harness: Harness) -> None:
    await rule_reports(harness)
    reply = await delivered(harness)
    await why(harness, await hidden(harness, reply), "Remove…", moderator(harness), "it is *cruel*")
    message = await heard(harness, "removed one of your videos")
    assert "it is \\*cruel\\*" in message.current.text()
    assert message_of(reply).url in message.current.text()


async def test_who_gets_a_strike_hears_it_and_can_appeal_the_suspension_that_follows(
    harness: Harness,
) -> None:
    await rule_reports(harness, strikes_to_suspend=1)
    mo = moderator(harness)
    await why(harness, await hidden(harness, await delivered(harness)), "Remove and strike…", mo, "spam")
    assert "spam" in (await heard(harness, "gave you a strike")).current.text()
    message = await heard(harness, "suspended you")
    assert "spam" in message.current.text()
    opened = await press(harness, message, "Appeal…")
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {"words": "it was not me"})
    assert await told(sent) == moderation.APPEALED.english
    assert member(harness).appealed_at is not None


@pytest.mark.slow
async def test_the_end_of_a_suspension_is_told_once(harness: Harness, clock: MovableClock) -> None:
    await spicy(harness, "suspend", moderator(harness), person="ada", hours=1, reason="spam")
    await heard(harness, "suspended you")
    ends = harness.app.moderation.suspension_ends
    await ends.tell()
    assert len(inbox(harness, harness.user)) == 1
    clock.offset = timedelta(hours=2)
    await harness.restart()
    for _ in range(2):
        await harness.app.moderation.suspension_ends.tell()
    over = person_news.suspension_over("Server").english
    await until(lambda: inbox(harness, harness.user)[1:] == [over])


async def test_a_lifted_suspension_is_told_once(harness: Harness, clock: MovableClock) -> None:
    mo = moderator(harness)
    await spicy(harness, "suspend", mo, person="ada", hours=1, reason="spam")
    lifted = await spicy(harness, "suspend", mo, person="ada", hours=0, reason="enough")
    assert lifted.text == spicy_words.LIFTED.english
    await heard(harness, "is over")
    clock.offset = timedelta(hours=2)
    await harness.app.moderation.suspension_ends.tell()
    assert len(inbox(harness, harness.user)) == 2


@pytest.mark.slow
async def test_a_card_says_for_whom_it_is_and_pings_nobody(harness: Harness) -> None:
    public, private = await delivered(harness), await delivered(harness, private=True)
    assert harness.user.mention in message_of(public).current.text()
    assert not message_of(public).pings.users
    assert harness.user.mention not in message_of(private).current.text()
