"""`/spicy trust`, `suspend`, `user` and `words`: what is kept of people and of words."""

from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.audit.entries import AuditAction
from bot.moderation.members.member import ListStatus, Strike
from bot.moderation.rules import ServerRules
from bot.texts import spicy as words
from bot.texts import word_lists
from bot.texts.messages import Message
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness, utc_now
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import COMMANDS, entries, spicy
from tests.e2e.actors.timing import until
from tests.moderation.audited import alone

# People.


async def test_lists(harness: Harness) -> None:
    mo, members = moderator(harness), harness.app.moderation.caches.members
    for chosen, listed in (
        ("trusted", ListStatus.TRUSTED),
        ("blocked", ListStatus.BLOCKED),
        ("neither", None),
    ):
        for answer in (words.LISTED[chosen], words.UNCHANGED):
            reply = await spicy(harness, "trust", mo, person="ada", list=chosen)
            assert reply.text == answer.english
        assert members.of(harness.guild.id, harness.user.id).listed is listed
    actions = [(one.action, one.actor_id, one.person_id) for one in await entries(harness)]
    done = (AuditAction.TRUSTED, AuditAction.BLOCKED, AuditAction.UNLISTED)
    assert actions == [(action, mo.id, harness.user.id) for action in done]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_suspension_is_told_kept_and_lifted(harness: Harness, *, restarted: bool) -> None:
    mo, direct = moderator(harness), harness.sandbox.discord.dm(harness.user)
    assert (await spicy(harness, "suspend", mo, person="ada", hours=0, reason="x")).text == (
        words.UNCHANGED.english
    )
    reply = await spicy(harness, "suspend", mo, person="ada", hours=2, reason="*spam*")
    assert reply.text.startswith(f"{harness.user.mention} is suspended until <t:")
    message = await direct.wait_for_message(lambda version: "\\*spam\\*" in version.text(), TIMEOUT_S)
    assert harness.guild.name in message.current.text()
    await meanwhile(harness, restarted=restarted)
    refused = await harness.video()
    assert "You are suspended" in (await harness.ended(refused)).text()
    assert harness.bought == 0
    profile = (await spicy(harness, "user", mo, person="ada")).text
    assert f"by {mo.mention}: “\\*spam\\*”" in profile
    lifted = await spicy(harness, "suspend", mo, person="ada", hours=0, reason="enough")
    assert lifted.text == words.LIFTED.english
    await until(lambda: len(direct.messages) == 2)
    first, second = (one for one in await entries(harness) if one.action is not AuditAction.REQUEST_REFUSED)
    assert (first.action, first.person_id, first.reason) == (AuditAction.SUSPENDED, harness.user.id, "*spam*")
    assert first.details == {"hours": 2}
    assert (second.action, second.actor_id, second.reason) == (AuditAction.SUSPENSION_LIFTED, mo.id, "enough")


async def test_everybody_reads_their_language(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def tagged(locale: str, form: str, context: str | None = None) -> str:
        return f"{form}«{locale}»"

    monkeypatch.setattr("bot.texts.messages.translation", tagged)
    mo, direct = moderator(harness, locale="zh-CN"), harness.sandbox.discord.dm(harness.user)
    harness.guild.locale = "ja"
    await harness.restart()
    reply = await spicy(harness, "suspend", mo, person="ada", hours=2, reason="spam")
    assert reply.text.endswith("«zh-CN»")
    message = await direct.wait_for_message(lambda version: "spam" in version.text(), TIMEOUT_S)
    assert "“spam”.«ja»" in message.current.text()
    for command, options in COMMANDS:
        told_in_chinese = await spicy(harness, command, mo, **options)
        assert "«zh-CN»" in told_in_chinese.text
        assert "«ja»" not in told_in_chinese.text


async def test_who_takes_no_messages_is_suspended_all_the_same(harness: Harness) -> None:
    harness.user.accepts_direct_messages = False
    mo, members = moderator(harness), harness.app.moderation.caches.members
    reply = await spicy(harness, "suspend", mo, person="ada", hours=8760, reason="spam")
    assert "is suspended" in reply.text
    assert members.of(harness.guild.id, harness.user.id).is_suspended(utc_now() + timedelta(hours=8759))


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_is_kept_of_somebody_and_their_reports(harness: Harness, *, restarted: bool) -> None:
    mo, ids = moderator(harness), (harness.guild.id, harness.user.id)
    for number in range(10):
        given = Strike(*ids, utc_now() - timedelta(days=number), mo.id, f"{'_' * 300} {number}")
        await alone(
            harness.app.moderation.audit_log,
            harness.app.moderation.caches.members.strike,
            given,
            ServerRules(strikes_to_suspend=20),
        )
    shown = await spicy(harness, "user", mo, person="ada")
    assert "strikes: 10" in shown.text
    assert "and 2 more" in shown.text
    await meanwhile(harness, restarted=restarted)
    for label, fact, muted in (
        (words.MUTE, words.REPORTS_MUTED, True),
        (words.UNMUTE, words.REPORTS_COUNT, False),
    ):
        shown = await press(harness, shown, label.english, user=mo)
        assert fact.english in await told(shown)
        assert harness.app.moderation.caches.members.of(*ids).reports_muted is muted
        last = (await entries(harness))[-1]
        assert (last.action, last.details) == (AuditAction.REPORTS_MUTED, {"muted": muted})
    assert "**Reports count again**" in (await spicy(harness, "log", mo)).text


# Words.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_words(harness: Harness, *, restarted: bool) -> None:
    mo = moderator(harness)
    assert word_lists.WORDS_EMPTY.english in (await spicy(harness, "words", mo, action="list")).text
    for number in range(13):
        added = await spicy(harness, "words", mo, action="add", term=f"word{number:02}_*{'|' * 80}")
        assert "is on the list now" in added.text
    await spicy(harness, "words", mo, action="add", term="zebra", effect="held", fragment=True)
    again = await spicy(harness, "words", mo, action="add", term="ZEBRA", effect="blocked")
    assert again.text == "||ZEBRA|| was already on the list; I changed what it does."
    shown = await spicy(harness, "words", mo, action="list")
    assert "||word00\\_" in shown.text
    assert "zebra" not in shown.text
    await meanwhile(harness, restarted=restarted)
    turned = await press(harness, shown, "Next", user=mo)
    assert f"||zebra|| · Blocks the prompt · {mo.mention}" in await told(turned)
    refused = await harness.video("a zebra")
    assert "A word in your prompt is not allowed" in (await harness.ended(refused)).text()
    assert "no longer" in (await spicy(harness, "words", mo, action="remove", term="z e b r a")).text
    gone = await spicy(harness, "words", mo, action="remove", term="zebra")
    assert gone.text == word_lists.TERM_NOT_THERE.english
    # The refusal's entry comes after the person was told, so it may stand anywhere after the two.
    terms = [one for one in await entries(harness) if one.action is not AuditAction.REQUEST_REFUSED]
    *_, added, changed, removed = terms
    assert added.details == {"term": "zebra", "effect": "held", "fragment": True}
    assert (changed.action, removed.action) == (AuditAction.TERM_ADDED, AuditAction.TERM_REMOVED)
    assert "||z e b r a||" in (await spicy(harness, "log", mo, action="words")).text


@pytest.mark.parametrize("action", ["add", "remove"])
@pytest.mark.parametrize(
    ("term", "answer"),
    [
        ("   ", word_lists.TERM_MISSING),
        (None, word_lists.TERM_MISSING),
        ("x", word_lists.TERM_TOO_SHORT),
        ("🎞", word_lists.TERM_TOO_SHORT),
        ("y" * 101, word_lists.term_too_long(100)),
    ],
)
async def test_terms_that_cannot_be(harness: Harness, action: str, term: str | None, answer: Message) -> None:
    given: dict[str, Any] = {"term": term} if term is not None else {}
    reply = await spicy(harness, "words", moderator(harness), force=True, action=action, **given)
    assert reply.text == answer.english
    assert await entries(harness) == []


async def test_a_full_list(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.moderation.words.word_lists.MOST_TERMS", 0)
    reply = await spicy(harness, "words", moderator(harness), action="add", term="zebra")
    assert reply.text == word_lists.list_full(2000).english
    assert await entries(harness) == []
