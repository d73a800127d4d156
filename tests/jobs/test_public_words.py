"""Words of users in replies for all."""

from dataclasses import replace

import pytest

from bot.jobs import cards
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.job_explanations import explain
from bot.jobs.public_words import name_of_picture, quotes_prompt
from bot.moderation.rules import ReviewStage
from bot.texts import service_words
from tests.jobs.builders import MOMENT, a_job

PROMPT = a_job().request.prompt
HANDED_OVER = {
    *(FailureReason.REQUEST_REJECTED, FailureReason.REFERENCE_REJECTED, FailureReason.TOO_DEAR),
    *(FailureReason.SERVICE_BUSY, FailureReason.SERVICE_UNREACHABLE, FailureReason.PURCHASE_UNKNOWN),
}

AFTER_PURCHASE = {
    *(FailureReason.POSTING_DENIED, FailureReason.POSTING_EXPIRED),
    *(FailureReason.UNCOLLECTED, FailureReason.DELETED_BY_OWNER),
}

QUOTED = {
    *(FailureReason.REQUEST_REJECTED, FailureReason.REFERENCE_REJECTED),
    *(FailureReason.GENERATION_FAILED, FailureReason.VIDEO_ABSENT),
}
"""Ends that quote the video service."""


def public(state: JobState, reason: FailureReason | None = None, *, bought: bool = False) -> Job:
    job = a_job(state=state)
    failure = Failure(reason) if reason is not None else None
    reply = replace(job.reply, guild_id=1, private=False)
    return replace(job, guild_id=1, reply=reply, failure=failure, task_id="task" if bought else None)


def private(job: Job) -> Job:
    return replace(job, reply=replace(job.reply, private=True))


UNDECIDED = [
    public(JobState.HELD),
    public(JobState.CANCELLED),
    public(JobState.DENIED, FailureReason.DENIED),
    *(public(JobState.FAILED, reason) for reason in (FailureReason.PICTURE_REFUSED, FailureReason.BROKE)),
    *(public(JobState.FAILED, reason, bought=True) for reason in sorted(AFTER_PURCHASE)),
    replace(public(JobState.DELIVERING, bought=True), review_id="asked"),
    replace(public(JobState.GENERATING, bought=True), awaits_posting=True),
]
DECIDED = [
    public(JobState.QUEUED),
    *(public(JobState.FAILED, reason) for reason in sorted(HANDED_OVER)),
    public(JobState.CANCELLED, bought=True),
    public(JobState.FAILED, FailureReason.BROKE, bought=True),
    replace(
        public(JobState.DELIVERING, bought=True), awaits_posting=True, approved={ReviewStage.POSTING: MOMENT}
    ),
    replace(public(JobState.DELIVERED, bought=True), awaits_posting=True),
]


@pytest.mark.parametrize(
    "job", UNDECIDED, ids=lambda job: f"{job.state} {job.failure and job.failure.reason}"
)
def test_what_moderators_did_not_decide_about_or_refused_stands_in_private_replies_alone(job: Job) -> None:
    assert not quotes_prompt(job)
    assert quotes_prompt(private(job))


@pytest.mark.parametrize("job", DECIDED, ids=lambda job: f"{job.state} {job.failure and job.failure.reason}")
def test_other_replies_quote_it(job: Job) -> None:
    assert quotes_prompt(job)


def test_a_card_for_all_shows_neither_and_keeps_its_number() -> None:
    denied = public(JobState.DENIED, FailureReason.DENIED)
    card = cards.ended_card(denied)
    assert card.prompt == "…"
    assert card.small_print
    assert cards.ended_card(private(denied)).prompt == PROMPT
    aside = cards.undelivered_card(public(JobState.DELIVERING, bought=True), Failure(FailureReason.NOT_TOLD))
    assert aside.prompt == "…"


def test_a_delivered_video_has_its_prompt_whatever_was_to_be_asked_before() -> None:
    delivering = replace(public(JobState.DELIVERING, bought=True), awaits_posting=True)
    assert cards.delivered_card(delivering, now=MOMENT).prompt == PROMPT


def test_pictures_are_called_by_their_names_in_private_replies_alone() -> None:
    broken = Failure(FailureReason.PICTURE_REFUSED, picture="bob.png", picture_number=2)
    failed = replace(public(JobState.FAILED, FailureReason.PICTURE_REFUSED), failure=broken)
    assert cards.ended_card(failed).lines[0] == "Picture 2 is not a picture, despite its name."
    assert "“bob.png”" in cards.ended_card(private(failed)).lines[0]
    assert name_of_picture(private(failed), 2, "bob.png") == "bob.png"


@pytest.mark.parametrize("reason", sorted(QUOTED))
def test_words_of_the_service_stand_where_the_prompt_may_alone(reason: FailureReason) -> None:
    said = Failure(reason, f"'{PROMPT}' is not accepted")
    failed = replace(public(JobState.FAILED), failure=said, awaits_posting=True)
    assert "accepted" not in explain(failed).english
    assert "accepted" in explain(private(failed)).english
    assert "accepted" in explain(replace(failed, awaits_posting=False)).english


def test_a_known_code_is_explained_to_all() -> None:
    failure = Failure(FailureReason.REQUEST_REJECTED, service_words.CONTENT_CODE)
    failed = replace(public(JobState.FAILED), failure=failure, awaits_posting=True)
    assert "content rules" in explain(failed).english
