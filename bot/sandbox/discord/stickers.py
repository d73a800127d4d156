"""Stickers: what a message carries of one (DOCS resource "Sticker")."""

from dataclasses import dataclass
from enum import IntEnum

from bot.sandbox.discord.wire import JsonObject

MAX_STICKERS = 3
"""How many one message may carry."""


class StickerFormat(IntEnum):
    """Sticker format types."""

    PNG = 1
    APNG = 2
    LOTTIE = 3
    GIF = 4


_EXTENSIONS = {
    StickerFormat.PNG: "png",
    StickerFormat.APNG: "png",
    StickerFormat.LOTTIE: "json",
    StickerFormat.GIF: "gif",
}


@dataclass(frozen=True, slots=True)
class Sticker:
    """A sticker as a message names it; `format_type` is one of `StickerFormat`."""

    id: int
    name: str
    format_type: int = StickerFormat.PNG

    @property
    def filename(self) -> str:
        """The last part of its address on the CDN. Raises `ValueError` for an unknown format."""
        return f"{self.id}.{_EXTENSIONS[StickerFormat(self.format_type)]}"

    def payload(self) -> JsonObject:
        """The sticker item object."""
        return {"id": str(self.id), "name": self.name, "format_type": int(self.format_type)}
