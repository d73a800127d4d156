"""Messages to the bot: their text, and the pictures that go with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.images.model import ImageSource
from bot.texts import replies as words
from bot.texts.messages import Translatable
from bot.video import REFERENCES_MAX
from cogs.shared.attempt import repeat
from cogs.shared.pictures import pictures_of, public_pictures, videos_attached_to

_BLANKS: Final = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class Addressed:
    """A message to the bot: its text without the mention, its pictures, and the answer if there are none."""

    text: str
    pictures: tuple[ImageSource, ...]
    without_pictures: Translatable


async def read_addressed(
    message: discord.Message, bot_id: int, cdn_hosts: Sequence[str], intents: discord.Intents
) -> Addressed | None:
    """Return a message as one to the bot, or None if it is not meant for it.

    Only a mention in the text counts: a reply to the bot's own message mentions it as well (Discord, *Allowed
    Mentions*, `replied_user`), and so does everybody who just says thanks. In direct messages none is needed.
    Raises `discord.HTTPException` and network errors.
    """
    mention = re.compile(rf"<@!?{bot_id}>")
    in_text = mention.search(message.content) is not None
    if not in_text and message.guild is not None:
        return None
    text = _BLANKS.sub(" ", mention.sub(" ", message.content)).strip()
    own = pictures_of(message, cdn_hosts)
    replied, without = await _replied(message, bot_id, cdn_hosts, intents)
    pictures = public_pictures((*replied, *own)[:REFERENCES_MAX], message)
    return Addressed(text, pictures, without)


async def _replied(
    message: discord.Message, bot_id: int, cdn_hosts: Sequence[str], intents: discord.Intents
) -> tuple[tuple[ImageSource, ...], Translatable]:
    """Return the pictures of the message that was replied to, and the answer if there are none."""
    reference = message.reference
    if reference is None or reference.type is not discord.MessageReferenceType.reply:
        return (), words.HELP
    replied, trouble = await _message_of(message, reference)
    if replied is None:
        return (), trouble
    found = pictures_of(replied, cdn_hosts)
    if not found and replied.author.id != bot_id:
        # Each is refused by its name, and its first frame is offered.
        found = videos_attached_to(replied)
    shown = intents.message_content or message.guild is None or replied.author.id == bot_id
    if not found and not shown and _is_empty(replied):
        return (), words.PICTURES_NOT_SHOWN
    return found, words.NO_PICTURES


async def _message_of(
    message: discord.Message, reference: discord.MessageReference
) -> tuple[discord.Message | None, Translatable]:
    """Return the message that was replied to, and the answer if it cannot be fetched."""
    replied = reference.resolved
    message_id = reference.message_id
    if replied is None and message_id is not None:
        try:
            replied = await repeat(lambda: message.channel.fetch_message(message_id))
        except discord.NotFound:
            return None, words.MESSAGE_GONE
        except discord.Forbidden:
            return None, words.PICTURES_NOT_SHOWN
    return (replied if isinstance(replied, discord.Message) else None), words.MESSAGE_GONE


def _is_empty(message: discord.Message) -> bool:
    """Return True if nothing of a message is shown: Discord empties what an app may not read."""
    return not (
        message.content
        or message.attachments
        or message.embeds
        or message.components
        or message.stickers
        or message.message_snapshots
    )
