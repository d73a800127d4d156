"""Marks and nonces, by which a message that was posted before is found again, and Discord drops a repetition."""

import hashlib

import discord

from bot.delivery.messages import Post, ReplyAddress


def digest_of(post: Post, *parts: str) -> str:
    """Return a digest that all repetitions of a post share, and no other post has."""
    return hashlib.sha256(":".join((post.card.job_id, post.card.headline, *parts)).encode()).hexdigest()


def digest_of_answer(address: ReplyAddress, post: Post) -> str:
    """Return a digest of the answer to a user's message; of another process under the same token it is another."""
    # The moment at which this process got the message: another one has another, a restart has the same.
    return hashlib.sha256(f"{post.card.job_id}:{address.created_at}".encode()).hexdigest()


def nonce_of(digest: str) -> str:
    """Return the nonce of a message; at most 25 characters (Discord, *Create Message*)."""
    return digest[:25]


def mark_of(digest: str) -> int:
    """Return a component id: a positive 32-bit number, far above those of components that are given none."""
    return 1 << 30 | int(digest[:7], 16)


def is_marked(message: discord.Message, mark: int) -> bool:
    """Return True if one of a message's components has this id."""
    return any(getattr(component, "id", None) == mark for component in message.components)
