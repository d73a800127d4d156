"""The card: what the reply to a request says while its video is made, and in the end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.texts import durations
from bot.texts.buttons import Action
from bot.texts.explanations import Explanation
from bot.texts.quoting import clip, quote_name, quote_prompt
from bot.video import Size, VideoRequest

BAR_CELLS: Final = 20
MADE_BY_AI: Final = "Made by AI"
USUAL_TIME: Final = "usually done in 1 to 5 minutes"
"""The vendor's own words (page *Create video generation*)."""

NO_VIDEO: Final = "No video this time"
CANCELLED: Final = "Cancelled"
LAID_ASIDE: Final = "Your video is ready"

CONVERTED_FORMAT: Final = "{name} was a {original_format} picture; I converted it."
CONVERTED_SIZE: Final = "{name} was {original_size}, more than the video service takes; I made it smaller."


class Tone(StrEnum):
    """How the card feels; it decides the colour of its edge."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Card:
    """A reply's words, in the order in which they stand. Two equal cards look the same."""

    tone: Tone
    headline: str
    prompt: str
    options: str
    lines: tuple[str, ...] = ()
    small_print: tuple[str, ...] = ()
    job_id: str = ""
    """The job that the buttons act on."""
    person_id: int = 0
    """Who asked for it."""
    private: bool = False
    actions: tuple[Action, ...] = ()


class Stage(StrEnum):
    """What a running job is doing, in the words of the card's headline."""

    QUEUED = "Got it"
    PICTURES = "Looking at your pictures"
    IN_LINE = "Waiting in line"
    PAUSED = "Waiting for the bot's operator"
    RETRYING = "The video service is busy; trying again shortly"
    SUBMITTING = "Handing it to the video service"
    WAITING = "Waiting for its turn at the video service"
    GENERATING = "Making your video"
    DOWNLOADING = "Your video is ready; fetching it"
    UPLOADING = "Your video is ready; uploading it"


def options_line(request: VideoRequest) -> str:
    """What was asked for besides the prompt, on one line."""
    parts = [f"{request.seconds} s", request.size, request.resolution, request.preset]
    match request.reference_count:
        case 0:
            pass
        case 1:
            parts.append("1 picture")
        case count:
            parts.append(f"{count} pictures")
    return " · ".join(parts)


def placement_hint(size: Size) -> str | None:
    """The vendor's advice for frames that are not landscape (page *Create video generation*)."""
    match size:
        case Size.LANDSCAPE:
            return None
        case Size.PORTRAIT:
            shape = "a portrait frame"
        case Size.SQUARE:
            shape = "a square frame"
    return f"Tip: in {shape}, say in the prompt where the subject stands, so that it is not cut off."


def converted_format(name: str, original_format: str) -> str:
    """A picture was converted because the API does not take its format."""
    return CONVERTED_FORMAT.format(name=quote_name(name), original_format=clip(original_format, 12))


def converted_size(name: str, original_bytes: int) -> str:
    """A picture was recompressed because it was too large."""
    return CONVERTED_SIZE.format(name=quote_name(name), original_size=durations.megabytes(original_bytes))


def bar(progress: int) -> str:
    """A progress bar of `BAR_CELLS` cells with its percentage, for 0 to 100."""
    filled = progress * BAR_CELLS // 100
    return f"{'▰' * filled}{'▱' * (BAR_CELLS - filled)} {progress}%"


@dataclass(frozen=True)
class Subject:
    """What every card of a job says in the same way."""

    request: VideoRequest
    job_id: str
    person_id: int
    private: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class InLine:
    """Where a job stands in the line, from 1, and how many wait; `start_s` is when it may begin, if known."""

    position: int
    waiting: int
    start_s: float | None


def working(
    subject: Subject,
    stage: Stage,
    *,
    progress: int,
    elapsed_s: float,
    rest_s: float | None,
    in_line: InLine | None = None,
    said: str | None = None,
) -> Card:
    """The card of a running job: a bar, the time since the command, and the estimated rest where known.

    `in_line` takes the bar's place while the job waits its turn; `said` is one more line.
    """
    rest = USUAL_TIME if rest_s is None else f"about {durations.rest(rest_s)} left"
    times = f"{durations.clock(elapsed_s)} elapsed · {rest}"
    hint = placement_hint(subject.request.size)
    shown = bar(progress) if in_line is None else line_of(in_line)
    return Card(
        Tone.WORKING,
        f"{stage}…",
        quote_prompt(subject.request.prompt),
        options_line(subject.request),
        (*((said,) if said else ()), shown, times),
        (*subject.notes, *((hint,) if hint else ())),
        subject.job_id,
        subject.person_id,
        subject.private,
        (Action.REFRESH, Action.CANCEL),
    )


def line_of(in_line: InLine) -> str:
    """`Number 3 of 7 in line · starts in about 2:00`."""
    begins = f" · starts in about {durations.rest(in_line.start_s)}" if in_line.start_s else ""
    return f"Number {in_line.position} of {in_line.waiting} in line{begins}"


def paused(explanation: Explanation) -> str:
    """Why nothing is submitted at present, on one line."""
    return f"{explanation.what} {explanation.money.value} {explanation.then}"


def delivered(subject: Subject, *, took_s: float | None) -> Card:
    """The card above the finished video; `took_s` is how long it took, where that says anything."""
    made = MADE_BY_AI if took_s is None else f"{MADE_BY_AI} in {durations.clock(took_s)}"
    return Card(
        Tone.DONE,
        "Here is your video",
        quote_prompt(subject.request.prompt),
        options_line(subject.request),
        (),
        (*subject.notes, made),
        subject.job_id,
        subject.person_id,
        subject.private,
    )


def ended(
    subject: Subject,
    explanation: Explanation,
    *,
    number: str,
    actions: tuple[Action, ...] = (),
    headline: str = NO_VIDEO,
    tone: Tone = Tone.FAILED,
) -> Card:
    """The card of a job without a video in its reply; `number` is what the operator can look it up by."""
    return Card(
        tone,
        headline,
        quote_prompt(subject.request.prompt),
        options_line(subject.request),
        (explanation.what, explanation.money.value, explanation.then),
        (*subject.notes, f"Number: `{clip(number, 80).replace('`', '')}`"),
        subject.job_id,
        subject.person_id,
        subject.private,
        actions,
    )


def mention_of_late_video(person_id: int) -> str:
    """What precedes a card that could not be put where the person is waiting for it."""
    return f"<@{person_id}>, your video request has ended; its own message could not be changed any more."
