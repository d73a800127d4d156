"""Moderation, connected: the books, the gatekeeper, the log, approvals and reports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from bot.delivery import InvalidRequestBreaker
from bot.delivery.discord_messages import DiscordMessages
from bot.dimilinks import DimiLinks, Pace
from bot.images import ReferenceSpool
from bot.jobs import (
    Books,
    DecisionParts,
    Gatekeeper,
    Hiding,
    HidingParts,
    JobStore,
    QuestionParts,
    ReviewDecisions,
    ReviewQuestions,
)
from bot.metrics import Metrics
from bot.moderation import ReportStore
from bot.moderation.appeals import Appeals
from bot.moderation.audit import AuditTrail
from bot.moderation.members import MemberBook, MemberStore
from bot.moderation.policy import Admission, OperatorRules
from bot.moderation.reviews import ReviewStore
from bot.moderation.servers import RuleBook, RuleStore
from bot.moderation.words import OPERATOR, Effect, Term, TermStore, WordBook
from bot.quota import Ledger
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.storage import Database
from cogs.client import Stillmotion
from cogs.furnishing import Moderation
from cogs.log_mirror import LogMirror
from cogs.review_board import DiscordBoard
from cogs.surroundings import DiscordSurroundings


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


async def open_moderation(
    settings: Settings, outside: Outside, store: JobStore, ledger: Ledger
) -> Moderation:
    """Read what is kept, and connect it.

    Raises `BadConfigurationError` for terms that cannot be used, and `StorageError`.
    """
    trail = AuditTrail(outside.database)
    books = await _books(settings, outside, trail)
    mirror = LogMirror(outside.bot, books.rules)
    trail.mirror = mirror.tell
    board = DiscordBoard(outside.bot, books.rules, outside.breaker)
    review_store = ReviewStore(outside.database)
    gatekeeper = Gatekeeper(books, DiscordSurroundings(outside.bot), outside.now)
    questions = ReviewQuestions(
        QuestionParts(
            jobs=store,
            reviews=review_store,
            audit=trail,
            books=books,
            board=board,
            media_dir=settings.media_dir,
            now=outside.now,
        )
    )
    hiding = Hiding(
        HidingParts(
            jobs=store,
            reports=ReportStore(outside.database, trail),
            reviews=review_store,
            questions=questions,
            gatekeeper=gatekeeper,
            audit=trail,
            messages=outside.messages,
            api=outside.api,
            media_dir=settings.media_dir,
            now=outside.now,
        )
    )
    decisions = ReviewDecisions(
        DecisionParts(
            jobs=store,
            reviews=review_store,
            questions=questions,
            audit=trail,
            books=books,
            ledger=ledger,
            after_report=hiding.settle,
            finish_reports=hiding.finish,
            now=outside.now,
        )
    )
    return Moderation(
        books,
        gatekeeper,
        trail,
        questions,
        decisions,
        review_store,
        hiding,
        Appeals(books.members, books.rules, trail, now=outside.now),
        board,
        mirror,
    )


async def _books(settings: Settings, outside: Outside, trail: AuditTrail) -> Books:
    rules = RuleBook(RuleStore(outside.database), trail, outside.now)
    members = MemberBook(MemberStore(outside.database))
    words = WordBook(TermStore(outside.database), trail, outside.now)
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
    return Books(rules, members, words, operator)


async def _list_terms(words: WordBook, settings: Settings) -> None:
    """Have the operator's list be what the settings say."""
    wanted: dict[str, Effect] = dict.fromkeys(settings.held_terms, Effect.HELD)
    wanted |= dict.fromkeys(settings.blocked_terms, Effect.BLOCKED)
    for stored in words.listed(OPERATOR):
        if stored.term.text not in wanted:
            await words.remove(OPERATOR, stored.term.text)
    for text, effect in wanted.items():
        try:
            await words.add(OPERATOR, Term(text, effect), OPERATOR)
        except ValueError as error:  # one that cannot be looked for, or too many
            problem = SettingProblem("BLOCKED_TERMS or HELD_TERMS", str(error))
            raise BadConfigurationError((problem,)) from None
