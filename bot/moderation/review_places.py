"""Channels in which moderators are asked: what makes one of use, and which changes of the rules need one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.moderation.servers.changes import Change, Field

ASKING: Final = frozenset({Mode.APPROVAL, Mode.TRUSTED})
"""Modes in which requests wait for moderators."""


class ReviewChannelProblem(StrEnum):
    """Reason why moderators cannot be asked in a channel."""

    NOT_CHOSEN = "not_chosen"
    GONE = "gone"
    NOT_SEEN = "not_seen"
    NOT_WRITABLE = "not_writable"
    NO_FILES = "no_files"
    NOT_RESTRICTED = "not_restricted"
    """Spicy requests are to be shown in it, and it is not age-restricted."""


@dataclass(frozen=True)
class ReviewPlace:
    """What the bot may do in a channel, and if the channel is age-restricted."""

    sees: bool
    writes: bool
    attaches: bool
    restricted: bool


@dataclass(frozen=True)
class NeededChannel:
    """A review channel without which a change is not made; `channel_id` is None if none is chosen."""

    channel_id: int | None
    shows_spicy: bool


def needed_channel(change: Change, rules: ServerRules) -> NeededChannel | None:
    """Return the review channel that has to be of use for a change of the rules, or None if there is none such.

    Raises:
        ValueError: The change is not offered.
    """
    if change.setting.gate is not None:
        asks = change.mode in ASKING
        return NeededChannel(rules.review_channel_id, change.setting.gate is Gate.SPICY) if asks else None
    if change.setting.field is Field.REVIEW_CHANNEL and change.values:
        return NeededChannel(int(change.values[0]), _asks_about_spicy(rules))
    return None


def problem_with(needed: NeededChannel, place: ReviewPlace | None) -> ReviewChannelProblem | None:
    """Return why moderators cannot be asked in a channel, or None. `place` is None if there is no such channel."""
    if needed.channel_id is None:
        return ReviewChannelProblem.NOT_CHOSEN
    if place is None:
        return ReviewChannelProblem.GONE
    if not place.sees:
        return ReviewChannelProblem.NOT_SEEN
    if not place.writes:
        return ReviewChannelProblem.NOT_WRITABLE
    if not place.attaches:
        return ReviewChannelProblem.NO_FILES
    return ReviewChannelProblem.NOT_RESTRICTED if needed.shows_spicy and not place.restricted else None


def _asks_about_spicy(rules: ServerRules) -> bool:
    channels = (None, *rules.channel_modes)
    return any(rules.mode(Gate.SPICY, channel_id) in ASKING for channel_id in channels)
