"""The names and descriptions of commands in the languages that the bot speaks."""

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation, TranslationContextTypes, locale_str

from bot.texts import commands
from bot.texts.messages import Language, Message

_CONTEXTS = {
    TranslationContextLocation.command_name: "command",
    TranslationContextLocation.group_name: "command",
    TranslationContextLocation.parameter_name: "option",
}
_SPOKEN = {
    locale: Language.of(locale.value)
    for locale in discord.Locale
    if Language.of(locale.value) is not Language.ENGLISH
}
"""discord.py asks for each text in each of Discord's thirty locales, most of which stay English."""


class Translator(app_commands.Translator):
    """Looks translations up in the catalogues. discord.py asks it when commands are registered."""

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: TranslationContextTypes
    ) -> str | None:
        """Return the text in a Discord locale, or None where English stays."""
        language = _SPOKEN.get(locale)
        if language is None:
            return None
        told = _sentence(string.message, context).in_language(language)
        return told if told != string.message else None


def _sentence(message: str, context: TranslationContextTypes) -> Message:
    if isinstance(context.data, app_commands.ContextMenu):
        return Message(message, context="menu")
    name = _CONTEXTS.get(context.location)
    if name is not None:
        return Message(message, context=name)
    return commands.BY_ENGLISH.get(message, Message(message))
