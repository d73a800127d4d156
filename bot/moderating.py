"""Moderation, connected: the caches, the gatekeeper, the log, approvals and reports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.discord_messages import DiscordMessages
from bot.dimilinks import DimiLinks, Pace
from bot.images.spool import ReferenceSpool
from bot.jobs.store import JobStore
from bot.metrics import Metrics
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import Gatekeeper, ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.store import MemberStore
from bot.moderation.policy import Admission, OperatorRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import OPERATOR, WordLists
from bot.reviews.appeals import Appeals
from bot.reviews.questions import Questions
from bot.reviews.report_store import ReportStore
from bot.reviews.reports import Reports
from bot.reviews.store import ReviewStore
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.storage.database import Database
from cogs.client import Stillmotion
from cogs.moderation.log_channel import LogChannel
from cogs.moderation.review_channel import DiscordReviewChannel
from cogs.setup import Moderation
from cogs.shared.channels import DiscordChannelLookup


@dataclass(frozen=True)
class Outside:
    """What the jobs are built upon."""

    token: SecretStr
    bot: Stillmotion
    database: Database
    pace: Pace
    api: DimiLinks
    spool: ReferenceSpool
    messages: DiscordMessages
    breaker: InvalidRequestBreaker
    metrics: Metrics
    now: Callable[[], datetime]


async def open_moderation(settings: Settings, outside: Outside, store: JobStore) -> Moderation:
    """Read what is kept, and connect it.

    Raises `BadConfigurationError` for terms that cannot be used, and `StorageError`.
    """
    audit_log = AuditLog(outside.database)
    caches = await _caches(settings, outside, audit_log)
    mirror = LogChannel(outside.bot, caches.rules)
    audit_log.mirror = mirror.tell
    review_channel = DiscordReviewChannel(outside.bot, caches.rules, outside.breaker)
    review_store = ReviewStore(outside.database)
    gatekeeper = Gatekeeper(caches, DiscordChannelLookup(outside.bot), outside.now)
    questions = Questions(
        jobs=store,
        reviews=review_store,
        audit=audit_log,
        caches=caches,
        review_channel=review_channel,
        media_dir=settings.media_dir,
        now=outside.now,
    )
    reports = Reports(
        jobs=store,
        reports=ReportStore(outside.database, audit_log),
        reviews=review_store,
        questions=questions,
        gatekeeper=gatekeeper,
        audit=audit_log,
        messages=outside.messages,
        api=outside.api,
        media_dir=settings.media_dir,
        now=outside.now,
    )
    return Moderation(
        caches,
        gatekeeper,
        audit_log,
        questions,
        review_store,
        reports,
        Appeals(members=caches.members, rules=caches.rules, audit=audit_log, now=outside.now),
        review_channel,
        mirror,
    )


async def _caches(settings: Settings, outside: Outside, audit_log: AuditLog) -> ModerationCaches:
    rules = RuleCache(RuleStore(outside.database), audit_log, outside.now)
    members = MemberCache(MemberStore(outside.database))
    words = WordLists(TermStore(outside.database), audit_log, outside.now)
    await rules.load()
    await members.load()
    await words.load()
    await _list_terms(words, settings)
    admission = Admission(frozenset(settings.allowed_people), frozenset(settings.allowed_roles))
    operator = OperatorRules(
        admission,
        settings.spicy_offered,
        settings.spicy_in_direct_messages,
        frozenset(settings.spicy_blocked_servers),
    )
    return ModerationCaches(rules, members, words, operator)


async def _list_terms(words: WordLists, settings: Settings) -> None:
    """Have the operator's list be what the settings say."""
    wanted: dict[str, Effect] = dict.fromkeys(settings.held_terms, Effect.HELD)
    wanted |= dict.fromkeys(settings.blocked_terms, Effect.BLOCKED)
    for stored in words.terms(OPERATOR):
        if stored.term.text not in wanted:
            await words.remove(OPERATOR, stored.term.text)
    for text, effect in wanted.items():
        try:
            await words.add(OPERATOR, Term(text, effect), OPERATOR)
        except ValueError as error:  # one that cannot be looked for, or too many
            problem = SettingProblem("BLOCKED_TERMS or HELD_TERMS", str(error))
            raise BadConfigurationError((problem,)) from None
