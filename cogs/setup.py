"""Gives the client its commands, buttons and listeners. `bot/wiring/app.py` calls it once."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.images.model import Reference
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.news import NewsStore
from bot.people.cache import PreferenceCache
from bot.reviews.appeals import Appeals
from bot.reviews.decisions import Decisions
from bot.reviews.departures import Departures
from bot.reviews.purge import Purge
from bot.reviews.questions import Questions
from bot.reviews.report_decisions import ReportDecisions
from bot.reviews.reports import Reports
from bot.reviews.spicy_stop import SpicyStop
from bot.reviews.store import ReviewStore
from bot.services.drafts import DraftStore
from bot.services.job_actions import JobActions
from bot.services.job_list import JobList
from bot.services.look_again import LookAgain
from bot.services.prompt_history import PromptHistory
from bot.services.requests import VideoRequests
from bot.video import Preset
from cogs.client import Stillmotion
from cogs.jobs.buttons import JobButtons
from cogs.jobs.copies import CopyButtons
from cogs.jobs.list import JobsCog
from cogs.jobs.results import ResultButtons
from cogs.moderation.appeals import AppealButtons
from cogs.moderation.deleted_channels import DeletedChannelsCog
from cogs.moderation.departures import DeparturesCog
from cogs.moderation.reported_videos import ReportedVideoButtons
from cogs.moderation.reports import ReportButtons
from cogs.moderation.review_channel import DiscordReviewChannel
from cogs.moderation.reviews import ReviewsCog
from cogs.moderation.settings import SettingsCog
from cogs.moderation.spicy import SpicyCog
from cogs.privacy.command import PrivacyCog
from cogs.privacy.servers import ServersCog
from cogs.second_process import SecondProcessCog
from cogs.shared.choices import offer_presets
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.members import DiscordMemberships
from cogs.shared.respond import LookUpTimes
from cogs.shared.router import Router
from cogs.video.command import VideoCog
from cogs.video.defaults import DefaultsCog
from cogs.video.form_opening import FormOpening
from cogs.video.forms import FormsCog
from cogs.video.replies import RepliesCog


def add_cogs(
    bot: Stillmotion,
    *,
    requests: VideoRequests,
    actions: JobActions,
    looking: LookAgain,
    copies: CopyButtons,
    people: PreferenceCache,
    drafts: DraftStore,
    may_hold: Callable[[Sequence[Reference]], bool],
    prompt_history: PromptHistory,
    job_list: JobList,
    caches: ModerationCaches,
    pages: IntegrationsPages,
    look_ups: LookUpTimes,
    memberships: DiscordMemberships,
    audit_log: AuditLog,
    reviews: ReviewStore,
    questions: Questions,
    decisions: Decisions,
    spicy_stop: SpicyStop,
    purge: Purge,
    departures: Departures,
    reports: Reports,
    report_decisions: ReportDecisions,
    appeals: Appeals,
    review_channel: DiscordReviewChannel,
    tell_operator: Callable[[str], None],
    tell_of_second_process: Callable[[], None],
    news: NewsStore,
    privacy: tuple[PrivacyCog, ServersCog],
    now: Callable[[], datetime],
    group: str | None,
    cdn_hosts: Sequence[str],
    presets: Sequence[Preset],
) -> None:
    """Give the client every cog and menu; it loads them once it has logged in.

    Args:
        may_hold: Returns False if one of these pictures is surely gone; blocks.
        tell_operator: Sends words to the operator, soon; never waits.
        privacy: Serves `/privacy`, and notes the servers that the bot leaves.
        tell_of_second_process: Has the operator told once that another process runs with the token.
        now: The clock.
        group: The vendor's group, sent with every request.
        cdn_hosts: Hosts from which pictures are fetched.
        presets: Those among the choices of the commands.
    """
    opening = FormOpening(drafts, presets, may_hold=may_hold, now=now)
    forms = FormsCog(
        requests, opening, drafts, actions, people, pages=pages, group=group, cdn_hosts=cdn_hosts, now=now
    )
    video = VideoCog(requests, opening, people, prompt_history, group=group, now=now)
    jobs = JobsCog(job_list)
    reviewed = ReviewsCog(decisions, reviews, reports, pages)
    settings = SettingsCog(caches.rules, questions)
    spicy = SpicyCog(
        caches,
        questions,
        reviews,
        audit_log,
        appeals=appeals,
        news=news,
        pages=pages,
        spicy_stop=spicy_stop,
        purge=purge,
        now=now,
    )
    personal_data, servers = privacy
    cogs = (forms, jobs, reviewed, settings, spicy, personal_data)
    buttons = (
        JobButtons(requests=requests, actions=actions, looking=looking, people=people, pages=pages, now=now),
        ResultButtons(
            requests=requests, opening=opening, actions=actions, people=people, pages=pages, now=now
        ),
        copies,
        ReportButtons(reports=reports, actions=actions, pages=pages, tell=tell_operator, now=now),
        ReportedVideoButtons(decisions=report_decisions, pages=pages),
        AppealButtons(appeals=appeals, review_channel=review_channel, pages=pages),
    )
    defaults = DefaultsCog(people)
    bot.start_with(
        *cogs,
        pages,
        memberships,
        video,
        defaults,
        Router([route for served in (*cogs, *buttons) for route in served.routes()], look_ups),
        DeparturesCog(departures),
        DeletedChannelsCog(questions),
        SecondProcessCog(tell_of_second_process),
        servers,
        RepliesCog(bot, requests, people, pages=pages, now=now, group=group, cdn_hosts=cdn_hosts),
    )
    for command in (video.video, defaults.defaults):
        offer_presets(command, presets)
    bot.start_with_menu(forms.menu)
