"""What moderators do with words: read which matched and where, try prompts, alert, exempt, exchange lists."""

import pytest

from bot.moderation.audit.entries import AuditAction
from bot.moderation.rules import ServerRules
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.word_lists import MOST_TERMS
from bot.sandbox.discord import ChannelKind
from bot.texts import spicy as spicy_words
from bot.texts import word_lists as words
from tests.e2e.actors.approvals import ask, moderator, question, rule
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.records import actions
from tests.e2e.actors.spicy import entries, spicy
from tests.e2e.actors.timing import until


async def listed(harness: Harness, *terms: Term) -> None:
    await harness.app.moderation.caches.words.add_all(harness.guild.id, terms, moderator(harness).id)


async def test_a_refusal_says_which_term_matched_and_where_and_accuses_nobody(harness: Harness) -> None:
    await listed(harness, Term("zebra crossing", Effect.BLOCKED))
    refused = await harness.video("a red ZebraCrossing, at night")
    assert "A word in your prompt is not allowed" in (await harness.ended(refused)).text()
    refused = await harness.video("a nude child")
    assert "A word in your prompt is not allowed" in (await harness.ended(refused)).text()
    assert harness.bought == 0
    await until(lambda: actions(harness).count("request_refused") == 2)
    found = [one for one in await entries(harness) if one.action is AuditAction.REQUEST_REFUSED]
    assert [one.details["verdict"] for one in found] == ["words_blocked", "shipped_rule"]
    assert found[0].details["terms"] == ["zebra crossing"]
    assert found[0].details["places"] == [[6, 19]]
    shown = (await spicy(harness, "log", moderator(harness))).text
    assert "matched a word on the list · ||zebra crossing|| (7)" in shown
    assert "matched a built-in rule" in shown
    assert "minor" not in shown.lower()


async def test_a_weak_pair_waits_for_moderators_with_its_words_on_the_card(harness: Harness) -> None:
    await harness.video("a child finds clean underwear")
    await until(lambda: "request_held" in actions(harness))
    mo = moderator(harness)
    shown = (await spicy(harness, "queue", mo)).text
    assert "Words that matched, and at which character: ||child|| (3) · ||underwear|| (21)" in shown
    assert harness.bought == 0
    held = [one for one in await entries(harness) if one.action is AuditAction.REQUEST_HELD]
    assert [one.details["shipped"] for one in held] == [True]


@pytest.mark.slow
async def test_a_term_that_alerts_is_made_and_logged(harness: Harness) -> None:
    await listed(harness, Term("lighthouse", Effect.ALERTS))
    await harness.ended(await harness.video("a lighthouse at night"))
    await harness.ended(await harness.video("a boat at night"))
    assert harness.bought == 2
    await until(lambda: "term_matched" in actions(harness))
    matched = [one for one in await entries(harness) if one.action is AuditAction.TERM_MATCHED]
    assert [(one.person_id, one.details["terms"]) for one in matched] == [(harness.user.id, ["lighthouse"])]
    assert (
        "Prompt with a word on the list"
        in (await spicy(harness, "log", moderator(harness), action="words")).text
    )


@pytest.mark.parametrize(
    "prompt", ["小孩得了流行性感冒", "十字路口交警指挥学生过马路", "a kid rapping with a brass band"]
)
async def test_everyday_prompts_with_a_child_are_made(harness: Harness, prompt: str) -> None:
    await harness.ended(await harness.video(prompt))
    assert harness.bought == 1
    assert await entries(harness) == []


@pytest.mark.parametrize(
    ("prompt", "verdict"),
    [
        ("a boat", "none"),
        ("a zebra", "blocked"),
        ("a child in underwear", "held"),
        ("a nude child", "shipped"),
    ],
)
async def test_moderators_try_prompts(harness: Harness, prompt: str, verdict: str) -> None:
    await listed(harness, Term("zebra", Effect.BLOCKED))
    before = len(await entries(harness))
    shown = (await spicy(harness, "test", moderator(harness), prompt=prompt)).text
    assert words.TEST_VERDICTS[verdict].english in shown
    assert ("character" in shown) is (verdict != "none")
    assert harness.bought == 0
    assert len(await entries(harness)) == before


async def test_a_channel_and_a_role_are_exempt_from_the_servers_list_alone(harness: Harness) -> None:
    mo, channel = moderator(harness), harness.channel
    await listed(harness, Term("zebra", Effect.BLOCKED))
    assert (await spicy(harness, "words", mo, action="exempt")).text == words.EXEMPTION_MISSING.english
    exempt = await spicy(harness, "words", mo, action="exempt", channel=channel)
    assert exempt.text == words.exempted(f"<#{channel.id}>", exempt=True).english
    again = await spicy(harness, "words", mo, action="exempt", channel=channel)
    assert again.text == spicy_words.UNCHANGED.english
    assert f"<#{channel.id}>" in (await spicy(harness, "words", mo, action="list")).text
    await harness.ended(await harness.video("a zebra"))
    assert harness.bought == 1
    refused = await harness.video("a nude child")
    assert "A word in your prompt is not allowed" in (await harness.ended(refused)).text()
    await spicy(harness, "words", mo, action="concern", channel=channel)
    refused = await harness.video("a zebra")
    assert "A word in your prompt is not allowed" in (await harness.ended(refused)).text()
    assert harness.bought == 1
    changed = [one for one in await entries(harness) if one.action is AuditAction.RULES_CHANGED]
    assert [one.details["to"] for one in changed] == [[channel.id], []]


async def test_a_forum_is_exempt_with_its_posts(harness: Harness) -> None:
    mo, forum = moderator(harness), harness.guild.add_channel("forum", kind=ChannelKind.FORUM)
    await listed(harness, Term("zebra", Effect.BLOCKED))
    refused = await harness.video("a zebra", channel=forum.add_thread("before"))
    assert "A word in your prompt is not allowed" in (await harness.ended(refused)).text()
    exempt = await spicy(harness, "words", mo, action="exempt", channel=forum)
    assert exempt.text == words.exempted(f"<#{forum.id}>", exempt=True).english
    assert (await harness.ended(await harness.video("a zebra", channel=forum.add_thread("after")))).videos


async def test_a_question_from_a_thread_of_an_exempt_channel_names_no_term(harness: Harness) -> None:
    await rule(harness, word_exempt_channels=frozenset({harness.adult_channel.id}))
    await listed(harness, Term("zebra", Effect.HELD))
    await ask(harness, "a zebra", channel=harness.adult_channel.add_thread("ideas"))
    assert "Words that matched" not in (await question(harness)).current.text()
    (held,) = [one for one in await entries(harness) if one.action is AuditAction.REQUEST_HELD]
    assert held.details["terms"] == []


def test_roles_and_channels_exempt() -> None:
    rules = ServerRules(word_exempt_roles=frozenset({1, 2}), word_exempt_channels=frozenset({7}))
    assert rules.exempts_from_words(frozenset({2, 3}), None)
    assert rules.exempts_from_words(frozenset(), 7)
    assert not rules.exempts_from_words(frozenset({7}), 1)
    assert not ServerRules().exempts_from_words(frozenset(), None)


async def test_a_list_is_handed_out_and_taken_in(harness: Harness) -> None:
    mo, discord = moderator(harness), harness.sandbox.discord
    assert (await spicy(harness, "words", mo, action="export")).text == words.WORDS_EMPTY.english
    await listed(harness, Term("zebra", Effect.HELD), Term("red, car", Effect.BLOCKED, fragment=True))
    handed = await spicy(harness, "words", mo, action="export")
    (file,) = handed.current.attachments
    assert file.path.read_text("utf-8").splitlines() == [
        "term,effect,inside words",
        '"red, car",blocked,yes',
        "zebra,held,no",
    ]
    changed = discord.upload("words.csv", b"zebra,alerts\nlion\nx,blocked\ntiger,eaten\n", "text/csv")
    told = await spicy(harness, "words", mo, action="import", file=changed)
    assert told.text == words.imported(1, 1, [3, 4]).english
    found = {one.term.text: one.term for one in harness.app.moderation.caches.words.terms(harness.guild.id)}
    assert found["zebra"] == Term("zebra", Effect.ALERTS)
    assert found["lion"] == Term("lion", Effect.BLOCKED)
    last = (await entries(harness))[-1]
    assert (last.action, last.details) == (AuditAction.TERMS_IMPORTED, {"added": 1, "changed": 1})
    for content in (b"\xff\xfe\x00", b"", b"!\n?"):
        file = discord.upload("words.csv", content, "text/csv")
        told = await spicy(harness, "words", mo, action="import", file=file)
        assert told.text == words.FILE_UNREADABLE.english
    assert (await spicy(harness, "words", mo, action="import")).text == words.FILE_MISSING.english


async def test_a_file_with_more_terms_than_there_may_be_is_not_imported(harness: Harness) -> None:
    mo = moderator(harness)
    await listed(harness, Term("zebra", Effect.HELD))
    content = "\n".join(["zebra,blocked", *(f"word{number}" for number in range(MOST_TERMS + 5))])
    file = harness.sandbox.discord.upload("words.csv", content.encode(), "text/csv")
    told = await spicy(harness, "words", mo, action="import", file=file)
    assert told.text == words.too_many_imported(MOST_TERMS + 5, MOST_TERMS - 1, MOST_TERMS).english
    (stored,) = harness.app.moderation.caches.words.terms(harness.guild.id)
    assert stored.term == Term("zebra", Effect.HELD)


@pytest.mark.started_with(alert_terms="lighthouse")
async def test_the_operators_terms_may_alert_as_well(harness: Harness) -> None:
    await harness.ended(await harness.video("a lighthouse"))
    assert harness.bought == 1
    await until(lambda: "term_matched" in actions(harness))
