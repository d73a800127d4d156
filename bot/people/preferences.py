"""A user's own defaults for requests, set with `/defaults` and applied by every entry point."""

from pydantic import BaseModel, ConfigDict

from bot.video import Preset, Resolution, Seconds, Size


class Preferences(BaseModel):
    """Defaults of one user. None marks an option that the user never chose."""

    model_config = ConfigDict(frozen=True)

    seconds: Seconds | None = None
    size: Size | None = None
    resolution: Resolution | None = None
    preset: Preset | None = None
    private: bool | None = None
    ping: bool | None = None
