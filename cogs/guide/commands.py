"""`/help` and `/about`, for the user alone."""

from typing import Final

import yarl
from discord import app_commands
from discord.ext import commands

from bot.moderation.gatekeeper import ChannelInfo
from bot.services.guide import CommandMention, Guide, OperatorFacts
from bot.texts import guide as words
from bot.texts.messages import Language, Message
from cogs.asking_client import AskingClient
from cogs.guide.operator import DiscordOperator
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, channel_of, language_of
from cogs.shared.layout import layout_of
from cogs.shared.place import hears_messages, place_of
from cogs.shared.respond import acknowledge, answer

_ADDRESS_CHARS: Final = 300


class GuideCog(commands.Cog):
    """Shows what the bot can do and who runs it. `mention` names commands."""

    def __init__(
        self, guide: Guide, pages: IntegrationsPages, operator: DiscordOperator, mention: CommandMention
    ) -> None:
        self._guide = guide
        self._pages = pages
        self._operator = operator
        self._mention = mention

    @app_commands.command(name="help", description=words.HELP.english)
    async def help(self, interaction: Interaction) -> None:
        """Tell the user what they can do here."""
        if await acknowledge(interaction, private=True) is None:
            return
        # Discord asks the server's page for `/help` alone.
        person = await self._pages.presser_of(interaction, public=False)
        channel = ChannelInfo(place_of(interaction), channel_of(interaction))
        told = await self._guide.help(person, channel, self._mention, hears=hears_messages(interaction))
        language = language_of(interaction, private=True)
        title = words.HELP_TITLE.in_language(language)
        await answer(interaction, layout_of(f"### {title}", _listed(told, language)))

    @app_commands.command(name="about", description=words.ABOUT.english)
    async def about(self, interaction: Interaction) -> None:
        """Tell the user what this bot is, who runs it, and what it keeps."""
        if await acknowledge(interaction, private=True) is None:
            return
        operator = await self._operator.facts()
        servers = len(interaction.client.guilds)
        if operator is not None and isinstance(interaction.client, AskingClient):
            servers = max(servers, operator.servers)  # others are told of the rest
        told = self._guide.about(operator, servers, self._mention)
        language = language_of(interaction, private=True)
        own = interaction.client.user
        parts = [f"### {own.name if own is not None else ''}", _listed(told, language)]
        links = _links(operator, language)
        if links:
            parts.append(links)
        await answer(interaction, layout_of(*parts))


def _listed(told: tuple[Message, ...], language: Language) -> str:
    return "\n".join(f"- {one.in_language(language)}" for one in told)


def _links(operator: OperatorFacts | None, language: Language) -> str:
    """Return links to the documents that the operator named in the developer portal, if any."""
    if operator is None:
        return ""
    named = (
        (words.PRIVACY_POLICY, operator.privacy_policy_url),
        (words.TERMS_OF_USE, operator.terms_url),
    )
    return " · ".join(
        f"[{label.in_language(language)}](<{address}>)" for label, address in named if _is_web(address)
    )


def _is_web(address: str | None) -> bool:
    if not address or len(address) > _ADDRESS_CHARS or any(char in address for char in "<> \n"):
        return False
    try:
        return yarl.URL(address).scheme in {"http", "https"}
    except ValueError:
        return False
