"""The Integrations pages of the sandbox, and what channels give and take beyond roles."""

from bot.sandbox.discord import InvalidInvocation
from bot.sandbox.discord.permissions import Permission
from tests.sandbox.raw_bot import COMMAND, RawBot, raw_bot


async def offered(bot: RawBot) -> bool:
    """True if Ana's client offers the command."""
    try:
        await bot.ask()
    except InvalidInvocation:
        return False
    return True


async def test_what_is_set_for_a_command_comes_before_what_is_set_for_the_app() -> None:
    async with raw_bot() as bot:
        page, guild = bot.discord.integrations, bot.guild
        everyone = guild.roles[0]
        assert await offered(bot)
        page.deny(guild, everyone)
        assert not await offered(bot)
        page.allow(guild, bot.ana, "video")
        assert await offered(bot)
        page.deny(guild, bot.channel, "video")
        assert not await offered(bot)
        page.allow(guild, bot.channel, "video")
        page.deny(guild, None)
        assert await offered(bot)


async def test_who_may_use_the_app_lacks_what_a_command_asks_for() -> None:
    async with raw_bot() as bot:
        await bot.register(COMMAND | {"default_member_permissions": 1 << 13})
        page, guild = bot.discord.integrations, bot.guild
        page.allow(guild, bot.ana)
        assert not await offered(bot)
        bot.channel.allow(bot.ana, "manage_messages")
        assert await offered(bot)
        bot.channel.deny(bot.ana, "manage_messages")
        assert not await offered(bot)
        page.allow(guild, bot.ana, "video")
        assert await offered(bot)


async def test_the_bot_can_read_the_page() -> None:
    async with raw_bot() as bot:
        bot.discord.integrations.deny(bot.guild, bot.ana, "video")
        app, guild = bot.discord.application_id, bot.guild.id
        status, body = await bot.call("GET", f"/applications/{app}/guilds/{guild}/commands/permissions")
        (command,) = bot.discord.commands
        line = {"id": str(bot.ana.id), "type": 2, "permission": False}
        known = {"id": command["id"], "application_id": str(app), "guild_id": str(guild)}
        assert (status, body) == (200, [known | {"permissions": [line]}])


async def test_the_bot_hears_of_changes_to_the_page() -> None:
    async with raw_bot() as bot:
        socket = await bot.connect()
        await socket.identify()
        bot.discord.integrations.allow(bot.guild, None)
        told = await socket.event("APPLICATION_COMMAND_PERMISSIONS_UPDATE")
        assert told["id"] == str(bot.discord.application_id)
        assert told["permissions"] == [{"id": str(bot.guild.id - 1), "type": 3, "permission": True}]


async def test_a_channel_gives_a_role_what_the_server_does_not() -> None:
    async with raw_bot() as bot:
        role = bot.guild.add_role("helpers")
        bot.guild.members[bot.ana.id].roles.append(role)
        bot.channel.allow(role, "manage_messages")
        assert Permission.MANAGE_MESSAGES in bot.channel.permissions_of(bot.ana)
        assert Permission.MANAGE_MESSAGES not in bot.guild.permissions_of(bot.ana)
