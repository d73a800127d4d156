"""One's own earlier prompts, offered while one types."""

from typing import Any

import pytest

from bot.sandbox.discord import User
from bot.texts import explanations
from tests.e2e.actors.buttons import told
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile

LONG = "a very long walk through an autumn forest, " * 20


@pytest.mark.slow
async def offered(harness: Harness, typed: str = "", user: User | None = None) -> list[dict[str, Any]]:
    return await harness.sandbox.discord.complete(
        "video", user=user or harness.user, channel=harness.channel, focused="prompt", typed=typed
    )


@pytest.mark.slow
async def test_newest_first_each_once_and_only_ones_own(harness: Harness) -> None:
    bea = harness.member("bea")
    for prompt in ("a cat", "a dog", "a cat"):
        await harness.ended(await harness.video(prompt))
    await harness.ended(await harness.video("bea's secret", user=bea))
    assert [choice["value"] for choice in await offered(harness)] == ["a cat", "a dog"]
    assert [choice["name"] for choice in await offered(harness, "DOG")] == ["a dog"]
    assert await offered(harness, "secret") == []
    assert [choice["value"] for choice in await offered(harness, user=bea)] == ["bea's secret"]
    assert await offered(harness, user=harness.member("newcomer")) == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_long_prompt_is_made_again_whole(harness: Harness, *, restarted: bool) -> None:
    await harness.ended(await harness.video(LONG))
    (choice,) = await offered(harness, "autumn")
    assert len(choice["name"]) <= 100
    assert choice["name"].endswith("…")
    await meanwhile(harness, restarted=restarted)
    await harness.ended(await harness.video(choice["value"]))
    first, second = harness.sandbox.dimilinks.request_log.submissions
    assert first.prompt == second.prompt == LONG.strip()


async def test_anothers_long_prompt_cannot_be_had(harness: Harness) -> None:
    await harness.ended(await harness.video(LONG))
    (choice,) = await offered(harness)
    reply = await harness.video(choice["value"], user=harness.member("bea"))
    assert await told(reply) == explanations.PROMPT_FORGOTTEN.english
    assert harness.bought == 1
