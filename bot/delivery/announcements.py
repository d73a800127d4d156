"""Reads what a message shows, and recognises a reply that shows no more than that an answer will come."""

from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import discord

from bot.texts.jobs import BEING_STORED
from bot.texts.messages import Language


def text_of(message: discord.Message) -> str:
    """Return the texts of a message's layout, one below the other."""
    parts = discord.ui.LayoutView.from_message(message, timeout=None).walk_children()
    return "\n".join(part.content for part in parts if isinstance(part, discord.ui.TextDisplay))


def media_of(message: discord.Message) -> Iterator[str]:
    """Yield the paths of the files that a message shows in galleries."""
    # In messages of this kind files stand in the components alone, by their addresses (Discord's issue 8277).
    for part in discord.ui.LayoutView.from_message(message, timeout=None).walk_children():
        if isinstance(part, discord.ui.MediaGallery):
            yield from (urlsplit(item.media.url).path for item in part.items)


def is_announcement(message: discord.Message) -> bool:
    """Return True if a reply was acknowledged and never filled in. One with anything else was, by somebody."""
    if message.content or message.embeds or message.attachments:
        return False
    return not message.components or text_of(message) in _in_words()


@cache
def _in_words() -> frozenset[str]:
    return frozenset(BEING_STORED.in_language(language) for language in Language)
