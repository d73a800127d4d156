"""Parts that the answers to `/spicy` share: the layout of a page, and the buttons that turn it."""

from collections.abc import Iterable, Sequence
from typing import Final

from discord import ui

from bot.texts import spicy as words
from bot.texts.messages import Language, Message
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.layout import layout_of

DISCORD_ID: Final = "(?:[0-8][0-9]{18}|[0-9]{1,18})"
"""Pattern of one of Discord's numbers; of none that SQLite would have no room for."""


def page_view(
    title: Message,
    texts: Iterable[str | ui.Item[ui.LayoutView]],
    language: Language,
    buttons: Sequence[PlainButton] = (),
    small_print: str = "",
) -> ui.LayoutView:
    """Lay out a title, texts, a row of buttons, and a line in small print."""
    row = [row_of_plain(buttons)] if buttons else []
    small = [f"-# {small_print}"] if small_print else []
    return layout_of(f"### {title.in_language(language)}", *texts, *row, *small)


def turning_buttons(prefix: str, page: int, language: Language, *, more: bool) -> list[PlainButton]:
    """Make *Back* and *Next* for a page, counted from 0; `more` tells of pages after it."""
    buttons: list[PlainButton] = []
    if page:
        buttons.append(PlainButton(words.BACK.in_language(language), f"{prefix}:{page - 1}"))
    if more:
        buttons.append(PlainButton(words.NEXT.in_language(language), f"{prefix}:{page + 1}"))
    return buttons
