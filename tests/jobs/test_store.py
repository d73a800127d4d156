"""The store: every field comes back as it was kept, and of two who move a job only the first succeeds."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.delivery.final_post import Attempt
from bot.delivery.messages import ReplyAddress
from bot.delivery.routes import Route
from bot.images.model import Conversion, ConversionReason, ImageSource, Reference, SourceKind
from bot.images.problems import ImageProblem
from bot.jobs.job import NOBODY, Failure, FailureReason, Job, JobState, advance
from bot.jobs.mismatch import Mismatch
from bot.jobs.posted_file import PostedFile
from bot.jobs.rows import job_from, row_of
from bot.jobs.store import ClaimLostError, DuplicateJobError, JobStore, StaleJobError, UnknownJobError
from bot.moderation.rules import ReviewStage
from bot.storage.opening import open_database
from bot.video import ImageMime, Preset, Resolution, Seconds, Size, VideoRequest
from bot.video_files.finishing import FinishedBy
from tests.jobs.builders import MOMENT, a_job

pytestmark = pytest.mark.postgresql

SPOOL = Path("/somewhere/spool")


@pytest.fixture
async def store(tmp_path: Path, database_url: str | None) -> AsyncGenerator[JobStore]:
    async with open_database(database_url, tmp_path) as database:
        yield JobStore(database, tmp_path / "spool")


words = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
ids = st.integers(min_value=1, max_value=2**63 - 1)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda naive: naive.replace(tzinfo=UTC)
)
sources = st.builds(ImageSource, words, words, st.none() | ids, st.sampled_from(SourceKind), st.booleans())
conversions = st.builds(Conversion, st.sampled_from(ConversionReason), words, st.integers(1, 10**9))


@st.composite
def whole_jobs(draw: st.DrawFn) -> Job:
    job_id = draw(st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
    pictures = st.builds(
        Reference,
        st.sampled_from(["0.png", "1.converted"]).map(lambda name: SPOOL / job_id / name),
        st.sampled_from(ImageMime),
        st.integers(1, 10**7),
        st.integers(1, 10**4),
        st.integers(1, 10**4),
        words,
        st.none() | conversions,
        st.booleans(),
    )
    return Job(
        id=job_id,
        request=VideoRequest(
            prompt=draw(words.filter(lambda text: bool(text.strip()))),
            seconds=draw(st.sampled_from(Seconds)),
            size=draw(st.sampled_from(Size)),
            resolution=draw(st.sampled_from(Resolution)),
            preset=draw(st.sampled_from(Preset)),
            reference_count=draw(st.integers(0, 7)),
            group=draw(st.none() | st.just("default")),
        ),
        sources=tuple(draw(st.lists(sources, max_size=3))),
        reply=ReplyAddress(
            application_id=draw(ids),
            token=draw(st.none() | words.map(SecretStr)),
            person_id=draw(ids),
            channel_id=draw(st.none() | ids),
            message_id=draw(st.none() | ids),
            created_at=draw(moments),
            upload_limit_bytes=draw(ids),
            private=draw(st.booleans()),
        ),
        guild_id=draw(st.none() | ids),
        state=draw(st.sampled_from(JobState)),
        created_at=draw(moments),
        pictures=draw(st.none() | st.lists(pictures, max_size=3).map(tuple)),
        task_id=draw(st.none() | words),
        submitted_at=draw(st.none() | moments),
        expires_at=draw(st.none() | moments),
        ready_at=draw(st.none() | moments),
        ended_at=draw(st.none() | moments),
        settled_at=draw(st.none() | moments),
        undelivered_since=draw(st.none() | moments),
        video_name=draw(st.none() | words),
        failure=draw(
            st.none()
            | st.builds(
                Failure,
                st.sampled_from(FailureReason),
                words,
                words,
                st.none() | st.sampled_from(ImageProblem),
            )
        ),
        posted_file=draw(
            st.none() | st.builds(PostedFile, st.sampled_from(FinishedBy), *[st.integers(0, 2**40)] * 3)
        ),
        original_name=draw(st.none() | words),
        original_until=draw(st.none() | moments),
        parent_id=draw(st.none() | st.just("0" * 32)),
        lookup=draw(st.booleans()),
        attempt=draw(st.none() | st.builds(Attempt, st.sampled_from(Route), moments)),
    )


@given(whole_jobs())
def test_a_job_survives_being_a_row_with_every_field(job: Job) -> None:
    assert job_from(row_of(job), SPOOL) == job


@settings(max_examples=1)
@given(whole_jobs())
def test_no_token_shows_in_a_jobs_repr(job: Job) -> None:
    told = replace(job, reply=replace(job.reply, token=SecretStr("secret-token")))
    assert "secret-token" not in repr(told)


async def test_a_job_comes_back_from_the_database_as_it_was(store: JobStore) -> None:
    job = replace(
        a_job(),
        request=VideoRequest(prompt="日本語 🎞 'quoted'; --", seconds=Seconds.S20, preset=Preset.SPICY),
        sources=(ImageSource("https://cdn.discordapp.com/a.png?ex=1", "猫.png", None),),
        failure=Failure(FailureReason.PICTURE_REFUSED, "TIFF", "猫.png", ImageProblem.UNSUPPORTED_FORMAT),
        attempt=Attempt(Route.DIRECT_MESSAGE, MOMENT),
    )
    await store.add(job)
    assert await store.get(job.id) == job
    with pytest.raises(UnknownJobError):
        await store.get("nobody")


async def test_of_two_who_move_a_job_from_one_state_only_the_first_succeeds(store: JobStore) -> None:
    job = a_job(state=JobState.QUEUED)
    await store.add(job)
    await store.save(advance(job, JobState.SUBMITTING), before=job)
    with pytest.raises(StaleJobError):
        await store.save(advance(job, JobState.CANCELLED), before=job)
    assert (await store.get(job.id)).state is JobState.SUBMITTING


async def test_what_moderators_answered_is_not_overwritten_by_who_read_the_job_before(
    store: JobStore,
) -> None:
    """The state is the same before and after an answer about a finished video."""
    waiting = replace(a_job(state=JobState.DELIVERING), review_id="asked")
    await store.add(waiting)
    answered = replace(waiting, review_id=None, approved={ReviewStage.POSTING: MOMENT})
    await store.save(answered, before=waiting)
    with pytest.raises(StaleJobError):
        await store.save(replace(waiting, attempt=None), before=waiting)
    assert (await store.get(waiting.id)).approved == {ReviewStage.POSTING: MOMENT}


def test_an_approval_of_an_earlier_version_counts_as_given_with_the_request() -> None:
    """Such rows name the stages alone: whatever stop there was may have come later."""
    job = a_job(state=JobState.QUEUED)
    read = job_from(row_of(job) | {"approved": ["submission"]}, Path())
    assert read.approved == {ReviewStage.SUBMISSION: job.created_at}


async def test_a_settled_job_is_final_and_has_no_token(store: JobStore) -> None:
    job = a_job(state=JobState.QUEUED)
    await store.add(job)
    ended = advance(job, JobState.CANCELLED, ended_at=MOMENT, settled_at=MOMENT)
    await store.save(ended, before=job)
    kept = await store.get(job.id)
    assert kept.reply.token is None
    with pytest.raises(StaleJobError):
        await store.save(ended, before=ended)
    await store.save_reply(job.id, replace(job.reply, message_id=99))
    assert await store.get(job.id) == kept
    assert await store.unsettled() == ()


async def test_the_reply_and_the_course_are_kept_apart(store: JobStore) -> None:
    job = a_job(state=JobState.QUEUED)
    await store.add(job)
    renewed = replace(job.reply, token=SecretStr("newer"), message_id=77)
    await store.save_reply(job.id, renewed)
    await store.save(advance(job, JobState.SUBMITTING), before=job)
    kept = await store.get(job.id)
    assert kept.reply == renewed
    await store.save_reply(job.id, job.reply)
    assert (await store.get(job.id)).state is JobState.SUBMITTING


async def test_a_task_is_fetched_by_one_job_at_a_time_and_a_job_repeated_once(store: JobStore) -> None:
    first = replace(a_job(state=JobState.GENERATING, job_id="a"), task_id="task")
    await store.add(first)
    with pytest.raises(DuplicateJobError):
        await store.add(replace(first, id="b", lookup=True))
    await store.save(advance(first, JobState.EXPIRED, ended_at=MOMENT), before=first)
    await store.add(replace(first, id="b", lookup=True, parent_id="a"))
    await store.add(replace(a_job(job_id="c"), parent_id="a"))
    with pytest.raises(DuplicateJobError):
        await store.add(replace(a_job(job_id="d"), parent_id="a"))
    assert await store.repeated_by("a") == "c"
    assert await store.repeated_by("c") is None


async def test_a_ready_video_that_no_store_took_is_needed_though_no_row_names_it(store: JobStore) -> None:
    waits = replace(a_job(state=JobState.READY, job_id="waits"), undelivered_since=MOMENT)
    await store.add(waits)
    await store.add(a_job(state=JobState.GENERATING, job_id="made"))
    assert await store.with_videos() == {"waits"}


async def test_a_parked_video_is_taken_up_once(store: JobStore) -> None:
    job = replace(
        a_job(state=JobState.DELIVERING),
        undelivered_since=MOMENT,
        video_name="a.mp4",
        attempt=Attempt(Route.TOKEN, MOMENT),
    )
    await store.add(job)
    assert await store.unsettled() == ()
    assert await store.forgotten(undelivered=MOMENT, unanswered=MOMENT) == ()
    later = MOMENT + timedelta(seconds=1)
    assert [one.id for one in await store.forgotten(undelivered=later, unanswered=MOMENT)] == [job.id]
    assert await store.with_videos() == {job.id}
    assert await store.take_up_undelivered(job.id, replace(job.reply, private=True))
    assert not await store.take_up_undelivered(job.id, job.reply)
    kept = await store.get(job.id)
    assert (kept.undelivered_since, kept.reply.private) == (None, True)
    assert kept.attempt == Attempt(Route.TOKEN, job.reply.created_at)


async def test_old_tokens_are_wiped_and_young_ones_are_not(store: JobStore) -> None:
    await store.add(a_job(job_id="old"))
    young = replace(
        a_job(job_id="young"), reply=replace(a_job().reply, created_at=MOMENT + timedelta(hours=1))
    )
    await store.add(young)
    assert await store.wipe_tokens(MOMENT + timedelta(minutes=30)) == 1
    assert (await store.get("old")).reply.token is None
    assert (await store.get("young")).reply.token is not None


async def test_an_end_for_want_of_an_answer_does_not_overtake_the_answer(store: JobStore) -> None:
    asked = replace(a_job(), ask_again_since=MOMENT)
    await store.add(asked)
    later = MOMENT + timedelta(seconds=1)
    assert await store.forgotten(undelivered=later, unanswered=MOMENT) == ()
    assert await store.forgotten(undelivered=MOMENT, unanswered=later) == (asked,)
    await store.save(replace(asked, ask_again_since=None), before=asked)
    assert await store.forgotten(undelivered=later, unanswered=later) == ()
    with pytest.raises(StaleJobError):
        await store.save(advance(asked, JobState.FAILED, ended_at=later), before=asked)


@pytest.mark.parametrize("mismatch", [None, Mismatch(5.5), Mismatch(None, (640, 360))])
async def test_what_of_a_video_is_not_as_asked_for_comes_back(
    store: JobStore, mismatch: Mismatch | None
) -> None:
    await store.add(a_job())
    await store.save(replace(a_job(), mismatch=mismatch), before=a_job())
    assert (await store.get(a_job().id)).mismatch == mismatch


async def test_a_run_that_lost_its_claim_deletes_nothing(store: JobStore) -> None:
    await store.add(a_job())
    frozen = await store.take_claim(await store.get("job-1"), "frozen")
    await store.take_claim(await store.get("job-1"), "other")
    await store.remove("job-1", claim=frozen.claim)
    assert await store.exists("job-1")
    await store.remove("job-1", claim=frozen.claim + 1)
    assert not await store.exists("job-1")


async def test_of_two_runs_that_begin_at_once_one_has_the_job(store: JobStore) -> None:
    await store.add(a_job())
    seen = await store.get("job-1")
    taken = await store.take_claim(seen, "first")
    with pytest.raises(ClaimLostError) as lost:
        await store.take_claim(seen, "second")
    assert lost.value.owner == "first"
    assert await store.get("job-1") == taken


async def bought_by_a_run_that_stands_still(store: JobStore) -> Job:
    """Have another run give up a job. Returns it as it is for the first one, which has the answer by now."""
    await store.add(a_job())
    frozen = await store.take_claim(await store.get("job-1"), "frozen")
    submitting = advance(frozen, JobState.SUBMITTING, submitted_at=MOMENT)
    await store.save(submitting, before=frozen)
    other = await store.take_claim(await store.get("job-1"), "other")
    unknown = advance(other, JobState.UNKNOWN, ended_at=MOMENT, settled_at=MOMENT)
    await store.save(unknown, before=other)
    return advance(submitting, JobState.GENERATING, task_id="task-1")


async def test_an_answer_that_comes_late_is_kept_though_another_run_gave_it_up(store: JobStore) -> None:
    bought = await bought_by_a_run_that_stands_still(store)
    await store.record_purchase(bought)
    found = await store.get("job-1")
    assert (found.state, found.task_id, found.at_rest) == (JobState.GENERATING, "task-1", False)


async def test_an_answer_that_comes_late_undoes_nothing_of_a_job_that_has_its_task(store: JobStore) -> None:
    bought = await bought_by_a_run_that_stands_still(store)
    await store.record_purchase(bought)
    found = await store.take_claim(await store.get("job-1"), "other")
    ended = advance(
        found, JobState.FAILED, failure=Failure(FailureReason.DELETED_BY_OWNER), settled_at=MOMENT
    )
    await store.save(ended, before=found)
    await store.record_purchase(bought)
    assert await store.get("job-1") == ended
    with pytest.raises(UnknownJobError):
        await store.record_purchase(replace(bought, task_id="task-2"))


async def test_an_answer_that_comes_when_its_user_is_gone_makes_no_video(store: JobStore) -> None:
    gone = replace(a_job(), reply=replace(a_job().reply, person_id=NOBODY), settled_at=MOMENT)
    gone = replace(gone, state=JobState.UNKNOWN)
    await store.add(gone)
    await store.record_purchase(replace(gone, state=JobState.GENERATING, task_id="task-1", settled_at=None))
    found = await store.get("job-1")
    assert (found.state, found.task_id, found.at_rest) == (JobState.FAILED, "task-1", True)
