"""Answers to users who are no moderators, or of whom that cannot be told."""

from typing import Final

from bot.moderation.integrations import Access
from bot.moderation.policy import Person
from bot.texts import moderation, spicy
from bot.texts.messages import Message

_NO_MODERATOR: Final = (moderation.VOTE_NOT_YOURS, spicy.MODERATORS_ONLY)


def not_moderating(person: Person, usual: Message) -> Message:
    """Return an answer, or that Discord does not tell who moderates where it says that the user does not."""
    # Of an administrator it needs no telling: the question is then another server's.
    untold = person.spicy_access is Access.UNKNOWN and person.guild_id is not None and not person.administers
    return moderation.RIGHTS_NOT_TOLD if untold and usual in _NO_MODERATOR else usual
