"""How long hiding, restoring and removing a reported video waits for what does not do it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportWaits:
    """Waits for a Discord, a video service or a store that does not do what was decided, in seconds."""

    original_s: float = 2.5
    """Time until a video is hidden whose original a store does not make moderators' copy."""
    edit_s: float = 15.0
    """Time for which one try waits for a Discord that is unavailable."""
    away_s: float = 20.0
    """Time until a Discord that was unavailable is tried again."""
    refused_s: float = 600.0
    """Time until a refused message or an absent video is tried again. Seldom: refused requests count towards
    Discord's ban for invalid requests."""
