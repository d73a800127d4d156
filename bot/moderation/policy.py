"""The rules, each a pure function: facts in, a verdict with its reason out."""

from dataclasses import dataclass
from enum import StrEnum

from bot.video import Preset


class Place(StrEnum):
    """Where a request was made, as far as the rules care.

    A thread counts as its parent; a channel whose parent is unknown counts as not restricted. The channel's
    own flag decides, whatever the server as a whole is marked as (Discord, *Age-Restricted Channels*).
    """

    AGE_RESTRICTED_CHANNEL = "age_restricted_channel"
    OPEN_CHANNEL = "open_channel"
    DIRECT_MESSAGE = "direct_message"


class Verdict(StrEnum):
    """What the rules say of a request."""

    ALLOWED = "allowed"
    NEEDS_AGE_RESTRICTED_CHANNEL = "needs_age_restricted_channel"
    NOT_IN_DIRECT_MESSAGES = "not_in_direct_messages"


@dataclass(frozen=True)
class RequestFacts:
    """All that the verdict depends on."""

    preset: Preset
    place: Place


def judge(facts: RequestFacts) -> Verdict:
    """Whether the request may be made: every preset anywhere, but spicy in age-restricted channels only."""
    match facts.preset, facts.place:
        case ((Preset.NORMAL | Preset.FUN | Preset.CUSTOM), _):
            return Verdict.ALLOWED
        case Preset.SPICY, Place.AGE_RESTRICTED_CHANNEL:
            return Verdict.ALLOWED
        case Preset.SPICY, Place.OPEN_CHANNEL:
            return Verdict.NEEDS_AGE_RESTRICTED_CHANNEL
        case Preset.SPICY, Place.DIRECT_MESSAGE:
            return Verdict.NOT_IN_DIRECT_MESSAGES
