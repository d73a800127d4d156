"""A server's moderation rules: data with defaults, without I/O. `policy.py` applies them.

`bot/moderation/servers` stores them as JSON; `/settings` shows and changes them.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from bot.video import Preset


class Gate(StrEnum):
    """Feature with a mode of its own: each preset, and reference images with any preset."""

    NORMAL = "normal"
    FUN = "fun"
    SPICY = "spicy"
    CUSTOM = "custom"
    PICTURES = "pictures"

    @classmethod
    def of(cls, preset: Preset) -> "Gate":
        """Return the gate of a preset."""
        return cls(preset.value)


class Mode(StrEnum):
    """Condition under which a feature may be used."""

    OFF = "off"
    """No user may use it."""
    APPROVAL = "approval"
    """Every request needs moderators' approval."""
    TRUSTED = "trusted"
    """Requests of users who are not trusted need approval."""
    OPEN = "open"
    """All users may use it."""

    @property
    def strictness(self) -> int:
        """Rank of the mode. A higher one allows less."""
        return _STRICTNESS[self]


_STRICTNESS: Final[Mapping[Mode, int]] = {Mode.OPEN: 0, Mode.TRUSTED: 1, Mode.APPROVAL: 2, Mode.OFF: 3}


class ReviewStage(StrEnum):
    """Moment at which moderators are asked about a job."""

    SUBMISSION = "submission"
    """Before the video is bought."""
    POSTING = "posting"
    """Before the finished video is posted."""


class ReviewAt(StrEnum):
    """A server's choice of stages at which its moderators are asked."""

    SUBMISSION = "submission"
    POSTING = "posting"
    BOTH = "both"

    @property
    def stages(self) -> frozenset[ReviewStage]:
        """The stages at which a request that needs approval waits for it."""
        return _STAGES[self]


_STAGES: Final[Mapping[ReviewAt, frozenset[ReviewStage]]] = {
    ReviewAt.SUBMISSION: frozenset({ReviewStage.SUBMISSION}),
    ReviewAt.POSTING: frozenset({ReviewStage.POSTING}),
    ReviewAt.BOTH: frozenset({ReviewStage.SUBMISSION, ReviewStage.POSTING}),
}

_USUAL: Final[Mapping[Gate, Mode]] = {
    Gate.NORMAL: Mode.OPEN,
    Gate.FUN: Mode.OPEN,
    Gate.SPICY: Mode.OFF,
    Gate.CUSTOM: Mode.OPEN,
    Gate.PICTURES: Mode.OPEN,
}


class ServerRules(BaseModel):
    """A server's rules. The defaults are those of a server that changed nothing."""

    # Unknown keys are ignored: a database may hold rules that a newer or an older version stored.
    model_config = ConfigDict(frozen=True, extra="ignore")

    spicy_confirmed_by: int | None = None
    """User id of the moderator who confirmed the rules of the spicy preset. Without one, the preset is off."""
    spicy_stopped: bool = False
    """True while moderators have stopped the spicy preset."""
    spicy_stopped_at: datetime | None = None
    """Moment of the last stop. What was asked for before it is decided about anew."""
    modes: Mapping[Gate, Mode] = Field(default_factory=dict[Gate, Mode])
    channel_modes: Mapping[int, Mapping[Gate, Mode]] = Field(default_factory=dict[int, Mapping[Gate, Mode]])
    review_at: ReviewAt = ReviewAt.SUBMISSION
    quorum: Annotated[int, Field(ge=1, le=10)] = 1
    """Number of moderators who must approve, and number who must deny."""
    review_hours: Annotated[int, Field(ge=1, le=168)] = 12
    trusted_roles: frozenset[int] = frozenset()
    reviewer_roles: frozenset[int] = frozenset()
    word_exempt_roles: frozenset[int] = frozenset()
    """Roles whose members the server's own list of words does not concern, but for terms that only alert."""
    word_exempt_channels: frozenset[int] = frozenset()
    """Channels in which it does not count either."""
    review_channel_id: int | None = None
    log_channel_id: int | None = None
    reports_to_hide: Annotated[int, Field(ge=1, le=50)] = 3
    grave_report_hours: Annotated[int, Field(ge=0, le=8760)] = 24
    """Hours of membership after which a report with a grave reason hides a video at once."""
    hidden_hours: Annotated[int, Field(ge=1, le=720)] = 72
    """Hours that a hidden video is kept for review."""
    strikes_to_suspend: Annotated[int, Field(ge=1, le=20)] = 3
    suspend_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    image_check_percent: Annotated[int, Field(ge=0, le=100)] = 80
    """Score in per cent from which pictures and results outside the spicy preset are held; 0 holds none.

    It counts only where the operator installed a check.
    """
    new_member_hours: Annotated[int, Field(ge=0, le=8760)] = 0
    """Hours after joining in which a member is new; 0 for no limits of new members."""
    new_member_pause_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """Minutes between two requests of a new member."""
    new_member_daily: Annotated[int, Field(ge=0, le=1000)] = 3
    """Requests of a new member on a day (UTC)."""
    strike_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Days after which a strike no longer counts."""

    def mode(self, gate: Gate, channel_id: int | None) -> Mode:
        """Return a gate's mode in a channel: the channel's own if it has one, else the server's.

        The spicy gate is off until a moderator confirmed its rules, whatever the modes say.

        Args:
            gate: The feature.
            channel_id: The channel, or its parent for a thread; None outside of servers.
        """
        if gate is Gate.SPICY and self.spicy_confirmed_by is None:
            return Mode.OFF
        usual = self.modes.get(gate, _USUAL[gate])
        own = self.channel_modes.get(channel_id) if channel_id is not None else None
        return own.get(gate, usual) if own is not None else usual

    def of_unknown_channel(self) -> "ServerRules":
        """Return the rules for a channel of which it cannot be told which it is: each gate's strictest mode."""
        usual = {gate: self.modes.get(gate, _USUAL[gate]) for gate in Gate}
        own = list(self.channel_modes.values())
        modes = {
            gate: max((mode, *(one[gate] for one in own if gate in one)), key=lambda one: one.strictness)
            for gate, mode in usual.items()
        }
        return self.model_copy(update={"modes": modes, "channel_modes": {}})

    def exempts_from_words(self, role_ids: frozenset[int], channel_id: int | None) -> bool:
        """Return True if the server's own list of words does not count for these roles or in this channel."""
        return channel_id in self.word_exempt_channels or not self.word_exempt_roles.isdisjoint(role_ids)


USUAL_RULES: Final = ServerRules()
CLOSED_RULES: Final = ServerRules(modes=dict.fromkeys(Gate, Mode.OFF), quorum=10)
"""Rules that allow nothing."""
