"""Reads from the text of a reply how its job stands, where the row may be older than the reply."""

from enum import StrEnum
from functools import cache
from typing import Final

from bot.jobs.cards import Stage
from bot.texts import cards, moderation
from bot.texts.explanations import Money
from bot.texts.messages import Language, Message

_AT_THE_SERVICE: Final = (
    Stage.SUBMITTING,
    Stage.WAITING,
    Stage.GENERATING,
    Stage.DOWNLOADING,
    Stage.FINISHING,
    Stage.UPLOADING,
)
_HEADLINE: Final = "### "
_PROMPT: Final = "> "


class ReplyTells(StrEnum):
    """Outcome of a job, by its reply."""

    POSTED = "posted"
    """Its video was posted; it may be hidden or removed by now."""
    PURCHASE = "purchase"
    """It was handed to the video service, and may have been bought."""
    NOTHING = "nothing"


def told_by(text: str) -> ReplyTells:
    """Return what the text of a card tells, in whatever language it is. The user's prompt tells nothing.

    A sentence that a later version words differently is not recognised in replies of earlier ones. So `NOTHING`
    does not prove that nothing was bought: after a backup was put back, a user is asked and promised nothing.
    """
    lines = [line.strip() for line in text.splitlines() if not line.startswith(_PROMPT)]
    headlines = {line.removeprefix(_HEADLINE) for line in lines if line.startswith(_HEADLINE)}
    if headlines & _posted():
        return ReplyTells.POSTED
    if headlines & _handed_over() or not _spent().isdisjoint(lines):
        return ReplyTells.PURCHASE
    return ReplyTells.NOTHING


@cache
def _posted() -> frozenset[str]:
    return _in_all_languages(cards.DELIVERED, moderation.HIDDEN_HEADLINE, moderation.REMOVED_HEADLINE)


@cache
def _handed_over() -> frozenset[str]:
    return _in_all_languages(cards.LAID_ASIDE, *(cards.HEADLINES[stage] for stage in _AT_THE_SERVICE))


@cache
def _spent() -> frozenset[str]:
    return _in_all_languages(*(money.sentence for money in Money if money is not Money.NOT_SPENT))


def _in_all_languages(*messages: Message) -> frozenset[str]:
    return frozenset(message.in_language(language) for message in messages for language in Language)
