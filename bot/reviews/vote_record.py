"""Entries of votes, and what a deciding vote does to the user beside its decision. In the vote's transaction."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.jobs.job import NOBODY
from bot.moderation.audit.entries import PARTS, AuditAction, Detail
from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import ListStatus, Strike
from bot.moderation.members.news import News, NewsKind, NewsStore
from bot.moderation.rules import ServerRules
from bot.reviews.review import CLOSING_ACTIONS, Review, ReviewState, Vote, VoterDoubts, entry_about


class ExtraAction(StrEnum):
    """Action on the user of the request, done if the vote decides."""

    NONE = "none"
    TRUST = "trust"
    SUSPEND = "suspend"
    STRIKE = "strike"


async def record_lapsed(
    within: AuditedTransaction, review: Review, doubts: VoterDoubts, now: datetime
) -> None:
    """Log that votes no longer count."""
    for voter_id in sorted(doubts.lapsed):
        voter: dict[str, Detail] = {"voter": str(voter_id)}
        await within.record(entry_about(review, AuditAction.VOTE_LAPSED, now, details=voter))


async def record_vote(
    within: AuditedTransaction,
    review: Review,
    vote: Vote,
    extra: ExtraAction,
    *,
    members: MemberCache,
    news: NewsStore,
    rules: ServerRules,
) -> None:
    """Log a vote, or the decision that it made with its extra action, which is done as well: one entry."""
    parts: tuple[AuditAction, ...] = ()
    details: dict[str, Detail] = {}
    if vote.person_id == review.person_id:
        details["own_request"] = True  # the server's owner, who may be its one moderator
    if review.state is ReviewState.OPEN:
        action = AuditAction.VOTE_CAST
        details["approves"] = vote.approves
    else:
        action = CLOSING_ACTIONS[review.state]
        parts = await _do_extra(within, review, vote, extra, members=members, news=news, rules=rules)
        if parts:
            details[PARTS] = [part.value for part in parts]
    by, reason = vote.person_id, vote.reason
    await within.record(
        entry_about(review, action, vote.cast_at, actor_id=by, reason=reason, details=details)
    )


async def _do_extra(
    within: AuditedTransaction,
    review: Review,
    vote: Vote,
    extra: ExtraAction,
    *,
    members: MemberCache,
    news: NewsStore,
    rules: ServerRules,
) -> tuple[AuditAction, ...]:
    """Do a deciding vote's extra action, and have the user told of it. Returns what was done."""
    guild_id, owner, now, by, reason = (
        review.guild_id,
        review.person_id,
        vote.cast_at,
        vote.person_id,
        vote.reason,
    )
    if owner == NOBODY:
        return ()  # the user's data was deleted
    match extra:
        case ExtraAction.NONE:
            return ()
        case ExtraAction.TRUST:
            await members.list_as(within, guild_id, owner, ListStatus.TRUSTED)
            return (AuditAction.TRUSTED,)
        case ExtraAction.SUSPEND:
            until = now + timedelta(hours=rules.suspend_hours)
            suspended = await members.suspend(
                within, guild_id, owner, until=until, by=by, reason=reason, now=now
            )
            if not suspended:
                return ()
            kind = NewsKind.SUSPENDED
            told = News(guild_id=guild_id, person_id=owner, kind=kind, at=now, reason=reason, until=until)
            await news.add(within, told)
            return (AuditAction.SUSPENDED,)
        case ExtraAction.STRIKE:
            strike = Strike(guild_id, owner, now, by, reason, review.job_id)
            return await give_strike(within, strike, members=members, news=news, rules=rules)


async def give_strike(
    within: AuditedTransaction, strike: Strike, *, members: MemberCache, news: NewsStore, rules: ServerRules
) -> tuple[AuditAction, ...]:
    """Store a strike with the suspension that may follow, and have the user told. Returns what was done."""
    until = await members.strike(within, strike, rules)
    told = News(
        guild_id=strike.guild_id,
        person_id=strike.person_id,
        kind=NewsKind.STRUCK,
        at=strike.given_at,
        reason=strike.reason,
    )
    await news.add(within, told)
    if until is None:
        return (AuditAction.STRIKE_GIVEN,)
    await news.add(within, replace(told, kind=NewsKind.SUSPENDED, until=until))
    return (AuditAction.STRIKE_GIVEN, AuditAction.SUSPENDED)
