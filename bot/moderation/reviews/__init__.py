"""What moderators are asked, how they vote, and what comes of it."""

from bot.moderation.reviews.review import Review, ReviewState, ReviewSubject, Vote, tally
from bot.moderation.reviews.store import ReviewStore

__all__ = ["Review", "ReviewState", "ReviewStore", "ReviewSubject", "Vote", "tally"]
