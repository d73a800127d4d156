"""Everything that people see and press, given to the client."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import Gatekeeper, ModerationCaches
from bot.people.cache import PreferenceCache
from bot.reviews.appeals import Appeals
from bot.reviews.decisions import Decisions
from bot.reviews.questions import Questions
from bot.reviews.reports import Reports
from bot.reviews.store import ReviewStore
from bot.services.drafts import DraftStore
from bot.services.job_actions import JobActions
from bot.services.job_list import JobList
from bot.services.prompt_history import PromptHistory
from bot.services.requests import VideoRequests
from bot.video import Preset
from cogs.client import Stillmotion
from cogs.jobs.buttons import JobButtonsCog
from cogs.jobs.list import JobsCog
from cogs.jobs.results import ResultsCog
from cogs.moderation.appeals import AppealsCog
from cogs.moderation.log_channel import LogChannel
from cogs.moderation.reports import ReportsCog
from cogs.moderation.review_channel import DiscordReviewChannel
from cogs.moderation.reviews import ReviewsCog
from cogs.moderation.settings import SettingsCog
from cogs.moderation.spicy import SpicyCog
from cogs.shared.choices import offer_presets
from cogs.video.command import VideoCog
from cogs.video.defaults import DefaultsCog
from cogs.video.form_opening import FormOpening
from cogs.video.forms import FormsCog
from cogs.video.ordering import Ordering
from cogs.video.replies import RepliesCog


@dataclass(frozen=True)
class Moderation:
    """Everything that decides, asks and remembers."""

    caches: ModerationCaches
    gatekeeper: Gatekeeper
    audit_log: AuditLog
    questions: Questions
    review_store: ReviewStore
    reports: Reports
    appeals: Appeals
    review_channel: DiscordReviewChannel
    mirror: LogChannel


@dataclass(frozen=True)
class Services:
    """What the cogs ask, and what they are told once: the vendor's group, and the hosts of pictures."""

    service: VideoRequests
    desk: JobActions
    people: PreferenceCache
    drafts: DraftStore
    prompt_history: PromptHistory
    listing: JobList
    moderation: Moderation
    decisions: Decisions
    tell_operator: Callable[[str], None]
    tell_person: Callable[[int, str], Awaitable[None]]
    now: Callable[[], datetime]
    group: str | None
    cdn_hosts: Sequence[str]
    presets: Sequence[Preset]
    """Those among the choices."""


def add_cogs(bot: Stillmotion, services: Services) -> None:
    """Have the client start with every cog and menu."""
    now, group, hosts = services.now, services.group, services.cdn_hosts
    people, desk, drafts = services.people, services.desk, services.drafts
    ordering = Ordering(services.service, people, now=now)
    opening = FormOpening(drafts, services.presets, now=now)
    forms = FormsCog(ordering, opening, drafts, desk, people, group=group, cdn_hosts=hosts)
    video = VideoCog(ordering, opening, people, services.prompt_history, group=group)
    defaults = DefaultsCog(people)
    bot.start_with(
        video,
        RepliesCog(bot, services.service, people, now=now, group=group, cdn_hosts=hosts),
        forms,
        JobButtonsCog(ordering, desk, now=now),
        ResultsCog(ordering, opening, desk),
        JobsCog(services.listing),
        defaults,
    )
    for command in (video.video, defaults.defaults):
        offer_presets(command, services.presets)
    bot.start_with_menu(forms.menu)
    _furnish_moderation(bot, services)


def _furnish_moderation(bot: Stillmotion, services: Services) -> None:
    now, mod = services.now, services.moderation
    bot.start_with(
        ReportsCog(mod.reports, services.desk, services.tell_operator, now=now),
        ReviewsCog(services.decisions, mod.review_store, mod.reports),
        SettingsCog(mod.caches.rules, now=now),
        SpicyCog(mod.caches, mod.questions, mod.review_store, mod.audit_log, services.tell_person, now=now),
        AppealsCog(bot, mod.appeals, mod.review_channel, services.tell_person),
    )
