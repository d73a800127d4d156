"""One's own earlier prompts, offered while one types."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.discord import User
from bot.texts import explanations
from tests.e2e.presses import AT_ONCE_AND_AFTER_A_RESTART, meanwhile, told
from tests.e2e.stage import Stage, open_stage

LONG = "a very long walk through an autumn forest, " * 20


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path) as opened:
        yield opened


async def offered(stage: Stage, typed: str = "", user: User | None = None) -> list[dict[str, Any]]:
    return await stage.sandbox.discord.complete(
        "video", user=user or stage.user, channel=stage.channel, focused="prompt", typed=typed
    )


async def test_newest_first_each_once_and_only_ones_own(stage: Stage) -> None:
    bea = stage.member("bea")
    for prompt in ("a cat", "a dog", "a cat"):
        await stage.ended(await stage.video(prompt))
    await stage.ended(await stage.video("bea's secret", user=bea))
    assert [choice["value"] for choice in await offered(stage)] == ["a cat", "a dog"]
    assert [choice["name"] for choice in await offered(stage, "DOG")] == ["a dog"]
    assert await offered(stage, "secret") == []
    assert [choice["value"] for choice in await offered(stage, user=bea)] == ["bea's secret"]
    assert await offered(stage, user=stage.member("newcomer")) == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_long_prompt_is_made_again_whole(stage: Stage, *, restarted: bool) -> None:
    await stage.ended(await stage.video(LONG))
    (choice,) = await offered(stage, "autumn")
    assert len(choice["name"]) <= 100
    assert choice["name"].endswith("…")
    await meanwhile(stage, restarted=restarted)
    await stage.ended(await stage.video(choice["value"]))
    first, second = stage.sandbox.dimilinks.request_log.submissions
    assert first.prompt == second.prompt == LONG.strip()


async def test_anothers_long_prompt_cannot_be_had(stage: Stage) -> None:
    await stage.ended(await stage.video(LONG))
    (choice,) = await offered(stage)
    reply = await stage.video(choice["value"], user=stage.member("bea"))
    assert await told(reply) == explanations.PROMPT_FORGOTTEN.english
    assert stage.bought == 1
