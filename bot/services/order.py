"""Orders for videos: one shape from every way in to the stored job, checked without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.delivery.messages import ReplyAddress
from bot.images.model import ImageSource, Reference, SourceKind
from bot.images.sources import check_source
from bot.jobs.job import Job
from bot.jobs.job_explanations import explain_picture
from bot.jobs.request_facts import began_with_people, origin_of
from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.picture_origin import PictureOrigin
from bot.moderation.places import Right
from bot.moderation.policy import Person
from bot.moderation.prompt_flags import take_out_flags
from bot.people.preferences import Preferences
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.texts.pictures import numbered
from bot.video import Preset, Resolution, Seconds, Size, VideoRequest

_OFFERED: Final[Mapping[str, Sequence[str]]] = {
    "seconds": tuple(Seconds),
    "size": tuple(Size),
    "resolution": tuple(Resolution),
    "preset": tuple(Preset),
}


class VideoOptions(BaseModel):
    """Options as they were chosen; None for those that were left open. Nothing in them is checked yet."""

    model_config = ConfigDict(frozen=True)

    seconds: str | None = None
    size: str | None = None
    resolution: str | None = None
    preset: str | None = None

    def on_offer(self, presets: Sequence[Preset]) -> "VideoOptions":
        """Return the options without values that cannot be chosen, where only these presets can be."""
        offered = {**_OFFERED, "preset": presets}
        return VideoOptions(**{name: value for name, value in self if value in offered[name]})

    def completed_by(self, preferences: Preferences) -> "VideoOptions":
        """Return the options with a user's own defaults for what is open."""
        return VideoOptions(
            seconds=self.seconds or preferences.seconds,
            size=self.size or preferences.size,
            resolution=self.resolution or preferences.resolution,
            preset=self.preset or preferences.preset,
        )


class VideoOrder(BaseModel):
    """A request for a video: what every way in makes, what a draft keeps, and what `VideoRequests` accepts."""

    model_config = ConfigDict(frozen=True)

    prompt: str = ""
    options: VideoOptions = VideoOptions()
    sources: tuple[ImageSource, ...] = ()
    """Pictures that are yet to be fetched from Discord."""
    kept: tuple[Reference, ...] | None = None
    """Pictures of an earlier job, spooled already, that are used again instead."""
    group: str | None = None
    private: bool = False
    parent_id: str | None = None
    """The job that is tried again, which can be done once."""
    draft_id: str | None = None
    """The draft whose form was sent, or the form of an earlier job; it becomes a job once."""
    parent_url: str | None = None
    """The message with the video that this one follows upon."""
    from_people: bool = False
    """True if it builds on a job at whose beginning was a picture of people, which need not come along."""

    @property
    def fits_picture(self) -> bool:
        """True if the frame is to have the shape of the first picture, once that is fetched: no size was chosen."""
        return self.options.size is None and bool(self.sources)

    @property
    def picture_count(self) -> int:
        """Number of pictures, fetched or not."""
        return len(self.sources) + len(self.kept or ())

    @property
    def origin(self) -> PictureOrigin:
        """Origin of its pictures."""
        return origin_of(
            self.picture_count, (*self.sources, *(self.kept or ())), from_people=self.from_people
        )

    @classmethod
    def again(cls, job: Job, by: Preferences, *, parent_url: str | None = None) -> Self:
        """Return the same order as an earlier job's, with its pictures, by a user with these defaults.

        A private video stays private, and who wants private videos gets one.
        """
        request = job.request
        return cls(
            prompt=request.prompt,
            options=VideoOptions(
                seconds=request.seconds,
                size=None if job.fits_picture else request.size,
                resolution=request.resolution,
                preset=request.preset,
            ),
            sources=job.sources if job.pictures is None else (),
            kept=job.pictures,
            group=request.group,
            private=job.reply.private or by.private or False,
            parent_url=parent_url,
            from_people=began_with_people(job),
        )

    @classmethod
    def with_first_frame(cls, job: Job, by: Preferences) -> Self:
        """Return an earlier job's order with the first frame of the video that was sent instead of a picture."""
        name = job.failure.picture if job.failure is not None else ""
        sources = tuple(
            replace(source, kind=SourceKind.VIDEO_START) if source.filename == name else source
            for source in job.sources
        )
        return cls.again(job, by).changed(sources=sources)

    def changed(self, **changes: object) -> Self:
        """Return the order with other values in some fields."""
        return self.model_copy(update=changes)


@dataclass(frozen=True)
class RequestOrigin:
    """Origin of an order: the user, the channel and the reply, as an interaction or a message tells them."""

    event: str
    """Names the event of Discord that asks, such as `message:123`. The job's id follows from it."""
    person: Person
    channel: ChannelInfo
    reply: ReplyAddress
    missing: tuple[Right, ...] = ()
    """Rights in that channel that the bot needs and does not have."""
    joined_at: datetime | None = None
    """Moment at which the user became a member of the server, where Discord says so."""


def request_of(order: VideoOrder, *, pictures: int | None = None) -> VideoRequest | Explanation:
    """Return the valid request to the video service, or what is wrong with the order.

    Flags in the prompt are taken out, so that the preset is the one that the rules judge.

    Args:
        order: The order.
        pictures: Number of pictures, where they are not the order's own.
    """
    prompt = take_out_flags(order.prompt)
    if prompt.had_flags and not prompt.text.strip():
        return explanations.PROMPT_OF_FLAGS
    fields = {
        "prompt": prompt.text,
        **order.options.model_dump(),
        "size": order.options.size or _shape_of_kept(order),
        "reference_count": order.picture_count if pictures is None else pictures,
        "group": order.group,
    }
    try:
        return VideoRequest.model_validate(
            {name: value for name, value in fields.items() if value is not None}
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return _explain(str(first["loc"][0]), first["type"], prompt.text)


def _shape_of_kept(order: VideoOrder) -> Size | None:
    first = order.kept[0] if order.kept else None
    return Size.nearest(first.width_px, first.height_px) if first is not None else None


def check_order(
    order: VideoOrder, missing: Sequence[Right], *, allowed_hosts: Sequence[str], for_all: bool = False
) -> VideoRequest | Explanation:
    """Return the valid request, or the first thing that stands against it but for the rules.

    Args:
        order: The order.
        missing: Rights that the bot lacks where the video is to be posted.
        allowed_hosts: Hosts from which pictures are fetched.
        for_all: True if others read what is returned: then pictures have numbers, no names.
    """
    if missing:
        return explanations.missing_rights(missing)
    request = request_of(order)
    if isinstance(request, Explanation):
        return request
    for number, source in enumerate(order.sources, 1):
        problem = check_source(source, allowed_hosts)
        if problem is not None:
            return explain_picture(numbered(number) if for_all else source.filename, problem)
    return request


def _explain(field: str, problem: str, prompt: str) -> Explanation:
    match field, problem:
        case "prompt", "string_too_long":
            return explanations.prompt_too_long(len(prompt.strip()))
        case "prompt", _:
            return explanations.PROMPT_EMPTY
        case "reference_count", _:
            return explanations.too_many_pictures()
        case _:
            return explanations.option_not_offered(field, _OFFERED.get(field, ()))
