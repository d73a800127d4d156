"""The step that waits for moderators: before anything is bought, and before a finished video is posted."""

from bot.jobs import cards
from bot.jobs.job import JobState
from bot.lifecycle.context import JobContext
from bot.lifecycle.last_cards import tell
from bot.lifecycle.steps.prepare import PrepareStep, is_prepared
from bot.reviews.questions import Questions
from bot.reviews.review import ReviewState, ReviewSubject, job_after_decision


class ReviewStep:
    """Asks moderators about a job. Their decisions come by `bot/reviews/decisions.py`, which runs the job anew."""

    def __init__(self, *, questions: Questions, prepare: PrepareStep) -> None:
        self._questions = questions
        self._prepare = prepare

    async def await_approval(self, context: JobContext) -> None:
        """Ask about a held job. Its pictures are collected first, because Discord's links to them expire."""
        if not is_prepared(context.job):
            await self._prepare.run(context)
            if context.job.state is not JobState.HELD:
                return
        await self.ask(context, ReviewSubject.SUBMISSION)

    async def ask(self, context: JobContext, subject: ReviewSubject) -> None:
        """Ask moderators and leave the job at rest; or, if they decided already, apply what they decided."""
        review = await self._questions.ask(context.job, subject)
        if review.state is not ReviewState.OPEN:
            # Closed before the job noted that it had been asked: an earlier process was killed in between.
            await context.become(job_after_decision(context.job, review, context.now()))
            await self._questions.show(review)
            return
        # Noted before anybody can answer it: whoever writes later than the answer is told that they are late.
        # What is asked is not approved, whatever was before a stop of the preset.
        approved = {stage: at for stage, at in context.job.approved.items() if stage != subject.value}
        await context.amend(review_id=review.id, approved=approved)
        await self._questions.present(review, context.job)
        await tell(context, cards.held_card(context.job, review.expires_at))
