"""What a server's moderators decided for it. Nothing here does I/O."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from bot.video import Preset


class Gate(StrEnum):
    """What can be gated on its own: each preset, and reference images whatever the preset."""

    NORMAL = "normal"
    FUN = "fun"
    SPICY = "spicy"
    CUSTOM = "custom"
    PICTURES = "pictures"

    @classmethod
    def of(cls, preset: Preset) -> "Gate":
        """The gate of a preset."""
        return cls(preset.value)


class Mode(StrEnum):
    """How far a gate is open."""

    OFF = "off"
    APPROVAL = "approval"
    """Every request waits for moderators."""
    TRUSTED = "trusted"
    """Trusted people go through, others wait."""
    OPEN = "open"

    @property
    def strictness(self) -> int:
        """The higher, the less goes through."""
        return _STRICTNESS[self]


_STRICTNESS: Final[Mapping[Mode, int]] = {Mode.OPEN: 0, Mode.TRUSTED: 1, Mode.APPROVAL: 2, Mode.OFF: 3}


class ReviewStage(StrEnum):
    """When moderators are asked."""

    SUBMISSION = "submission"
    """Before anything is bought."""
    POSTING = "posting"
    """The finished video waits."""


class ReviewAt(StrEnum):
    """When a server wants to be asked."""

    SUBMISSION = "submission"
    POSTING = "posting"
    BOTH = "both"

    @property
    def stages(self) -> frozenset[ReviewStage]:
        """The moments at which a request that needs approval waits."""
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
    """A server's rules; the defaults are those of a server that never touched them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    spicy_confirmed_by: int | None = None
    """Who confirmed the rules of the spicy preset, without which it is off."""
    modes: Mapping[Gate, Mode] = Field(default_factory=dict[Gate, Mode])
    channel_modes: Mapping[int, Mapping[Gate, Mode]] = Field(default_factory=dict[int, Mapping[Gate, Mode]])
    review_at: ReviewAt = ReviewAt.SUBMISSION
    quorum: Annotated[int, Field(ge=1, le=10)] = 1
    """How many must approve, and how many must deny."""
    review_hours: Annotated[int, Field(ge=1, le=168)] = 12
    trusted_roles: frozenset[int] = frozenset()
    reviewer_roles: frozenset[int] = frozenset()
    review_channel_id: int | None = None
    log_channel_id: int | None = None
    reports_to_hide: Annotated[int, Field(ge=1, le=50)] = 3
    hidden_hours: Annotated[int, Field(ge=1, le=720)] = 72
    """How long a hidden video is kept for review."""
    strikes_to_suspend: Annotated[int, Field(ge=1, le=20)] = 3
    suspend_hours: Annotated[int, Field(ge=1, le=8760)] = 24
    image_check_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """From which score on pictures and results outside the spicy preset are held; 0 for never."""
    strike_days: Annotated[int, Field(ge=1, le=365)] = 30
    """After how long a strike has faded."""

    def mode(self, gate: Gate, channel_id: int | None) -> Mode:
        """How far a gate is open in a channel: the channel's own word counts, then the server's.

        Spicy is off until somebody confirmed its rules, whatever the modes say.
        """
        if gate is Gate.SPICY and self.spicy_confirmed_by is None:
            return Mode.OFF
        usual = self.modes.get(gate, _USUAL[gate])
        own = self.channel_modes.get(channel_id) if channel_id is not None else None
        return own.get(gate, usual) if own is not None else usual


USUAL_RULES: Final = ServerRules()
