"""Connects moderation: rules and their caches, the log, questions to moderators, reports and appeals."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Final

import structlog

from bot.children.pool import ChildPool
from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.discord_messages import DiscordMessages
from bot.delivery.upload_limits import UploadLimits
from bot.dimilinks import DimiLinks
from bot.files.job_files import JobFiles
from bot.jobs.bought_tasks import BoughtTasks
from bot.jobs.history import JobHistory
from bot.jobs.originals import Originals
from bot.jobs.postable_files import PostableFiles
from bot.jobs.store import JobStore
from bot.lifecycle.post_permission import PostPermission
from bot.moderation.audit.checkpoint import CheckpointFile
from bot.moderation.audit.entries import RecordedEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import Gatekeeper, ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.news import NewsStore
from bot.moderation.members.store import MemberStore
from bot.moderation.policy import Admission, OperatorRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.moderation.words.straddling import ChildSegmenter, segmenting_pool
from bot.moderation.words.word_lists import OPERATOR, WordLists
from bot.reviews.appeals import Appeals
from bot.reviews.decided_videos import DecidedVideos
from bot.reviews.emptied_cards import EmptiedCards
from bot.reviews.hidden_copies import HiddenCopies
from bot.reviews.person_news import PersonNews, SuspensionEnds
from bot.reviews.questions import Questions
from bot.reviews.report_decisions import ReporterNews
from bot.reviews.report_store import ReportStore
from bot.reviews.report_waits import ReportWaits
from bot.reviews.reports import Reports
from bot.reviews.restoring import Restoring
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.storage.database import Database
from cogs.client import Stillmotion
from cogs.moderation.log_channel import LogChannel
from cogs.moderation.person_news import DiscordNewsMessenger
from cogs.moderation.review_channel import DiscordReviewChannel
from cogs.shared.channels import DiscordChannelLookup, known_guild
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.members import DiscordMemberships
from cogs.shared.respond import LookUpTimes

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
class ModerationWiring:
    """The parts of moderation, each built when it is first needed. `load` comes first."""

    settings: Settings
    bot: Stillmotion
    database: Database
    store: JobStore
    api: DimiLinks
    messages: DiscordMessages
    breaker: InvalidRequestBreaker
    job_files: JobFiles
    files: PostableFiles
    report_waits: ReportWaits
    members_kept_s: float
    segment_within_s: float
    look_ups: LookUpTimes
    now: Callable[[], datetime]

    async def load(self) -> None:
        """Read what the caches need. Raises `BadConfigurationError` for unusable terms, and `StorageError`."""
        await self.caches.rules.load()
        await self.caches.members.load()
        await self.caches.words.load()
        await _list_terms(self.caches.words, self.settings)

    @cached_property
    def audit_log(self) -> AuditLog:
        """The log of what moderators and the bot did."""
        return AuditLog(self.database, mirror=self._mirror)

    @cached_property
    def caches(self) -> ModerationCaches:
        """Rules, members and words of all servers, and what the operator set."""
        settings, log_ = self.settings, self.audit_log
        segmenter = ChildSegmenter(self.segmenting, within_s=self.segment_within_s)
        return ModerationCaches(
            RuleCache(RuleStore(self.database), log_, self.now),
            MemberCache(MemberStore(self.database)),
            WordLists(TermStore(self.database), log_, self.now, segmenter),
            OperatorRules(
                Admission(frozenset(settings.allowed_people), frozenset(settings.allowed_roles)),
                settings.spicy_offered,
                settings.spicy_in_direct_messages,
                frozenset(settings.spicy_blocked_servers),
                frozenset(settings.blocked_people),
            ),
            self.database,
        )

    @cached_property
    def segmenting(self) -> ChildPool:
        """The child that divides Chinese prompts into words, started when it is first needed."""
        return segmenting_pool(self.segment_within_s)

    @cached_property
    def gatekeeper(self) -> Gatekeeper:
        """Judges requests by the rules of the moment."""
        return Gatekeeper(self.caches, DiscordChannelLookup(self.bot), self.memberships, self.now)

    @cached_property
    def pages(self) -> IntegrationsPages:
        """Servers' *Integrations* pages."""
        return IntegrationsPages(self.bot, self.look_ups.page_s, self.bot.is_told_of)

    @cached_property
    def memberships(self) -> DiscordMemberships:
        """Looks members up at Discord."""
        return DiscordMemberships(self.bot, self.pages, kept_s=self.members_kept_s)

    @cached_property
    def reviews(self) -> ReviewStore:
        """Stored questions and votes."""
        return ReviewStore(self.database)

    @cached_property
    def questions(self) -> Questions:
        """Asks moderators."""
        return Questions(
            jobs=self.store,
            history=JobHistory(self.database),
            reviews=self.reviews,
            reports=self.report_store,
            audit=self.audit_log,
            caches=self.caches,
            memberships=self.memberships,
            review_channel=self.review_channel,
            files=self.job_files,
            now=self.now,
        )

    @cached_property
    def emptied_cards(self) -> EmptiedCards:
        """Edits cards that show what was deleted."""
        return EmptiedCards(
            reviews=self.reviews, questions=self.questions, review_channel=self.review_channel
        )

    @cached_property
    def originals(self) -> Originals:
        """Delivered videos as they came."""
        return Originals(self.database, self.store, self.job_files.videos)

    @cached_property
    def limits(self) -> UploadLimits:
        """Limits of files in replies."""
        return UploadLimits(partial(known_guild, self.bot))

    @cached_property
    def takedowns(self) -> Takedowns:
        """Hides reported videos, restores and removes them."""
        copies = HiddenCopies(api=self.api, originals=self.originals, videos=self.job_files.videos)
        return Takedowns(
            jobs=self.store,
            reviews=self.reviews,
            reports=self.report_store,
            questions=self.questions,
            restoring=Restoring(
                reviews=self.reviews,
                gatekeeper=self.gatekeeper,
                copies=copies,
                files=self.files,
                limits=self.limits,
                now=self.now,
            ),
            audit=self.audit_log,
            messages=self.messages,
            news=self.news,
            copies=copies,
            waits=self.report_waits,
            now=self.now,
        )

    @cached_property
    def reports(self) -> Reports:
        """Counts reports."""
        return Reports(
            jobs=self.store,
            reports=self.report_store,
            reviews=self.reviews,
            questions=self.questions,
            takedowns=self.takedowns,
            caches=self.caches,
            audit=self.audit_log,
            videos=self.job_files.videos,
            now=self.now,
        )

    @cached_property
    def tasks(self) -> BoughtTasks:
        """Finds all jobs of one bought task."""
        return BoughtTasks(self.database, self.settings.spool_dir)

    @cached_property
    def decided(self) -> DecidedVideos:
        """Knows the videos that are hidden or were removed."""
        return DecidedVideos(self.tasks, self.reports.is_hidden)

    @cached_property
    def permission(self) -> PostPermission:
        """Asks before every try to post a video."""
        return PostPermission(self.store, self.gatekeeper, self.decided)

    @cached_property
    def report_store(self) -> ReportStore:
        """Stored reports."""
        return ReportStore(self.database)

    @cached_property
    def news(self) -> NewsStore:
        """Store of news that users are to hear."""
        return NewsStore(self.database)

    @cached_property
    def person_news(self) -> PersonNews:
        """Tells users of decisions about them."""
        messenger = DiscordNewsMessenger(self.bot, self.breaker)
        return PersonNews(store=self.news, jobs=self.store, messenger=messenger, now=self.now)

    @cached_property
    def suspension_ends(self) -> SuspensionEnds:
        """Tells users whose suspension ended."""
        return SuspensionEnds(members=self.caches.members, audit=self.audit_log, news=self.news, now=self.now)

    @cached_property
    def reporter_news(self) -> ReporterNews:
        """Tells users what came of their reports."""
        tell = self.messages.tell_person
        return ReporterNews(reports=self.report_store, send_directly=tell, now=self.now)

    @cached_property
    def log_channel(self) -> LogChannel:
        """Mirrors the log into the channel that a server chose."""
        return LogChannel(self.bot, self.caches.rules)

    @cached_property
    def checkpoint(self) -> CheckpointFile:
        """The log's newest digest, kept outside the database."""
        return CheckpointFile(self.settings.data_dir, alone=not self.database.is_shared)

    @cached_property
    def review_channel(self) -> DiscordReviewChannel:
        """Shows questions to moderators."""
        return DiscordReviewChannel(self.bot, self.caches.rules, self.breaker)

    @cached_property
    def appeals(self) -> Appeals:
        """Receives and decides appeals against suspensions."""
        return Appeals(
            members=self.caches.members,
            rules=self.caches.rules,
            audit=self.audit_log,
            news=self.news,
            now=self.now,
        )

    def _mirror(self, recorded: RecordedEntry) -> None:
        # The log channel needs the rules, whose changes are logged: it is built only now.
        self.log_channel.tell(recorded)
        self.checkpoint.note(recorded)


async def _list_terms(words: WordLists, settings: Settings) -> None:
    """Make the operator's list what the settings say."""
    wanted: dict[str, Effect] = dict.fromkeys(settings.alert_terms, Effect.ALERTS)
    wanted |= dict.fromkeys(settings.held_terms, Effect.HELD)
    wanted |= dict.fromkeys(settings.blocked_terms, Effect.BLOCKED)
    listed = {stored.term.text: stored.term.effect for stored in words.terms(OPERATOR)}
    for text in listed.keys() - wanted.keys():
        await words.remove(OPERATOR, text, OPERATOR)
    for text, effect in wanted.items():
        if listed.get(text) is effect:
            continue
        try:
            await words.add(OPERATOR, Term(text, effect), OPERATOR)
        except ValueError as error:  # one that cannot be looked for, or too many
            problem = SettingProblem("BLOCKED_TERMS, HELD_TERMS or ALERT_TERMS", str(error))
            raise BadConfigurationError((problem,)) from None
