"""The users' side: what their Discord clients do with the bot's commands, buttons and messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.discord.api_call import Core
from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.command_rules import CommandType
from bot.sandbox.discord.composing import Composition
from bot.sandbox.discord.errors import InvalidInvocation
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.guilds import Channel
from bot.sandbox.discord.interactions import Interaction, InteractionKind
from bot.sandbox.discord.invocation import (
    OptionValue,
    PickedValue,
    Resolved,
    check_place,
    install_owners,
    option_payloads,
    pressed,
    selected,
    split_name,
    typing_payloads,
)
from bot.sandbox.discord.messages import PLAIN, REPLY, Message
from bot.sandbox.discord.modals import FormValue, submission
from bot.sandbox.discord.people import User
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.reply import Reply
from bot.sandbox.discord.stickers import MAX_STICKERS, Sticker
from bot.sandbox.discord.wire import JsonObject


@dataclass(frozen=True, slots=True)
class _Call:
    """A slash command that was found: the sub-commands on the way to it and the options at its end."""

    command: JsonObject
    way: list[JsonObject]
    declared: list[JsonObject]
    resolved: Resolved


class Clients:
    """The Discord clients of all users."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def slash(
        self,
        name: str,
        user: User,
        channel: Channel,
        options: Mapping[str, OptionValue],
        *,
        force: bool = False,
    ) -> Reply:
        """`user` runs a slash command; sub-commands are further words of `name`."""
        call = self._call(name, user, channel, force=force)
        payloads = option_payloads(call.declared, options, call.resolved, force=force)
        return self._run(InteractionKind.COMMAND, call, payloads, user, name)

    def complete(
        self,
        name: str,
        user: User,
        channel: Channel,
        options: Mapping[str, OptionValue],
        *,
        focused: str,
        typed: str,
    ) -> Reply:
        """`user` has typed `typed` into the option `focused` of a slash command, and waits for choices."""
        call = self._call(name, user, channel)
        payloads = typing_payloads(call.declared, options, call.resolved, focused=focused, typed=typed)
        return self._run(InteractionKind.AUTOCOMPLETE, call, payloads, user, name)

    def menu(self, name: str, user: User, message: Message) -> Reply:
        """`user` picks "Apps ► name" on a message."""
        command = self._command(name, CommandType.MESSAGE, message.channel)
        check_place(command, user, message.channel, self._core.integrations)
        resolved = Resolved(message.channel)
        target = resolved.add(message)
        data: JsonObject = {"id": command["id"], "name": name, "type": 3, "target_id": target}
        return self._send(
            InteractionKind.COMMAND,
            user,
            message.channel,
            self._with(data, resolved, command),
            label=name,
            owners=install_owners(command, user, message.channel),
        )

    def press(self, target: Reply | Message, wanted: str, user: User) -> Reply:
        """`user` presses a button, given by custom_id or label."""
        message = self._shown(target, user)
        data = pressed(message, wanted, user)
        return self._send(
            InteractionKind.COMPONENT, user, message.channel, data, label=wanted, source=message
        )

    def purge(self, message: Message) -> None:
        """Take a message away."""
        self._core.messages.delete(message)

    def select(
        self, target: Reply | Message, custom_id: str, values: Sequence[PickedValue], user: User
    ) -> Reply:
        """`user` chooses these values in a select; none at all where it allows that."""
        message = self._shown(target, user)
        resolved = Resolved(message.channel)
        data = selected(message, custom_id, values, user, resolved)
        if resolved.tables:
            data["resolved"] = resolved.tables
        return self._send(
            InteractionKind.COMPONENT, user, message.channel, data, label=custom_id, source=message
        )

    def submit(self, opened: Reply, values: Mapping[str, FormValue]) -> Reply:
        """The user who opened a form fills it in and sends it."""
        interaction = opened.interaction
        if interaction.modal is None:
            raise InvalidInvocation("no form was opened")
        resolved = Resolved(interaction.channel)
        data = submission(interaction.modal, values, resolved)
        if resolved.tables:
            data["resolved"] = resolved.tables
        return self._send(
            InteractionKind.MODAL_SUBMIT,
            interaction.user,
            interaction.channel,
            data,
            label=interaction.label,
            source=interaction.source,
            owners=interaction.payload["authorizing_integration_owners"],
        )

    def say(
        self,
        user: User,
        channel: Channel,
        content: str = "",
        *,
        attachments: Sequence[Attachment] = (),
        reply_to: Message | None = None,
        mention_author: bool = True,
        forwards: Message | None = None,
        embeds: Sequence[JsonObject] = (),
        stickers: Sequence[Sticker] = (),
        webhook: bool = False,
    ) -> Message:
        """`user` writes a message. A reply pings the author of what it answers unless told not to.

        `forwards` is passed on as a copy; `embeds` are what the client's links were unfurled to. With
        `webhook` the author is a webhook of the channel, which needs no permission.
        """
        if not channel.holds_messages or not (webhook or channel.speaking in channel.permissions_of(user)):
            raise InvalidInvocation(f"{user.name} may not write in #{channel.name}")
        body = Composition(
            content=content, embeds=tuple(embeds), attachments=tuple(attachments), stickers=tuple(stickers)
        )
        if body.empty and forwards is None:
            raise InvalidInvocation("there is nothing to send")
        if len(body.stickers) > MAX_STICKERS:
            raise InvalidInvocation(f"{len(body.stickers)} stickers, a message carries {MAX_STICKERS}")
        if forwards is not None:
            self._check_forward(user, forwards, reply_to)
        kind = REPLY if reply_to is not None else PLAIN
        message = Message(channel, self._core.world.ids.next(), user, body, kind, reply_to=reply_to)
        message.pings_replied = mention_author
        message.webhook = webhook
        message.snapshot = forwards.copied() if forwards is not None else None
        return self._core.messages.post(message)

    def _shown(self, target: Reply | Message, user: User) -> Message:
        message = target.message if isinstance(target, Reply) else target
        if message is None:
            raise InvalidInvocation("there is no message yet whose components could be used")
        if Permission.VIEW_CHANNEL not in message.channel.permissions_of(user):
            raise InvalidInvocation(f"{user.name} does not see #{message.channel.name}")
        return message

    def _check_forward(self, user: User, forwards: Message, reply_to: Message | None) -> None:
        if reply_to is not None:
            raise InvalidInvocation("a message is a reply or a forward, not both")
        seen = Permission.VIEW_CHANNEL in forwards.channel.permissions_of(user)
        if forwards.deleted or forwards.ephemeral or not seen:
            raise InvalidInvocation(f"{user.name} cannot forward message {forwards.id}")

    def _call(self, name: str, user: User, channel: Channel, *, force: bool = False) -> _Call:
        first, *words = name.removeprefix("/").split()
        command = self._command(first, CommandType.CHAT_INPUT, channel)
        if not force:
            check_place(command, user, channel, self._core.integrations)
        way, declared = split_name(command, words)
        return _Call(command, way, declared, Resolved(channel))

    def _run(
        self, kind: InteractionKind, call: _Call, payloads: list[JsonObject], user: User, label: str
    ) -> Reply:
        command, channel = call.command, call.resolved.channel
        for step in reversed(call.way):
            payloads = [{"name": step["name"], "type": step["type"], "options": payloads}]
        data: JsonObject = {"id": command["id"], "name": command["name"], "type": 1, "options": payloads}
        return self._send(
            kind,
            user,
            channel,
            self._with(data, call.resolved, command),
            label=label,
            owners=install_owners(command, user, channel),
        )

    def _command(self, name: str, kind: CommandType, channel: Channel) -> JsonObject:
        guild_id = channel.guild.id if channel.guild else None
        command = self._core.commands.find(name, kind, guild_id)
        if command is None:
            known = sorted(c["name"] for c in self._core.commands.registered())
            raise InvalidInvocation(f"no {kind.name} command is called {name!r}; there are {known}")
        return command

    def _with(self, data: JsonObject, resolved: Resolved, command: JsonObject) -> JsonObject:
        if resolved.tables:
            data["resolved"] = resolved.tables
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data

    def _send(
        self,
        kind: InteractionKind,
        user: User,
        channel: Channel,
        data: JsonObject,
        *,
        label: str,
        source: Message | None = None,
        owners: JsonObject | None = None,
    ) -> Reply:
        core = self._core
        if user.bot or not channel.holds_messages:
            raise InvalidInvocation(f"{user.name} cannot use apps in #{channel.name}")
        if channel.guild is not None and user.id not in channel.guild.members:
            raise InvalidInvocation(f"{user.name} is not in {channel.guild.name}")
        interaction = Interaction(
            id=core.world.ids.next(),
            token=core.interactions.new_token(),
            kind=kind,
            user=user,
            channel=channel,
            data=data,
            label=label,
            upload_limit_bytes=core.world.upload_limit_bytes(user, channel.guild),
            created_at=asyncio.get_running_loop().time(),
            application_id=core.application_id,
            source=source,
        )
        owners = owners or _inherited_owners(source) or install_owners(None, user, channel)
        interaction.payload = interaction_payload(interaction, core, owners)
        core.interactions.open(interaction)
        interaction.dispatched_at = asyncio.get_running_loop().time()
        if not core.gateway.broadcast(_event_of(interaction)):
            interaction.fail()
        return Reply(interaction)

    def redeliver(self, target: Reply | Message, after_s: float) -> None:
        """Send the event of an interaction or of a message once more, after so many seconds."""
        if isinstance(target, Reply):
            event = _event_of(target.interaction)
        else:
            event = self._core.messages.event("MESSAGE_CREATE", target)
        self._core.gateway.repeat(event, after_s)


def _event_of(interaction: Interaction) -> Event:
    guild = interaction.channel.guild
    guild_id = guild.id if guild is not None and guild.bot_installed else None
    return Event("INTERACTION_CREATE", interaction.payload, guild_id)


def _inherited_owners(source: Message | None) -> JsonObject | None:
    """Components count as authorized by whoever brought their message, not by whoever presses."""
    if source is None or source.interaction is None:
        return None
    return source.interaction.payload["authorizing_integration_owners"]


def interaction_payload(interaction: Interaction, core: Core, owners: JsonObject) -> JsonObject:
    """The interaction object of the gateway; `owners` are those by whose installation the app is here."""
    channel, user, guild = interaction.channel, interaction.user, interaction.channel.guild
    body: JsonObject = {
        "id": str(interaction.id),
        "application_id": str(core.application_id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel.payload() | {"permissions": str(int(channel.permissions_of(user)))},
        "app_permissions": str(int(channel.app_permissions)),
        "locale": user.locale,
        "entitlements": [],
        "authorizing_integration_owners": owners,
        "context": channel.context,
        "attachment_size_limit": interaction.upload_limit_bytes,
    }
    if interaction.source is not None:
        body["message"] = interaction.source.payload()
    if guild is None:
        return body | {"user": user.payload()}
    member = guild.members[user.id].payload() | {"permissions": str(int(channel.permissions_of(user)))}
    partial: JsonObject = {"id": str(guild.id), "locale": guild.locale, "features": []}
    return body | {
        "guild_id": str(guild.id),
        "guild": partial,
        "guild_locale": guild.locale,
        "member": member,
    }
