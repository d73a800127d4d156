"""The same server, whose people come and go, and whose roles change, at any moment."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.moderation.members.member import ListStatus
from bot.moderation.presence import Presence
from bot.moderation.rules import Gate, Mode
from tests.moderation.policy_machine import MOMENTS, MOVING, RequestMachine
from tests.moderation.policy_model import PEOPLE, TRUSTED_ROLE


class ChangingServerMachine(RequestMachine):
    """Adds what Discord says about members to what the server's own rules say."""

    @precondition(lambda self: self.at(*MOVING))
    @rule(index=st.integers(0, 9), at=MOMENTS, hours=st.sampled_from([0, 0, 1]))
    def turn_against_a_person(self, index: int, at: str, hours: int) -> None:
        """Block or suspend a user just before their request goes on, and undo it."""
        one = self.pick(index, *MOVING)
        self.carry(one, at)
        person_id = one.job.reply.person_id
        self.judge_person(person_id, None if hours else ListStatus.BLOCKED, hours)
        self.carry(one)
        self.judge_person(person_id, None, 0)

    @rule(
        person_id=st.sampled_from([*PEOPLE]),
        presence=st.sampled_from([Presence.MEMBER, Presence.MEMBER, *Presence]),
        trusted=st.booleans(),
    )
    def change_membership(self, person_id: int, presence: Presence, trusted: bool) -> None:  # noqa: FBT001
        """Leave, be banned or timed out, come back; gain or lose the trusted role."""
        self.model.presence[person_id] = presence
        self.model.roles[person_id] = frozenset({TRUSTED_ROLE} if trusted else ())

    @precondition(lambda self: self.at(*MOVING))
    @rule(
        index=st.integers(0, 9),
        at=MOMENTS,
        presence=st.sampled_from(Presence),
        returns=st.booleans(),
    )
    def go_away(self, index: int, at: str, presence: Presence, returns: bool) -> None:  # noqa: FBT001
        """Go just before a request goes on, whatever moderators say then, and come back or not."""
        one = self.pick(index, *MOVING)
        self.carry(one, at)
        person_id = one.job.reply.person_id
        self.model.presence[person_id] = presence
        self.carry(one)
        if returns:
            self.model.presence[person_id] = Presence.MEMBER

    @precondition(lambda self: self.at(*MOVING))
    @rule(index=st.integers(0, 9), at=MOMENTS)
    def lose_trust(self, index: int, at: str) -> None:
        """Lose the trusted role just before a request goes on that only trusted people are spared."""
        one = self.pick(index, *MOVING)
        person_id, gate = one.job.reply.person_id, Gate.of(one.job.request.preset)
        self.change_mode(gate, Mode.TRUSTED, one.job.reply.channel_id or 0)
        self.model.roles[person_id] = frozenset({TRUSTED_ROLE})
        self.carry(one, at)
        self.model.roles[person_id] = frozenset()
        self.carry(one)

    @rule(unseen=st.sampled_from([False, False, True]))
    def lose_sight(self, unseen: bool) -> None:  # noqa: FBT001
        """Have Discord remove the bot from the server, or leave it in the dark, or end that."""
        self.model.unseen = unseen

    @precondition(lambda self: self.at(*MOVING))
    @rule(index=st.integers(0, 9), at=MOMENTS)
    def remove_the_bot(self, index: int, at: str) -> None:
        """Remove the bot just before a request goes on, and take it back."""
        one = self.pick(index, *MOVING)
        self.carry(one, at)
        self.model.unseen = True
        self.carry(one)
        self.model.unseen = False
