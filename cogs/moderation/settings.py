"""`/settings`: the panel by which users with *Manage Server* decide what their server allows."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.moderation.places import Place
from bot.moderation.review_places import NeededChannel, needed_channel, problem_with
from bot.moderation.rights import may_configure
from bot.moderation.rules import Gate
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.changes import Change, Field, Setting, UnconfirmedError
from bot.reviews.questions import Questions
from bot.storage.errors import StorageError
from bot.texts import jobs as job_words
from bot.texts import settings_panel as words
from bot.texts.messages import Language, Message
from cogs.moderation.settings_panel import (
    CONFIRM_PREFIX,
    MARK,
    NONE_PREFIX,
    PAGE_MARK,
    PAGE_PREFIX,
    SETTING_PREFIX,
    Page,
    PanelContext,
    page_of,
    panel,
)
from cogs.shared.channels import ChannelNotToldError, channel_in
from cogs.shared.interactions import Interaction, channel_of, language_of, person_of
from cogs.shared.modals import YES, SentForm, tick_form
from cogs.shared.place import place_of, review_place_of
from cogs.shared.respond import acknowledge, acknowledge_press, answer, open_modal, refuse, reply_privately
from cogs.shared.router import InteractionRoute

log: Final = structlog.get_logger(__name__)


class SettingsCog(commands.Cog):
    """Shows and changes the rules of a server."""

    def __init__(self, rules: RuleCache, questions: Questions) -> None:
        self._rules = rules
        self._questions = questions

    # The Integrations page of a server can offer the command to others, who then read why it is not for them.
    @app_commands.command(name="settings", description=words.DESCRIPTION.english)
    # What is not said here the client's own contexts say: `guild_only` alone would leave direct messages in.
    @app_commands.guild_only()
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    async def settings(self, interaction: Interaction) -> None:
        """See and change what this server allows."""
        refusal = _refusal(interaction)
        if refusal is not None:
            await refuse(interaction, refusal)
        elif await acknowledge(interaction, private=True) is not None:
            await self._show(interaction, Page.SPICY)

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the panel's buttons and selects, and of the form that confirms spicy."""
        pattern = re.compile(re.escape(MARK) + ".*")
        return [InteractionRoute(pattern, self._use), InteractionRoute(pattern, self._use, form=True)]

    async def _use(self, interaction: Interaction, match: re.Match[str]) -> None:
        refusal = _refusal(interaction)
        if refusal is not None:
            await refuse(interaction, refusal)
            return
        try:
            asked = _asked(interaction, match.string)
            needed, needs_form = None, False
            if isinstance(asked, Change):
                before = self._rules.of(asked.guild_id)
                needed, needs_form = needed_channel(asked, before), asked.needs_form(before)
        except ValueError:
            await refuse(interaction, words.OLD)
            return
        if isinstance(asked, Change) and needs_form and not _is_of_no_use(interaction.guild, needed):
            await open_modal(interaction, _confirm_form(asked, language_of(interaction, private=True)))
        elif await acknowledge_press(interaction):
            page = _page_shown(match.string, asked)
            problem = await _problem(interaction.guild, needed)
            if problem is None:
                await self._serve(interaction, asked, page)
            else:
                await self._show(interaction, page)
                await reply_privately(interaction, problem)

    async def _serve(self, interaction: Interaction, asked: Page | Change, page: Page) -> None:
        if isinstance(asked, Page):
            await self._show(interaction, asked)
            return
        failure = words.CONFIRM_MISSING if asked.confirms is False else await self._change(asked)
        await self._show(interaction, page)
        if failure is not None:
            await reply_privately(interaction, failure)
        elif asked.setting.field is Field.REVIEW_CHANNEL:
            await self._ask_there(asked.guild_id)

    async def _ask_there(self, guild_id: int) -> None:
        """Have the open questions shown whose cards are lost; the review channel is another one by now."""
        try:
            await self._questions.find_lost(guild_id)
        except StorageError as error:  # the next round of `Decisions.run` shows them
            log.warning("questions_not_asked_again", guild=guild_id, reason=type(error).__name__)

    async def _change(self, change: Change) -> Message | None:
        """Make a change. Returns why nothing was changed, or None."""
        try:
            await self._rules.make(change)
        except UnconfirmedError:
            return words.CHANGED_MEANWHILE
        except StorageError as error:
            log.warning("rules_not_stored", guild=change.guild_id, reason=type(error).__name__)
            return job_words.NOT_STORED
        return None

    async def _show(self, interaction: Interaction, page: Page) -> None:
        context = PanelContext(
            self._rules.of(interaction.guild_id),
            interaction.guild,
            channel_of(interaction) or 0,
            place_of(interaction) is Place.AGE_RESTRICTED_CHANNEL,
            language_of(interaction, private=True),
        )
        await answer(interaction, panel(page, context))


def _is_of_no_use(guild: discord.Guild | None, needed: NeededChannel | None) -> bool:
    """Return True if it is known without asking Discord that moderators could not be asked after a change."""
    if needed is None:
        return False
    if guild is None or needed.channel_id is None:
        return True
    channel = guild.get_channel_or_thread(needed.channel_id)
    # A form has to be the first answer, so what is not in memory is asked for once it is sent.
    return channel is not None and problem_with(needed, review_place_of(guild, channel)) is not None


async def _problem(guild: discord.Guild | None, needed: NeededChannel | None) -> Message | None:
    """Return why moderators could not be asked after a change, or None. Archived threads are not in memory."""
    if needed is None:
        return None
    place = None
    if guild is not None and needed.channel_id is not None:
        try:
            channel = await channel_in(guild, needed.channel_id)
        except ChannelNotToldError:
            return job_words.NOT_LOOKED_UP
        place = review_place_of(guild, channel) if channel is not None else None
    problem = problem_with(needed, place)
    return words.REVIEW_CHANNEL_PROBLEMS[problem] if problem is not None else None


def _refusal(interaction: Interaction) -> Message | None:
    """Return why the user may not use the panel here, or None."""
    guild_id = interaction.guild_id
    if guild_id is None or not interaction.is_guild_integration():
        return words.NOT_HERE
    return None if may_configure(person_of(interaction), guild_id) else words.NOT_ALLOWED


def _asked(interaction: Interaction, custom_id: str) -> Page | Change:
    """Return what a press, a choice or a form asks for. Raises `ValueError` for those of other versions."""
    if custom_id.startswith(PAGE_PREFIX):
        return Page(custom_id.removeprefix(PAGE_PREFIX))
    if custom_id.startswith(NONE_PREFIX):
        return _change_of(interaction, custom_id.removeprefix(NONE_PREFIX), ())
    if custom_id.startswith(SETTING_PREFIX):
        data = cast("Mapping[str, object]", interaction.data or {})
        values = cast("list[str]", data.get("values", []))
        return _change_of(interaction, custom_id.removeprefix(SETTING_PREFIX), tuple(values))
    if not custom_id.startswith(CONFIRM_PREFIX):
        raise ValueError(custom_id)
    key, _, mode = custom_id.removeprefix(CONFIRM_PREFIX).partition(":")
    change = _change_of(interaction, key, (mode,))
    if change.setting.gate is not Gate.SPICY:
        raise ValueError(custom_id)
    form = SentForm.of(interaction)
    return replace(change, confirms=form is not None and form.ticked(YES))


def _page_shown(custom_id: str, asked: Page | Change) -> Page:
    """Return the page on which something was pressed or chosen. Raises `ValueError` for that of another version."""
    if isinstance(asked, Page):
        return asked
    _, mark, page = custom_id.partition(PAGE_MARK)
    return Page(page) if mark else page_of(asked.setting)


def _change_of(interaction: Interaction, key: str, values: tuple[str, ...]) -> Change:
    key = key.partition(PAGE_MARK)[0]
    guild_id, channel_id = interaction.guild_id, channel_of(interaction)
    if guild_id is None or channel_id is None:
        raise ValueError(key)
    return Change(guild_id, channel_id, interaction.user.id, Setting.named(key), values)


def _confirm_form(change: Change, language: Language) -> ui.Modal:
    """Make the form by which spicy is switched on: its rules, and the box to tick."""
    (value,) = change.values
    return tick_form(
        f"{CONFIRM_PREFIX}{change.setting.key}:{value}",
        language,
        title=words.CONFIRM_TITLE,
        text=words.CONFIRM_TEXT,
        box=(words.CONFIRM_LABEL, words.CONFIRM_HINT),
    )
