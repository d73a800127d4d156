"""`/spicy`: the command by which a server's moderators see and change its records.

Each subcommand, and each press on a button of its answer, checks again that the user is a moderator.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.moderation.audit.entries import ActionGroup
from bot.moderation.audit.export import ExportFormat
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus
from bot.moderation.members.member_changes import MemberChanges
from bot.moderation.members.news import NewsStore
from bot.moderation.rights import may_moderate
from bot.moderation.words.exemptions import Exemption, WordExemptions
from bot.moderation.words.matching import LONGEST_TERM, Effect
from bot.reviews.appeals import Appeals
from bot.reviews.purge import Purge
from bot.reviews.questions import Questions
from bot.reviews.spicy_stop import SpicyStop
from bot.reviews.store import ReviewStore
from bot.storage.errors import StorageError
from bot.texts import commands as commands_words
from bot.texts import spicy as words
from bot.texts import word_lists
from bot.texts.messages import Language
from bot.texts.spicy import DESCRIPTIONS
from bot.video import PROMPT_MAX_CHARS, Preset
from cogs.moderation.exempt_channels import ExemptChannel
from cogs.moderation.not_moderating import not_moderating
from cogs.moderation.spicy_log import LOG_ID, LogPage, LogPages, unread
from cogs.moderation.spicy_members import MUTE_ID, MemberPages
from cogs.moderation.spicy_queue import QUEUE_ID, OpenQuestions
from cogs.moderation.spicy_words import WORDS_ID, Trial, WordAction, WordChange, WordListPages
from cogs.shared.choices import choices
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, channel_of, language_of
from cogs.shared.respond import acknowledge, acknowledge_press, answer, refuse, tell
from cogs.shared.router import InteractionRoute

_Wanted = TypeVar("_Wanted")


def _options(command: str, *names: str) -> Mapping[str, str]:
    return {name: DESCRIPTIONS[f"{command} {name}"].english for name in names}


class SpicyCog(commands.Cog):
    """Serves the commands and their buttons. Holds nothing between them."""

    spicy = app_commands.Group(
        name="spicy",
        description=DESCRIPTIONS[""].english,
        guild_only=True,
        # The client's own contexts would have it in direct messages, whatever `guild_only` says.
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        default_permissions=discord.Permissions(manage_messages=True),
    )

    def __init__(
        self,
        caches: ModerationCaches,
        questions: Questions,
        reviews: ReviewStore,
        audit_log: AuditLog,
        *,
        appeals: Appeals,
        news: NewsStore,
        pages: IntegrationsPages,
        spicy_stop: SpicyStop,
        purge: Purge,
        now: Callable[[], datetime],
    ) -> None:
        self._rules = caches.rules
        self._questions = OpenQuestions(questions, reviews, questions.reports, appeals)
        self._log = LogPages(audit_log, now)
        self._words = WordListPages(caches, WordExemptions(caches.rules, now))
        changes = MemberChanges(caches.members, audit_log, news, now=now)
        self._members = MemberPages(caches, questions, reviews, changes, now)
        self._pages = pages
        self._spicy_stop = spicy_stop
        self._purge = purge

    @spicy.command(name="queue", description=DESCRIPTIONS["queue"].english)
    async def queue(self, interaction: Interaction) -> None:
        """Show what waits for moderators."""
        await self._show(interaction, self._questions.page, 0)

    @spicy.command(name="log", description=DESCRIPTIONS["log"].english)
    @app_commands.describe(**_options("log", "person", "action", "days", "export"))
    @app_commands.choices(
        action=choices(words.GROUP_NAMES.items()), export=choices(words.EXPORT_NAMES.items())
    )
    async def history(
        self,
        interaction: Interaction,
        person: discord.User | None = None,
        action: str | None = None,
        days: app_commands.Range[int, 1, 3650] | None = None,
        export: str | None = None,
    ) -> None:
        """Show what was done, or export it as a file."""
        wanted = LogPage(0, person.id if person else 0, ActionGroup(action) if action else None, days or 0)
        if export is None:
            await self._show(interaction, self._log.page, wanted)
        elif (guild_id := await self._begun(interaction)) is not None:
            await self._log.export(interaction, guild_id, wanted, ExportFormat(export))

    @spicy.command(name="trust", description=DESCRIPTIONS["trust"].english)
    @app_commands.rename(listed="list")
    @app_commands.describe(**_options("trust", "person", "listed"))
    @app_commands.choices(listed=choices(words.LIST_NAMES.items()))
    async def trust(
        self, interaction: Interaction, person: discord.User, listed: str = ListStatus.TRUSTED.value
    ) -> None:
        """Put a user on a list, or take the user off both."""
        if (guild_id := await self._begun(interaction, about=person.id)) is None:
            return
        told = await self._members.list_as(guild_id, person.id, listed, by=interaction.user.id)
        await answer(interaction, told)

    @spicy.command(name="suspend", description=DESCRIPTIONS["suspend"].english)
    @app_commands.describe(**_options("suspend", "person", "hours", "reason"))
    async def suspend(
        self,
        interaction: Interaction,
        person: discord.User,
        hours: app_commands.Range[int, 0, 8760],
        reason: app_commands.Range[str, 1, 500],
    ) -> None:
        """Suspend a user, or with no hours lift the suspension."""
        if (guild_id := await self._begun(interaction, about=person.id)) is None:
            return
        told = await self._members.suspend(
            guild_id, person.id, hours=hours, reason=reason, by=interaction.user.id
        )
        await answer(interaction, told)

    @spicy.command(name="words", description=DESCRIPTIONS["words"].english)
    @app_commands.describe(
        **_options("words", "action", "term", "effect", "fragment", "file", "role", "channel")
    )
    @app_commands.choices(
        action=choices(word_lists.WORD_ACTION_NAMES.items()),
        effect=choices(word_lists.EFFECT_NAMES.items()),
    )
    async def change_words(
        self,
        interaction: Interaction,
        action: str,
        *,
        term: app_commands.Range[str, 1, LONGEST_TERM] | None = None,
        effect: str = Effect.BLOCKED.value,
        fragment: bool = False,
        file: discord.Attachment | None = None,
        role: discord.Role | None = None,
        channel: ExemptChannel | None = None,
    ) -> None:
        """Show the list of words, hand it out, or change it."""
        wanted = WordAction(action)
        if wanted is WordAction.LIST:
            await self._show(interaction, self._words.page, 0)
            return
        if (guild_id := await self._begun(interaction)) is None:
            return
        if wanted is WordAction.EXPORT:
            await self._words.export(interaction, guild_id)
            return
        exempt = role or channel
        exemption = Exemption(exempt.id, is_role=role is not None) if exempt is not None else None
        text = (term or "").strip()
        change = WordChange(wanted, text, Effect(effect), fragment, file, exemption)
        await answer(interaction, await self._words.change(guild_id, change, by=interaction.user.id))

    @spicy.command(name="test", description=DESCRIPTIONS["test"].english)
    @app_commands.describe(**_options("test", "prompt", "preset"))
    @app_commands.choices(preset=choices(commands_words.PRESET_NAMES.items()))
    async def try_prompt(
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_MAX_CHARS],
        preset: str = Preset.NORMAL.value,
    ) -> None:
        """Show what the words of a prompt lead to."""
        tried = Trial(prompt, Preset(preset), channel_of(interaction))
        await self._show(interaction, self._words.trial, tried)

    @spicy.command(name="user", description=DESCRIPTIONS["user"].english)
    @app_commands.describe(**_options("user", "person"))
    async def user(self, interaction: Interaction, person: discord.User) -> None:
        """Show what is kept about a user."""
        await self._show(interaction, self._members.page, person.id)

    @spicy.command(name="stop", description=DESCRIPTIONS["stop"].english)
    async def stop(self, interaction: Interaction) -> None:
        """Stop the spicy preset in the server."""
        if (guild_id := await self._begun(interaction)) is None:
            return
        held = await self._spicy_stop.stop(guild_id, by=interaction.user.id)
        await answer(interaction, words.UNCHANGED if held is None else words.stopped(held))

    @spicy.command(name="resume", description=DESCRIPTIONS["resume"].english)
    async def resume(self, interaction: Interaction) -> None:
        """End the stop."""
        if (guild_id := await self._begun(interaction)) is None:
            return
        resumed = await self._spicy_stop.resume(guild_id, by=interaction.user.id)
        await answer(interaction, words.RESUMED if resumed else words.UNCHANGED)

    @spicy.command(name="purge", description=DESCRIPTIONS["purge"].english)
    @app_commands.describe(**_options("purge", "person"))
    async def purge(self, interaction: Interaction, person: discord.User) -> None:
        """Remove what a user posted within the last day."""
        if (guild_id := await self._begun(interaction, about=person.id)) is None:
            return
        done = await self._purge.purge(guild_id, person.id, by=interaction.user.id)
        await answer(interaction, words.purged(person.id, done.chosen, done.removed))

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons, which change the answer that they belong to."""
        return [
            InteractionRoute(QUEUE_ID, self._turn_queue),
            InteractionRoute(LOG_ID, self._turn_log),
            InteractionRoute(WORDS_ID, self._turn_words),
            InteractionRoute(MUTE_ID, self._mute),
        ]

    async def _turn_queue(self, interaction: Interaction, match: re.Match[str]) -> None:
        await self._show(interaction, self._questions.page, int(match["offset"]))

    async def _turn_log(self, interaction: Interaction, match: re.Match[str]) -> None:
        await self._show(interaction, self._log.page, LogPage.of(match))

    async def _turn_words(self, interaction: Interaction, match: re.Match[str]) -> None:
        await self._show(interaction, self._words.page, int(match["page"]))

    async def _mute(self, interaction: Interaction, match: re.Match[str]) -> None:
        person_id, muted, by = int(match["person"]), match["muted"] == "1", interaction.user.id
        if (guild_id := await self._begun(interaction, about=person_id)) is not None:
            await self._members.mute(guild_id, person_id, muted=muted, by=by)
            await _fill_in(interaction, self._members.page(guild_id, person_id, _language(interaction)))

    async def _show(
        self,
        interaction: Interaction,
        page: Callable[[int, _Wanted, Language], Awaitable[ui.LayoutView]],
        wanted: _Wanted,
    ) -> None:
        """Show a moderator a page, made for the server and in the moderator's language."""
        if (guild_id := await self._begun(interaction)) is not None:
            await _fill_in(interaction, page(guild_id, wanted, _language(interaction)))

    async def _begun(self, interaction: Interaction, *, about: int | None = None) -> int | None:
        """Check the user's rights and acknowledge.

        Returns:
            The server, or None if the user was refused or Discord expects no answer any more.
        """
        guild_id, person = interaction.guild_id, await self._pages.person_of(interaction)
        if guild_id is None or not may_moderate(person, self._rules.of(guild_id), guild_id):
            await refuse(interaction, not_moderating(person, words.MODERATORS_ONLY))
            return None
        if about == person.id:
            await refuse(interaction, words.NOT_YOURSELF)
            return None
        if interaction.type is discord.InteractionType.component:
            return guild_id if await acknowledge_press(interaction) else None
        return guild_id if await acknowledge(interaction, private=True) else None


async def _fill_in(interaction: Interaction, making: Awaitable[ui.LayoutView]) -> None:
    """Show a page in the answer that was announced, or in place of the one whose button was pressed."""
    try:
        view = await making
    except StorageError as error:
        await tell(interaction, unread(error))
    else:
        await answer(interaction, view)


def _language(interaction: Interaction) -> Language:
    return language_of(interaction, private=True)
