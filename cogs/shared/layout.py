"""Messages of components: texts and other parts, one below the other."""

from discord import ui


def layout_of(*parts: str | ui.Item[ui.LayoutView]) -> ui.LayoutView:
    """Lay out parts one below the other; a string becomes a text."""
    view = ui.LayoutView(timeout=None)
    for part in parts:
        view.add_item(ui.TextDisplay(part) if isinstance(part, str) else part)
    # Presses come back as interactions like any others, so the library need not remember the view.
    view.stop()
    return view
