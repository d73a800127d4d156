"""Layout of a post: the card as a container of texts, the video below them, then buttons."""

from typing import Final

import discord
from discord import ui

from bot.delivery.card import Card, Tone
from bot.delivery.discord_messages import Lead
from bot.delivery.messages import Post
from cogs.shared.job_buttons import ButtonReference, rows_of

_COLOURS: Final = {
    Tone.WORKING: discord.Colour.blurple(),
    Tone.DONE: discord.Colour.green(),
    Tone.FAILED: discord.Colour.red(),
    Tone.QUIET: discord.Colour.light_grey(),
}


def card_layout(post: Post, lead: Lead | None) -> ui.LayoutView:
    """Lay out a post. `lead` comes before the card, such as a mention."""
    card = post.card
    view = ui.LayoutView(timeout=None)
    if lead is not None and lead.text:
        view.add_item(ui.TextDisplay(lead.text, id=lead.mark))
    container_id = lead.mark if lead is not None and not lead.text else None
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_COLOURS[card.tone], id=container_id)
    container.add_item(ui.TextDisplay(_head(card)))
    if card.lines:
        container.add_item(ui.TextDisplay("\n".join(card.lines)))
    if post.video is not None:
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        label = post.video.label
        media = f"attachment://{label.name}"
        gallery.add_item(media=media, description=label.description, spoiler=post.video.spoiler)
        container.add_item(gallery)
    if card.small_print:
        container.add_item(ui.TextDisplay("\n".join(f"-# {line}" for line in card.small_print)))
    view.add_item(container)
    if card.actions:
        references = [
            ButtonReference(action, card.job_id, card.person_id, card.private) for action in card.actions
        ]
        for row in rows_of(references, card.language):
            view.add_item(row)
    # Presses come back as interactions like any others; the library would keep each view, for good.
    view.stop()
    return view


def _head(card: Card) -> str:
    return f"### {card.headline}\n> {card.prompt}\n-# {card.options}"
