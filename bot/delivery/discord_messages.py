"""The one module of delivery that speaks to Discord: posts through discord.py, errors into our own words."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import discord

from bot.delivery.messages import (
    DiscordUnavailableError,
    Post,
    PostRefusedError,
    ReplyAddress,
    ReplyUnreachableError,
    UploadTooLargeError,
)
from bot.texts.cards import mention_of_late_video

Layout = Callable[[Post, str | None], discord.ui.LayoutView]
"""Turns a post into what discord.py sends; the second argument is a line to put before it."""

_TOO_LARGE_STATUS: Final = 413
_TOO_LARGE_CODES: Final = frozenset({40005, 50045})
"""`Request entity too large` and `File uploaded exceeds the maximum size` (Discord, *JSON error codes*)."""
_CLOSED_STATUS: Final = frozenset({401, 403, 404})
_RATE_LIMITED_STATUS: Final = 429
_SERVER_ERRORS_FROM: Final = 500
_ORIGINAL: Final[Any] = "@original"
"""Discord's name for an interaction's reply; discord.py's types want a number, but it passes any id on."""
_CALL_TIMEOUT_S: Final = 60.0
_SLOWEST_UPLOAD_BYTES_PER_S: Final = 100_000


class DiscordMessages:
    """`bot.delivery.Messages` on a discord.py client.

    Edits with an interaction's token use a session of our own, because the client's ends every request after
    five minutes, which is too short for a large file on a slow line. Nobody is ever mentioned but the person
    who asked, and they only where a new message has to find them.
    """

    def __init__(self, client: discord.Client, session: aiohttp.ClientSession, layout: Layout) -> None:
        self._client = client
        self._session = session
        self._layout = layout

    async def edit_by_token(self, address: ReplyAddress, post: Post) -> None:
        """Edit the reply with the interaction's token."""
        _check_size(post, address.upload_limit_bytes)
        webhook = discord.Webhook.partial(
            address.application_id,
            address.token.get_secret_value(),
            session=self._session,
            client=self._client,
        )
        async with _one_call(post):
            await webhook.edit_message(
                _ORIGINAL,
                view=self._layout(post, None),
                attachments=_files(post),
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def edit_as_bot(self, address: ReplyAddress, post: Post) -> None:
        """Edit the same message through its channel."""
        async with _one_call(post):
            await self._message(address).edit(
                view=self._layout(post, None),
                attachments=_files(post),
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def answer_in_channel(self, address: ReplyAddress, post: Post) -> None:
        """Answer the old message with a new one; the nonce lets Discord drop a repetition."""
        if address.channel_id is None:
            raise ReplyUnreachableError("no channel")
        reference: Any = None  # what send() itself assumes, but its types do not say so
        if address.message_id is not None:
            reference = self._message(address).to_reference(fail_if_not_exists=False)
        async with _one_call(post):
            await self._client.get_partial_messageable(address.channel_id).send(
                view=self._layout(post, mention_of_late_video(address.person_id)),
                files=_files(post),
                reference=reference,
                nonce=_nonce(address, "channel"),
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[discord.Object(address.person_id)], replied_user=False
                ),
            )

    async def direct_message(self, address: ReplyAddress, post: Post) -> None:
        """Send the post to the person; the nonce lets Discord drop a repetition."""
        async with _one_call(post):
            channel = await self._client.create_dm(discord.Object(address.person_id))
            await channel.send(
                view=self._layout(post, mention_of_late_video(address.person_id)),
                files=_files(post),
                nonce=_nonce(address, "direct"),
                allowed_mentions=discord.AllowedMentions.none(),
            )

    def _message(self, address: ReplyAddress) -> discord.PartialMessage:
        if address.channel_id is None or address.message_id is None:
            raise ReplyUnreachableError("no message to edit")
        return self._client.get_partial_messageable(address.channel_id).get_partial_message(
            address.message_id
        )


def _files(post: Post) -> list[discord.File]:
    if post.video is None:
        return []
    return [discord.File(post.video.path, filename=post.video.name)]


def _nonce(address: ReplyAddress, way: str) -> str:
    # At most 25 characters (Discord, *Create Message*); the same for every repetition of the same post.
    parts = (way, address.person_id, address.channel_id, address.message_id, address.created_at.timestamp())
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:25]


def _check_size(post: Post, limit_bytes: int) -> None:
    if post.video is not None and post.video.size_bytes > limit_bytes:
        raise UploadTooLargeError(f"{post.video.size_bytes} of {limit_bytes} bytes")


@asynccontextmanager
async def _one_call(post: Post) -> AsyncGenerator[None]:
    upload_bytes = post.video.size_bytes if post.video else 0
    try:
        async with asyncio.timeout(_CALL_TIMEOUT_S + upload_bytes / _SLOWEST_UPLOAD_BYTES_PER_S):
            yield
    except discord.HTTPException as error:
        raise _in_our_words(error) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DiscordUnavailableError(type(error).__name__) from None


def _in_our_words(error: discord.HTTPException) -> Exception:
    # The library's text may quote the request's address, which holds the token; status and code suffice.
    told = f"HTTP {error.status}, code {error.code}"
    if error.status == _TOO_LARGE_STATUS or error.code in _TOO_LARGE_CODES:
        return UploadTooLargeError(told)
    if error.status in _CLOSED_STATUS:
        return ReplyUnreachableError(told)
    if error.status == _RATE_LIMITED_STATUS or error.status >= _SERVER_ERRORS_FROM:
        return DiscordUnavailableError(told)
    return PostRefusedError(told)
