"""`/jobs`: a person's own jobs, page by page, each with what can be done to it."""

import re
from typing import Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.services.job_list import JobList, JobListEntry
from bot.storage.errors import StorageError
from bot.texts import commands as command_words
from bot.texts import jobs as words
from bot.texts.messages import Language, Message
from cogs.shared.interactions import language_of
from cogs.shared.job_buttons import ButtonReference, custom_id_of, rows_of
from cogs.shared.respond import acknowledge, acknowledge_press, answer

_A_PAGE: Final = 5
"""Five entries of a text and a row of three buttons at most stay below the 40 components of a message."""
_CUSTOM_ID: Final = re.compile(r"sm-jobs:(?P<page>[0-9]{1,4})")

Interaction = discord.Interaction[discord.Client]


class PageButton(ui.DynamicItem[ui.Button[ui.LayoutView]], template=_CUSTOM_ID):
    """Turns to another page of one's own list. Its message is private, so nobody else can press it."""

    def __init__(self, page: int, label: str, *, disabled: bool = False) -> None:
        """`page` counts from 0."""
        super().__init__(ui.Button(label=label, custom_id=f"sm-jobs:{page}", disabled=disabled))
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: ui.Item[ui.LayoutView], match: re.Match[str]
    ) -> "PageButton":
        """The button that was pressed."""
        return cls(int(match["page"]), "")


class JobsCog(commands.Cog):
    """Shows the list."""

    def __init__(self, listing: JobList) -> None:
        self._listing = listing

    @app_commands.command(name="jobs", description=command_words.JOBS.english)
    async def jobs(self, interaction: Interaction) -> None:
        """List one's own videos that are under way, waiting, failed or not delivered yet."""
        if await acknowledge(interaction, private=True) is not None:
            await self._show(interaction, 0)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Show another page in place of the present one, if a page's button was pressed."""
        match = _CUSTOM_ID.fullmatch(custom_id_of(interaction))
        if match is not None and await acknowledge_press(interaction):
            await self._show(interaction, int(match["page"]))

    async def _show(self, interaction: Interaction, page: int) -> None:
        language = language_of(interaction, private=True)
        try:
            found = await self._listing.of_person(interaction.user.id, language)
        except StorageError:
            await answer(interaction, _titled(language, words.NOT_READ))
            return
        await answer(interaction, _list_of(found, page, language))


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
        turning.add_item(PageButton(max(page - 1, 0), words.NEWER.in_language(language), disabled=page == 0))
        turning.add_item(PageButton(page + 1, words.OLDER.in_language(language), disabled=page == pages - 1))
        view.add_item(turning)
        view.add_item(ui.TextDisplay(f"-# {words.page(page + 1, pages).in_language(language)}"))
    return view
