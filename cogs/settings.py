"""`/settings`: the panel by which those with *Manage Server* decide what their server allows."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast
from weakref import WeakValueDictionary

import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.moderation.audit import AuditTrail
from bot.moderation.audit.entries import Deed, Detail, Entry
from bot.moderation.policy import Place, may_configure
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.moderation.servers import RuleBook
from bot.storage import StorageError
from bot.texts import jobs as job_words
from bot.texts import settings_panel as words
from bot.texts.sentences import Language, Sentence
from cogs.ui.acknowledgement import acknowledge, acknowledge_press, answer, open_form, refuse, whisper
from cogs.ui.job_button import custom_id_of
from cogs.ui.place import channel_of, place_of
from cogs.ui.reply import language_of, person_of
from cogs.ui.settings_panel import (
    CHANNELS,
    CONFIRM_PREFIX,
    MARK,
    NONE_PREFIX,
    PAGE_PREFIX,
    ROLES,
    SETTING_PREFIX,
    Field,
    Page,
    Seen,
    Setting,
    panel,
)
from cogs.ui.video_form import SentForm, form_id_of

log: Final = structlog.get_logger(__name__)

_YES: Final = "yes"

Interaction = discord.Interaction[discord.Client]


class UnconfirmedError(Exception):
    """Spicy is to be switched on, and nobody has confirmed its rules."""


@dataclass(frozen=True)
class Change:
    """What somebody chose: where, of which setting, and what. `channel_id` is a thread's parent."""

    guild_id: int
    channel_id: int
    person_id: int
    setting: Setting
    values: tuple[str, ...]
    confirms: bool | None = None
    """Whether they confirmed the rules of the spicy preset in the form; None without the form."""

    def needs_form(self, rules: ServerRules) -> bool:
        """Whether the rules of the spicy preset have to be confirmed first; `ValueError` as `applied`."""
        try:
            self.applied(rules)
        except UnconfirmedError:
            return self.confirms is None
        return False

    def applied(self, rules: ServerRules) -> ServerRules:
        """The rules with it. Raises `ValueError` for what is on offer no longer, and `UnconfirmedError`."""
        field = self.setting.field
        if self.setting.gate is not None:
            return self._with_mode(rules, self.setting.gate)
        if field in ROLES:
            roles = frozenset(map(int, self.values))
            # Everybody has the role that is called like the server: Discord's clients do not offer it.
            if self.guild_id in roles:
                raise ValueError(field)
            return _changed(rules, {field: roles})
        if field in CHANNELS:
            channels = [int(value) for value in self.values]
            return _changed(rules, {field: channels[0] if channels else None})
        return _changed(rules, {field: self._only_value})

    @property
    def mode(self) -> Mode | None:
        """The mode that was chosen; None for a channel that is to be as its server."""
        value = self._only_value
        as_server = self.setting.field is Field.CHANNEL_MODES and value == words.AS_SERVER
        return None if as_server else Mode(value)

    @property
    def _only_value(self) -> str:
        (value,) = self.values
        return value

    def _with_mode(self, rules: ServerRules, gate: Gate) -> ServerRules:
        mode = self.mode
        if gate is not Gate.SPICY:
            return self._placed(rules, gate, mode)
        confirmed_by = rules.spicy_confirmed_by
        if confirmed_by is None:
            # What was on before nobody confirmed: it must not come back with what is confirmed now.
            rules = _without_spicy(rules)
        if mode not in {None, Mode.OFF} and confirmed_by is None:
            if not self.confirms:
                raise UnconfirmedError
            confirmed_by = self.person_id
        if mode is Mode.OFF and self.setting.field is Field.MODES:
            return _without_spicy(rules)
        placed = self._placed(rules, gate, mode)
        kept = confirmed_by if _spicy_anywhere(placed) else None
        return _changed(placed, {"spicy_confirmed_by": kept})

    def _placed(self, rules: ServerRules, gate: Gate, mode: Mode | None) -> ServerRules:
        if self.setting.field is Field.MODES:
            return _changed(rules, {"modes": {**rules.modes, gate: mode}})
        own = {**rules.channel_modes.get(self.channel_id, {}), gate: mode}
        said = {one: how for one, how in own.items() if how is not None}
        channels = {**rules.channel_modes, self.channel_id: said}
        return _changed(rules, {"channel_modes": {key: modes for key, modes in channels.items() if modes}})

    def entry(self, before: ServerRules, after: ServerRules, at: datetime) -> Entry | None:
        """What the audit log says of it; None where nothing is different."""
        old, new = (self.setting.value(rules, self.channel_id) for rules in (before, after))
        was, is_now = before.spicy_confirmed_by, after.spicy_confirmed_by
        if old == new and was == is_now:
            return None
        name = self.setting.key
        if self.setting.field is Field.CHANNEL_MODES:
            name = f"{self.setting.field}.{self.channel_id}.{self.setting.gate}"
        details: dict[str, Detail] = {"field": name, "from": old, "to": new}
        deed = Deed.RULES_CHANGED
        if was is None and is_now is not None:
            deed = Deed.SPICY_SWITCHED_ON
            details["rules_version"] = words.SPICY_RULES_VERSION
        elif was is not None and is_now is None:
            deed = Deed.SPICY_SWITCHED_OFF
        return Entry(self.guild_id, at, deed, self.person_id, details=details)


def _changed(rules: ServerRules, changes: Mapping[str, object]) -> ServerRules:
    """The rules with these fields; pydantic's error for values that no server may have is a `ValueError`."""
    return ServerRules.model_validate({**dict(rules), **changes})


def _without_spicy(rules: ServerRules) -> ServerRules:
    """Spicy off everywhere. Channels for which it was off stay so, should somebody switch it on again."""
    channels: dict[int, dict[Gate, Mode]] = {}
    for channel_id, own in rules.channel_modes.items():
        left = {gate: mode for gate, mode in own.items() if gate is not Gate.SPICY or mode is Mode.OFF}
        if left:
            channels[channel_id] = left
    modes = {**rules.modes, Gate.SPICY: Mode.OFF}
    return _changed(rules, {"modes": modes, "channel_modes": channels, "spicy_confirmed_by": None})


def _spicy_anywhere(rules: ServerRules) -> bool:
    off = Mode.OFF
    channels = rules.channel_modes.values()
    return rules.modes.get(Gate.SPICY, off) is not off or any(
        own.get(Gate.SPICY, off) is not off for own in channels
    )


class SettingsCog(commands.Cog):
    """Shows and changes the rules of a server."""

    def __init__(self, rules: RuleBook, trail: AuditTrail, *, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._trail = trail
        self._now = now
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

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

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve one press, one choice or one form, if it is one of the panel's."""
        used = custom_id_of(interaction) or form_id_of(interaction)
        if not used.startswith(MARK):
            return
        refusal = _refusal(interaction)
        if refusal is not None:
            await refuse(interaction, refusal)
            return
        try:
            asked = _asked(interaction, used)
            needs_form = isinstance(asked, Change) and asked.needs_form(self._rules.of(asked.guild_id))
        except ValueError:
            await refuse(interaction, words.OLD)
            return
        if isinstance(asked, Change) and needs_form:
            await open_form(interaction, _confirm_form(asked, language_of(interaction, private=True)))
        elif await acknowledge_press(interaction):
            await self._serve(interaction, asked)

    async def _serve(self, interaction: Interaction, asked: "Page | Change") -> None:
        if isinstance(asked, Page):
            await self._show(interaction, asked)
            return
        failure = words.CONFIRM_MISSING if asked.confirms is False else await self._change(asked)
        await self._show(interaction, asked.setting.page)
        if failure is not None:
            await whisper(interaction, failure)

    async def _change(self, change: Change) -> Sentence | None:
        """Why nothing was changed; None where it was."""
        try:
            await self._keep(change)
        except UnconfirmedError:
            return words.CHANGED_MEANWHILE
        except StorageError as error:
            log.warning("rules_not_stored", guild=change.guild_id, reason=type(error).__name__)
            return job_words.NOT_STORED
        return None

    async def _keep(self, change: Change) -> None:
        """Change the rules as they are now; one change of a server at a time, so that none undoes another."""
        lock = self._locks.setdefault(change.guild_id, asyncio.Lock())
        async with lock:
            before = self._rules.of(change.guild_id)
            after = change.applied(before)
            entry = change.entry(before, after, self._now())
            if entry is None:
                return
            await self._rules.change(change.guild_id, after)
            try:
                await self._trail.append(entry)
            except StorageError as error:
                # The rules hold all the same: to take them back could fail likewise.
                reason = type(error).__name__
                log.warning("change_not_logged", guild=change.guild_id, deed=entry.deed, reason=reason)

    async def _show(self, interaction: Interaction, page: Page) -> None:
        seen = Seen(
            self._rules.of(interaction.guild_id),
            interaction.guild,
            channel_of(interaction) or 0,
            place_of(interaction) is Place.AGE_RESTRICTED_CHANNEL,
            language_of(interaction, private=True),
        )
        await answer(interaction, panel(page, seen))


def _refusal(interaction: Interaction) -> Sentence | None:
    """Why this person may not use the panel here, now."""
    guild_id = interaction.guild_id
    if guild_id is None or not interaction.is_guild_integration():
        return words.NOT_HERE
    return None if may_configure(person_of(interaction), guild_id) else words.NOT_ALLOWED


def _asked(interaction: Interaction, custom_id: str) -> Page | Change:
    """What a press, a choice or a form asks for; `ValueError` for those of other versions."""
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
    return replace(change, confirms=form is not None and form.ticked(_YES))


def _change_of(interaction: Interaction, key: str, values: tuple[str, ...]) -> Change:
    guild_id, channel_id = interaction.guild_id, channel_of(interaction)
    if guild_id is None or channel_id is None:
        raise ValueError(key)
    return Change(guild_id, channel_id, interaction.user.id, Setting.named(key), values)


def _confirm_form(change: Change, language: Language) -> ui.Modal:
    """The form by which spicy is switched on: its rules, and the box to tick."""
    (value,) = change.values
    form = ui.Modal(
        title=words.CONFIRM_TITLE.in_language(language),
        custom_id=f"{CONFIRM_PREFIX}{change.setting.key}:{value}",
    )
    form.add_item(ui.TextDisplay(words.CONFIRM_TEXT.in_language(language)))
    box: ui.Checkbox[ui.Modal] = ui.Checkbox(custom_id=_YES)
    form.add_item(
        ui.Label(
            text=words.CONFIRM_LABEL.in_language(language),
            description=words.CONFIRM_HINT.in_language(language),
            component=box,
        )
    )
    # It comes back as an interaction like any other, so the library need not remember it.
    form.stop()
    return form
