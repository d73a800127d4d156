"""Facts of a stored job that the rules judge: the origin of its pictures, and the place of its reply.

They come from what the bot itself stored, never from what a user sends.
"""

from collections.abc import Sequence

from bot.images.model import ImageSource, Reference
from bot.jobs.job import Job
from bot.moderation.gatekeeper import StoredRequest
from bot.moderation.policy import PictureOrigin
from bot.video import Preset


def origin_of(count: int, pictures: Sequence[ImageSource | Reference]) -> PictureOrigin:
    """Return the origin of a request with `count` pictures; those that are not in `pictures` count as people's."""
    if count == 0 and not pictures:
        return PictureOrigin.NONE
    if count == len(pictures) and all(picture.own_spicy_video for picture in pictures):
        return PictureOrigin.OWN_SPICY_VIDEO
    return PictureOrigin.PEOPLE


def origin_of_job(job: Job) -> PictureOrigin:
    """Return the origin of a stored job's pictures."""
    pictures = job.sources if job.pictures is None else job.pictures
    return origin_of(job.request.reference_count, pictures)


def ends_in_own_spicy_frame(job: Job) -> bool:
    """Return True if the last frame of the job's video may start a spicy video: no users' picture is behind it."""
    return job.request.preset is Preset.SPICY and origin_of_job(job) is not PictureOrigin.PEOPLE


def stored_request(job: Job) -> StoredRequest:
    """Return the job as the gatekeeper judges it: bought or posted where its reply is now."""
    return StoredRequest(
        preset=job.request.preset,
        prompt=job.request.prompt,
        pictures=origin_of_job(job),
        person_id=job.reply.person_id,
        guild_id=job.guild_id,
        reply_guild_id=job.reply.guild_id,
        reply_channel_id=job.reply.channel_id,
        role_ids=job.role_ids,
        approved=job.approved,
    )
