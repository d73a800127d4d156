"""The text of a reply tells how its job stands, in every language and stage."""

from dataclasses import replace

import pytest
from discord import ui

from bot.delivery.card import Card
from bot.delivery.messages import Post
from bot.jobs import cards
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.shown_reply import ReplyTells, told_by
from bot.texts.messages import Language
from cogs.shared.card_layout import card_layout
from tests.jobs.builders import MOMENT, a_job

NOT_BEGUN = {
    Stage.QUEUED,
    Stage.PICTURES,
    Stage.IN_LINE,
    Stage.PAUSED,
    Stage.RETRYING,
    Stage.REFUSED_ONCE,
    Stage.SERVICE_AWAY,
}


def shown(card: Card) -> str:
    """The texts of a card as the bot reads them back."""
    parts = card_layout(Post(card), None).walk_children()
    return "\n".join(part.content for part in parts if isinstance(part, ui.TextDisplay))


def job_in(language: Language, prompt: str = "a paper boat", **changes: object) -> Job:
    job = a_job()
    request = job.request.model_copy(update={"prompt": prompt})
    return replace(job, request=request, reply=replace(job.reply, language=language), **changes)  # pyright: ignore[reportArgumentType] - fields of Job


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stage", Stage)
def test_a_card_of_progress_tells_if_the_request_was_handed_over(language: Language, stage: Stage) -> None:
    text = shown(cards.working_card(job_in(language), stage, elapsed_s=3.0))
    assert told_by(text) is (ReplyTells.NOTHING if stage in NOT_BEGUN else ReplyTells.PURCHASE)


@pytest.mark.parametrize("language", Language)
def test_the_last_cards_tell_what_became_of_it(language: Language) -> None:
    job = job_in(language)
    failed = replace(job, state=JobState.FAILED, failure=Failure(FailureReason.REQUEST_REJECTED, "no"))
    charged = replace(failed, task_id="t", failure=Failure(FailureReason.GENERATION_FAILED, "no"))
    kept = Failure(FailureReason.UPLOAD_REFUSED, "tomorrow")
    assert {
        "posted": told_by(shown(cards.delivered_card(job, now=MOMENT))),
        "hidden": told_by(shown(cards.hidden_card(job))),
        "removed": told_by(shown(cards.removed_card(job))),
        "kept": told_by(shown(cards.undelivered_card(job, kept))),
        "charged": told_by(shown(cards.ended_card(charged))),
        "not charged": told_by(shown(cards.ended_card(failed))),
        "asked": told_by(shown(cards.ask_again_card(job, MOMENT))),
        "held": told_by(shown(cards.held_card(replace(job, state=JobState.HELD), MOMENT))),
    } == {
        "posted": ReplyTells.POSTED,
        "hidden": ReplyTells.POSTED,
        "removed": ReplyTells.POSTED,
        "kept": ReplyTells.PURCHASE,
        "charged": ReplyTells.PURCHASE,
        "not charged": ReplyTells.NOTHING,
        "asked": ReplyTells.NOTHING,
        "held": ReplyTells.NOTHING,
    }


@pytest.mark.parametrize(
    "prompt", ["Making your video…", "### Here is your video", "The bot's operator has paid for this video."]
)
def test_a_prompt_tells_nothing(prompt: str) -> None:
    text = shown(cards.working_card(job_in(Language.ENGLISH, prompt), Stage.IN_LINE, elapsed_s=3.0))
    assert told_by(text) is ReplyTells.NOTHING
