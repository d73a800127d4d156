"""The people's side: what their Discord clients do with the bot's commands, buttons and messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.command_rules import CommandType
from bot.sandbox.discord.composing import Composition
from bot.sandbox.discord.errors import InvalidInvocation
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.exchange import Core
from bot.sandbox.discord.interactions import Interaction, InteractionKind
from bot.sandbox.discord.invocation import (
    OptionValue,
    Resolved,
    check_place,
    option_payloads,
    pressed,
    split_name,
)
from bot.sandbox.discord.messages import PLAIN, REPLY, Message
from bot.sandbox.discord.modals import FormValue, submission
from bot.sandbox.discord.people import User
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.reply import Reply
from bot.sandbox.discord.wire import JsonObject


class Clients:
    """Everybody's Discord client."""

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
        first, *words = name.removeprefix("/").split()
        command = self._command(first, CommandType.CHAT_INPUT, channel)
        if not force:
            check_place(command, user, channel)
        resolved = Resolved(channel)
        way, declared = split_name(command, words)
        payloads = option_payloads(declared, options, resolved, force=force)
        for step in reversed(way):
            payloads = [{"name": step["name"], "type": step["type"], "options": payloads}]
        data: JsonObject = {"id": command["id"], "name": command["name"], "type": 1, "options": payloads}
        return self._send(
            InteractionKind.COMMAND, user, channel, self._with(data, resolved, command), label=name
        )

    def menu(self, name: str, user: User, message: Message) -> Reply:
        """`user` picks "Apps ► name" on a message."""
        command = self._command(name, CommandType.MESSAGE, message.channel)
        check_place(command, user, message.channel)
        resolved = Resolved(message.channel)
        target = resolved.add(message)
        data: JsonObject = {"id": command["id"], "name": name, "type": 3, "target_id": target}
        return self._send(
            InteractionKind.COMMAND, user, message.channel, self._with(data, resolved, command), label=name
        )

    def press(self, target: Reply | Message, wanted: str, user: User) -> Reply:
        """`user` presses a button, given by custom_id or label."""
        message = target.message if isinstance(target, Reply) else target
        if message is None:
            raise InvalidInvocation("there is no message yet whose button could be pressed")
        if Permission.VIEW_CHANNEL not in message.channel.permissions_of(user):
            raise InvalidInvocation(f"{user.name} does not see #{message.channel.name}")
        data = pressed(message, wanted, user)
        return self._send(
            InteractionKind.COMPONENT, user, message.channel, data, label=wanted, source=message
        )

    def submit(self, opened: Reply, values: Mapping[str, FormValue]) -> Reply:
        """The person who opened a form fills it in and sends it."""
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
    ) -> Message:
        """`user` writes a message. A reply pings the author of what it answers unless told not to."""
        if Permission.SEND_MESSAGES not in channel.permissions_of(user):
            raise InvalidInvocation(f"{user.name} may not write in #{channel.name}")
        body = Composition(content=content, attachments=tuple(attachments))
        if body.empty:
            raise InvalidInvocation("there is nothing to send")
        kind = REPLY if reply_to is not None else PLAIN
        message = Message(channel, self._core.world.ids.next(), user, body, kind, reply_to=reply_to)
        message.pings_replied = mention_author
        return self._core.messages.post(message)

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
    ) -> Reply:
        core = self._core
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
        interaction.payload = interaction_payload(interaction, core)
        core.interactions.open(interaction)
        interaction.dispatched_at = asyncio.get_running_loop().time()
        guild_id = channel.guild.id if channel.guild and channel.guild.bot_installed else None
        if not core.gateway.broadcast(Event("INTERACTION_CREATE", interaction.payload, guild_id)):
            interaction.fail()
        return Reply(interaction)


def interaction_payload(interaction: Interaction, core: Core) -> JsonObject:
    """The interaction object of the gateway."""
    channel, user, guild = interaction.channel, interaction.user, interaction.channel.guild
    bot_here = guild is None or guild.bot_installed
    owners = {"0": str(guild.id) if guild else "0"} if bot_here else {"1": str(user.id)}
    body: JsonObject = {
        "id": str(interaction.id),
        "application_id": str(core.application_id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel.payload() | {"permissions": str(int(channel.permissions_of(user)))},
        "app_permissions": str(int(channel.permissions_of(core.world.bot))),
        "locale": user.locale,
        "entitlements": [],
        "authorizing_integration_owners": owners,
        "context": 1 if channel.is_private else 0,
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
