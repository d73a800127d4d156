"""A model of the rules, written apart from them: the policy is compared with it."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.jobs.job import Job
from bot.moderation.members.member import ListStatus
from bot.moderation.memberships import Membership
from bot.moderation.policy import Person
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode, ReviewAt, ReviewStage
from bot.moderation.words.matching import Effect
from bot.video import Preset

TRUSTED_ROLE = 30
PEOPLE = {1: frozenset[int](), 2: frozenset({TRUSTED_ROLE})}
"""Who asks for videos, with their roles at first, of which one is trusted."""
ADULT, OPEN = 70, 71


@dataclass
class PolicyModel:
    """All that has a bearing on a request, as it is at the moment."""

    confirmed: bool = True
    modes: dict[Gate, Mode] = field(default_factory=lambda: dict.fromkeys(Gate, Mode.OPEN))
    channel: dict[Gate, Mode] = field(default_factory=dict[Gate, Mode])
    """Of the channel that is called adult."""
    review_at: ReviewAt = ReviewAt.SUBMISSION
    restricted: set[int] = field(default_factory=lambda: {ADULT})
    listed: dict[int, ListStatus | None] = field(default_factory=dict[int, "ListStatus | None"])
    suspended: dict[int, datetime] = field(default_factory=dict[int, datetime])
    unseen: bool = False
    """True while the bot cannot see the server, or has left it."""
    words: dict[str, Effect] = field(default_factory=dict[str, Effect])
    roles: dict[int, frozenset[int]] = field(default_factory=lambda: dict(PEOPLE))
    presence: dict[int, Presence] = field(default_factory=lambda: dict.fromkeys(PEOPLE, Presence.MEMBER))

    def mode(self, gate: Gate, channel_id: int) -> Mode:
        if gate is Gate.SPICY and not self.confirmed:
            return Mode.OFF
        return self.channel.get(gate, self.modes[gate]) if channel_id == ADULT else self.modes[gate]

    def set_mode(self, gate: Gate, mode: Mode | None, channel_id: int) -> None:
        """Of a channel, where it has modes of its own, or else of the server; None for what is usual."""
        if channel_id != ADULT:
            self.modes[gate] = mode or Mode.OPEN
        elif mode is None:
            self.channel.pop(gate, None)
        else:
            self.channel[gate] = mode

    def membership(self, server: int, person_id: int) -> Membership:
        """What Discord says at the moment."""
        presence = Presence.NO_SERVER if self.unseen else self.presence[person_id]
        told = presence in {Presence.MEMBER, Presence.TIMED_OUT}
        roles = self.roles[person_id] if told else frozenset[int]()
        return Membership(presence, Person(person_id, server, roles))

    def untold(self, job: Job) -> bool:
        """Discord does not tell what the user may do."""
        return not self.membership(0, job.reply.person_id).presence.is_told

    def shows_instead(self, job: Job, agreed: set[ReviewStage], now: datetime) -> bool:
        """True if the finished video is shown to moderators because its user has gone."""
        person_id, prompt = job.reply.person_id, job.request.prompt
        first = [
            _is_spicy(job) and prompt == "a child",
            self.words.get(prompt) is Effect.BLOCKED,
            self.listed.get(person_id) is ListStatus.BLOCKED,
            person_id in self.suspended and self.suspended[person_id] > now,
        ]
        gone = self.membership(0, person_id).presence is Presence.GONE
        return gone and ReviewStage.POSTING not in agreed and not any(first)

    def forbids(self, job: Job, now: datetime) -> bool:
        channel_id, person_id, prompt = job.reply.channel_id or 0, job.reply.person_id, job.request.prompt
        presence = self.membership(0, person_id).presence
        spicy, pictures = _is_spicy(job), job.request.reference_count > 0
        wrong = [
            spicy and prompt == "a child",
            self.words.get(prompt) is Effect.BLOCKED,
            self.listed.get(person_id) is ListStatus.BLOCKED,
            person_id in self.suspended and self.suspended[person_id] > now,
            presence in {Presence.GONE, Presence.TIMED_OUT},
            spicy and presence in {Presence.UNKNOWN, Presence.NO_SERVER},
            self.unseen and (bool(job.approved) or any(self.asks_at(stage, job) for stage in ReviewStage)),
            self.mode(Gate.of(job.request.preset), channel_id) is Mode.OFF,
            spicy and self.mode(Gate.SPICY, channel_id) is Mode.OFF,
            pictures and self.mode(Gate.PICTURES, channel_id) is Mode.OFF,
            spicy and channel_id not in self.restricted,
            spicy and not all(picture.own_spicy_video for picture in job.pictures or ()),
        ]
        return any(wrong)

    def asks_at(self, harness: ReviewStage, job: Job) -> bool:
        """True if the server wants to be asked at this harness, whatever its moderators have approved already."""
        channel_id, person_id = job.reply.channel_id or 0, job.reply.person_id
        if harness is ReviewStage.SUBMISSION and self.words.get(job.request.prompt) is Effect.HELD:
            return True
        roles = self.membership(0, person_id).person.role_ids
        trusted = self.listed.get(person_id) is ListStatus.TRUSTED or TRUSTED_ROLE in roles
        modes = {self.mode(Gate.of(job.request.preset), channel_id)}
        if _is_spicy(job):
            modes.add(self.mode(Gate.SPICY, channel_id))
        if job.request.reference_count > 0:
            modes.add(self.mode(Gate.PICTURES, channel_id))
        asks = Mode.APPROVAL in modes or (Mode.TRUSTED in modes and not trusted)
        return asks and harness in self.review_at.stages

    def holds_back(self, job: Job, agreed: set[ReviewStage]) -> bool:
        """True if moderators must see the finished video first, given the stages that they approved.

        That they said yes to the video stands for everything; that they said so to the request does not.
        """
        if ReviewStage.POSTING in agreed:
            return False
        unasked = self.asks_at(ReviewStage.SUBMISSION, job) and ReviewStage.SUBMISSION not in agreed
        return unasked or self.asks_at(ReviewStage.POSTING, job)


def _is_spicy(job: Job) -> bool:
    return job.request.preset is Preset.SPICY or any(one.own_spicy_video for one in job.pictures or ())
