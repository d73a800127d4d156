"""Cards of jobs: words, buttons and colour for each state and failure. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.delivery.card import Action, Card, Tone
from bot.images.model import ConversionReason, Reference
from bot.images.problems import ImageProblem
from bot.jobs.job import TERMINAL, Failure, FailureReason, Job, JobState
from bot.jobs.job_explanations import explain, explain_failure
from bot.jobs.mismatch import asked_dimensions
from bot.jobs.public_words import name_of_picture, quotes_prompt
from bot.texts import cards, moderation
from bot.texts.explanations import Explanation
from bot.texts.jobs import day
from bot.texts.messages import Message
from bot.texts.quoting import quote_prompt
from bot.video import Resolution


class Stage(StrEnum):
    """Stage of a running job, as its card shows it."""

    QUEUED = "queued"
    PICTURES = "pictures"
    IN_LINE = "in_line"
    PAUSED = "paused"
    RETRYING = "retrying"
    REFUSED_ONCE = "refused_once"
    SERVICE_AWAY = "service_away"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    GENERATING = "generating"
    DOWNLOADING = "downloading"
    FINISHING = "finishing"
    UPLOADING = "uploading"


_FROM_READY: Final = frozenset({Stage.DOWNLOADING, Stage.FINISHING, Stage.UPLOADING})


@dataclass(frozen=True)
class InLine:
    """Position of a job in the queue, from 1, of `waiting` jobs; `start_s` seconds until it may begin, or None."""

    position: int
    waiting: int
    start_s: float | None
    is_estimate: bool = False


_REPEATABLE: Final = frozenset(
    {
        FailureReason.SERVICE_BUSY,
        FailureReason.SERVICE_UNREACHABLE,
        FailureReason.PURCHASE_UNKNOWN,
        FailureReason.GENERATION_FAILED,
        FailureReason.NOT_BOUGHT,
        FailureReason.UNANSWERED,
        FailureReason.NOT_STORED,
        FailureReason.BROKE,
    }
)
"""Failures after which the very same request may do better."""

_UNCHANGEABLE: Final = frozenset(
    {
        FailureReason.PERSON_GONE,
        FailureReason.DELETED_BY_OWNER,
        FailureReason.DELETED_BY_MODERATOR,
    }
)
"""Failures after which nobody asks for something else instead."""
_QUIET: Final = frozenset(
    {
        FailureReason.PICTURE_REFUSED,
        FailureReason.DENIED,
        FailureReason.POSTING_DENIED,
    }
)
"""Failures that nobody is to be shown up for in public."""


def actions(job: Job) -> tuple[Action, ...]:
    """Return the actions on a job that ended or waits for its user."""
    if job.undelivered_since is not None:
        return (Action.FETCH,)
    if job.asks_again:
        return (Action.MAKE, Action.CANCEL)
    reason = job.failure.reason if job.failure is not None else None
    found: list[Action] = []
    if job.bought and job.state in TERMINAL:
        # Whatever is said about why it ended, and also if the message with the video is lost. Who may look, and
        # if that is of use, is asked at the press.
        found.append(Action.LOOK_AGAIN)
    if reason in _REPEATABLE:
        found.append(Action.TRY_AGAIN)
    if reason is not None and reason not in _UNCHANGEABLE:
        found.append(Action.CHANGE)
    if job.failure is not None and job.failure.problem is ImageProblem.VIDEO:
        found.append(Action.FIRST_FRAME)
    return tuple(found)


def result_actions(job: Job) -> tuple[Action, ...]:
    """Return the actions on a finished video.

    *Report* is among them where other users see it, *Full quality* where the file was compressed.
    """
    compressed = job.posted_file is not None and job.posted_file.compressed_to_fit
    full = (Action.FULL_QUALITY,) if compressed else ()
    sharper = (Action.IN_720P,) if job.request.resolution is Resolution.P480 else ()
    report = (Action.REPORT,) if job.guild_id is not None and not job.reply.private else ()
    return (Action.ANEW, Action.CHANGE, *sharper, Action.CONTINUE, Action.DELETE, *report, *full, Action.MORE)


def _note(job: Job, number: int, picture: Reference) -> Message | None:
    if picture.conversion is None:
        return None
    name, noted = name_of_picture(job, number, picture.filename), None
    match picture.conversion.reason:
        case ConversionReason.FORMAT:
            pass
        case ConversionReason.FIRST_FRAME:
            noted = cards.first_frame_used(name)
        case ConversionReason.HDR:
            noted = cards.brightness_reduced(name)
        case ConversionReason.ON_WHITE:
            noted = cards.laid_on_white(name)
        case ConversionReason.ENLARGED:
            noted = cards.enlarged(name)
        case ConversionReason.TOO_LARGE:
            noted = cards.made_smaller(name, picture.conversion.original_bytes)
    return noted


def _card(
    job: Job,
    tone: Tone,
    headline: Message,
    *,
    lines: tuple[str, ...] = (),
    small_print: tuple[Message, ...] = (),
    actions: tuple[Action, ...] = (),
    with_prompt: bool = True,
) -> Card:
    """Return a card with the parts that all cards of the job share."""
    reply = job.reply
    parent = (cards.follows(job.parent_url),) if job.parent_url is not None else ()
    flags = (cards.FLAGS_TAKEN_OUT,) if job.had_flags else ()
    notes = (_note(job, number, picture) for number, picture in enumerate(job.pictures or (), 1))
    small = (*parent, *flags, *filter(None, notes), *small_print) if with_prompt else ()
    return Card(
        tone,
        headline.in_language(reply.language),
        quote_prompt(job.request.prompt) if with_prompt and quotes_prompt(job) else "…",
        _options(job),
        lines,
        tuple(line.in_language(reply.language) for line in small),
        job.id,
        reply.person_id,
        reply.private,
        actions,
        reply.language,
    )


def _options(job: Job) -> str:
    """Return the line with the options; where others see it, with the user for whom the video is."""
    options = cards.options_line(job.request, job.reply.language, fits_picture=job.fits_picture)
    for_all = job.guild_id is not None and not job.reply.private
    return f"{options} · <@{job.reply.person_id}>" if for_all and not job.is_nobodys else options


def working_card(
    job: Job,
    stage: Stage,
    *,
    elapsed_s: float,
    progress: int = 0,
    rest_s: float | None = None,
    in_line: InLine | None = None,
    said: Explanation | None = None,
) -> Card:
    """Return the card of a running job: a bar, the time since the command, and the estimated rest where known.

    Args:
        job: The job.
        stage: Its stage, which is the headline.
        elapsed_s: Seconds since the command.
        progress: Percent.
        rest_s: Seconds until the estimated end, below zero once it has passed, or None.
        in_line: Shown in place of the bar while the job waits its turn.
        said: One more line.
    """
    language = job.reply.language
    hint = None if job.fits_picture else cards.placement_hint(job.request.size)
    shown = cards.bar(progress)
    if in_line is not None:
        place = (
            cards.about_place_in_line(in_line.position, in_line.waiting)
            if in_line.is_estimate
            else cards.place_in_line(in_line.position, in_line.waiting, in_line.start_s)
        )
        shown = place.in_language(language)
    rest = cards.USUAL_TIME if rest_s is None else cards.rest_of(progress, rest_s)
    times = cards.times(elapsed_s, None if stage in _FROM_READY else rest).in_language(language)
    # A card far back in line may stay as it is for long.
    stays = in_line is not None and in_line.is_estimate
    explained = (said.in_language(language),) if said else ()
    return _card(
        job,
        Tone.WORKING,
        cards.HEADLINES[stage],
        lines=(*explained, shown) if stays else (*explained, shown, times),
        small_print=(hint,) if hint else (),
        actions=(Action.REFRESH, Action.CANCEL),
    )


def delivered_card(job: Job, *, now: datetime) -> Card:
    """Return the card of a finished video. It says how long the video took, unless it was looked for."""
    took_s = None if job.lookup else ((job.ready_at or now) - job.created_at).total_seconds()
    return _card(
        # Which it is once this stands there: the rules have let it through.
        replace(job, state=JobState.DELIVERED),
        Tone.DONE,
        cards.DELIVERED,
        lines=tuple(line.in_language(job.reply.language) for line in _differences(job)),
        small_print=(*_file_line(job), *_compression(job), cards.made_by_ai(took_s)),
        actions=result_actions(job),
    )


def _file_line(job: Job) -> tuple[Message, ...]:
    file = job.file_facts
    return (cards.file_facts(file.duration_s, file.dimensions_px, file.size_bytes),) if file else ()


def _compression(job: Job) -> Iterator[Message]:
    """Yield that the posted file is smaller than the video that came, if it was compressed."""
    file = job.posted_file
    if file is not None and file.compressed_to_fit:
        yield cards.compressed(file.original_bytes, file.size_bytes)


def _differences(job: Job) -> Iterator[Message]:
    """Yield what of the finished video is not as asked for."""
    found = job.mismatch
    if found is not None and found.duration_s is not None:
        yield cards.other_duration(job.request.seconds, found.duration_s)
    if found is not None and found.dimensions_px is not None:
        yield cards.other_frame(asked_dimensions(job.request), found.dimensions_px)


def ended_card(job: Job) -> Card:
    """Return the card of a job without a video. It names the task, or the job, for the operator to look up."""
    headline = cards.CANCELLED if job.state is JobState.CANCELLED else cards.NO_VIDEO
    quiet = job.failure is not None and job.failure.reason in _QUIET and not job.reply.private
    return _explained(job, Tone.QUIET if quiet else Tone.FAILED, headline, explain(job), actions(job))


def undelivered_card(job: Job, failure: Failure) -> Card:
    """Return the card of a finished video that could not be delivered and waits in `/jobs`."""
    explanation, aside = explain_failure(failure, job), replace(job, failure=failure)
    if failure.reason is FailureReason.HELD_BACK:
        # What stood there may have been put away with its prompt, and may not be fetched now.
        return _explained(aside, Tone.QUIET, cards.LAID_ASIDE, explanation, (), with_prompt=False)
    return _explained(aside, Tone.DONE, cards.LAID_ASIDE, explanation, (Action.FETCH,))


def _explained(
    job: Job,
    tone: Tone,
    headline: Message,
    explanation: Explanation,
    offered: tuple[Action, ...],
    *,
    with_prompt: bool = True,
) -> Card:
    told = (explanation.what, explanation.money.sentence, explanation.then)
    return _card(
        job,
        tone,
        headline,
        lines=tuple(line.in_language(job.reply.language) for line in told),
        small_print=(cards.number(job.task_id or job.id),),
        actions=offered,
        with_prompt=with_prompt,
    )


def held_card(job: Job, until: datetime | None) -> Card:
    """Return the card of a job that waits for moderators; `until` is the end of the time for their decision."""
    line = moderation.held_line if job.state is JobState.HELD else moderation.held_posting_line
    shown = (line(day(until)).in_language(job.reply.language),) if until is not None else ()
    can_cancel = (Action.CANCEL,) if job.state is JobState.HELD else ()
    return _card(job, Tone.WORKING, cards.HELD, lines=shown, actions=(Action.REFRESH, *can_cancel))


def ask_again_card(job: Job, until: datetime, *, seen: bool = True) -> Card:
    """The card that asks if the video is still wanted; `until` is when the request ends without an answer.

    It is not certain that nothing was charged if a backup was put back, or the reply was not `seen`.
    """
    told = cards.ask_again_line if seen and not job.may_be_bought else cards.ask_again_uncertain_line
    line = told(day(until)).in_language(job.reply.language)
    return _card(job, Tone.WORKING, cards.ASK_AGAIN, lines=(line,), actions=(Action.MAKE, Action.CANCEL))


def hidden_card(job: Job) -> Card:
    """Return the card in place of a hidden video, without its prompt."""
    line = moderation.HIDDEN_LINE.in_language(job.reply.language)
    return _card(job, Tone.FAILED, moderation.HIDDEN_HEADLINE, lines=(line,), with_prompt=False)


def removed_card(job: Job) -> Card:
    """Return the card in place of a video that moderators removed, without its prompt."""
    return _card(job, Tone.FAILED, moderation.REMOVED_HEADLINE, with_prompt=False)


def kept_until(when: datetime) -> str:
    """Return the end of an undelivered video's wait, as the `detail` of its failure."""
    return day(when)
