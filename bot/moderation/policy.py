"""The rules, each a pure function: facts in, a verdict with its reason out."""

from dataclasses import dataclass
from enum import StrEnum

from bot.video import Preset


class Place(StrEnum):
    """Where a request was made, as far as the rules care.

    A server that the bot is no member of, where people brought it along for themselves, has not allowed
    anything: nobody there could set the bot's rules.

    A thread counts as its parent; a channel whose parent is unknown counts as not restricted. The channel's
    own flag decides, whatever the server as a whole is marked as (Discord, *Age-Restricted Channels*).
    """

    AGE_RESTRICTED_CHANNEL = "age_restricted_channel"
    OPEN_CHANNEL = "open_channel"
    DIRECT_MESSAGE = "direct_message"
    FOREIGN_SERVER = "foreign_server"


class Verdict(StrEnum):
    """What the rules say of a request."""

    ALLOWED = "allowed"
    NOT_AMONG_ALLOWED = "not_among_allowed"
    NEEDS_AGE_RESTRICTED_CHANNEL = "needs_age_restricted_channel"
    NOT_IN_DIRECT_MESSAGES = "not_in_direct_messages"
    NOT_IN_FOREIGN_SERVERS = "not_in_foreign_servers"


class Right(StrEnum):
    """What the bot itself must be allowed, by Discord's names (*Permissions*)."""

    VIEW_CHANNEL = "view_channel"
    SEND_MESSAGES = "send_messages"
    SEND_MESSAGES_IN_THREADS = "send_messages_in_threads"
    READ_MESSAGE_HISTORY = "read_message_history"
    ATTACH_FILES = "attach_files"


@dataclass(frozen=True)
class Person:
    """Who acts: their number, their roles in the server, and whether they moderate there.

    `guild_id` is None in direct messages. To moderate means to have *Manage Messages*.
    """

    id: int
    guild_id: int | None = None
    role_ids: frozenset[int] = frozenset()
    moderates: bool = False


@dataclass(frozen=True)
class Admission:
    """Which people and which roles may use the bot at all; nobody named means everybody."""

    people: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def admits(self, person: Person) -> bool:
        """Whether this person is among them."""
        if not self.people and not self.roles:
            return True
        return person.id in self.people or not self.roles.isdisjoint(person.role_ids)


EVERYBODY = Admission()


@dataclass(frozen=True)
class RequestFacts:
    """All that the verdict depends on."""

    preset: Preset
    place: Place
    person: Person
    admission: Admission = EVERYBODY


def judge(facts: RequestFacts) -> Verdict:
    """Whether the request may be made: by those admitted; every preset anywhere, but spicy in age-restricted
    channels only."""
    if not facts.admission.admits(facts.person):
        return Verdict.NOT_AMONG_ALLOWED
    match facts.preset, facts.place:
        case ((Preset.NORMAL | Preset.FUN | Preset.CUSTOM), _):
            return Verdict.ALLOWED
        case Preset.SPICY, Place.AGE_RESTRICTED_CHANNEL:
            return Verdict.ALLOWED
        case Preset.SPICY, Place.OPEN_CHANNEL:
            return Verdict.NEEDS_AGE_RESTRICTED_CHANNEL
        case Preset.SPICY, Place.DIRECT_MESSAGE:
            return Verdict.NOT_IN_DIRECT_MESSAGES
        case Preset.SPICY, Place.FOREIGN_SERVER:
            return Verdict.NOT_IN_FOREIGN_SERVERS


def may_cancel(person: Person, *, owner_id: int, guild_id: int | None) -> bool:
    """Whether they may cancel somebody's request: its owner, or a moderator of the server it was made in."""
    return person.id == owner_id or (
        person.moderates and guild_id is not None and person.guild_id == guild_id
    )
