"""Everything that people see and press, given to the client."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.jobs import Desk, DraftStore, Listing, Recall, VideoService
from bot.moderation import ReportStore
from bot.people import PreferenceBook
from cogs.client import Stillmotion
from cogs.defaults import DefaultsCog
from cogs.forms import FormsCog
from cogs.job_buttons import JobButtonsCog
from cogs.jobs import JobsCog
from cogs.replies import RepliesCog
from cogs.reports import ReportsCog
from cogs.results import ResultsCog
from cogs.ui.form_opening import FormOpening
from cogs.ui.ordering import Ordering
from cogs.video import VideoCog


@dataclass(frozen=True)
class Services:
    """What the cogs ask, and what they are told once: the vendor's group, and the hosts of pictures."""

    service: VideoService
    desk: Desk
    people: PreferenceBook
    drafts: DraftStore
    recall: Recall
    listing: Listing
    reports: ReportStore
    tell_operator: Callable[[str], None]
    now: Callable[[], datetime]
    group: str | None
    cdn_hosts: Sequence[str]


def furnish(bot: Stillmotion, services: Services) -> None:
    """Have the client start with every cog and menu."""
    now, group, hosts = services.now, services.group, services.cdn_hosts
    people, desk, drafts = services.people, services.desk, services.drafts
    ordering = Ordering(services.service, people, now=now)
    opening = FormOpening(drafts, now=now)
    forms = FormsCog(ordering, opening, drafts, desk, people, group=group, cdn_hosts=hosts)
    bot.start_with(
        VideoCog(ordering, opening, people, services.recall, group=group),
        RepliesCog(bot, services.service, people, now=now, group=group, cdn_hosts=hosts),
        forms,
        JobButtonsCog(ordering, desk, now=now),
        ResultsCog(ordering, opening, desk),
        ReportsCog(services.reports, desk, services.tell_operator, now=now),
        JobsCog(services.listing),
        DefaultsCog(people),
    )
    bot.start_with_menu(forms.menu)
