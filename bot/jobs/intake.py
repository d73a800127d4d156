"""What every way in has in common: what was asked for, checked without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from bot.images import ImageLimits, ImageSource, check_source
from bot.jobs.announce import explain_picture
from bot.moderation.policy import Admission, Person, Place, RequestFacts, Verdict, judge
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.video import VideoRequest

LIMITS: Final = ImageLimits()


_REFUSALS: Final[Mapping[Verdict, Explanation]] = {
    Verdict.NOT_AMONG_ALLOWED: explanations.NOT_AMONG_ALLOWED,
    Verdict.NEEDS_AGE_RESTRICTED_CHANNEL: explanations.SPICY_NEEDS_AGE_GATE,
    Verdict.NOT_IN_DIRECT_MESSAGES: explanations.SPICY_NOT_IN_DIRECT_MESSAGES,
}


@dataclass(frozen=True)
class Wish:
    """What somebody wants, as it came: nothing in it is checked yet."""

    prompt: str
    seconds: str
    size: str
    resolution: str
    preset: str
    picture_count: int
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


@dataclass(frozen=True)
class Ask:
    """A wish from Discord, with its pictures, who made it and in what place."""

    wish: Wish
    pictures: tuple[ImageSource, ...]
    place: Place
    person: Person
    may_attach_files: bool


def read_wish(wish: Wish) -> VideoRequest | Explanation:
    """The valid request, or what is wrong with the wish."""
    try:
        return VideoRequest.model_validate(
            {
                "prompt": wish.prompt,
                "seconds": wish.seconds,
                "size": wish.size,
                "resolution": wish.resolution,
                "preset": wish.preset,
                "reference_count": wish.picture_count,
                "group": wish.group,
            }
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return _explain(str(first["loc"][0]), first["type"], wish)


def examine(ask: Ask, *, admission: Admission, allowed_hosts: Sequence[str]) -> VideoRequest | Explanation:
    """The valid request, or the first reason against it, which then cost nothing."""
    if not ask.may_attach_files:
        return explanations.MISSING_ATTACH_FILES
    request = read_wish(ask.wish)
    if isinstance(request, Explanation):
        return request
    for source in ask.pictures:
        problem = check_source(source, allowed_hosts, LIMITS)
        if problem is not None:
            return explain_picture(source.filename, problem)
    verdict = judge(RequestFacts(request.preset, ask.place, ask.person, admission))
    return request if verdict is Verdict.ALLOWED else _REFUSALS[verdict]


def _explain(field: str, problem: str, wish: Wish) -> Explanation:
    match field, problem:
        case "prompt", "string_too_long":
            return explanations.prompt_too_long(len(wish.prompt.strip()))
        case "prompt", _:
            return explanations.PROMPT_EMPTY
        case "reference_count", _:
            return explanations.too_many_pictures()
        case _:
            return explanations.option_not_offered(field)
