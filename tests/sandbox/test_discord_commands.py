"""Commands: what may be registered, and what a person's client lets through."""

import pytest

from bot.sandbox.discord import DiscordSandbox, InvalidInvocation
from tests.sandbox.raw_bot import COMMAND, raw_bot


@pytest.mark.parametrize(
    "command",
    [
        COMMAND | {"name": "Video"},
        COMMAND | {"name": "a b"},
        COMMAND | {"name": "x" * 33},
        COMMAND | {"description": ""},
        COMMAND | {"description": "x" * 101},
        COMMAND | {"options": [COMMAND["options"][1], COMMAND["options"][0]]},
        COMMAND | {"options": [COMMAND["options"][0]] * 2},
        COMMAND | {"options": [{"type": 11, "name": f"i{n}", "description": "x"} for n in range(26)]},
        COMMAND | {"options": [{"type": 3, "name": "p", "description": "x", "max_length": 6001}]},
        COMMAND
        | {
            "options": [
                {
                    "type": 3,
                    "name": "p",
                    "description": "x",
                    "choices": [{"name": str(n), "value": str(n)} for n in range(26)],
                }
            ]
        },
        COMMAND
        | {
            "options": [
                {"type": 4, "name": "p", "description": "x", "choices": [{"name": "a", "value": "a"}]}
            ]
        },
        {
            "name": "big",
            "description": "x",
            "options": [
                {
                    "type": 3,
                    "name": f"o{n}",
                    "description": "d" * 100,
                    "choices": [{"name": f"{c}" + "n" * 97, "value": "v" * 98} for c in range(5)],
                }
                for n in range(8)
            ],
        },
        {"name": "Animate", "type": 3, "description": "not for menus"},
    ],
)
async def test_command_that_breaks_a_rule_is_refused(command: dict) -> None:
    async with raw_bot() as bot:
        status, body = await bot.register(command)
        assert (status, body["code"]) == (400, 50035)
        assert [c["name"] for c in bot.discord.commands] == ["video"]


async def test_command_keeps_its_id_when_it_is_registered_again() -> None:
    async with raw_bot() as bot:
        (before,) = bot.discord.commands
        await bot.register(COMMAND | {"description": "Make it"}, {"name": "jobs", "description": "Yours"})
        assert {c["name"]: c["id"] for c in bot.discord.commands}["video"] == before["id"]
        assert (await bot.register(COMMAND, COMMAND))[1]["code"] == 50035


async def test_two_hundred_creates_are_a_days_worth() -> None:
    async with raw_bot() as bot:
        bot.discord.limiter.enabled = False
        many = [{"name": f"c{n}", "description": "x"} for n in range(100)]
        assert (await bot.register(*many))[0] == 200
        assert (await bot.register(COMMAND))[0] == 200
        status, body = await bot.register(*({"name": f"d{n}", "description": "x"} for n in range(100)))
        assert (status, body["code"]) == (429, 30034)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "required"),
        ({"prompt": "x" * 21}, "21 characters"),
        ({"prompt": "x", "seconds": 7}, "none of"),
        ({"prompt": "x", "image": "cat.png"}, "does not fit"),
        ({"prompt": "x", "colour": "red"}, "no option"),
    ],
)
async def test_client_does_not_send_what_the_command_does_not_allow(options: dict, reason: str) -> None:
    async with raw_bot() as bot:
        with pytest.raises(InvalidInvocation, match=reason):
            await bot.discord.invoke("video", user=bot.ana, channel=bot.channel, options=options)


async def test_client_offers_commands_only_where_they_belong() -> None:
    async with raw_bot() as bot:
        await bot.register(COMMAND | {"contexts": [0], "default_member_permissions": 1 << 13})
        with pytest.raises(InvalidInvocation, match="by this person"):
            await bot.ask()
        bot.guild.members[bot.ana.id].roles.append(bot.guild.add_role("mods", ["manage_messages"]))
        assert not (await bot.ask()).failed
        with pytest.raises(InvalidInvocation, match="kind of channel"):
            await bot.discord.invoke(
                "video", user=bot.ana, channel=bot.discord.dm(bot.ana), options={"prompt": "x"}
            )
        forced = await bot.discord.invoke(
            "video", user=bot.ana, channel=bot.discord.dm(bot.ana), options={"prompt": "x"}, force=True
        )
        assert forced.interaction.payload["context"] == 1


async def test_choice_may_be_picked_by_its_name() -> None:
    async with raw_bot() as bot:
        reply = await bot.ask(seconds="10 s")
        assert reply.interaction.data["options"][1] == {"name": "seconds", "type": 4, "value": 10}


async def test_subcommand_is_called_by_its_words() -> None:
    async with raw_bot() as bot:
        prompt = COMMAND["options"][0]
        group = {"type": 1, "name": "budget", "description": "x", "options": [prompt]}
        await bot.register({"name": "settings", "description": "x", "options": [group]})
        where = {"user": bot.ana, "channel": bot.channel, "options": {"prompt": "5"}}
        reply = await bot.discord.invoke("settings budget", **where)
        (outer,) = reply.interaction.data["options"]
        assert outer == {
            "name": "budget",
            "type": 1,
            "options": [{"name": "prompt", "type": 3, "value": "5"}],
        }
        for wrong in ("settings", "settings budgets"):
            with pytest.raises(InvalidInvocation, match="sub-command"):
                await bot.discord.invoke(wrong, **where)


async def test_stranger_cannot_use_commands_of_a_server() -> None:
    async with raw_bot() as bot:
        stranger = bot.discord.add_user("Zoe")
        for force in (False, True):
            with pytest.raises(InvalidInvocation):
                await bot.discord.invoke(
                    "video", user=stranger, channel=bot.channel, options={"prompt": "x"}, force=force
                )


async def test_a_bulk_overwrite_must_keep_the_entry_point_command() -> None:
    async with raw_bot() as bot:
        launch = bot.discord.add_entry_point()
        status, body = await bot.register()
        assert (status, body["code"]) == (400, 50240)
        names = ("id", "name", "type", "description", "handler", "integration_types", "contexts")
        kept = {name: launch[name] for name in names}
        status, commands = await bot.register(COMMAND, kept)
        assert status == 200
        assert {(command["name"], command["type"]) for command in commands} == {("video", 1), ("launch", 4)}
        assert next(command["id"] for command in commands if command["type"] == 4) == launch["id"]
        base = f"/applications/{bot.discord.application_id}/commands"
        assert (await bot.call("DELETE", f"{base}/{launch['id']}"))[0] == 204
        assert (await bot.register())[0] == 200


async def test_an_entry_point_command_is_not_taken_for_the_bots_own() -> None:
    async with DiscordSandbox() as sandbox:
        sandbox.add_entry_point()
        with pytest.raises(TimeoutError):
            await sandbox.wait_for_commands(0.05)
