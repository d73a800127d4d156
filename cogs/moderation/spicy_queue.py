"""`/spicy queue`: the open questions of a server, page by page."""

import re
from dataclasses import dataclass
from typing import Final

from discord import ui

from bot.reviews.case import ReviewCase
from bot.reviews.questions import Questions
from bot.reviews.review import Review
from bot.reviews.store import ReviewStore
from bot.texts import spicy as words
from bot.texts.cards import options_line
from bot.texts.jobs import moment
from bot.texts.messages import Language
from bot.texts.quoting import quote_prompt
from cogs.moderation.review_card import HEADLINES, matched_lines
from cogs.moderation.spicy_page import page_view, turning_buttons

QUEUE_ID: Final = re.compile(r"sm-queue:(?P<page>[0-9]{1,3})")

_A_PAGE: Final = 5
"""So many stay below the 4000 characters of a message if every character has to be escaped."""


@dataclass(frozen=True, eq=False, repr=False)
class OpenQuestions:
    """Reads and draws the open questions. Methods raise `bot.storage.StorageError`."""

    questions: Questions
    reviews: ReviewStore

    async def page(self, guild_id: int, page: int, language: Language) -> ui.LayoutView:
        """Draw a page, counted from 0, or the last one if there are fewer."""
        found = await self.reviews.open_in(guild_id, (page + 1) * _A_PAGE + 1)
        page = min(page, max(0, (len(found) - 1) // _A_PAGE))
        shown = found[page * _A_PAGE :][:_A_PAGE]
        texts = [_text(review, await self.questions.case(review), language) for review in shown]
        if self.questions.caches.rules.of(guild_id).spicy_stopped:
            texts.insert(0, words.STOPPED_NOW.in_language(language))
        buttons = turning_buttons("sm-queue", page, language, more=len(found) > (page + 1) * _A_PAGE)
        empty = words.QUEUE_EMPTY.in_language(language)
        return page_view(words.QUEUE_TITLE, texts if shown else [*texts, empty], language, buttons)


def question_line(review: Review, language: Language) -> str:
    """Write what is asked, with a link to the message where it can be answered."""
    told = f"**{HEADLINES[review.subject].in_language(language)}**"
    if review.channel_id is None or review.message_id is None:
        return f"{told} · {words.NO_CARD.in_language(language)}"
    address = f"https://discord.com/channels/{review.guild_id}/{review.channel_id}/{review.message_id}"
    return f"{told} · [{words.CARD.in_language(language)}]({address})"


def expiry(review: Review, language: Language) -> str:
    """Write the moment at which a question expires."""
    return words.ends(moment(review.expires_at)).in_language(language)


def _text(review: Review, case: ReviewCase | None, language: Language) -> str:
    line, ends = question_line(review, language), expiry(review, language)
    if case is None:  # its job is known no more
        return f"{line}\n<@{review.person_id}> · {words.REQUEST_GONE.in_language(language)} · {ends}"
    request = case.job.request
    approvals = sum(vote.approves for vote in review.votes)
    votes = words.votes(approvals, len(review.votes) - approvals, case.quorum).in_language(language)
    matched = "".join(f"-# {one}\n" for one in matched_lines(case, language))
    return (
        f"{line}\n<@{review.person_id}> · {options_line(request, language)}\n"
        f"> {quote_prompt(request.prompt, words.PROMPT_SHOWN_CHARS)}\n{matched}{votes} · {ends}"
    )
