"""The actions of users in their Discord clients, as scripts and tests ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.client import Clients
from bot.sandbox.discord.errors import InvalidInvocation
from bot.sandbox.discord.guilds import Channel, Guild
from bot.sandbox.discord.invocation import OptionValue, PickedValue
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.modals import FormValue
from bot.sandbox.discord.people import User
from bot.sandbox.discord.reply import Reply
from bot.sandbox.discord.stickers import Sticker
from bot.sandbox.discord.wire import JsonObject


class UserActions:
    """Commands, buttons, selects, forms and messages of users."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def invoke(
        self,
        name: str,
        *,
        user: User,
        channel: Channel,
        options: Mapping[str, OptionValue] | None = None,
        guild: Guild | None = None,
        force: bool = False,
    ) -> Reply:
        """`user` runs the slash command `name` (sub-commands as further words) in `channel`.

        Raises `InvalidInvocation` when a real client could not have sent it; `force` skips the checks of
        place and values. A bot that is not connected makes a reply that failed.
        """
        if guild is not None and channel.guild is not guild:
            raise InvalidInvocation(f"#{channel.name} is not in {guild.name}")
        return self._clients.slash(name, user, channel, options or {}, force=force)

    async def complete(
        self,
        name: str,
        *,
        user: User,
        channel: Channel,
        focused: str,
        typed: str,
        options: Mapping[str, OptionValue] | None = None,
        timeout_s: float = 5.0,
    ) -> list[JsonObject]:
        """The choices offered to `user` who typed `typed` into the option `focused` of the command `name`.

        `options` are those filled in already. Raises `InvalidInvocation` when the option is not declared
        with autocomplete, `TimeoutError` when no choices came that Discord accepts.
        """
        typing = self._clients.complete(name, user, channel, options or {}, focused=focused, typed=typed)
        return await typing.wait_for_choices(timeout_s)

    async def menu(self, name: str, *, user: User, message: Message) -> Reply:
        """`user` picks the message command `name` on `message`."""
        return self._clients.menu(name, user, message)

    async def press(self, target: Reply | Message, button: str, *, user: User) -> Reply:
        """`user` presses the button with this custom_id or label."""
        return self._clients.press(target, button, user)

    def purge(self, message: Message) -> None:
        """A message goes without the bot: purged with its channel, or dismissed by its user."""
        self._clients.purge(message)

    async def select(
        self, target: Reply | Message, custom_id: str, values: Sequence[PickedValue], *, user: User
    ) -> Reply:
        """`user` chooses `values` in a select: the values of its options, or roles, or channels."""
        return self._clients.select(target, custom_id, values, user)

    async def submit(self, opened: Reply, values: Mapping[str, FormValue]) -> Reply:
        """The form that `opened` brought is filled in (by custom_id or label) and sent."""
        return self._clients.submit(opened, values)

    async def say(
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
        """`user` writes a message; the bot hears of it as far as its intents go.

        `forwards` makes it a forward, `embeds` are its unfurled links, `webhook` makes `user` a webhook.
        """
        return self._clients.say(
            user,
            channel,
            content,
            attachments=attachments,
            reply_to=reply_to,
            mention_author=mention_author,
            forwards=forwards,
            embeds=embeds,
            stickers=stickers,
            webhook=webhook,
        )
