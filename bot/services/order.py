"""What every way in has in common: what was asked for, checked without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import ValidationError

from bot.images.model import ImageSource, Reference
from bot.images.sources import check_source
from bot.jobs.cards import explain_picture
from bot.moderation.policy import Person, Place, Right
from bot.people.preferences import Preferences
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.video import Preset, Resolution, Seconds, Size, VideoRequest

_OFFERED: Final[Mapping[str, Sequence[str]]] = {
    "seconds": tuple(Seconds),
    "size": tuple(Size),
    "resolution": tuple(Resolution),
    "preset": tuple(Preset),
}


@dataclass(frozen=True)
class Wish:
    """What somebody wants, as it came: nothing in it is checked yet."""

    prompt: str
    seconds: str | None = None
    size: str | None = None
    resolution: str | None = None
    preset: str | None = None
    picture_count: int = 0
    group: str | None = None

    @classmethod
    def again(cls, request: VideoRequest) -> "Wish":
        """The same wish as one that was made before."""
        return cls(
            request.prompt,
            request.seconds,
            request.size,
            request.resolution,
            request.preset,
            request.reference_count,
            request.group,
        )

    def completed_by(self, preferences: Preferences, *, size: Size | None = None) -> "Wish":
        """This wish with somebody's own defaults for what it leaves open, then with `size`."""
        return replace(
            self,
            seconds=self.seconds or preferences.seconds,
            size=self.size or preferences.size or size,
            resolution=self.resolution or preferences.resolution,
            preset=self.preset or preferences.preset,
        )


@dataclass(frozen=True)
class Ask:
    """A wish from Discord, with its pictures, who made it and in what place."""

    wish: Wish
    pictures: tuple[ImageSource, ...]
    place: Place
    person: Person
    channel_id: int | None = None
    """The channel; of a thread, the one that it is in."""
    kept: tuple[Reference, ...] | None = None
    """Pictures of an earlier job, spooled already, that are used again."""
    missing: tuple[Right, ...] = ()
    """What the bot would need to be allowed in that place, and is not."""


def read_wish(wish: Wish) -> VideoRequest | Explanation:
    """The valid request, or what is wrong with the wish."""
    said = {
        "prompt": wish.prompt,
        "seconds": wish.seconds,
        "size": wish.size,
        "resolution": wish.resolution,
        "preset": wish.preset,
        "reference_count": wish.picture_count,
        "group": wish.group,
    }
    try:
        return VideoRequest.model_validate({name: value for name, value in said.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return _explain(str(first["loc"][0]), first["type"], wish)


def read_ask(ask: Ask, *, allowed_hosts: Sequence[str]) -> VideoRequest | Explanation:
    """The valid request, or the first thing that is wrong with it; whether the rules allow it is another matter."""
    if ask.missing:
        return explanations.missing_rights(ask.missing)
    request = read_wish(ask.wish)
    if isinstance(request, Explanation):
        return request
    for source in ask.pictures:
        problem = check_source(source, allowed_hosts)
        if problem is not None:
            return explain_picture(source.filename, problem)
    return request


def _explain(field: str, problem: str, wish: Wish) -> Explanation:
    match field, problem:
        case "prompt", "string_too_long":
            return explanations.prompt_too_long(len(wish.prompt.strip()))
        case "prompt", _:
            return explanations.PROMPT_EMPTY
        case "reference_count", _:
            return explanations.too_many_pictures()
        case _:
            return explanations.option_not_offered(field, _OFFERED.get(field, ()))
