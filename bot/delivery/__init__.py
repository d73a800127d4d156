"""Delivery: cards and videos to where the person waits for them, by whichever way is still open."""

from bot.delivery.live import LiveReply
from bot.delivery.messages import (
    DiscordUnavailableError,
    Messages,
    Post,
    PostRefusedError,
    ReplyAddress,
    ReplyUnreachableError,
    UploadTooLargeError,
    VideoFile,
)
from bot.delivery.routes import Route, final_routes, progress_route

__all__ = [
    "DiscordUnavailableError",
    "LiveReply",
    "Messages",
    "Post",
    "PostRefusedError",
    "ReplyAddress",
    "ReplyUnreachableError",
    "Route",
    "UploadTooLargeError",
    "VideoFile",
    "final_routes",
    "progress_route",
]
