"""One person's own defaults."""

from dataclasses import dataclass, fields

from bot.video import Preset, Resolution, Seconds, Size


@dataclass(frozen=True)
class Preferences:
    """What somebody wants when they say nothing else; None for what they never chose."""

    seconds: Seconds | None = None
    size: Size | None = None
    resolution: Resolution | None = None
    preset: Preset | None = None
    private: bool | None = None
    ping: bool | None = None

    def changed_by(self, newer: "Preferences") -> "Preferences":
        """These, with everything that `newer` says put in place."""
        chosen = {
            field.name: getattr(newer, field.name)
            for field in fields(self)
            if getattr(newer, field.name) is not None
        }
        return Preferences(**{field.name: getattr(self, field.name) for field in fields(self)} | chosen)
