"""A user's own defaults for requests, set with `/defaults` and applied by every entry point."""

from dataclasses import dataclass, fields

from bot.video import Preset, Resolution, Seconds, Size


@dataclass(frozen=True)
class Preferences:
    """Defaults of one user. None marks an option that the user never chose."""

    seconds: Seconds | None = None
    size: Size | None = None
    resolution: Resolution | None = None
    preset: Preset | None = None
    private: bool | None = None
    ping: bool | None = None

    def changed_by(self, newer: "Preferences") -> "Preferences":
        """Return a copy in which every field that is set in `newer` is replaced."""
        chosen = {
            field.name: getattr(newer, field.name)
            for field in fields(self)
            if getattr(newer, field.name) is not None
        }
        return Preferences(**{field.name: getattr(self, field.name) for field in fields(self)} | chosen)
