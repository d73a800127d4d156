"""A post as Discord shows it: the card as a container of texts, the video below its words."""

from typing import Final

import discord
from discord import ui

from bot.delivery import Post
from bot.texts.cards import Card, Tone

_COLOURS: Final = {
    Tone.WORKING: discord.Colour.blurple(),
    Tone.DONE: discord.Colour.green(),
    Tone.FAILED: discord.Colour.red(),
}


def card_layout(post: Post, lead: str | None) -> ui.LayoutView:
    """The view of a post; `lead` is a line put before the card, such as a mention."""
    view = ui.LayoutView(timeout=None)
    if lead is not None:
        view.add_item(ui.TextDisplay(lead))
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_COLOURS[post.card.tone])
    container.add_item(ui.TextDisplay(_head(post.card)))
    if post.card.lines:
        container.add_item(ui.TextDisplay("\n".join(post.card.lines)))
    if post.video is not None:
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        gallery.add_item(media=f"attachment://{post.video.name}", spoiler=post.video.spoiler)
        container.add_item(gallery)
    if post.card.small_print:
        container.add_item(ui.TextDisplay("\n".join(f"-# {line}" for line in post.card.small_print)))
    view.add_item(container)
    return view


def _head(card: Card) -> str:
    return f"### {card.headline}\n> {card.prompt}\n-# {card.options}"
