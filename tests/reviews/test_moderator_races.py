"""Whatever moderators, the user and the clock do at the same time: a question is decided once, and rightly."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.jobs.job import Job, JobState
from bot.jobs.store import StaleJobError
from bot.moderation.audit.entries import PARTS, AuditAction, RecordedEntry
from bot.moderation.audit.store import AuditFilter, verify_log
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import ListStatus
from bot.moderation.members.store import MemberStore
from bot.moderation.rules import ReviewStage
from bot.reviews.review import Outstanding, Review, ReviewState, ReviewSubject, Vote
from bot.services.action_results import ActionResult
from bot.storage.opening import open_database
from bot.video import Preset
from tests.moderation.audited import alone
from tests.reviews.contested_request import MODERATORS, OWNER, USER, ContestedRequest, Standing, asked
from tests.reviews.deeds import Act, Deed, DeedsDone

PEOPLE = (*MODERATORS, OWNER)
VOTES = (Deed.APPROVE, Deed.APPROVE, Deed.APPROVE, Deed.DENY)
ENDS = (Deed.CANCEL, Deed.CANCEL_FOR_USER, Deed.LEAVE)
MEETING: Sequence[Sequence[Deed]] = [
    (*VOTES, Deed.CHANGE, Deed.CHANGE, Deed.CHANGE, Deed.TAKE_BACK),
    (*VOTES, Deed.STOP, Deed.STOP, Deed.RESUME, Deed.APPLY_AGAIN),
    (*VOTES, Deed.STOP, Deed.RESUME, Deed.EXPIRE, *ENDS),
    (Deed.STOP, Deed.STOP, Deed.STOP, *ENDS),
    (Deed.STOP, Deed.STOP, Deed.STOP, Deed.RESUME, *ENDS),
    (*VOTES, Deed.SUSPEND, Deed.DENY_AND_SUSPEND, Deed.DENY_AND_SUSPEND),
    (*VOTES, Deed.APPROVE_AND_TRUST, Deed.DENY_AND_SUSPEND, Deed.TAKE_BACK, Deed.EXPIRE),
    (*VOTES, *Deed),
]
"""Deeds that meet in one history: with all of them, most histories end before two have met."""
ALL_APPROVE = [Act(Deed.APPROVE, person, 0, 0, 1, Standing.MODERATES) for person in PEOPLE]


def histories(deeds: Sequence[Deed]) -> st.SearchStrategy[list[list[Act]]]:
    act = st.builds(
        Act,
        st.sampled_from(deeds),
        st.sampled_from(PEOPLE),
        st.sampled_from([0, 0, 1, 1, 2, 3]),
        st.sampled_from([0, 0, 1, 10, 50, 100]),  # a transaction takes about a hundred
        st.sampled_from([1, 24, 72]),
        st.sampled_from(Standing),
    )
    batches = st.lists(st.lists(act, min_size=2, max_size=4), min_size=2, max_size=5)
    # By chance alone few requests are approved and then stopped or cancelled.
    firsts = [[], [ALL_APPROVE]] if Deed.APPROVE in deeds else [[ALL_APPROVE]]
    return st.builds(lambda first, others: [*first, *others], st.sampled_from(firsts), batches)


def cases(deeds: Sequence[Deed]) -> st.SearchStrategy[dict[str, Any]]:
    about_stops = Deed.STOP in deeds and set(deeds) != set(Deed)
    submission, spicy = ReviewSubject.SUBMISSION, Preset.SPICY
    return st.fixed_dictionaries(
        {
            "subject": st.sampled_from([*ReviewSubject, submission, submission]),
            "preset": st.just(spicy) if about_stops else st.sampled_from([spicy, Preset.FUN]),
            "user": st.sampled_from([USER, MODERATORS[0], MODERATORS[0], OWNER]),
            "quorum": st.sampled_from([2, 1, 2, 1, 3]),
            "batches": histories(deeds),
        }
    )


CLOSING = {
    AuditAction.REQUEST_APPROVED: {ReviewState.APPROVED},
    AuditAction.REQUEST_DENIED: {ReviewState.DENIED},
    AuditAction.REQUEST_EXPIRED: {ReviewState.EXPIRED, ReviewState.WITHDRAWN},
    AuditAction.REQUEST_CANCELLED: {ReviewState.WITHDRAWN},
}
VOTING = {AuditAction.VOTE_CAST, AuditAction.VOTE_TAKEN_BACK, AuditAction.VOTE_LAPSED}
ENDED_BY_PEOPLE = {JobState.CANCELLED, JobState.DENIED, JobState.FAILED}


@dataclass
class Race:
    """What must hold after each batch of deeds, when everything has come to rest."""

    contested: ContestedRequest
    done: DeedsDone
    quorum: int
    approved_at_first: frozenset[ReviewStage]
    closed: dict[str, Review] = field(default_factory=dict[str, Review])

    async def examine(self) -> None:
        """Compare the questions, the job, the user's record and the log with each other, and with before."""
        contested = self.contested
        reviews = await contested.reviews.of_person(contested.server, contested.user, 100)
        log = [
            one
            async for one in contested.audit.store.all_in_order(chosen=AuditFilter(guild_id=contested.server))
        ]
        assert sum(review.state is ReviewState.OPEN for review in reviews) <= 1
        for review in reviews:
            self._examine_question(review, [one for one in log if _review_of(one) == review.id])
        job = await contested.jobs.get(contested.job_id)
        self._examine_job(job, reviews, log)
        await self._examine_record(log)

    def _examine_question(self, review: Review, log: Sequence[RecordedEntry]) -> None:
        earlier = self.closed.get(review.id)
        if earlier is not None:
            same = ("state", "decided_at", "decided_by", "reason", "votes")
            assert [getattr(review, name) for name in same] == [getattr(earlier, name) for name in same]
        closing = [number for number, one in enumerate(log) if one.action in CLOSING]
        if review.state is ReviewState.OPEN:
            assert not closing
            assert review.id not in self.done.decided
            return
        (at,) = closing
        assert review.state in CLOSING[log[at].action]
        assert log[at].actor_id == review.decided_by
        assert not [one for one in log[at:] if one.action in VOTING], "nobody votes on what is decided"
        by_vote = review.state in {ReviewState.APPROVED, ReviewState.DENIED} and review.decided_by is not None
        assert self.done.decided.count(review.id) == by_vote
        if earlier is None and by_vote:
            self._examine_votes(review)
        self.closed[review.id] = review

    def _examine_votes(self, review: Review) -> None:
        approved, report = review.state is ReviewState.APPROVED, review.subject is ReviewSubject.REPORT
        owner_may = self.contested.user == OWNER and not report
        behind = {
            vote.person_id
            for vote in review.votes
            if vote.approves is approved
            and vote.person_id in self.done.voters
            and (vote.person_id != self.contested.user or owner_may)
        }
        assert review.decided_by in behind
        assert len(behind) >= (1 if report else self.quorum)

    def _examine_job(self, job: Job, reviews: Sequence[Review], log: Sequence[RecordedEntry]) -> None:
        counted = self._counted(log)
        newest = reviews[0]
        if newest.subject is ReviewSubject.REPORT:
            assert set(job.approved) == self.approved_at_first
            assert (job.state, job.review_id) == (JobState.DELIVERED, None)
            self._examine_message(newest)
        elif self.done.over:
            assert job.state in ENDED_BY_PEOPLE | {JobState.DELIVERED}
            assert job.review_id is None
            assert newest.state is not ReviewState.OPEN
        elif job.undelivered_since is not None:
            assert set(job.approved) <= self.approved_at_first | {ReviewStage.POSTING}
        elif job.state is JobState.DELIVERED:
            # Allowed at that moment, whatever was decided later.
            assert set(job.approved) == self.approved_at_first | {ReviewStage.POSTING}
            assert newest.state is ReviewState.APPROVED
        else:
            assert set(job.approved) == counted
            self._examine_wait(job, newest)

    def _examine_wait(self, job: Job, newest: Review) -> None:
        submission = newest.subject is ReviewSubject.SUBMISSION
        match newest.state:
            case ReviewState.OPEN:
                expected = JobState.HELD if submission else JobState.DELIVERING
                assert (job.state, job.review_id) == (expected, newest.id)
            case ReviewState.APPROVED:
                assert submission, "an approved video is posted or laid aside"
                assert (job.state, job.review_id) == (JobState.QUEUED, None)
            case ReviewState.DENIED | ReviewState.EXPIRED:
                expected = JobState.DENIED if submission else JobState.FAILED
                assert (job.state, job.review_id) == (expected, None)
            case ReviewState.WITHDRAWN:
                pytest.fail("nobody withdrew it")

    def _counted(self, log: Sequence[RecordedEntry]) -> frozenset[ReviewStage]:
        """Return the stages at which moderators approved, by the log: a stop undoes what was before it."""
        spicy, stopped, counted = self.contested.preset is Preset.SPICY, False, set(self.approved_at_first)
        for one in log:
            match one.action:
                case AuditAction.SPICY_STOPPED:
                    stopped = True
                    if spicy:
                        counted = set(self.approved_at_first)
                case AuditAction.SPICY_RESUMED:
                    stopped = False
                case AuditAction.REQUEST_APPROVED:
                    assert not (spicy and stopped), "nothing spicy is approved while it is stopped"
                    if one.details["subject"] != ReviewSubject.REPORT:
                        counted.add(ReviewStage(one.details["subject"]))
                case _:
                    pass
        return frozenset(counted)

    def _examine_message(self, review: Review) -> None:
        shows = self.contested.discord.shows_video
        if shows:
            assert review.state is ReviewState.APPROVED
        if review.state in {ReviewState.DENIED, ReviewState.EXPIRED}:
            assert (shows, review.outstanding) == (False, None)
        if review.state is ReviewState.OPEN:
            assert (shows, review.outstanding) == (None, Outstanding.HIDE)

    async def _examine_record(self, log: Sequence[RecordedEntry]) -> None:
        contested = self.contested
        member = contested.caches.members.of(contested.server, contested.user)
        again = MemberCache(MemberStore(contested.database))
        await again.load()
        assert again.of(contested.server, contested.user) == member
        hours = timedelta(hours=contested.caches.rules.of(contested.server).suspend_hours)
        ends = [one.at + hours for one in log if AuditAction.SUSPENDED in _parts(one)]
        ends += self.done.suspended_until
        assert member.suspended_until == max(ends, default=None), "the longest suspension is in force"
        trusted = any(AuditAction.TRUSTED in _parts(one) for one in log)
        assert (member.listed is ListStatus.TRUSTED) is trusted


def _review_of(recorded: RecordedEntry) -> object:
    return recorded.details.get("review")


def _parts(recorded: RecordedEntry) -> Sequence[Any]:
    parts: Any = recorded.details.get(PARTS, ())
    return parts


async def run_race(
    folder: Path,
    batches: Sequence[Sequence[Act]],
    *,
    subject: ReviewSubject,
    preset: Preset,
    user: int,
    quorum: int,
) -> None:
    async with AsyncExitStack() as opened:
        opened.enter_context(capture_logs())
        database = await opened.enter_async_context(open_database(None, folder))
        contested = await opened.enter_async_context(
            asked(database, folder, subject=subject, preset=preset, user=user, quorum=quorum)
        )
        job = await contested.jobs.get(contested.job_id)
        done = DeedsDone(contested)
        race = Race(contested, done, quorum, frozenset(job.approved))
        await race.examine()
        for batch in batches:
            await done.make(batch)
            await race.examine()
        assert verify_log(database.address).broken is None


CASES = st.sampled_from(MEETING).flatmap(cases)
QUICK = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.mark.slow
@given(CASES)
@QUICK
def test_deeds_at_the_same_time_decide_once_and_rightly(tmp_path: Path, case: dict[str, Any]) -> None:
    asyncio.run(run_race(tmp_path, **case))


@pytest.mark.slow
@given(CASES)
@settings(QUICK, max_examples=150, derandomize=False)
def test_many_more_of_them_do(tmp_path: Path, case: dict[str, Any]) -> None:
    asyncio.run(run_race(tmp_path, **case))


@pytest.mark.parametrize("subject", [ReviewSubject.SUBMISSION, ReviewSubject.POSTING])
async def test_an_approval_that_a_stop_overtakes_before_it_is_applied_is_asked_for_once_more(
    tmp_path: Path, database_url: str | None, subject: ReviewSubject
) -> None:
    async with (
        open_database(database_url, tmp_path) as database,
        asked(database, tmp_path, subject=subject, preset=Preset.SPICY, user=USER, quorum=1) as contested,
    ):
        before = await contested.jobs.get(contested.job_id)
        assert before.review_id is not None
        vote = Vote(MODERATORS[0], approves=True, reason="", cast_at=contested.now())
        await alone(contested.audit, contested.reviews.vote, before.review_id, vote, 1)
        await contested.spicy_stop.stop(contested.server, by=MODERATORS[1])
        await contested.spicy_stop.resume(contested.server, by=MODERATORS[1])
        await contested.decisions.resume()
        await contested.come_to_rest()
        after = await contested.jobs.get(contested.job_id)
        assert (after.state, after.approved) == (before.state, before.approved)
        assert after.review_id not in {None, before.review_id}


async def test_nobody_is_asked_about_a_job_that_ended_meanwhile(
    tmp_path: Path, database_url: str | None
) -> None:
    async with (
        open_database(database_url, tmp_path) as database,
        asked(
            database, tmp_path, subject=ReviewSubject.SUBMISSION, preset=Preset.FUN, user=USER, quorum=1
        ) as contested,
    ):
        held = await contested.jobs.get(contested.job_id)
        user = contested.discord.person(USER)
        assert await contested.actions.cancel(contested.job_id, user) is ActionResult.DONE
        with pytest.raises(StaleJobError):
            await contested.questions.ask(held, ReviewSubject.SUBMISSION)
        assert await contested.reviews.open_about(contested.job_id) is None
