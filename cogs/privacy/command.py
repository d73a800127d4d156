"""`/privacy`: what is stored about a user, as a list and as a file, and its deletion after a question."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.delivery.messages import FileLabel
from bot.personal_data.inventory import Inventory
from bot.services.documents import Document, Documents
from bot.services.personal_data import ExportBusyError, ExportedData, PersonalData
from bot.storage.errors import StorageError
from bot.texts import privacy as words
from bot.texts.messages import Language, Message
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.layout import layout_of
from cogs.shared.respond import (
    acknowledge,
    acknowledge_press,
    answer,
    reply_privately,
    show_file,
    show_file_beside,
)
from cogs.shared.router import InteractionRoute

log: Final = structlog.get_logger(__name__)

_DOCUMENT_ID: Final = re.compile(r"sm-privacy:(?P<document>policy|terms)")
_DELETE_ID: Final = "sm-privacy:delete"
_KEEP_ID: Final = "sm-privacy:keep"
_UNKNOWN_OPERATOR: Final = "—"


class PrivacyCog(commands.Cog):
    """Serves the commands and their buttons. All answers are for the user alone."""

    privacy = app_commands.Group(name="privacy", description=words.DESCRIPTIONS[""].english)

    def __init__(self, personal_data: PersonalData, documents: Documents) -> None:
        self._personal_data = personal_data
        self._documents = documents

    @privacy.command(name="show", description=words.DESCRIPTIONS["show"].english)
    async def show(self, interaction: Interaction) -> None:
        """List what is stored, what for, and for how long."""
        if await acknowledge(interaction, private=True) is None:
            return
        try:
            found = await self._personal_data.overview(interaction.user.id)
        except StorageError:
            await answer(interaction, words.NOT_READ)
            return
        language = language_of(interaction, private=True)
        operator = await operator_of(interaction.client)
        await answer(interaction, self._overview(found, operator, language))

    @privacy.command(name="export", description=words.DESCRIPTIONS["export"].english)
    async def export(self, interaction: Interaction) -> None:
        """Give everything as a file."""
        if await acknowledge(interaction, private=True) is None:
            return
        limit_bytes = interaction.filesize_limit
        try:
            async with self._personal_data.exported(interaction.user.id, limit_bytes) as exported:
                await _hand_out(interaction, exported)
        except ExportBusyError:
            await answer(interaction, words.EXPORT_BUSY)
        except (StorageError, OSError) as error:
            log.warning("person_data_not_exported", reason=str(error))
            await answer(interaction, words.NOT_EXPORTED)

    @privacy.command(name="delete", description=words.DESCRIPTIONS["delete"].english)
    async def delete(self, interaction: Interaction) -> None:
        """Ask if everything is to be deleted."""
        if await acknowledge(interaction, private=True) is None:
            return
        try:
            found = await self._personal_data.overview(interaction.user.id)
        except StorageError:
            await answer(interaction, words.NOT_READ)
            return
        language = language_of(interaction, private=True)
        buttons = (
            PlainButton(words.DELETE.in_language(language), _DELETE_ID, discord.ButtonStyle.danger),
            PlainButton(words.KEEP.in_language(language), _KEEP_ID),
        )
        asked = found.asked
        lines = words.question(
            open_requests=found.open, bought=found.bought, asked=asked.requests, reported=asked.reported
        )
        await answer(interaction, layout_of(_paragraphs(lines, language), row_of_plain(buttons)))

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons. The answers are private, so other users cannot press them."""
        return [
            InteractionRoute(_DOCUMENT_ID, self._show_document),
            InteractionRoute(re.compile(_DELETE_ID), self._delete),
            InteractionRoute(re.compile(_KEEP_ID), self._keep),
        ]

    async def _delete(self, interaction: Interaction, match: re.Match[str]) -> None:
        """Delete. Pressed again, it deletes what came since."""
        del match
        if not await acknowledge_press(interaction):
            return
        language = language_of(interaction, private=True)
        # Without buttons: others' deletions may come first, and nothing can be kept any more.
        deleting = layout_of(words.DELETING.in_language(language))
        try:
            done = await self._personal_data.delete(
                interaction.user.id, lambda: answer(interaction, deleting)
            )
        except (StorageError, OSError) as error:
            log.warning("person_data_not_deleted", reason=str(error))
            await answer(interaction, layout_of(words.NOT_DELETED.in_language(language)))
            return
        lines = words.deleted(
            ended=done.ended,
            bought=done.bought,
            waiting=done.waiting,
            asked=done.asked.requests,
            reported=done.asked.reported,
        )
        await answer(interaction, layout_of(_paragraphs(lines, language)))

    async def _keep(self, interaction: Interaction, match: re.Match[str]) -> None:
        """Put the question away. Everything may be going already, by another press on it or on an earlier one."""
        del match
        if not await acknowledge_press(interaction):
            return
        try:
            found = await self._personal_data.overview(interaction.user.id)
        except StorageError:
            await reply_privately(interaction, words.NOT_READ)
            return
        told = words.BEING_DELETED if found.being_deleted else words.KEPT
        await answer(interaction, layout_of(told.in_language(language_of(interaction, private=True))))

    async def _show_document(self, interaction: Interaction, match: re.Match[str]) -> None:
        """Show the privacy policy or the terms as a file, beside the list."""
        if await acknowledge(interaction, private=True) is None:
            return
        language = language_of(interaction, private=True)
        operator = await operator_of(interaction.client)
        document = Document.POLICY if match["document"] == "policy" else Document.TERMS
        policy = document is Document.POLICY
        with tempfile.TemporaryDirectory(prefix="stillmotion-documents-") as folder:
            path = Path(folder) / document.file_name
            path.write_text(self._documents.text(document, language, operator), "utf-8")
            described = words.POLICY_FILE if policy else words.TERMS_FILE
            label = FileLabel(path.name, described.in_language(language))
            await show_file(interaction, words.POLICY_SHOWN if policy else words.TERMS_SHOWN, path, label)

    def _overview(self, found: Inventory, operator: str, language: Language) -> ui.LayoutView:
        facts = self._documents.facts
        lines = words.shown(
            requests=found.requests,
            pictures=found.pictures,
            pictures_hours=facts.pictures_hours,
            videos=found.videos,
            undelivered_days=facts.undelivered_days,
            drafts=found.drafts,
            defaults=found.defaults,
            reports=found.reports,
            news=found.news,
            records=found.servers,
            strikes=found.strikes,
            votes=found.votes,
            entries=found.entries,
        )
        listed = "\n".join(f"- {line.in_language(language)}" for line in lines)
        deleting = [words.BEING_DELETED.in_language(language)] if found.being_deleted else []
        buttons = (
            PlainButton(words.POLICY.in_language(language), "sm-privacy:policy"),
            PlainButton(words.TERMS.in_language(language), "sm-privacy:terms"),
        )
        small = " ".join(one.in_language(language) for one in (words.HOW, words.run_by(operator)))
        title = f"### {words.TITLE.in_language(language)}"
        return layout_of(
            title,
            listed or words.NOTHING.in_language(language),
            *deleting,
            row_of_plain(buttons),
            f"-# {small}",
        )


async def operator_of(client: discord.Client) -> str:
    """Return the name of who runs the bot: the owner of the application, or the team that owns it."""
    about = await attempt(client.application_info())
    if isinstance(about, FailedCall):
        log.info("operator_not_known", **about.facts)
        return _UNKNOWN_OPERATOR
    return about.team.name if about.team is not None else str(about.owner)


def _paragraphs(lines: Sequence[Message], language: Language) -> str:
    return "\n".join(line.in_language(language) for line in lines)


async def _hand_out(interaction: Interaction, exported: ExportedData) -> None:
    files = len(exported.paths)
    language = language_of(interaction, private=True)
    described = words.EXPORT_FILE.in_language(language)
    for number, path in enumerate(exported.paths, 1):
        label = FileLabel(path.name, described)
        if number == 1:
            shown = await show_file(interaction, words.exported(exported.records, files), path, label)
        else:
            shown = await show_file_beside(interaction, words.part(number, files), path, label)
        if not shown:
            log.warning("export_not_handed_out", part=number, parts=files)
            return
