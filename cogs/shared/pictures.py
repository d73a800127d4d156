"""The pictures of a message, wherever Discord puts them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

import discord
from discord import components
from yarl import URL

from bot.images.model import ImageSource, SourceKind
from bot.images.sources import is_allowed
from bot.video import REFERENCES_MAX

_PICTURE_ENDINGS: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)
_NAMES: Final = {"sticker": "sticker", "embed": "picture"}


def pictures_of(message: discord.Message, allowed_hosts: Sequence[str]) -> tuple[ImageSource, ...]:
    """Return at most seven pictures: attached, forwarded, in components, in embeds, stickers; in that order.

    Of an embedded picture's two addresses the one on an allowed host is taken, which as a rule is Discord's
    own copy. What was forwarded is kept in snapshots (Discord, *Message Forwarding*).
    """
    found: dict[str, ImageSource] = {}
    for part in (message, *message.message_snapshots):
        for picture in _of_part(part, allowed_hosts):
            found.setdefault(_without_query(picture.url), picture)
    return tuple(found.values())[:REFERENCES_MAX]


def public_pictures(pictures: Sequence[ImageSource], message: discord.Message) -> tuple[ImageSource, ...]:
    """Return the pictures of a message as ones that everybody in its channel can see, unless it is private."""
    channel_id = None if message.flags.ephemeral else message.channel.id
    return tuple(replace(picture, public_in=channel_id) for picture in pictures)


def videos_attached_to(message: discord.Message) -> tuple[ImageSource, ...]:
    """Return the videos that a user attached to a message, as sources of pictures, which they are not."""
    videos = [one for one in message.attachments if (one.content_type or "").startswith("video/")]
    return tuple(of_attachment(video) for video in videos[:REFERENCES_MAX])


def of_attachment(attachment: discord.Attachment) -> ImageSource:
    """Return an attachment as a source, whatever its type is said to be: its content decides later."""
    return ImageSource(url=attachment.url, filename=attachment.filename, size_bytes=attachment.size)


def video_of(message: discord.Message) -> ImageSource | None:
    """Return the video that a message of the bot shows, or None."""
    for attachment in message.attachments:
        if (attachment.content_type or "").startswith("video/"):
            return ImageSource(attachment.url, attachment.filename, attachment.size, SourceKind.VIDEO)
    for media in _media(message.components):
        if (media.content_type or "").startswith("video/") or media.url.split("?")[0].endswith(".mp4"):
            return ImageSource(media.url, _name(media.url), None, SourceKind.VIDEO)
    return None


def _of_part(
    part: discord.Message | discord.MessageSnapshot, allowed_hosts: Sequence[str]
) -> Iterator[ImageSource]:
    for attachment in part.attachments:
        if _is_picture(attachment.content_type, attachment.filename):
            yield of_attachment(attachment)
    for media in _media(part.components):
        if _is_picture(media.content_type, _name(media.url)):
            url = _best(media.url, media.proxy_url, allowed_hosts)
            yield ImageSource(url, _name(media.url))
    for embed in part.embeds:
        for shown in (embed.image, embed.thumbnail):
            if shown.url:
                url = _best(shown.url, shown.proxy_url, allowed_hosts)
                yield ImageSource(url, _name(shown.url) or _NAMES["embed"])
    for sticker in part.stickers:
        # Lottie stickers are drawn by programs, not pictures.
        if sticker.format is not discord.StickerFormatType.lottie:
            name = f"{sticker.name}.{sticker.format.file_extension}"
            yield ImageSource(sticker.url, name)


def _media(parts: Sequence[components.Component]) -> Iterator[discord.UnfurledMediaItem]:
    for part in parts:
        match part:
            case components.MediaGalleryComponent():
                yield from (item.media for item in part.items)
            case components.ThumbnailComponent() | components.FileComponent():
                yield part.media
            case components.SectionComponent():
                yield from _media([part.accessory])
            case components.Container():
                yield from _media(part.children)
            case _:
                pass


def _is_picture(content_type: str | None, filename: str) -> bool:
    if content_type is not None:
        return content_type.startswith("image/") and not content_type.startswith("image/svg")
    return PurePosixPath(filename.lower()).suffix in _PICTURE_ENDINGS


def _without_query(address: str) -> str:
    """Return the part of an address that stays when Discord signs it anew; other texts unchanged."""
    try:
        return str(URL(address).with_query(None))
    except ValueError:
        return address


def _name(address: str) -> str:
    try:
        return URL(address).name
    except ValueError:
        return ""


def _best(url: str, proxy_url: str | None, allowed_hosts: Sequence[str]) -> str:
    candidates = [candidate for candidate in (url, proxy_url) if candidate]
    for candidate in candidates:
        if is_allowed(candidate, allowed_hosts):
            return candidate
    return candidates[-1] if candidates else url
