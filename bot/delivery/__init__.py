"""Delivery: cards and videos to where the person waits for them, by whichever way is still open."""

from bot.delivery.breaker import InvalidRequestBreaker, refusal_trace
from bot.delivery.card import Action, Card, Tone
from bot.delivery.live import (
    EDIT_INTERVAL_S,
    FINAL_POST_PATIENCE_S,
    Attempt,
    Existence,
    Journal,
    LiveReply,
    Posted,
)
from bot.delivery.messages import (
    DeliveryDoubtfulError,
    DeliveryError,
    DiscordUnavailableError,
    Messages,
    Post,
    PostForbiddenError,
    PostRefusedError,
    ReplyAddress,
    ReplyUnreachableError,
    UploadTooLargeError,
    VideoFile,
)
from bot.delivery.routes import TOKEN_LIVES_FOR, Route, final_routes, progress_routes

__all__ = [
    "EDIT_INTERVAL_S",
    "FINAL_POST_PATIENCE_S",
    "TOKEN_LIVES_FOR",
    "Action",
    "Attempt",
    "Card",
    "DeliveryDoubtfulError",
    "DeliveryError",
    "DiscordUnavailableError",
    "Existence",
    "InvalidRequestBreaker",
    "Journal",
    "LiveReply",
    "Messages",
    "Post",
    "PostForbiddenError",
    "PostRefusedError",
    "Posted",
    "ReplyAddress",
    "ReplyUnreachableError",
    "Route",
    "Tone",
    "UploadTooLargeError",
    "VideoFile",
    "final_routes",
    "progress_routes",
    "refusal_trace",
]
