"""Card of a question to moderators: the request with its pictures or video, the votes, and the buttons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import discord
from discord import ui

from bot.images.model import Reference, SourceKind
from bot.jobs.job import Job
from bot.jobs.request_facts import shows_spicy
from bot.jobs.shown_video import duration_of
from bot.reviews.case import ReviewCase, message_of
from bot.reviews.report_store import Report, reasons_of
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.texts import descriptions
from bot.texts import moderation as words
from bot.texts.cards import options_line
from bot.texts.forms import REPORT_REASONS
from bot.texts.jobs import moment
from bot.texts.messages import Language, Message
from bot.texts.quoting import quote_within, units_of
from bot.texts.word_lists import matched_line
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.layout import TEXT_UNITS, layout_of

CUSTOM_ID: Final = re.compile(r"sm-rev:(?P<action>[a-z]+):(?P<review>[0-9a-f]{32})")


_WORDS_SHOWN: Final = 3
_WORDS_UNITS: Final = 150
"""Of each of the reports whose words are shown."""


class ReviewAction(StrEnum):
    """Moderator's action on a question. The values are part of custom ids and must not change."""

    APPROVE = "yes"
    DENY = "no"
    APPROVE_AND_TRUST = "yestrust"
    DENY_AND_SUSPEND = "nosuspend"
    TAKE_BACK = "back"
    VIEW = "view"
    RESTORE = "restore"
    REMOVE = "remove"
    REMOVE_AND_STRIKE = "strike"


HEADLINES: Final[Mapping[ReviewSubject, Message]] = {
    ReviewSubject.SUBMISSION: words.REVIEW_SUBMISSION,
    ReviewSubject.POSTING: words.REVIEW_POSTING,
    ReviewSubject.REPORT: words.REVIEW_REPORT,
}
_ASKED: Final = (
    ReviewAction.APPROVE,
    ReviewAction.DENY,
    ReviewAction.APPROVE_AND_TRUST,
    ReviewAction.DENY_AND_SUSPEND,
    ReviewAction.TAKE_BACK,
)
_REPORTED: Final = (
    ReviewAction.VIEW,
    ReviewAction.RESTORE,
    ReviewAction.REMOVE,
    ReviewAction.REMOVE_AND_STRIKE,
)
_STYLES: Final = {
    ReviewAction.APPROVE: discord.ButtonStyle.success,
    ReviewAction.RESTORE: discord.ButtonStyle.success,
    ReviewAction.DENY: discord.ButtonStyle.danger,
    ReviewAction.DENY_AND_SUSPEND: discord.ButtonStyle.danger,
    ReviewAction.REMOVE: discord.ButtonStyle.danger,
    ReviewAction.REMOVE_AND_STRIKE: discord.ButtonStyle.danger,
}


_SPOILER: Final = "SPOILER_"
VIDEO_NAME: Final = "video.mp4"
"""Name of a finished video's file on its card; with a spoiler's prefix for one moderator alone."""
APPROVALS: Final = (ReviewAction.APPROVE, ReviewAction.APPROVE_AND_TRUST)
"""What is offered below a finished video."""


@dataclass(frozen=True)
class ReviewFile:
    """A file that is shown with a question, under a name that the bot gives it."""

    path: Path
    name: str
    description: str


def files_of(
    case: ReviewCase, limit_bytes: int, language: Language, *, restricted: bool
) -> tuple[ReviewFile, ...]:
    """Return the pictures of a request, or its finished video if it fits; nothing of a reported one.

    Spicy videos, and frames of them, are shown in age-restricted channels only.
    """
    if case.review.subject is ReviewSubject.REPORT or case.review.state is not ReviewState.OPEN:
        return ()
    video = case.video if restricted or not shows_spicy(case.job) else None
    if video is not None and video.exists() and video.stat().st_size <= limit_bytes:
        described = descriptions.of_video(duration_of(case.job), case.job.request.prompt, language)
        return (ReviewFile(video, VIDEO_NAME, described),)
    pictures = [picture for picture in case.job.pictures or () if picture.path.exists()]
    return tuple(
        ReviewFile(
            picture.path,
            f"picture-{number}.{picture.mime.value.partition('/')[2]}",
            _describe(case.job, picture, number, len(pictures), language),
        )
        for number, picture in enumerate(pictures, start=1)
        if picture.size_bytes <= limit_bytes and (restricted or not picture.own_spicy_video)
    )


def _describe(job: Job, picture: Reference, number: int, count: int, language: Language) -> str:
    """Describe the `number`th of a request's pictures."""
    kinds = [source.kind for source in job.sources]
    is_frame = number <= len(kinds) and kinds[number - 1] is not SourceKind.PICTURE
    describe = descriptions.of_frame if is_frame or picture.own_spicy_video else descriptions.of_picture
    return describe(number, count, job.request.prompt, language)


def review_layout(
    case: ReviewCase, files: Sequence[ReviewFile], language: Language, lead: Message | None = None
) -> ui.LayoutView:
    """Lay out the card. It has buttons while the question is open."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_colour(case.review.state))
    above = lead.in_language(language) if lead is not None else ""
    for text in _texts(case, language, room_units=TEXT_UNITS - units_of(above)):
        container.add_item(ui.TextDisplay(text))
    if files:
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        for file in files:
            gallery.add_item(media=f"attachment://{file.name}", description=file.description, spoiler=True)
        container.add_item(gallery)
    parts: list[str | ui.Item[ui.LayoutView]] = [container]
    if above:
        parts.insert(0, above)
    if case.review.state is ReviewState.OPEN:
        shows_video = any(file.name == VIDEO_NAME for file in files)
        rows = rows_of(case.review, shows_video=shows_video, has_frame=case.has_spicy_frame)
        parts += [row_of_plain(review_buttons(case.review.id, row, language)) for row in rows]
    return layout_of(*parts)


def matched_lines(case: ReviewCase, language: Language) -> list[str]:
    """Return a line with the terms that matched in the prompt, or nothing."""
    terms = [(one.term.text, one.start) for one in case.words.found]
    return [matched_line(terms).in_language(language)] if terms else []


def score_lines(case: ReviewCase, language: Language) -> list[str]:
    """Return a line with the score of the image check, or nothing where nothing was scored."""
    asks_to_buy = case.review.subject is ReviewSubject.SUBMISSION
    found = case.job.pictures_percent if asks_to_buy else case.job.video_percent
    return [words.image_score(found).in_language(language)] if found is not None else []


def _texts(case: ReviewCase, language: Language, *, room_units: int) -> list[str]:
    """Write the card. The prompt has what the rest leaves of `room_units`."""
    job, review = case.job, case.review
    if review.is_emptied:
        return [
            f"### {HEADLINES[review.subject].in_language(language)}",
            words.EMPTIED_LINE.in_language(language),
            _outcome(case).in_language(language),
            *outstanding_lines(review, language),
        ]
    options = options_line(job.request, language, fits_picture=job.fits_picture)
    asked = words.asked_by(review.person_id, job.reply.channel_id, options)
    if (shown := message_of(review)) is not None:
        asked = words.at_message(asked, review.guild_id, shown.channel_id, shown.message_id)
    head = [f"### {HEADLINES[review.subject].in_language(language)}", asked.in_language(language)]
    rest = [
        *(f"-# {line}" for line in (*matched_lines(case, language), *score_lines(case, language))),
        f"-# {words.record_line(case.record).in_language(language)}",
        *([reports_text(case.reports, language)] if case.reports else []),
        *_standing(case, language),
        *over_lines(case, language),
        *outstanding_lines(review, language),
    ]
    taken_units = sum(units_of(one) for one in (*head, *rest))
    return [*head, words.whole_prompt(job.request.prompt, room_units - taken_units), *rest]


def _standing(case: ReviewCase, language: Language) -> list[str]:
    """Return lines with the votes and the end of an open question, or with the decision."""
    review = case.review
    if review.state is not ReviewState.OPEN:
        return [_outcome(case).in_language(language)]
    yes = [vote.person_id for vote in review.votes if vote.approves]
    no = [vote.person_id for vote in review.votes if not vote.approves]
    reported = review.subject is ReviewSubject.REPORT
    until = (words.gone_unless if reported else words.decides_until)(moment(review.expires_at))
    return [
        words.votes_line(yes, no, case.quorum).in_language(language),
        f"-# {until.in_language(language)}",
    ]


def over_lines(case: ReviewCase, language: Language) -> list[str]:
    """Return a line if the request ended with its user's data, so that a decision makes and posts nothing."""
    told = words.OVER_LINE if case.review.state is ReviewState.OPEN else words.WAS_OVER_LINE
    return [told.in_language(language)] if case.is_over else []


def outstanding_lines(review: Review, language: Language) -> list[str]:
    """Return a line with what is still to be done to a reported video, once that was tried or decided."""
    tried = review.refused_at is not None or review.state is not ReviewState.OPEN
    if review.outstanding is None or not tried:
        return []
    return [words.OUTSTANDING[review.outstanding].in_language(language)]


def reports_text(
    reports: Sequence[Report],
    language: Language,
    most: int = _WORDS_SHOWN,
    limit_units: int = _WORDS_UNITS,
) -> str:
    """Write the reasons of reports, and what the first of their users said, `most` at most."""
    reasons = {REPORT_REASONS[reason]: count for reason, count in reasons_of(reports).items()}
    said = [one.words for one in reports if one.words.strip()]
    quoted = [f"> {quote_within(one, limit_units)}" for one in said[:most]]
    return "\n".join([words.reported_line(reasons).in_language(language), *quoted])


def _outcome(case: ReviewCase) -> Message:
    review = case.review
    match review.state:
        case ReviewState.EXPIRED:
            return words.CLOSED_EXPIRED
        case ReviewState.WITHDRAWN:
            return words.CLOSED_WITHDRAWN
        case _:
            return words.outcome_line(
                approved=review.state is ReviewState.APPROVED, by=review.decided_by, reason=review.reason
            )


def rows_of(review: Review, *, shows_video: bool, has_frame: bool) -> Sequence[Sequence[ReviewAction]]:
    """Return the rows of buttons below an open question. A video that is not shown cannot be approved.

    Args:
        review: The question.
        shows_video: True if the video is shown above the buttons.
        has_frame: True if the request has a frame of a spicy video.
    """
    match review.subject:
        case ReviewSubject.REPORT:
            return [_REPORTED]
        case ReviewSubject.SUBMISSION:
            return [_ASKED, [ReviewAction.VIEW]] if has_frame else [_ASKED]
        case ReviewSubject.POSTING if shows_video:
            return [_ASKED, [ReviewAction.VIEW]]
        case ReviewSubject.POSTING:
            return [[ReviewAction.VIEW, *(action for action in _ASKED if action not in APPROVALS)]]


def review_buttons(review_id: str, actions: Sequence[ReviewAction], language: Language) -> list[PlainButton]:
    """Make buttons of a question."""
    return [_button(action, review_id, language) for action in actions]


def shows_video(message: discord.Message | None) -> bool:
    """Return True if a message shows the finished video that its buttons are about."""
    if message is None:
        return False
    names = {VIDEO_NAME, f"{_SPOILER}{VIDEO_NAME}"}
    if any(one.filename in names for one in message.attachments):
        return True
    parts = ui.LayoutView.from_message(message, timeout=None).walk_children()
    items = [item for part in parts if isinstance(part, ui.MediaGallery) for item in part.items]
    return any(urlsplit(item.media.url).path.endswith(f"/{VIDEO_NAME}") for item in items)


def _button(action: ReviewAction, review_id: str, language: Language) -> PlainButton:
    label = words.REVIEW_LABELS[action].in_language(language)
    style = _STYLES.get(action, discord.ButtonStyle.secondary)
    return PlainButton(label, f"sm-rev:{action}:{review_id}", style)


def _colour(state: ReviewState) -> discord.Colour:
    match state:
        case ReviewState.OPEN:
            return discord.Colour.gold()
        case ReviewState.APPROVED:
            return discord.Colour.green()
        case _:
            return discord.Colour.red()
