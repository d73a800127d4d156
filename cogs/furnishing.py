"""Everything that people see and press, given to the client."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.jobs import (
    Books,
    Desk,
    DraftStore,
    Gatekeeper,
    Hiding,
    Listing,
    Recall,
    ReviewDecisions,
    ReviewQuestions,
    VideoService,
)
from bot.moderation.appeals import Appeals
from bot.moderation.audit import AuditTrail
from bot.moderation.reviews import ReviewStore
from bot.people import PreferenceBook
from bot.video import Preset
from cogs.appeals import AppealsCog
from cogs.client import Stillmotion
from cogs.defaults import DefaultsCog
from cogs.forms import FormsCog
from cogs.job_buttons import JobButtonsCog
from cogs.jobs import JobsCog
from cogs.log_mirror import LogMirror
from cogs.replies import RepliesCog
from cogs.reports import ReportsCog
from cogs.results import ResultsCog
from cogs.review_board import DiscordBoard
from cogs.reviews import ReviewsCog
from cogs.settings import SettingsCog
from cogs.spicy import SpicyCog
from cogs.ui.choices import offer_presets
from cogs.ui.form_opening import FormOpening
from cogs.ui.ordering import Ordering
from cogs.video import VideoCog


@dataclass(frozen=True)
class Moderation:
    """Everything that decides, asks and remembers."""

    books: Books
    gatekeeper: Gatekeeper
    trail: AuditTrail
    questions: ReviewQuestions
    decisions: ReviewDecisions
    review_store: ReviewStore
    hiding: Hiding
    appeals: Appeals
    board: DiscordBoard
    mirror: LogMirror


@dataclass(frozen=True)
class Services:
    """What the cogs ask, and what they are told once: the vendor's group, and the hosts of pictures."""

    service: VideoService
    desk: Desk
    people: PreferenceBook
    drafts: DraftStore
    recall: Recall
    listing: Listing
    moderation: Moderation
    tell_operator: Callable[[str], None]
    tell_person: Callable[[int, str], Awaitable[None]]
    now: Callable[[], datetime]
    group: str | None
    cdn_hosts: Sequence[str]
    presets: Sequence[Preset]
    """Those among the choices."""


def furnish(bot: Stillmotion, services: Services) -> None:
    """Have the client start with every cog and menu."""
    now, group, hosts = services.now, services.group, services.cdn_hosts
    people, desk, drafts = services.people, services.desk, services.drafts
    ordering = Ordering(services.service, people, now=now)
    opening = FormOpening(drafts, services.presets, now=now)
    forms = FormsCog(ordering, opening, drafts, desk, people, group=group, cdn_hosts=hosts)
    video = VideoCog(ordering, opening, people, services.recall, group=group)
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
        ReportsCog(mod.hiding, services.desk, services.tell_operator, now=now),
        ReviewsCog(mod.decisions, mod.review_store, mod.hiding),
        SettingsCog(mod.books.rules, now=now),
        SpicyCog(mod.books, mod.questions, mod.review_store, mod.trail, services.tell_person, now=now),
        AppealsCog(bot, mod.appeals, mod.board, services.tell_person),
    )
