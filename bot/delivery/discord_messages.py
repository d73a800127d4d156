"""Messages at Discord: posts through discord.py, and its errors as those of `messages.py`."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import discord
from pydantic import SecretStr

from bot.delivery.announcements import is_announcement, media_of, text_of
from bot.delivery.archived_threads import check_not_archived, with_open_thread
from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.discord_errors import delivery_error_of
from bot.delivery.messages import (
    AnsweredElsewhereError,
    AnswerUnreadableError,
    DeliveryError,
    DiscordUnavailableError,
    NotCarriedOutError,
    Post,
    ReplyAddress,
    ReplyUnreachableError,
    ShownReply,
    UploadTooLargeError,
)
from bot.delivery.post_marks import digest_of, digest_of_answer, is_marked, mark_of, nonce_of
from bot.storage.shielding import shield_until_done
from bot.texts.cards import mention_of_late_video
from bot.texts.cards import ping as ping_text

_LOOKED_BACK_MESSAGES: Final = 200
_CLOCKS_APART: Final = timedelta(hours=2)
"""Largest difference between this machine's clock and Discord's when an earlier post is looked for."""


@dataclass(frozen=True)
class Lead:
    """A line before a card that comes as a new message, and a mark by which the message is found again.

    The mark is the component id of the line, or of the card where there is no line: Discord keeps it, and nobody
    sees it.
    """

    text: str
    mark: int


Layout = Callable[[Post, Lead | None], discord.ui.LayoutView]
"""Turns a post into what discord.py sends."""

_ORIGINAL: Final[Any] = "@original"
"""Discord's name for an interaction's reply; discord.py's types want a number, but it passes any id on."""
_CALL_TIMEOUT_S: Final = 60.0
_END_WITHIN_S: Final = 10.0
"""For a post whose job is stopped: longer than a rate limit takes. Cut short it could arrive after the next one."""
_SLOWEST_UPLOAD_BYTES_PER_S: Final = 100_000


class DiscordMessages:
    """`bot.delivery.messages.Messages` on a discord.py client.

    Edits with an interaction's token use a session of our own, because the client's ends every request after
    five minutes, which is too short for a large file on a slow line. No user is ever mentioned but the one
    who asked, and they only where a new message has to find them. While `breaker` is open nothing is sent.
    """

    def __init__(
        self,
        client: discord.Client,
        session: aiohttp.ClientSession,
        layout: Layout,
        breaker: InvalidRequestBreaker,
    ) -> None:
        self._client = client
        self._session = session
        self._layout = layout
        self._breaker = breaker

    async def edit_by_token(self, address: ReplyAddress, post: Post) -> int:
        """Edit the reply with the interaction's token."""
        if address.token is None:
            raise ReplyUnreachableError("the token is gone")
        _check_size(post, address.upload_limit_bytes)
        webhook = self._webhook(address, address.token)
        async with self._one_call(post):
            # discord.py (2.7, `AsyncDeferredLock`) never gives a token's lock back if a call is cancelled while it
            # waits for the rate limit: every later edit of that reply would wait for good.
            message = await shield_until_done(
                webhook.edit_message(
                    _ORIGINAL,
                    view=self._layout(post, None),
                    attachments=_files(post),
                    allowed_mentions=discord.AllowedMentions.none(),
                ),
                within_s=_END_WITHIN_S,
            )
        return message.id

    async def edit_as_bot(self, address: ReplyAddress, post: Post, *, opens_thread: bool = True) -> int:
        """Edit the same message through its channel; an archived thread is open meanwhile if `opens_thread`."""
        message = self._message(address)

        async def edit() -> None:
            await message.edit(
                view=self._layout(post, None),
                attachments=_files(post),
                allowed_mentions=discord.AllowedMentions.none(),
            )

        async with self._one_call(post):
            edited = with_open_thread(self._client, message.channel.id, edit) if opens_thread else edit()
            await shield_until_done(edited, within_s=_END_WITHIN_S)
        return message.id

    async def answer_in_channel(self, address: ReplyAddress, post: Post) -> int:
        """Answer the old message with a new one; the nonce lets Discord drop a repetition."""
        if address.channel_id is None:
            raise ReplyUnreachableError("no channel")
        reference: Any = None  # what send() itself assumes, but its types do not say so
        if address.message_id is not None:
            reference = self._message(address).to_reference(fail_if_not_exists=False)
        if address.guild_id is not None:
            await self._check_not_archived(address.channel_id)
        async with self._one_call(post):
            sending = self._client.get_partial_messageable(address.channel_id).send(
                view=self._layout(post, _lead(address, post)),
                files=_files(post),
                reference=reference,
                nonce=nonce_of(digest_of(post, "channel")),
                allowed_mentions=_nobody_but(address),
            )
            message = await shield_until_done(sending, within_s=_END_WITHIN_S)
        return message.id

    async def _check_not_archived(self, channel_id: int) -> None:
        try:
            async with self._one_call(None):
                await check_not_archived(self._client, channel_id, locked=True)
        except DiscordUnavailableError as error:
            raise NotCarriedOutError(str(error)) from None  # only a question was asked

    async def direct_message(self, address: ReplyAddress, post: Post) -> int:
        """Send the post to the user; the nonce lets Discord drop a repetition."""
        async with self._one_call(post):
            channel = await self._client.create_dm(discord.Object(address.person_id))
            message = await channel.send(
                view=self._layout(post, _lead(address, post)),
                files=_files(post),
                nonce=nonce_of(digest_of(post, "direct")),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return message.id

    async def answer_message(self, address: ReplyAddress, post: Post, *, look_first: bool) -> int:
        """Answer the user's own message; the nonce drops a repetition. The first of two processes wins."""
        asked_id = address.asked_message_id
        if address.channel_id is None or asked_id is None:
            raise ReplyUnreachableError("no message to answer")
        channel = self._client.get_partial_messageable(address.channel_id)
        digest = digest_of_answer(address, post)
        lead = Lead("", mark_of(digest))
        async with self._one_call(post):
            answers = await self._answers_to(channel, asked_id) if look_first else []
            own = next((answer for answer in answers if is_marked(answer, lead.mark)), None)
            if own is None and answers:
                raise AnsweredElsewhereError("answered before")
            if own is None:
                own = await channel.send(
                    view=self._layout(post, lead),
                    reference=channel.get_partial_message(asked_id).to_reference(fail_if_not_exists=False),
                    nonce=nonce_of(digest),
                    allowed_mentions=discord.AllowedMentions.none(),
                )
            # Whoever posts second sees the first one's, because each looks after it has posted.
            if any(answer.id < own.id for answer in await self._answers_to(channel, asked_id)):
                await own.delete()
                raise AnsweredElsewhereError("answered by another process")
        return own.id

    async def _answers_to(self, channel: discord.PartialMessageable, asked_id: int) -> list[discord.Message]:
        """Return the bot's answers to a message; none where it may not read the channel's history."""
        me = self._client.user
        found: list[discord.Message] = []
        try:
            async for message in channel.history(limit=_LOOKED_BACK_MESSAGES, after=discord.Object(asked_id)):
                reference = message.reference
                if me and message.author.id == me.id and reference and reference.message_id == asked_id:
                    found.append(message)
        except discord.Forbidden:
            return []
        return found

    async def ping(self, address: ReplyAddress, *, by_token: bool) -> None:
        """Mention the user beside the reply."""
        text = ping_text(address.person_id, address.language)
        allowed = _nobody_but(address)
        async with self._one_call(None):
            if by_token and address.token is not None:
                webhook = self._webhook(address, address.token)
                # A partial one does not know what it is, and only an application's may reply privately.
                webhook.type = discord.WebhookType.application
                await webhook.send(text, ephemeral=address.private, allowed_mentions=allowed)
            elif address.channel_id is not None:
                message = self._message(address)
                if address.guild_id is not None:
                    await check_not_archived(self._client, address.channel_id, locked=False)
                await self._client.get_partial_messageable(address.channel_id).send(
                    text,
                    reference=message.to_reference(fail_if_not_exists=False),
                    allowed_mentions=allowed,
                )

    async def find_video(self, address: ReplyAddress, ending: str, *, by_token: bool) -> int | None:
        """Return the id of the reply's message if it already shows a video whose name ends so."""
        message = await self._fetched(address, by_token=by_token)
        return message.id if any(path.endswith(ending) for path in media_of(message)) else None

    async def read_reply(self, address: ReplyAddress, *, by_token: bool) -> ShownReply:
        """Return what the reply's message shows."""
        message = await self._fetched(address, by_token=by_token)
        media = tuple(media_of(message))
        return ShownReply(message.id, text_of(message), media, is_announcement(message))

    async def _fetched(self, address: ReplyAddress, *, by_token: bool) -> discord.Message:
        async with self._one_call(None):
            if by_token and address.token is not None:
                return await self._webhook(address, address.token).fetch_message(_ORIGINAL)
            return await self._message(address).fetch()

    async def find_answer(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """Return the id of the message by which `answer_in_channel` made this post, at `since` or later."""
        if address.channel_id is None:
            return None
        async with self._one_call(None):
            channel = self._client.get_partial_messageable(address.channel_id)
            return await self._marked(channel, mark_of(digest_of(post)), since)

    async def find_direct(self, address: ReplyAddress, post: Post, since: datetime) -> int | None:
        """Return the id of the message by which `direct_message` made this post, at `since` or later."""
        async with self._one_call(None):
            channel = await self._client.create_dm(discord.Object(address.person_id))
            return await self._marked(channel, mark_of(digest_of(post)), since)

    async def tell_person(self, person_id: int, text: str) -> None:
        """Send plain words to a user, such as the operator. Raises `DeliveryError`."""
        async with self._one_call(None):
            channel = await self._client.create_dm(discord.Object(person_id))
            await channel.send(text, allowed_mentions=discord.AllowedMentions.none())

    async def operator_id(self) -> int:
        """Return the id of the application's owner; of a team, of its owner. Raises `DeliveryError`."""
        async with self._one_call(None):
            about = await self._client.application_info()
        if about.team is not None and about.team.owner_id is not None:
            return about.team.owner_id
        return about.owner.id

    async def _marked(self, channel: discord.abc.Messageable, mark: int, since: datetime) -> int | None:
        async for message in channel.history(limit=_LOOKED_BACK_MESSAGES):
            if message.created_at < since - _CLOCKS_APART:
                return None
            if is_marked(message, mark):
                return message.id
        return None

    def _webhook(self, address: ReplyAddress, token: SecretStr) -> discord.Webhook:
        return discord.Webhook.partial(
            address.application_id, token.get_secret_value(), session=self._session, client=self._client
        )

    def _message(self, address: ReplyAddress) -> discord.PartialMessage:
        if address.channel_id is None or address.message_id is None:
            raise ReplyUnreachableError("no message to edit")
        return self._client.get_partial_messageable(address.channel_id).get_partial_message(
            address.message_id
        )

    @asynccontextmanager
    async def _one_call(self, post: Post | None) -> AsyncGenerator[None]:
        if self._breaker.open:
            raise NotCarriedOutError("paused after too many refused requests")
        upload_bytes = post.video.size_bytes if post is not None and post.video is not None else 0
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S + upload_bytes / _SLOWEST_UPLOAD_BYTES_PER_S):
                yield
        except discord.HTTPException as error:
            raise delivery_error_of(error) from None
        except aiohttp.ClientConnectorError as error:
            raise NotCarriedOutError(type(error).__name__) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DiscordUnavailableError(type(error).__name__) from None
        except DeliveryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever comes of an odd answer is told as that
            # discord.py takes an answer of 2xx apart as if Discord had given it: a page, an empty body or a list
            # becomes whatever error comes of that.
            raise AnswerUnreadableError(type(error).__name__) from None


def _files(post: Post) -> list[discord.File]:
    if post.video is None:
        return []
    label = post.video.label
    return [discord.File(post.video.path, filename=label.name, description=label.description)]


def _nobody_but(address: ReplyAddress) -> discord.AllowedMentions:
    """Return leave to mention who asked, and nobody else."""
    users = [discord.Object(address.person_id)]
    return discord.AllowedMentions(everyone=False, roles=False, users=users, replied_user=False)


def _lead(address: ReplyAddress, post: Post) -> Lead:
    return Lead(mention_of_late_video(address.person_id, address.language), mark_of(digest_of(post)))


def _check_size(post: Post, limit_bytes: int) -> None:
    if post.video is not None and post.video.size_bytes > limit_bytes:
        raise UploadTooLargeError(f"{post.video.size_bytes} of {limit_bytes} bytes")
