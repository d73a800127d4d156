"""What moderators, the user and the clock do about one request, in batches at the same time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.reviews.departures import Departure
from bot.reviews.vote_record import ExtraAction
from bot.reviews.vote_results import VoteResult
from bot.services.action_results import ActionResult
from tests.moderation.audited import alone
from tests.reviews.contested_request import OWNER, ContestedRequest, Standing


class Deed(StrEnum):
    """What somebody does, or the clock."""

    APPROVE = "approve"
    DENY = "deny"
    TAKE_BACK = "take back"
    APPROVE_AND_TRUST = "approve and trust"
    DENY_AND_SUSPEND = "deny and suspend"
    SUSPEND = "/spicy suspend"
    STOP = "/spicy stop"
    RESUME = "/spicy resume"
    EXPIRE = "the time is over"
    CANCEL = "its user cancels"
    CANCEL_FOR_USER = "a moderator cancels"
    LEAVE = "its user leaves"
    APPLY_AGAIN = "what was decided is applied again"
    CHANGE = "Discord says something else of a moderator"


@dataclass(frozen=True)
class Act:
    """One deed, begun once others of its batch have made some commits, and some turns of the loop later."""

    deed: Deed
    person_id: int
    commits: int
    turns: int
    hours: int
    standing: Standing


@dataclass
class DeedsDone:
    """Does batches of deeds, and remembers what came of them."""

    contested: ContestedRequest
    decided: list[str] = field(default_factory=list[str])
    """The questions of which a moderator was told to have decided them."""
    suspended_until: list[datetime] = field(default_factory=list[datetime])
    """Ends of all suspensions that were tried by command."""
    over: bool = False
    """True once its user cancelled or left, or a moderator cancelled."""
    voters: set[int] = field(default_factory=set[int])
    """Who moderated at some moment of the last batch, as Discord or their press said."""
    begun_at: int = 0
    """Commits of the database at the beginning of the batch."""
    under_way: int = 0
    """Deeds of the batch that wait for no commit of others and are not done."""

    async def make(self, batch: Sequence[Act]) -> None:
        """Do all of a batch at the same time, about the question that is the newest at its beginning."""
        contested = self.contested
        newest = (await contested.reviews.of_person(contested.server, contested.user, 1))[0]
        self.voters = contested.discord.voters()
        self.begun_at, self.under_way = contested.database.commits, len(batch)
        await asyncio.gather(*(self._do(act, newest.id) for act in batch))
        await contested.come_to_rest()

    async def _do(self, act: Act, review_id: str) -> None:
        self.under_way -= 1
        while self.under_way and self.contested.database.commits < self.begun_at + act.commits:  # noqa: ASYNC110
            await asyncio.sleep(0.0005)
        self.under_way += 1
        for _ in range(act.turns):
            await asyncio.sleep(0)
        await self._do_now(act, review_id)
        self.under_way -= 1

    async def _do_now(self, act: Act, review_id: str) -> None:
        match act.deed:
            case Deed.APPROVE | Deed.DENY | Deed.APPROVE_AND_TRUST | Deed.DENY_AND_SUSPEND:
                await self._vote(act, review_id)
            case Deed.TAKE_BACK:
                person = self.contested.discord.person(act.person_id)
                await self.contested.decisions.take_back(review_id, person)
            case Deed.SUSPEND:
                await self._suspend(act)
            case Deed.CANCEL | Deed.CANCEL_FOR_USER | Deed.LEAVE:
                await self._end(act)
            case _:
                await self._happen(act)

    async def _happen(self, act: Act) -> None:
        match act.deed:
            case Deed.CHANGE:
                if act.person_id != OWNER:
                    self.contested.discord.standings[act.person_id] = act.standing
                    self.voters |= self.contested.discord.voters()
            case Deed.STOP:
                await self.contested.spicy_stop.stop(self.contested.server, by=act.person_id)
            case Deed.RESUME:
                await self.contested.spicy_stop.resume(self.contested.server, by=act.person_id)
            case Deed.EXPIRE:
                await self.contested.decisions.expire(self.contested.now() + timedelta(hours=100))
            case Deed.APPLY_AGAIN:
                await self.contested.decisions.resume()
            case _:
                raise ValueError(f"nobody does {act.deed}")

    async def _vote(self, act: Act, review_id: str) -> None:
        extra = {
            Deed.APPROVE_AND_TRUST: ExtraAction.TRUST,
            Deed.DENY_AND_SUSPEND: ExtraAction.SUSPEND,
        }.get(act.deed, ExtraAction.NONE)
        person = self.contested.discord.person(act.person_id)
        if person.moderates or person.owns:
            self.voters.add(person.id)  # as the press itself said
        result = await self.contested.decisions.vote(
            review_id,
            person,
            approves=act.deed in {Deed.APPROVE, Deed.APPROVE_AND_TRUST},
            reason="",
            extra=extra,
            saw_video=True,
        )
        if result is VoteResult.DECIDED:
            self.decided.append(review_id)

    async def _suspend(self, act: Act) -> None:
        contested, now = self.contested, self.contested.now()
        until, by = now + timedelta(hours=act.hours), act.person_id
        self.suspended_until.append(until)
        suspend, user = contested.caches.members.suspend, contested.user
        moment: dict[str, Any] = {"until": until, "by": by, "reason": "", "now": now}
        await alone(contested.audit, suspend, contested.server, user, **moment)

    async def _end(self, act: Act) -> None:
        contested = self.contested
        if act.deed is Deed.LEAVE:
            contested.discord.standings[contested.user] = Standing.GONE
            ended = await contested.departures.end_requests(
                contested.server, contested.user, Departure.LEFT, by=None
            )
            self.over = self.over or ended > 0
            return
        by = contested.user if act.deed is Deed.CANCEL else act.person_id
        result = await contested.actions.cancel(contested.job_id, contested.discord.person(by))
        self.over = self.over or result is ActionResult.DONE
