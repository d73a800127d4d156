"""The router of buttons, selects and forms: ids that lead nowhere, a failing database, a failing Discord, bugs."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.discord import DiscordFault, Message, Reply
from bot.storage.errors import StorageUnavailableError
from bot.texts import explanations, forms, jobs
from cogs.shared.interactions import Interaction
from cogs.shared.respond import acknowledge, acknowledge_press
from cogs.shared.router import InteractionRoute, Router
from tests.e2e.actors.buttons import choose_unseen, press_unseen, told, whispered
from tests.e2e.actors.forms import answers, send_made_up
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.settings import boss, settings
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered

ID = "0" * 32
KINDS = ("button", "select", "form")
UNKNOWN = ("nobody-made-this", "sm", "sm-tomorrow:1")
OLD = (
    f"sm-consent:{ID}",
    f"sm:explode:{ID}:1:0",
    f"sm:refresh:{ID}",
    "sm-jobs:last",
    f"sm-rev:perhaps:{ID}",
    f"sm-why:perhaps:{ID}",
    f"sm-form:other:{ID}:0",
)


async def shown(harness: Harness) -> Message:
    return await harness.sandbox.discord.say(harness.user, harness.channel, "hello")


async def use(harness: Harness, kind: str, custom_id: str) -> Reply:
    """Press a button, choose in a select or send a form with any id."""
    source = await shown(harness)
    match kind:
        case "button":
            return await press_unseen(harness, source, custom_id)
        case "select":
            return await choose_unseen(harness, source, custom_id, ["one"])
        case _:
            return await send_made_up(harness, custom_id, answers(prompt="x"), source=source)


async def serve(harness: Harness, handler: Callable[[Interaction], Awaitable[None]]) -> None:
    """Have the bot's router know one handler, for the id `probe` of each kind."""

    async def served(interaction: Interaction, _match: re.Match[str]) -> None:
        await handler(interaction)

    await harness.app.bot.remove_cog("Router")
    routes = [InteractionRoute(re.compile("probe"), served, form=form) for form in (False, True)]
    await harness.app.bot.add_cog(Router(routes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("custom_ids", [UNKNOWN, OLD], ids=["unknown", "old"])
async def test_ids_that_lead_nowhere_are_answered_once_and_in_private(
    harness: Harness, kind: str, custom_ids: tuple[str, ...]
) -> None:
    expected = forms.NOT_UNDERSTOOD if kind == "form" else jobs.OLD_BUTTON
    for custom_id in custom_ids:
        reply = await use(harness, kind, custom_id)
        assert await told(reply) == expected.english, custom_id
        assert reply.ephemeral
        assert not reply.followups
    assert harness.rows() == []


async def test_an_id_of_another_kind_leads_nowhere(harness: Harness) -> None:
    assert await told(await use(harness, "button", f"sm-report:{ID}")) == jobs.OLD_BUTTON.english
    assert await told(await use(harness, "form", f"sm:refresh:{ID}:1:0")) == forms.NOT_UNDERSTOOD.english


async def _nothing(_interaction: Interaction) -> None:
    """Answer nothing before the failure."""


async def _announce(interaction: Interaction) -> None:
    await acknowledge(interaction, private=True)


async def _take(interaction: Interaction) -> None:
    await acknowledge_press(interaction)


FIRST_ANSWERS = pytest.mark.parametrize(
    ("first", "read"),
    [(_nothing, told), (_announce, told), (_take, whispered)],
    ids=["unanswered", "announced", "taken"],
)


@FIRST_ANSWERS
@pytest.mark.parametrize("error", [StorageUnavailableError("the disk is full"), TimeoutError()])
async def test_a_failing_database_is_told_in_the_way_that_is_open(
    harness: Harness,
    first: Callable[[Interaction], Awaitable[None]],
    read: Callable[[Reply], Awaitable[str]],
    error: Exception,
) -> None:
    async def fails(interaction: Interaction) -> None:
        await first(interaction)
        raise error

    await serve(harness, fails)
    for kind in KINDS:
        reply = await use(harness, kind, "probe")
        assert await read(reply) == jobs.NOT_STORED.english
        assert len(reply.followups) == (read is whispered)


@pytest.mark.parametrize("kind", KINDS)
async def test_features_answer_when_the_database_is_away(harness: Harness, kind: str) -> None:
    opened = await settings(harness, boss(harness), "Limits")
    await delivered(harness)
    (job,) = harness.rows("id")
    await harness.app.database.close()
    match kind:
        case "button":
            reply = await use(harness, kind, f"sm:cancel:{job['id']}:{harness.user.id}:0")
            assert await told(reply) == jobs.NOT_STORED.english
        case "select":
            assert opened.message is not None
            reply = await choose_unseen(harness, opened.message, "sm-set:quorum", ["5"], user=opened.user)
            assert await whispered(reply) == jobs.NOT_STORED.english
        case _:
            filled = answers(reason="minor")
            reply = await send_made_up(harness, f"sm-report:{job['id']}", filled)
            assert await told(reply) == jobs.NOT_STORED.english
    await harness.restart()


@FIRST_ANSWERS
@pytest.mark.parametrize("kind", KINDS)
async def test_a_bug_is_logged_with_its_trace_and_told_in_the_way_that_is_open(
    harness: Harness,
    kind: str,
    first: Callable[[Interaction], Awaitable[None]],
    read: Callable[[Reply], Awaitable[str]],
) -> None:
    async def breaks(interaction: Interaction) -> None:
        await first(interaction)
        raise LookupError("a bug")

    await serve(harness, breaks)
    with capture_logs() as logs:
        assert await read(await use(harness, kind, "probe")) == explanations.COMMAND_BROKE.english
    (entry,) = [one for one in logs if one["event"] == "listener_broke"]
    assert isinstance(entry["exc_info"], LookupError)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_failing_discord_is_logged_once_and_is_no_bug(harness: Harness, kind: str) -> None:
    async def asks(interaction: Interaction) -> None:
        await acknowledge(interaction, private=True)
        await interaction.original_response()

    await serve(harness, asks)
    harness.sandbox.discord.faults.append(
        DiscordFault("GET /webhooks/*", status=403, code=50013, message="Missing Permissions")
    )
    logs: list[Any]
    with capture_logs() as logs:
        reply = await use(harness, kind, "probe")
        await reply.wait_for_ack(TIMEOUT_S)
        await until(lambda: any(one["event"] == "press_not_answered" for one in logs))
    assert [one["event"] for one in logs if one["log_level"] in {"warning", "error"}] == [
        "press_not_answered"
    ]
