"""Origin of a request's pictures, as far as the rules depend on it, and the requests that count as spicy."""

from enum import StrEnum

from bot.video import Preset


class PictureOrigin(StrEnum):
    """Origin of a request's pictures."""

    NONE = "none"
    OWN_SPICY_VIDEO = "own_spicy_video"
    """Each is the last frame of a spicy video of the bot's own, and no picture of `PEOPLE` is behind that video."""
    PEOPLE = "people"
    """At least one was uploaded, linked or replied to, is a frame of an ordinary video, or is unknown."""
    PEOPLE_BEFORE = "people_before"
    """It has none, but builds on an earlier request with pictures of `PEOPLE`."""
    SPICY_AND_PEOPLE = "spicy_and_people"
    """At least one is the last frame of a spicy video, and people's pictures are beside it or behind that video."""

    @property
    def is_from_people(self) -> bool:
        """True if people's pictures are at the beginning, which spicy videos do not take."""
        return self not in {PictureOrigin.NONE, PictureOrigin.OWN_SPICY_VIDEO}

    @property
    def are_there(self) -> bool:
        """True if the request starts from pictures, wherever they come from."""
        return self not in {PictureOrigin.NONE, PictureOrigin.PEOPLE_BEFORE}

    @property
    def continues_spicy(self) -> bool:
        """True if the request continues a spicy video, whose last frame it begins with."""
        return self in {PictureOrigin.OWN_SPICY_VIDEO, PictureOrigin.SPICY_AND_PEOPLE}


def is_spicy(preset: Preset, pictures: PictureOrigin) -> bool:
    """Return True if the rules of spicy videos hold: for the preset, and for what continues one with any preset."""
    return preset is Preset.SPICY or pictures.continues_spicy
