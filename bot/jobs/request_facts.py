"""Facts of a stored job that the rules judge: the origin of its pictures, and the place of its reply.

They come from what the bot itself stored, never from what a user sends.
"""

from collections.abc import Sequence

from bot.images.model import ImageSource, Reference
from bot.jobs.job import Job
from bot.moderation.gatekeeper import StoredRequest
from bot.moderation.picture_origin import PictureOrigin, is_spicy


def origin_of(count: int, pictures: Sequence[ImageSource | Reference], *, from_people: bool) -> PictureOrigin:
    """Return the origin of a request with `count` pictures; those that are not in `pictures` count as people's.

    Args:
        count: Number of pictures.
        pictures: Those of them that are known.
        from_people: True if it builds on a job at whose beginning was a picture of people.
    """
    if count == 0 and not pictures:
        return PictureOrigin.PEOPLE_BEFORE if from_people else PictureOrigin.NONE
    spicy = [picture.own_spicy_video for picture in pictures]
    if not from_people and count == len(spicy) and all(spicy):
        return PictureOrigin.OWN_SPICY_VIDEO
    return PictureOrigin.SPICY_AND_PEOPLE if any(spicy) else PictureOrigin.PEOPLE


def origin_of_job(job: Job) -> PictureOrigin:
    """Return the origin of a stored job's pictures."""
    return origin_of(job.request.reference_count, job.known_pictures, from_people=job.from_people)


def shows_spicy(job: Job) -> bool:
    """Return True if the job's video is spicy: by its preset, or because it continues a spicy video."""
    return is_spicy(job.request.preset, origin_of_job(job))


def began_with_people(job: Job) -> bool:
    """Return True if what builds on the job begins with a picture of people, whatever comes along of it."""
    return origin_of_job(job).is_from_people


def stored_request(job: Job) -> StoredRequest:
    """Return the job as the gatekeeper judges it: bought or posted where its reply is now."""
    return StoredRequest(
        preset=job.request.preset,
        prompt=job.request.prompt,
        pictures=origin_of_job(job),
        person_id=job.reply.person_id,
        is_nobodys=job.is_nobodys,
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
