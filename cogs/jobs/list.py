"""`/jobs`: a user's own jobs, page by page, each with its buttons."""

import re
from typing import Final

from discord import app_commands, ui
from discord.ext import commands

from bot.services.job_list import JobList, JobListEntry
from bot.storage.errors import StorageError
from bot.texts import commands as command_words
from bot.texts import jobs as words
from bot.texts.messages import Language
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.job_buttons import ButtonReference, rows_of
from cogs.shared.layout import layout_of
from cogs.shared.respond import acknowledge, acknowledge_press, answer, answer_with_quotes
from cogs.shared.router import InteractionRoute

_A_PAGE: Final = 5
"""Five entries of a text and a row of three buttons at most stay below the 40 components of a message."""
_CUSTOM_ID: Final = re.compile(r"sm-jobs:(?P<page>[0-9]{1,4})")


class JobsCog(commands.Cog):
    """Shows the list."""

    def __init__(self, listing: JobList) -> None:
        self._listing = listing

    @app_commands.command(name="jobs", description=command_words.JOBS.english)
    async def jobs(self, interaction: Interaction) -> None:
        """List one's own videos that are under way, waiting, failed or not delivered yet."""
        if await acknowledge(interaction, private=True) is not None:
            await self._show(interaction, 0)

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the pages' buttons. The list is private, so other users cannot press them."""
        return [InteractionRoute(_CUSTOM_ID, self._turn)]

    async def _turn(self, interaction: Interaction, match: re.Match[str]) -> None:
        """Show another page in place of the present one."""
        if await acknowledge_press(interaction):
            await self._show(interaction, int(match["page"]))

    async def _show(self, interaction: Interaction, page: int) -> None:
        language = language_of(interaction, private=True)
        try:
            found = await self._listing.of_person(interaction.user.id, language)
        except StorageError:
            await answer(interaction, layout_of(_title(language), words.NOT_READ.in_language(language)))
            return
        await answer_with_quotes(
            interaction,
            _list_of(found, page, language),
            lambda: _list_of(found, page, language, quotes=False),
        )


def _list_of(
    found: tuple[JobListEntry, ...], page: int, language: Language, *, quotes: bool = True
) -> ui.LayoutView:
    pages = max(1, -(-len(found) // _A_PAGE))
    page = min(page, pages - 1)
    parts: list[str | ui.Item[ui.LayoutView]] = [_title(language)]
    if not found:
        parts.append(words.NONE.in_language(language))
    for one in found[page * _A_PAGE : (page + 1) * _A_PAGE]:
        references = [
            ButtonReference(action, one.job_id, one.person_id, one.private) for action in one.actions
        ]
        parts += [one.text if quotes else one.unquoted, *rows_of(references, language)]
    if not quotes:
        parts.append(f"-# {words.PROMPTS_LEFT_OUT.in_language(language)}")
    if pages > 1:
        turning: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        for label, to, disabled in (
            (words.NEWER, max(page - 1, 0), page == 0),
            (words.OLDER, page + 1, page == pages - 1),
        ):
            turning.add_item(
                ui.Button(label=label.in_language(language), custom_id=f"sm-jobs:{to}", disabled=disabled)
            )
        parts += [turning, f"-# {words.page(page + 1, pages).in_language(language)}"]
    return layout_of(*parts)


def _title(language: Language) -> str:
    return f"### {words.TITLE.in_language(language)}"
