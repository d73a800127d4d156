"""Card of a question to moderators: the request with its pictures or video, the votes, and the buttons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import discord
from discord import ui

from bot.reviews.case import ReviewCase
from bot.reviews.review import ReviewState, ReviewSubject
from bot.texts import moderation as words
from bot.texts.cards import options_line
from bot.texts.jobs import moment
from bot.texts.messages import Language, Message
from bot.texts.word_lists import matched_line
from bot.video import Preset
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.layout import layout_of

CUSTOM_ID: Final = re.compile(r"sm-rev:(?P<action>[a-z]+):(?P<review>[0-9a-f]{32})")


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


@dataclass(frozen=True)
class ReviewFile:
    """A file that is shown with a question, under a name that the bot gives it."""

    path: Path
    name: str


def files_of(case: ReviewCase, limit_bytes: int, *, restricted: bool) -> tuple[ReviewFile, ...]:
    """Return the pictures of a request, or its finished video if it fits; nothing of a reported one.

    Videos of the spicy preset are shown in age-restricted channels only.
    """
    if case.review.subject is ReviewSubject.REPORT or case.review.state is not ReviewState.OPEN:
        return ()
    video = case.video if restricted or case.job.request.preset is not Preset.SPICY else None
    if video is not None and video.exists() and video.stat().st_size <= limit_bytes:
        return (ReviewFile(video, "video.mp4"),)
    pictures = [picture for picture in case.job.pictures or () if picture.path.exists()]
    return tuple(
        ReviewFile(picture.path, f"picture-{number}.{picture.mime.value.partition('/')[2]}")
        for number, picture in enumerate(pictures, start=1)
        if picture.size_bytes <= limit_bytes
    )


def review_layout(
    case: ReviewCase, files: Sequence[ReviewFile], language: Language, lead: Message | None = None
) -> ui.LayoutView:
    """Lay out the card. It has buttons while the question is open."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_colour(case.review.state))
    for text in _texts(case, language):
        container.add_item(ui.TextDisplay(text))
    if files:
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        for file in files:
            gallery.add_item(media=f"attachment://{file.name}", spoiler=True)
        container.add_item(gallery)
    parts: list[str | ui.Item[ui.LayoutView]] = [container]
    if lead is not None:
        parts.insert(0, lead.in_language(language))
    if case.review.state is ReviewState.OPEN:
        actions = _REPORTED if case.review.subject is ReviewSubject.REPORT else _ASKED
        parts.append(row_of_plain([_button(action, case.review.id, language) for action in actions]))
    return layout_of(*parts)


def matched_lines(case: ReviewCase, language: Language) -> list[str]:
    """Return a line with the terms that matched in the prompt, or nothing."""
    terms = [(one.term.text, one.start) for one in case.words.found]
    return [matched_line(terms).in_language(language)] if terms else []


def _texts(case: ReviewCase, language: Language) -> list[str]:
    job, review = case.job, case.review
    options = options_line(job.request, language, fits_picture=job.fits_picture)
    asked = words.asked_by(review.person_id, job.reply.channel_id, options)
    lines = [
        f"### {HEADLINES[review.subject].in_language(language)}",
        asked.in_language(language),
        words.whole_prompt(job.request.prompt),
        *(f"-# {line}" for line in matched_lines(case, language)),
        f"-# {words.record_line(case.record).in_language(language)}",
    ]
    yes = [vote.person_id for vote in review.votes if vote.approves]
    no = [vote.person_id for vote in review.votes if not vote.approves]
    if review.state is ReviewState.OPEN:
        lines.append(words.votes_line(yes, no, case.quorum).in_language(language))
        reported = review.subject is ReviewSubject.REPORT
        until = (words.gone_unless if reported else words.decides_until)(moment(review.expires_at))
        lines.append(f"-# {until.in_language(language)}")
    else:
        lines.append(_outcome(case).in_language(language))
    return lines


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
