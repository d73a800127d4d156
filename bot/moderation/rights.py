"""What users may do with the requests of others, and in a server, as pure functions of their rights there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.moderation.integrations import Access
from bot.moderation.policy import MemberStatus, Person
from bot.moderation.rules import ServerRules


def is_new_member(
    person: Person, joined_at: datetime | None, *, rules: ServerRules, status: MemberStatus, now: datetime
) -> bool:
    """Return True if a user's requests in a server are limited because the user joined it lately.

    Moderators and trusted users are never new. A member of whom nobody says since when counts as new.
    """
    if person.guild_id is None or rules.new_member_hours == 0:
        return False
    trusted = status.trusted or not rules.trusted_roles.isdisjoint(person.role_ids)
    # Limits of ordinary videos: what Discord does not tell makes nobody a new member.
    untold = person.spicy_access is Access.UNKNOWN
    known = replace(person, spicy_access=Access.UNSET) if untold else person
    if trusted or may_moderate(known, rules, person.guild_id):
        return False
    return joined_at is None or now - joined_at < timedelta(hours=rules.new_member_hours)


def may_cancel(person: Person, *, owner_id: int, channel_id: int | None) -> bool:
    """Return True if a user may cancel a job or delete its video: its owner does, and who clears its channel.

    Args:
        person: The acting user.
        owner_id: The user who requested the video.
        channel_id: The channel of the job's reply.
    """
    clears = channel_id is not None and person.guild_id is not None and person.clears_channel_id == channel_id
    return person.id == owner_id or clears


@dataclass(frozen=True)
class Reuse:
    """What a user may take from an earlier request for one of their own, beside its words and options."""

    pictures: bool
    last_frame: bool


def reuse_of(
    person: Person, *, owner_id: int, spicy: bool, public_in: Iterable[int | None], channel_id: int | None
) -> Reuse:
    """Return what of a request comes along to one of another user.

    Pictures are their uploader's: those of others come along only if everybody in the channel could see them
    before. A finished video may be continued by all who see it, but for a spicy one.

    Args:
        person: The user who builds on the request.
        owner_id: The user who made it.
        spicy: True if its video is spicy.
        public_in: For each of its pictures the channel in which it was public.
        channel_id: The channel in which the user builds on it.
    """
    if person.id == owner_id:
        return Reuse(pictures=True, last_frame=True)
    public = all(one is not None and one == channel_id for one in public_in)
    return Reuse(pictures=public, last_frame=not spicy)


def person_in_direct_messages(person_id: int, guild_id: int, *, owner_id: int | None) -> Person:
    """Return a user with the rights in a server that count in direct messages: only its owner has any there."""
    owns = person_id == owner_id
    return Person(
        person_id, guild_id if owns else None, moderates=owns, manages=owns, administers=owns, owns=owns
    )


def may_moderate(person: Person, rules: ServerRules, guild_id: int) -> bool:
    """Return True if a user moderates for the bot, which is who may use `/spicy`.

    The server's *Integrations* page has the last word, except about administrators. Where it says nothing, users
    with *Manage Messages* or *Manage Server* by their roles moderate, and those with a reviewer role. Where Discord
    does not tell what it says, nobody does but administrators.
    """
    if person.guild_id != guild_id:
        return False
    if person.administers:
        return True
    match person.spicy_access:
        case Access.GRANTED:
            return True
        case Access.DENIED | Access.UNKNOWN:
            return False
        case Access.UNSET:
            has_role = not rules.reviewer_roles.isdisjoint(person.role_ids)
            return person.moderates or person.manages or has_role


def may_review(
    person: Person, rules: ServerRules, guild_id: int, *, owner_id: int, requested: bool = False
) -> bool:
    """Return True if a user may vote: moderators may, but not on what is their own.

    A server may have one moderator alone: its owner may vote on their own requests, which is logged as such.

    Args:
        person: The user.
        rules: The server's rules.
        guild_id: The server.
        owner_id: The user whose request or video it is.
        requested: True for a request, and nothing but that; False for a reported video, or a decision with a strike
            or another action on its user.
    """
    own = person.id == owner_id
    return may_moderate(person, rules, guild_id) and (not own or (person.owns and requested))


def may_configure(person: Person, guild_id: int) -> bool:
    """Return True if a user may change the server's settings: *Manage Server*."""
    return (person.manages or person.administers) and person.guild_id == guild_id
