"""`/jobs`: a user's own jobs, page by page, each with its buttons."""

import re
from typing import Final

from discord import app_commands, ui
from discord.ext import commands

from bot.services.job_list import JobList, JobListEntry
from bot.storage.errors import StorageError
from bot.texts import commands as command_words
from bot.texts import jobs as words
from bot.texts.messages import Language, Message
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.job_buttons import ButtonReference, rows_of
from cogs.shared.respond import acknowledge, acknowledge_press, answer
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
        """Return the routes of the pages' buttons. The list is private, so nobody else can press them."""
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
            await answer(interaction, _titled(language, words.NOT_READ))
            return
        await answer(interaction, _list_of(found, page, language))


def _page_button(
    page: int, label: Message, language: Language, *, disabled: bool
) -> ui.Button[ui.LayoutView]:
    return ui.Button(label=label.in_language(language), custom_id=f"sm-jobs:{page}", disabled=disabled)


def _titled(language: Language, *texts: Message) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(f"### {words.TITLE.in_language(language)}"))
    for text in texts:
        view.add_item(ui.TextDisplay(text.in_language(language)))
    return view


def _list_of(found: tuple[JobListEntry, ...], page: int, language: Language) -> ui.LayoutView:
    pages = max(1, -(-len(found) // _A_PAGE))
    page = min(page, pages - 1)
    view = _titled(language) if found else _titled(language, words.NONE)
    for one in found[page * _A_PAGE : (page + 1) * _A_PAGE]:
        view.add_item(ui.TextDisplay(one.text))
        references = [
            ButtonReference(action, one.job_id, one.person_id, one.private) for action in one.actions
        ]
        for row in rows_of(references, language):
            view.add_item(row)
    if pages > 1:
        turning: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        turning.add_item(_page_button(max(page - 1, 0), words.NEWER, language, disabled=page == 0))
        turning.add_item(_page_button(page + 1, words.OLDER, language, disabled=page == pages - 1))
        view.add_item(turning)
        view.add_item(ui.TextDisplay(f"-# {words.page(page + 1, pages).in_language(language)}"))
    return view
