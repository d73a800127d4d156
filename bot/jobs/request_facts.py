"""Facts of a stored job that the rules judge: the origin of its pictures, and the place of its reply.

They come from what the bot itself stored, never from what a user sends.
"""

from collections.abc import Sequence

from bot.images.model import ImageSource, Reference
from bot.jobs.job import Job
from bot.moderation.gatekeeper import StoredRequest
from bot.moderation.policy import PictureOrigin
from bot.video import Preset


def origin_of(count: int, pictures: Sequence[ImageSource | Reference], *, from_people: bool) -> PictureOrigin:
    """Return the origin of a request with `count` pictures; those that are not in `pictures` count as people's.

    Args:
        count: Number of pictures.
        pictures: Those of them that are known.
        from_people: True if it builds on a job at whose beginning was a picture of people.
    """
    if count == 0 and not pictures:
        return PictureOrigin.PEOPLE_BEFORE if from_people else PictureOrigin.NONE
    if from_people:
        return PictureOrigin.PEOPLE
    if count == len(pictures) and all(picture.own_spicy_video for picture in pictures):
        return PictureOrigin.OWN_SPICY_VIDEO
    return PictureOrigin.PEOPLE


def origin_of_job(job: Job) -> PictureOrigin:
    """Return the origin of a stored job's pictures."""
    pictures = job.sources if job.pictures is None else job.pictures
    return origin_of(job.request.reference_count, pictures, from_people=job.from_people)


def began_with_people(job: Job) -> bool:
    """Return True if what builds on the job begins with a picture of people, whatever comes along of it."""
    return origin_of_job(job).is_from_people


def ends_in_own_spicy_frame(job: Job) -> bool:
    """Return True if the last frame of the job's video may start a spicy video: no users' picture is behind it."""
    return job.request.preset is Preset.SPICY and not began_with_people(job)


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
        reply_foreign=job.reply.foreign,
        rules_channel_id=job.reply.rules_channel_id,
        role_ids=job.role_ids,
        approved=job.approved,
        asked_at=job.created_at,
        bought_at=job.submitted_at,
    )
