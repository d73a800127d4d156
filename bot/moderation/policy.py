"""Moderation policy as pure functions: facts about a request or a user in, a decision with its reason out.

The gatekeeper collects the facts of a request. `rights.py` says what users may do with the requests of others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.moderation.integrations import Access
from bot.moderation.picture_origin import PictureOrigin, is_spicy
from bot.moderation.places import Place
from bot.moderation.presence import Presence
from bot.moderation.rules import USUAL_RULES, Gate, Mode, ReviewStage, ServerRules
from bot.moderation.words.findings import WordVerdict
from bot.video import Preset


class Verdict(StrEnum):
    """Result of the rules for a request: allowed, or the reason of the refusal."""

    ALLOWED = "allowed"
    NOT_AMONG_ALLOWED = "not_among_allowed"
    BLOCKED_BY_OPERATOR = "blocked_by_operator"
    SHIPPED_RULE = "shipped_rule"
    """One of the rules about words that the bot ships matched: a pattern, which says nothing about the user."""
    WORDS_BLOCKED = "words_blocked"
    PERSON_BLOCKED = "person_blocked"
    PERSON_SUSPENDED = "person_suspended"
    PERSON_GONE = "person_gone"
    PERSON_TIMED_OUT = "person_timed_out"
    COMMAND_NOT_HERE = "command_not_here"
    """The server's *Integrations* page, or the channel, does not let the user use `/video` there."""
    MAY_NOT_WRITE = "may_not_write"
    """The answer would be for all in a channel where the user may not write."""
    NOT_TOLD = "not_told"
    """Discord does not tell what a rule needs to know."""
    GATE_OFF = "gate_off"
    PICTURES_OFF = "pictures_off"
    SPICY_NOT_OFFERED = "spicy_not_offered"
    SPICY_NOT_IN_THIS_SERVER = "spicy_not_in_this_server"
    SPICY_OFF = "spicy_off"
    SPICY_STOPPED = "spicy_stopped"
    SPICY_FROM_PICTURES = "spicy_from_pictures"
    NEEDS_AGE_RESTRICTED_CHANNEL = "needs_age_restricted_channel"
    NOT_IN_DIRECT_MESSAGES = "not_in_direct_messages"
    NOT_IN_PRIVATE_CHANNELS = "not_in_private_channels"
    NOT_IN_FOREIGN_SERVERS = "not_in_foreign_servers"


@dataclass(frozen=True)
class Person:
    """An acting user, with roles and rights in the server of the interaction.

    `guild_id` is None in direct messages. Rights in the server are those of the user's roles alone; what a channel
    gives or takes beyond them counts for the messages of that channel, in `clears_channel_id`.
    """

    id: int
    guild_id: int | None = None
    role_ids: frozenset[int] = frozenset()
    moderates: bool = False
    """*Manage Messages* in the server."""
    manages: bool = False
    """*Manage Server*."""
    administers: bool = False
    """The owner, or *Administrator*."""
    owns: bool = False
    """The server's owner."""
    spicy_access: Access = Access.UNSET
    """What the server's *Integrations* page says about `/spicy` and this user."""
    video_access: Access = Access.UNSET
    """Access to `/video` by that page and by the channel's permissions, where Discord has not asked them."""
    may_write: bool = True
    """False where a press, a form or a message asks for an answer for all in a channel without that right."""
    clears_channel_id: int | None = None
    """The channel of the interaction, if the user has *Manage Messages* there."""


@dataclass(frozen=True)
class Admission:
    """The operator's list of users and roles that may use the bot. An empty list admits all users."""

    people: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def admits(self, person: Person) -> bool:
        """Return True if the user or one of the user's roles is listed, or if the list is empty."""
        if not self.people and not self.roles:
            return True
        return person.id in self.people or not self.roles.isdisjoint(person.role_ids)


EVERYBODY: Final = Admission()


@dataclass(frozen=True)
class OperatorRules:
    """The operator's rules, which hold in every server."""

    admission: Admission = EVERYBODY
    spicy_offered: bool = True
    spicy_in_direct_messages: bool = False
    spicy_blocked_servers: frozenset[int] = frozenset()
    blocked_people: frozenset[int] = frozenset()


@dataclass(frozen=True)
class MemberStatus:
    """A user's status in a server, as its moderators set it."""

    trusted: bool = False
    blocked: bool = False
    suspended_until: datetime | None = None


@dataclass(frozen=True)
class RequestFacts:
    """Everything that a decision depends on. In a thread, `channel_id` is its parent's id."""

    preset: Preset
    place: Place
    person: Person
    now: datetime
    channel_id: int | None = None
    pictures: PictureOrigin = PictureOrigin.NONE
    words: WordVerdict = WordVerdict.NONE
    operator: OperatorRules = field(default_factory=OperatorRules)
    rules: ServerRules = USUAL_RULES
    status: MemberStatus = field(default_factory=MemberStatus)
    presence: Presence = Presence.MEMBER
    approved: Mapping[ReviewStage, datetime] = field(default_factory=dict[ReviewStage, datetime])
    """Stages at which moderators approved this request, and when."""
    asked_at: datetime | None = None
    """Moment of a request that is stored already; None for a new one."""
    bought_at: datetime | None = None
    """Moment at which it was bought, or may have been."""
    stopped_at_home: bool = False
    """True if the server in which it was made, another one, has stopped what is spicy."""

    @property
    def is_spicy(self) -> bool:
        """True if the rules of spicy videos hold for the request."""
        return is_spicy(self.preset, self.pictures)

    @property
    def is_stopped(self) -> bool:
        """True while the server's moderators have stopped it."""
        return self.is_spicy and self.rules.spicy_stopped

    @property
    def gates(self) -> frozenset[Gate]:
        """The gates that the request has to pass, of which the strictest counts."""
        spicy = {Gate.SPICY} if self.is_spicy else set[Gate]()
        pictures = {Gate.PICTURES} if self.pictures.are_there else set[Gate]()
        return frozenset({Gate.of(self.preset)} | spicy | pictures)


@dataclass(frozen=True)
class Decision:
    """Decision about a request: refused, or allowed after moderators approve at the given stages."""

    verdict: Verdict
    stages: frozenset[ReviewStage] = frozenset()
    """Stages at which approval is still missing."""
    approved: frozenset[ReviewStage] = field(default=frozenset(), compare=False)
    """Stages at which the server's moderators approved, as far as that counts."""
    roles_untold: bool = field(default=False, compare=False)
    """True if Discord does not tell the user's roles, and there are some with which it might be less strict."""

    @property
    def allowed(self) -> bool:
        """True if no rule forbids the request. Approval may still be missing."""
        return self.verdict is Verdict.ALLOWED

    @property
    def untold(self) -> bool:
        """True if it rests on what Discord does not tell at the moment."""
        return self.verdict is Verdict.NOT_TOLD or self.roles_untold

    def lets_pass(self, stage: ReviewStage) -> bool:
        """Return True if nothing keeps the request from being bought, or its video from being posted."""
        waits = self.waits_at_posting if stage is ReviewStage.POSTING else self.waits_at(stage)
        return self.allowed and not waits

    def waits_at(self, stage: ReviewStage) -> bool:
        """Return True if moderators have to approve the request at this stage."""
        return self.allowed and stage in self.stages

    @property
    def keeps_for_moderators(self) -> bool:
        """True if the finished video is shown to moderators and not posted: its user is no longer a member.

        Where they have approved it already, it is kept without asking them again.
        """
        return self.verdict is Verdict.PERSON_GONE and ReviewStage.POSTING not in self.approved

    @property
    def waits_at_posting(self) -> bool:
        """True if moderators have to approve the finished video before it is posted.

        That includes a video that should have been approved before it was bought, because the rules became
        stricter meanwhile: approving the video itself then counts for both stages.
        """
        return self.allowed and bool(self.stages) and ReviewStage.POSTING not in self.approved


def judge(facts: RequestFacts) -> Decision:
    """Decide about a request. Called when it is made, when it is bought and when its video is posted.

    Each call gets the facts of that moment: rules may have changed meanwhile.
    """
    # The order decides which reason is given: what holds everywhere first, the server's own settings last.
    verdict = _of_everybody(facts) or _of_person(facts) or _of_spicy(facts) or _of_gates(facts)
    stages = _stages(facts)
    if verdict is None and facts.place is Place.UNSEEN_SERVER and (stages or facts.approved):
        verdict = Verdict.NOT_TOLD  # nobody can be asked, and who approved it may have removed the bot since
    approved = _counting_approvals(facts)
    if verdict is not None:
        return Decision(verdict, approved=approved)
    return Decision(Verdict.ALLOWED, stages - approved, approved)


def _counting_approvals(facts: RequestFacts) -> frozenset[ReviewStage]:
    """Return the stages at which moderators approved: none while a server is stopped, nor from before a stop."""
    if facts.is_stopped:
        return frozenset()
    stopped_at = facts.rules.spicy_stopped_at if facts.is_spicy else None
    return frozenset(stage for stage, at in facts.approved.items() if stopped_at is None or at > stopped_at)


def _of_everybody(facts: RequestFacts) -> Verdict | None:
    """Return the refusal that holds for every user and channel, if any."""
    if facts.words is WordVerdict.REFUSED_BY_SHIPPED_RULE:
        return Verdict.SHIPPED_RULE
    if facts.person.id in facts.operator.blocked_people:
        return Verdict.BLOCKED_BY_OPERATOR
    admission = facts.operator.admission
    if not admission.admits(facts.person):
        roles_count = bool(admission.roles) and not facts.presence.is_told
        return Verdict.NOT_TOLD if roles_count else Verdict.NOT_AMONG_ALLOWED
    # A held word needs a moderator's approval. Where there are none, it blocks.
    nobody_to_ask = facts.words is WordVerdict.HELD and not facts.place.has_moderators
    if facts.words is WordVerdict.BLOCKED or nobody_to_ask:
        return Verdict.WORDS_BLOCKED
    return None


def _of_person(facts: RequestFacts) -> Verdict | None:
    """Return the refusal that holds for this user in this server, if any."""
    if facts.status.blocked:
        return Verdict.PERSON_BLOCKED
    until = facts.status.suspended_until
    if until is not None and until > facts.now:
        return Verdict.PERSON_SUSPENDED
    if facts.presence is Presence.GONE:
        return Verdict.PERSON_GONE
    if facts.presence is Presence.TIMED_OUT:
        return Verdict.PERSON_TIMED_OUT
    if facts.person.video_access is Access.DENIED:
        return Verdict.COMMAND_NOT_HERE
    return None if facts.person.may_write else Verdict.MAY_NOT_WRITE


def _of_spicy(facts: RequestFacts) -> Verdict | None:
    """Return the refusal of what is spicy, if any: by place, or because users' pictures are involved."""
    if not facts.is_spicy:
        return None
    refused = _of_spicy_place(facts)
    if refused is None and facts.pictures.is_from_people:
        return Verdict.SPICY_FROM_PICTURES
    # What cannot be told lets ordinary videos pass, and no other.
    untold = facts.person.video_access is Access.UNKNOWN or not facts.presence.is_told
    if refused is None and untold:
        return Verdict.NOT_TOLD
    return refused


def _of_spicy_place(facts: RequestFacts) -> Verdict | None:
    if not facts.operator.spicy_offered:
        return Verdict.SPICY_NOT_OFFERED
    if facts.stopped_at_home:
        return Verdict.SPICY_STOPPED
    match facts.place:
        case Place.DIRECT_MESSAGE:
            allowed = facts.operator.spicy_in_direct_messages
            return None if allowed else Verdict.NOT_IN_DIRECT_MESSAGES
        case Place.PRIVATE_CHANNEL:
            return Verdict.NOT_IN_PRIVATE_CHANNELS
        case Place.FOREIGN_SERVER:
            return Verdict.NOT_IN_FOREIGN_SERVERS
        case Place.OPEN_CHANNEL | Place.AGE_RESTRICTED_CHANNEL | Place.UNSEEN_SERVER:
            return _of_spicy_in_server(facts)


def _of_spicy_in_server(facts: RequestFacts) -> Verdict | None:
    if facts.person.guild_id in facts.operator.spicy_blocked_servers:
        return Verdict.SPICY_NOT_IN_THIS_SERVER
    if facts.rules.mode(Gate.SPICY, facts.channel_id) is Mode.OFF:
        return Verdict.SPICY_OFF
    if facts.is_stopped and facts.asked_at is None:
        return Verdict.SPICY_STOPPED
    if facts.place is Place.UNSEEN_SERVER:
        return Verdict.NOT_TOLD
    if facts.place is not Place.AGE_RESTRICTED_CHANNEL:
        return Verdict.NEEDS_AGE_RESTRICTED_CHANNEL
    return None


def _of_gates(facts: RequestFacts) -> Verdict | None:
    """Return the refusal for a preset or pictures that the server switched off, if any."""
    if not facts.place.has_moderators:
        return None
    if facts.rules.mode(Gate.of(facts.preset), facts.channel_id) is Mode.OFF:
        return Verdict.GATE_OFF
    if Gate.PICTURES in facts.gates and facts.rules.mode(Gate.PICTURES, facts.channel_id) is Mode.OFF:
        return Verdict.PICTURES_OFF
    return None


def _stages(facts: RequestFacts) -> frozenset[ReviewStage]:
    """Return the stages at which moderators must approve, by the strictest gate of the request."""
    if not facts.place.has_moderators:
        return frozenset()
    strictest = max((facts.rules.mode(gate, facts.channel_id) for gate in facts.gates), key=_strictness)
    waits = strictest is Mode.APPROVAL or (strictest is Mode.TRUSTED and not is_trusted(facts))
    stages = facts.rules.review_at.stages if waits else frozenset[ReviewStage]()
    stages |= _stages_after_stop(facts)
    # Held words are reviewed before the purchase, whatever stage the server chose for the rest.
    return stages | ({ReviewStage.SUBMISSION} if facts.words is WordVerdict.HELD else set[ReviewStage]())


def _stages_after_stop(facts: RequestFacts) -> frozenset[ReviewStage]:
    """Return the stages at which a spicy request waits because of a stop: all of them until it is over.

    Afterwards those that were made before it are decided about once more.
    """
    if facts.is_stopped:
        return frozenset(ReviewStage)
    stopped_at = facts.rules.spicy_stopped_at
    if not facts.is_spicy or stopped_at is None or facts.asked_at is None:
        return frozenset()
    if facts.asked_at > stopped_at:
        return frozenset()
    bought = facts.bought_at is not None and facts.bought_at <= stopped_at
    return frozenset({ReviewStage.POSTING if bought else ReviewStage.SUBMISSION})


def _strictness(mode: Mode) -> int:
    return mode.strictness


def is_trusted(facts: RequestFacts) -> bool:
    """Return True if the user is on the server's allow list or has one of its trusted roles."""
    return facts.status.trusted or not facts.rules.trusted_roles.isdisjoint(facts.person.role_ids)
