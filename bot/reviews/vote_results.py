"""Results of moderators' presses on questions, and why a press does not count."""

from enum import StrEnum

from bot.moderation.policy import Person
from bot.moderation.rights import may_moderate, may_review
from bot.moderation.rules import ServerRules
from bot.reviews.review import Review, ReviewSubject
from bot.reviews.vote_record import ExtraAction


class VoteResult(StrEnum):
    """Result of a moderator's press on a question."""

    COUNTED = "counted"
    DECIDED = "decided"
    TAKEN_BACK = "taken_back"
    NO_VOTE = "no_vote"
    CLOSED = "closed"
    NOT_ALLOWED = "not_allowed"
    BLOCKED = "blocked"
    """Other moderators have blocked the user who would be trusted."""
    STOPPED = "stopped"
    """The spicy preset is stopped: nothing of it can be approved."""
    UNSEEN = "unseen"
    """A finished video is approved by those alone to whom it was shown."""
    OWN = "own"
    """The request is the moderator's own."""


def why_refused(
    review: Review, person: Person, rules: ServerRules, extra: ExtraAction = ExtraAction.NONE
) -> VoteResult | None:
    """Return why a user cannot vote, or None."""
    if not may_moderate(person, rules, review.guild_id):
        return VoteResult.NOT_ALLOWED
    requested = review.subject is not ReviewSubject.REPORT and extra is ExtraAction.NONE
    owner_id = review.person_id
    if not may_review(person, rules, review.guild_id, owner_id=owner_id, requested=requested):
        return VoteResult.OWN
    return None
