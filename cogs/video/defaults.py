"""`/defaults`: a user's own options for videos, used where a request names none."""

from typing import Final

from discord import app_commands, ui
from discord.ext import commands

from bot.people.cache import PreferenceCache
from bot.people.preferences import Preferences
from bot.texts import commands as command_words
from bot.texts import defaults as words
from bot.texts.messages import Language
from cogs.shared.choices import video_options
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.respond import acknowledge, answer, refuse

_NOTHING: Final = Preferences()


class DefaultsCog(commands.Cog):
    """Shows and changes one's own defaults."""

    def __init__(self, people: PreferenceCache) -> None:
        self._people = people

    @app_commands.command(name="defaults", description=command_words.DEFAULTS.english)
    @app_commands.describe(
        ping=command_words.PING.english,
        reset=command_words.RESET.english,
    )
    @video_options
    async def defaults(  # noqa: PLR0917 - the command's options, which Discord fills by name
        self,
        interaction: Interaction,
        seconds: str | None = None,
        size: str | None = None,
        resolution: str | None = None,
        preset: str | None = None,
        private: bool | None = None,  # noqa: FBT001 - Discord's option decides the parameter's form
        ping: bool | None = None,  # noqa: FBT001 - likewise
        reset: bool = False,  # noqa: FBT001, FBT002 - likewise
    ) -> None:
        """See your defaults, or change those that you name."""
        try:
            options = {"seconds": seconds, "size": size, "resolution": resolution, "preset": preset}
            newer = Preferences.model_validate({**options, "private": private, "ping": ping})
        except ValueError:
            await refuse(interaction, words.NOT_ON_OFFER)
            return
        if await acknowledge(interaction, private=True) is None:
            return
        person_id = interaction.user.id
        if reset:
            await self._people.reset(person_id)
        if newer != _NOTHING:
            await self._people.change(person_id, newer)
        language = language_of(interaction, private=True)
        await answer(interaction, _overview(self._people.of(person_id), language))


def _overview(chosen: Preferences, language: Language) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    lines = [line.in_language(language) for line in words.overview(**vars(chosen))]
    view.add_item(ui.TextDisplay(f"### {words.TITLE.in_language(language)}"))
    view.add_item(ui.TextDisplay("\n".join(lines)))
    view.add_item(ui.TextDisplay(f"-# {words.HOW.in_language(language)}"))
    return view
