"""Delivery: cards and videos to where the user waits for them, by whichever way is still open."""

from bot.delivery.breaker import InvalidRequestBreaker, refusal_trace
from bot.delivery.card import Action, Card, Tone
from bot.delivery.final_post import Attempt, FinalPost, Journal, Posted, ping
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
from bot.delivery.progress import EDIT_INTERVAL_S, Existence, ProgressCard
from bot.delivery.reply_routes import ReplyRoutes
from bot.delivery.routes import TOKEN_LIVES_FOR, Route

__all__ = [
    "EDIT_INTERVAL_S",
    "TOKEN_LIVES_FOR",
    "Action",
    "Attempt",
    "Card",
    "DeliveryDoubtfulError",
    "DeliveryError",
    "DiscordUnavailableError",
    "Existence",
    "FinalPost",
    "InvalidRequestBreaker",
    "Journal",
    "Messages",
    "Post",
    "PostForbiddenError",
    "PostRefusedError",
    "Posted",
    "ProgressCard",
    "ReplyAddress",
    "ReplyRoutes",
    "ReplyUnreachableError",
    "Route",
    "Tone",
    "UploadTooLargeError",
    "VideoFile",
    "ping",
    "refusal_trace",
]
