"""The panel of `/settings`: its pages and the ids of their parts. A shown panel outlives the process."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import discord
from discord import ui

from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules
from bot.moderation.servers.changes import CHANNELS, ROLES, Field, Setting, role_ids_of
from bot.texts import settings_panel as words
from bot.texts import spicy as spicy_words
from bot.texts.messages import Language, Message
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.layout import layout_of

MARK: Final = "sm-set"
"""Beginning of the ids of all parts of the panel, in every version."""
PAGE_PREFIX: Final = "sm-set-page:"
SETTING_PREFIX: Final = "sm-set:"
NONE_PREFIX: Final = "sm-set-none:"
PAGE_MARK: Final = "@"
"""In front of the page that shows a setting, where that is not the setting's own."""
CONFIRM_PREFIX: Final = "sm-set-confirm:"

_ROLES_MAX: Final = 25
"""Discord, *Role Select*."""
_CHANNELS_LISTED: Final = 20
_CHANNEL_KINDS: Final = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
]

_Item = ui.Item[ui.LayoutView]


class Page(StrEnum):
    """The pages, in their order; the values are part of buttons that outlive the process."""

    SPICY = "spicy"
    PRESETS = "presets"
    CHANNEL = "channel"
    PEOPLE = "people"
    NUMBERS = "numbers"


NUMBERS: Final[Mapping[Field, Sequence[int]]] = {
    Field.QUORUM: (1, 2, 3, 4, 5),
    Field.REVIEW_HOURS: (1, 6, 12, 24, 48, 72),
    Field.REPORTS_TO_HIDE: (1, 2, 3, 5, 10),
    Field.GRAVE_REPORT_HOURS: (0, 24, 72, 168),
    Field.HIDDEN_HOURS: (24, 72, 168),
    Field.STRIKES_TO_SUSPEND: (1, 2, 3, 5),
    Field.SUSPEND_HOURS: (24, 72, 168, 720),
    Field.STRIKE_DAYS: (7, 30, 90),
    Field.IMAGE_CHECK: (0, 50, 60, 75, 90),
}


NEW_MEMBERS: Final[Mapping[Field, Sequence[int]]] = {
    Field.NEW_MEMBER_HOURS: (0, 24, 72, 168, 720),
    Field.NEW_MEMBER_PAUSE: (0, 5, 10, 30, 60, 240),
    Field.NEW_MEMBER_DAILY: (1, 2, 3, 5, 10, 20),
}


def page_of(setting: Setting) -> Page:
    """Return the page that shows a setting."""
    match setting.field:
        case Field.MODES:
            return Page.SPICY if setting.gate is Gate.SPICY else Page.PRESETS
        case Field.CHANNEL_MODES:
            return Page.CHANNEL
        case Field.REVIEW_AT:
            return Page.SPICY
        case _:
            return Page.NUMBERS if setting.field in NUMBERS else Page.PEOPLE


@dataclass(frozen=True)
class PanelContext:
    """Facts from which a page is drawn. `channel_id` is a thread's parent."""

    rules: ServerRules
    guild: discord.Guild | None
    channel_id: int
    restricted: bool
    language: Language

    def translate(self, text: Message) -> str:
        """Return a text in the user's language."""
        return text.in_language(self.language)


def panel(page: Page, context: PanelContext) -> ui.LayoutView:
    """Lay out a page: at most 36 of the 40 components that a message may have."""
    buttons: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for other in Page:
        here = other is page
        style = discord.ButtonStyle.primary if here else discord.ButtonStyle.secondary
        label = context.translate(words.PAGE_NAMES[other])
        buttons.add_item(
            ui.Button(label=label, custom_id=f"{PAGE_PREFIX}{other}", style=style, disabled=here)
        )
    title = words.title(words.PAGE_NAMES[page])
    return layout_of(f"### {context.translate(title)}", *_PAGES[page](context), buttons)


def _spicy(context: PanelContext) -> Iterable[_Item]:
    rules, mode = context.rules, context.rules.mode(Gate.SPICY, None)
    confirmed_by = rules.spicy_confirmed_by
    if confirmed_by is None:
        status = words.SPICY_OFF
    elif mode is Mode.OFF:
        status = words.spicy_in_channels_only(confirmed_by)
    else:
        status = words.spicy_on(words.MODE_HINTS[mode], confirmed_by)
    yield _text(
        *([context.translate(spicy_words.STOPPED_NOW)] if rules.spicy_stopped else []),
        context.translate(status),
        *_own_modes(context, (Gate.SPICY,)),
        context.translate(words.SPICY_ONLY_RESTRICTED),
    )
    setting = Setting(Field.MODES, Gate.SPICY)
    yield _heading(context, words.FIELD_NAMES[setting.field], words.FIELD_HINTS[setting.field])
    # Where only channels are on, nothing is chosen yet: Discord tells of no choice that is made already.
    chosen = None if mode is Mode.OFF and confirmed_by is not None else mode
    yield _select(setting, _modes(context), chosen, context.translate(words.ONLY_IN_CHANNELS))
    moments = [
        _option(context, one, words.REVIEW_AT_NAMES[one], words.REVIEW_AT_HINTS[one]) for one in ReviewAt
    ]
    yield _heading(context, words.FIELD_NAMES[Field.REVIEW_AT], words.FIELD_HINTS[Field.REVIEW_AT])
    yield _select(Setting(Field.REVIEW_AT), moments, rules.review_at.value)
    yield from _channel_select(context, Field.REVIEW_CHANNEL, Page.SPICY)


def _presets(context: PanelContext) -> Iterable[_Item]:
    gates = tuple(gate for gate in Gate if gate is not Gate.SPICY)
    own = _own_modes(context, gates)
    if own:
        yield _text(*own)
    for gate in gates:
        yield _heading(
            context, words.GATE_NAMES[gate], words.PICTURES_HINT if gate is Gate.PICTURES else None
        )
        yield _select(Setting(Field.MODES, gate), _modes(context), context.rules.mode(gate, None))
    yield from _channel_select(context, Field.REVIEW_CHANNEL, Page.PRESETS)


def _channel(context: PanelContext) -> Iterable[_Item]:
    yield _text(context.translate(words.about_channel(context.channel_id)))
    for gate in Gate:
        setting = Setting(Field.CHANNEL_MODES, gate)
        own = setting.value(context.rules, context.channel_id)
        hints = _about_spicy_here(context) if gate is Gate.SPICY else ()
        yield _heading(context, words.GATE_NAMES[gate], *hints)
        usual = words.as_server(words.MODE_NAMES[context.rules.mode(gate, None)])
        options = [_option(context, words.AS_SERVER, usual), *_modes(context)]
        yield _select(setting, options, str(own) if own is not None else words.AS_SERVER)
    yield from _channel_select(context, Field.REVIEW_CHANNEL, Page.CHANNEL)


def _about_spicy_here(context: PanelContext) -> Iterable[Message]:
    yield words.HERE_RESTRICTED if context.restricted else words.HERE_NOT_RESTRICTED
    if context.rules.mode(Gate.SPICY, None) is Mode.OFF:
        yield words.SPICY_OFF_IN_SERVER


def _people(context: PanelContext) -> Iterable[_Item]:
    for field in ROLES:
        ids = sorted(role_ids_of(context.rules, field))
        offered = [
            one for one in ids if context.guild is not None and context.guild.get_role(one) is not None
        ]
        yield _chosen(context, field, [f"<@&{one}>" for one in ids])
        roles: ui.RoleSelect[ui.LayoutView] = ui.RoleSelect(
            custom_id=f"{SETTING_PREFIX}{field}",
            placeholder=context.translate(words.NOTHING_CHOSEN),
            min_values=0,
            max_values=_ROLES_MAX,
            default_values=[
                discord.SelectDefaultValue(id=one, type=discord.SelectDefaultValueType.role)
                for one in offered[:_ROLES_MAX]
            ],
        )
        yield ui.ActionRow(roles)
        if ids and not offered:
            yield _none_button(context, field, words.NOBODY)
    for field in CHANNELS:
        yield from _channel_select(context, field)
    yield from _selects_of(context, NEW_MEMBERS)


def _channel_select(context: PanelContext, field: Field, page: Page | None = None) -> Iterable[_Item]:
    """Draw the choice of a channel; `page` is the page that shows it, where that is not its own."""
    stored: int | None = getattr(context.rules, field.value)
    known = stored is not None and _preselectable(context.guild, stored)
    yield _chosen(context, field, [f"<#{stored}>"] if stored is not None else [])
    key = field if page is None else f"{field}{PAGE_MARK}{page}"
    channels: ui.ChannelSelect[ui.LayoutView] = ui.ChannelSelect(
        custom_id=f"{SETTING_PREFIX}{key}",
        placeholder=context.translate(words.NOTHING_CHOSEN),
        channel_types=_CHANNEL_KINDS,
        min_values=0,
        max_values=1,
        default_values=[
            discord.SelectDefaultValue(id=one, type=discord.SelectDefaultValueType.channel)
            for one in (stored,)
            if one is not None and known
        ],
    )
    yield ui.ActionRow(channels)
    if stored is not None and not known:
        yield _none_button(context, key, words.NOWHERE)


def _preselectable(guild: discord.Guild | None, channel_id: int) -> bool:
    """Return True if a select may name a channel as chosen.

    Deleted ones mean nothing, and Discord failed with an internal error if a forum's post was preselected (API
    docs, issue 6719).
    """
    found = guild.get_channel_or_thread(channel_id) if guild is not None else None
    if isinstance(found, discord.Thread):
        return isinstance(found.parent, discord.TextChannel)
    return found is not None


def _numbers(context: PanelContext) -> Iterable[_Item]:
    return _selects_of(context, NUMBERS)


def _selects_of(context: PanelContext, numbers: Mapping[Field, Sequence[int]]) -> Iterable[_Item]:
    for field, offered in numbers.items():
        stored: int = getattr(context.rules, field.value)
        yield _heading(context, words.FIELD_NAMES[field], words.FIELD_HINTS[field])
        options = [
            _option(context, str(number), words.amount(field, number))
            for number in sorted({*offered, stored})
        ]
        yield _select(Setting(field), options, str(stored))


_PAGES: Final = {
    Page.SPICY: _spicy,
    Page.PRESETS: _presets,
    Page.CHANNEL: _channel,
    Page.PEOPLE: _people,
    Page.NUMBERS: _numbers,
}


def _modes(context: PanelContext) -> list[discord.SelectOption]:
    return [_option(context, mode, words.MODE_NAMES[mode], words.MODE_HINTS[mode]) for mode in Mode]


def _own_modes(context: PanelContext, gates: Sequence[Gate]) -> tuple[str, ...]:
    """Return a line about the channels that differ from the server in one of these gates, or nothing."""
    differing = [one for one, own in context.rules.channel_modes.items() if not own.keys().isdisjoint(gates)]
    if not differing:
        return ()
    listed = " ".join(f"<#{one}>" for one in differing[:_CHANNELS_LISTED])
    more = " …" if len(differing) > _CHANNELS_LISTED else ""
    return (context.translate(words.own_modes(listed + more)),)


def _text(*lines: str) -> _Item:
    return ui.TextDisplay("\n".join(lines))


def _heading(context: PanelContext, name: Message, *hints: Message | None) -> _Item:
    return _text(
        f"**{context.translate(name)}**",
        *(f"-# {context.translate(hint)}" for hint in hints if hint is not None),
    )


def _chosen(context: PanelContext, field: Field, mentions: Sequence[str]) -> _Item:
    """Make a heading with the stored value.

    Discord's desktop client shows a select's new defaults only when the message is opened anew (discord.js, issue
    9959).
    """
    name, hint = context.translate(words.FIELD_NAMES[field]), context.translate(words.FIELD_HINTS[field])
    return _text(f"**{name}**", f"-# {hint}", words.now_chosen(mentions, context.language))


def _none_button(context: PanelContext, key: str, label: Message) -> _Item:
    """Make a button that clears a stored value which cannot be preselected, so not be taken out of the select."""
    return row_of_plain([PlainButton(context.translate(label), f"{NONE_PREFIX}{key}")])


def _option(
    context: PanelContext, value: str, label: Message, hint: Message | None = None
) -> discord.SelectOption:
    described = context.translate(hint) if hint is not None else None
    return discord.SelectOption(label=context.translate(label), value=str(value), description=described)


def _select(
    setting: Setting, options: list[discord.SelectOption], chosen: str | None, placeholder: str | None = None
) -> _Item:
    for option in options:
        option.default = option.value == chosen
    select: ui.Select[ui.LayoutView] = ui.Select(
        custom_id=f"{SETTING_PREFIX}{setting.key}", options=options, placeholder=placeholder
    )
    return ui.ActionRow(select)
