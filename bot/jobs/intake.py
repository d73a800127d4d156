"""What every way in has in common: what was asked for, checked without any I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from bot.images import ImageLimits, ImageSource, check_source
from bot.jobs.announce import explain_picture
from bot.moderation.policy import Place, RequestFacts, Verdict, judge
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.video import VideoRequest

LIMITS: Final = ImageLimits()


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


@dataclass(frozen=True)
class Ask:
    """A wish from Discord, with its pictures and the place it was made in."""

    wish: Wish
    pictures: tuple[ImageSource, ...]
    place: Place
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


def examine(ask: Ask, *, allowed_hosts: Sequence[str]) -> VideoRequest | Explanation:
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
    match judge(RequestFacts(request.preset, ask.place)):
        case Verdict.ALLOWED:
            return request
        case Verdict.NEEDS_AGE_RESTRICTED_CHANNEL:
            return explanations.SPICY_NEEDS_AGE_GATE
        case Verdict.NOT_IN_DIRECT_MESSAGES:
            return explanations.SPICY_NOT_IN_DIRECT_MESSAGES


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
