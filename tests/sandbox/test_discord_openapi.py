"""Requests are checked against Discord's own API description, where DISCORD_OPENAPI names it."""

import os
import time
from pathlib import Path

import discord
import pytest

from bot.sandbox.discord import DiscordSandbox
from bot.sandbox.discord.openapi import Specification
from tests.sandbox.raw_bot import raw_bot
from tests.sandbox.small_bot import Card, bot_session, video_file

pytestmark = pytest.mark.skipif(
    not os.environ.get("DISCORD_OPENAPI"), reason="DISCORD_OPENAPI does not name Discord's openapi.json"
)

EDIT = ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")


@pytest.fixture(scope="module")
def specification() -> Specification:
    """Discord's API description."""
    return Specification.load(Path(os.environ["DISCORD_OPENAPI"]))


def check(specification: Specification, payload: object, content_type: str = "application/json") -> list[str]:
    """What is wrong with the body of an edit."""
    return specification.check_body(*EDIT, content_type, payload)


async def test_every_route_of_the_sandbox_is_a_route_of_discord(specification: Specification) -> None:
    sandbox = DiscordSandbox()
    unknown = [route for route in sandbox.rest.templates() if not specification.knows(*route)]
    await sandbox.close()
    assert unknown == []


async def test_discord_py_sends_nothing_that_discord_does_not_describe() -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        video = video_file()
        await interaction.edit_original_response(view=Card("a", video=video), attachments=[video])
        message = await interaction.followup.send("b", file=video_file(), wait=True)
        await message.edit(content="c", attachments=[*message.attachments, video_file(name="d.mp4")])
        channel = interaction.client.get_partial_messageable(interaction.channel_id)
        sent = await channel.send(embed=discord.Embed(title="e"), nonce="n", silent=True)
        users = discord.AllowedMentions(users=[interaction.user])
        await sent.reply("f", allowed_mentions=users)
        await sent.edit(content="g", suppress=True)
        await (await interaction.user.create_dm()).send("done")

    async with bot_session(handler) as s:
        await s.ask()
        await s.discord.dm(s.ana).wait_for_message(lambda v: v.content == "done", 10)
        assert s.discord.violations == []
        assert s.bot.errors == []


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"content": 3}, "content: 3 is not of type 'string', 'null'"),
        ({"content": "x" * 2001}, "is too long"),
        ({"components": [{"type": 10}]}, "components.0: 'content' is a required property"),
        ({"components": [{"type": 99}]}, "components.0: type 99 is none of [1, 9, 10, 12, 13, 14, 17]"),
        (
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x" * 81}]}]},
            "components.0.components.0.label:",
        ),
        ({"attachments": [{"filename": "x"}]}, "attachments.0: 'id' is a required property"),
        ({"attachments": [{"id": "x"}]}, "attachments.0.id: 'x' does not match"),
        ({"allowed_mentions": {"parse": "users"}}, "allowed_mentions.parse:"),
        ([], "body: [] is not of type 'object'"),
    ],
)
def test_fault_is_named_by_its_field_in_few_words(
    specification: Specification, payload: object, fault: str
) -> None:
    faults = check(specification, payload)
    assert len(faults) == 1
    assert fault in faults[0]
    assert len(faults[0]) < 250


def test_ids_as_numbers_are_taken_where_discord_py_sends_them_and_nowhere_else(
    specification: Specification,
) -> None:
    assert check(specification, {"attachments": [{"id": 0}]}) == []
    assert check(specification, {"attachments": [{"id": 0.5}]}) != []
    assert check(specification, {"components": [{"type": "10", "content": "x"}]}) != []


def test_query_and_content_type_are_checked(specification: Specification) -> None:
    assert specification.check_query(*EDIT, {"with_components": "1"}) == []
    assert specification.check_query(*EDIT, {"with_components": "yes", "colour": "red"}) == [
        "query.with_components: 'yes' is not a boolean",
        "query: there is no parameter 'colour'",
    ]
    assert "content type" in check(specification, {}, "text/plain")[0]


async def test_violation_is_answered_and_noted() -> None:
    async with raw_bot() as bot:
        reply = await bot.ask()
        status, body = await bot.callback(reply, 4, {"content": "x", "tts": "loud"})
        assert (status, body["code"]) == (400, 50035)
        assert "tts" in bot.discord.violations[-1]


def test_checking_a_card_takes_a_few_milliseconds_at_most(specification: Specification) -> None:
    card = {
        "flags": 1 << 15,
        "components": [
            {"type": 17, "components": [{"type": 10, "content": f"line {n}"} for n in range(6)]},
            {
                "type": 1,
                "components": [
                    {"type": 2, "style": 1, "label": str(n), "custom_id": str(n)} for n in range(4)
                ],
            },
        ],
        "attachments": [{"id": 0, "filename": "clip.mp4"}],
        "allowed_mentions": {"parse": []},
    }
    assert check(specification, card) == []
    start = time.process_time()
    for _ in range(50):
        check(specification, card)
    assert (time.process_time() - start) / 50 < 0.005
