"""Texts of strangers as long as they can be: every page and card of moderators is one that Discord takes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from discord import ui

from bot.delivery.messages import Post
from bot.images.model import Conversion, ConversionReason, ImageMime, Reference
from bot.jobs.cards import delivered_card
from bot.jobs.job import JobState
from bot.moderation.audit.entries import AuditAction, RecordedEntry
from bot.moderation.members.member import Member, Strike
from bot.moderation.reporting import ReportReason
from bot.moderation.words.findings import FoundTerm, WordFindings, WordVerdict
from bot.moderation.words.matching import LONGEST_TERM, Effect, Term
from bot.reviews.appeals import OpenAppeal
from bot.reviews.case import ReviewCase
from bot.reviews.report_store import Report, ReportedVideo
from bot.reviews.review import Outstanding, Review, ReviewState, ReviewSubject, Vote
from bot.texts import jobs, moderation, spicy, word_lists
from bot.texts.messages import Language, two_in_a_row
from bot.texts.moderation import Record
from bot.texts.quoting import quote_within, units_of
from bot.video import PROMPT_MAX_CHARS, VideoRequest
from cogs.moderation import appeals, spicy_members, spicy_queue, spicy_words
from cogs.moderation.audit_line import line_of
from cogs.moderation.review_card import review_layout
from cogs.shared.card_layout import card_layout
from cogs.shared.layout import TEXT_UNITS
from tests.jobs.builders import MOMENT, a_job

ID: Final = 1 << 62
SIGNS: Final = ("*", "`", "🎬", "word ", "- http://x ")
REASON_CHARS: Final = 500


def long(sign: str, chars: int) -> str:
    return (sign * chars)[:chars]


def a_report(sign: str, number: int) -> Report:
    reason, words = list(ReportReason)[number], long(sign, 1000)
    return Report("a" * 32, ID + number, MOMENT, reason, words, ID, ID, ID)


def a_case(sign: str, subject: ReviewSubject, state: ReviewState) -> ReviewCase:
    reported = subject is ReviewSubject.REPORT
    terms = tuple(
        FoundTerm(Term(long(f"ab{sign}", LONGEST_TERM), Effect.HELD), shipped=False, start=2000, end=2100)
        for _ in range(5)
    )
    review = Review(
        *("a" * 32, "b" * 32, ID, ID, subject, state, MOMENT, MOMENT + timedelta(days=1)),
        decided_by=ID,
        reason=long(sign, 300),
        channel_id=ID,
        message_id=ID,
        shown_channel_id=ID if reported else None,
        shown_message_id=ID if reported else None,
        votes=tuple(Vote(ID + one, one < 9, "", MOMENT) for one in range(18)),
        outstanding=Outstanding.HIDE if reported else None,
        refused_at=MOMENT,
    )
    request = VideoRequest(prompt=("x" + long(sign, PROMPT_MAX_CHARS - 2) + "y"))
    job = replace(a_job(state=JobState.CANCELLED), request=request, pictures_percent=99, video_percent=99)
    job = replace(job, ended_at=MOMENT)
    record = Record(
        99999, 99999, 99999, 99, trusted=True, suspended_until="<t:1764547200:f>", blocked=True, left=True
    )
    reports = tuple(a_report(sign, one) for one in range(len(ReportReason))) if reported else ()
    return ReviewCase(review, job, record, 10, None, reports, WordFindings(WordVerdict.HELD, terms))


def a_member(sign: str) -> Member:
    return Member(ID, ID, None, MOMENT, ID, long(sign, REASON_CHARS), MOMENT)


def texts_of(view: ui.LayoutView) -> list[str]:
    return [part.content for part in view.walk_children() if isinstance(part, ui.TextDisplay)]


def cards(sign: str, language: Language) -> Iterator[Sequence[str]]:
    """Every question, in every state, sent to the server's owner."""
    lead = two_in_a_row(moderation.no_review_channel(100), moderation.view_elsewhere(ID))
    for subject, state in product(ReviewSubject, ReviewState):
        yield texts_of(review_layout(a_case(sign, subject, state), (), language, lead))


def queue(sign: str, language: Language) -> Iterator[Sequence[str]]:
    """Each entry alone: how many have room on a page depends on what they take."""
    margin = "x" * 300
    for subject in ReviewSubject:
        case = a_case(sign, subject, ReviewState.OPEN)
        yield margin, spicy_queue._text(case.review, case, language)
    video = ReportedVideo("a" * 32, ID, [a_report(sign, one) for one in range(6)])
    yield margin, spicy_queue._reported(video, None, language)
    yield margin, spicy_queue._appeal(OpenAppeal(a_member(sign), long(sign, 1000)), language)


def appeal(sign: str, language: Language) -> Iterator[Sequence[str]]:
    yield texts_of(appeals._card(a_member(sign), long(sign, 1000), language))


def word_list(sign: str, language: Language) -> Iterator[Sequence[str]]:
    term = Term(long(f"ab{sign}", LONGEST_TERM), Effect.BLOCKED, fragment=True)
    mentions = " ".join([f"<@&{ID}>"] * 50)
    lines = "\n".join([spicy_words._line(term, ID, language)] * spicy_words._A_PAGE)
    title, exempt = word_lists.WORDS_TITLE, word_lists.exemptions(mentions)
    yield title.in_language(language), lines, exempt.in_language(language), "x" * 50


def trial(sign: str, language: Language) -> Iterator[Sequence[str]]:
    term = Term(long(f"ab{sign}", LONGEST_TERM), Effect.BLOCKED)
    line = spicy_words._found_line(FoundTerm(term, False, 2300, 2400), long(sign, PROMPT_MAX_CHARS))  # noqa: FBT003
    yield [line.in_language(language)] * spicy_words._FOUND_SHOWN + ["x" * 200]


def member(sign: str, language: Language) -> Iterator[Sequence[str]]:
    strike = spicy_members._strike(Strike(ID, ID, MOMENT, ID, long(sign, 300)), language)
    asked = a_case(sign, ReviewSubject.REPORT, ReviewState.OPEN).review
    line = f"{spicy_queue.question_line(asked, language)} · {spicy_queue.expiry(asked, language)}"
    facts = (
        moderation.record_line(a_case(sign, ReviewSubject.REPORT, ReviewState.OPEN).record),
        spicy.suspension("<t:1764547200:f>", ID, long(sign, REASON_CHARS)),
        spicy.REPORTS_MUTED,
    )
    strikes = [strike] * spicy_members._STRIKES_SHOWN
    questions = [line] * spicy_members._QUESTIONS_SHOWN
    yield "x" * 200, *(fact.in_language(language) for fact in facts), *strikes, *questions


def log(sign: str, language: Language) -> Iterator[Sequence[str]]:
    """One entry alone, as in the queue."""
    entry = RecordedEntry(
        *(ID, MOMENT, AuditAction.RULES_CHANGED, ID, ID, "a" * 32, long(sign, REASON_CHARS)),
        details={"field": "trusted_roles", "from": [ID] * 25, "to": [ID] * 25, "terms": [sign * 30] * 10},
        number=1,
        prompt_sha256=None,
        previous_sha256="",
        sha256="",
    )
    yield "x" * 300, line_of(entry, language, spicy.REASON_SHOWN_CHARS)


def job_list(sign: str, language: Language) -> Iterator[Sequence[str]]:
    notes = jobs.fallback_lines("direct_message", "not_permitted", unquoted=True)
    request, state = VideoRequest(prompt=f"x{long(sign, 2000)}y"), jobs.STATES["generating"]
    text = jobs.entry_line(request, state, jobs.progress(99, 9999.0), MOMENT, language, notes=notes)
    yield [text] * 5 + ["x" * 200]


def finished_video(sign: str, language: Language) -> Iterator[Sequence[str]]:
    """A card with a note on each of seven pictures."""
    smaller = Conversion(ConversionReason.TOO_LARGE, "JPEG", 1 << 30)
    picture = Reference(Path("x"), ImageMime.PNG, 1, 1, 1, long(sign, 200), smaller)
    job = replace(
        a_job(),
        request=VideoRequest(prompt=f"x{long(sign, 2000)}y"),
        pictures=(picture,) * 7,
        had_flags=True,
        parent_url="https://discord.com/channels/" + "/".join([str(ID)] * 3),
    )
    job = replace(job, reply=replace(job.reply, language=language))
    yield texts_of(card_layout(Post(delivered_card(job, now=MOMENT)), None))


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    "of", [cards, queue, appeal, word_list, trial, member, log, job_list, finished_video]
)
def test_texts_have_room(of: Callable[[str, Language], Iterable[Sequence[str]]], sign: str) -> None:
    for language in Language:
        for texts in of(sign, language):
            assert sum(map(units_of, texts)) <= TEXT_UNITS, (language, [units_of(one) for one in texts])


def test_a_card_shows_as_much_of_a_prompt_as_has_room() -> None:
    case = a_case("*", ReviewSubject.REPORT, ReviewState.DENIED)
    shown = "\n".join(texts_of(review_layout(case, (), Language.ENGLISH)))
    assert units_of(shown) > TEXT_UNITS - 50
    short = replace(case, reports=(), job=replace(case.job, request=VideoRequest(prompt="a boat")))
    assert "```\na boat\n```" in texts_of(review_layout(short, (), Language.ENGLISH))


@pytest.mark.parametrize("sign", SIGNS)
def test_what_is_cut_after_escaping_is_whole(sign: str) -> None:
    for limit in range(2, 60):
        shown = quote_within(long(sign, 100), limit)
        assert units_of(shown) <= limit
        assert not shown.removesuffix("…").endswith("\\") or sign == "\\"
    assert quote_within("a*b", 4) == "a\\*b"
