"""The card: what the reply to a request says while its video is made, and in the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.texts import durations
from bot.texts.buttons import Action
from bot.texts.commands import PRESET_SHORT_NAMES
from bot.texts.explanations import Explanation
from bot.texts.quoting import clip, quote_name, quote_prompt
from bot.texts.sentences import Language, Sentence, counted, sentence
from bot.video import Seconds, Size, VideoRequest

BAR_CELLS: Final = 20
MADE_BY_AI: Final = sentence("Made by AI")
USUAL_TIME: Final = sentence("usually done in 1 to 5 minutes")
"""The vendor's own words (page *Create video generation*)."""

NO_VIDEO: Final = sentence("No video this time")
CANCELLED: Final = sentence("Cancelled")
LAID_ASIDE: Final = sentence("Your video is ready")
DELIVERED: Final = sentence("Here is your video")


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
    language: Language = Language.ENGLISH
    """That of the words, for what stands on the buttons."""


class Stage(StrEnum):
    """What a running job is doing."""

    QUEUED = "queued"
    PICTURES = "pictures"
    IN_LINE = "in_line"
    PAUSED = "paused"
    RETRYING = "retrying"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    GENERATING = "generating"
    DOWNLOADING = "downloading"
    UPLOADING = "uploading"


_HEADLINES: Final[Mapping[Stage, Sentence]] = {
    Stage.QUEUED: sentence("Got it…"),
    Stage.PICTURES: sentence("Looking at your pictures…"),
    Stage.IN_LINE: sentence("Waiting in line…"),
    Stage.PAUSED: sentence("Waiting for the bot's operator…"),
    Stage.RETRYING: sentence("The video service is busy; trying again shortly…"),
    Stage.SUBMITTING: sentence("Handing it to the video service…"),
    Stage.WAITING: sentence("Waiting for its turn at the video service…"),
    Stage.GENERATING: sentence("Making your video…"),
    Stage.DOWNLOADING: sentence("Your video is ready; fetching it…"),
    Stage.UPLOADING: sentence("Your video is ready; uploading it…"),
}


def options_line(request: VideoRequest, language: Language) -> str:
    """What was asked for besides the prompt, on one line."""
    preset = PRESET_SHORT_NAMES[request.preset].in_language(language)
    parts = [short_seconds(request.seconds).in_language(language), request.size, request.resolution, preset]
    if request.reference_count:
        pictures = counted("{count} picture", "{count} pictures", request.reference_count)
        parts.append(pictures.in_language(language))
    return " · ".join(parts)


def short_seconds(seconds: Seconds) -> Sentence:
    """A length, as in a line of options."""
    return sentence("{seconds} s", seconds=seconds.value)


def placement_hint(size: Size) -> Sentence | None:
    """The vendor's advice for frames that are not landscape (page *Create video generation*)."""
    match size:
        case Size.LANDSCAPE:
            return None
        case Size.PORTRAIT:
            return sentence(
                "Tip: in a portrait frame, say in the prompt where the subject stands, so that it is not cut off."
            )
        case Size.SQUARE:
            return sentence(
                "Tip: in a square frame, say in the prompt where the subject stands, so that it is not cut off."
            )


def converted_format(name: str, original_format: str) -> Sentence:
    """A picture was converted because the API does not take its format."""
    return sentence(
        "{name} was a {original_format} picture; I converted it.",
        name=quote_name(name),
        original_format=clip(original_format, 12),
    )


def converted_size(name: str, original_bytes: int) -> Sentence:
    """A picture was recompressed because it was too large."""
    return sentence(
        "{name} was {original_size}, more than the video service takes; I made it smaller.",
        name=quote_name(name),
        original_size=durations.megabytes(original_bytes),
    )


def bar(progress: int) -> str:
    """A progress bar of `BAR_CELLS` cells with its percentage, for 0 to 100."""
    filled = progress * BAR_CELLS // 100
    return f"{'▰' * filled}{'▱' * (BAR_CELLS - filled)} {progress}%"


@dataclass(frozen=True)
class Subject:
    """What every card of a job says in the same way. `parent_url` is the message that it follows upon."""

    request: VideoRequest
    job_id: str
    person_id: int
    private: bool
    language: Language = Language.ENGLISH
    notes: tuple[Sentence, ...] = ()
    parent_url: str | None = None


@dataclass(frozen=True)
class InLine:
    """Where a job stands in the line, from 1, and how many wait; `start_s` is when it may begin, if known."""

    position: int
    waiting: int
    start_s: float | None


def _card(
    subject: Subject,
    tone: Tone,
    headline: Sentence,
    *,
    lines: tuple[str, ...] = (),
    small_print: tuple[Sentence, ...] = (),
    actions: tuple[Action, ...] = (),
) -> Card:
    parent = (follows(subject.parent_url),) if subject.parent_url is not None else ()
    small = tuple(line.in_language(subject.language) for line in (*parent, *subject.notes, *small_print))
    return Card(
        tone,
        headline.in_language(subject.language),
        quote_prompt(subject.request.prompt),
        options_line(subject.request, subject.language),
        lines,
        small,
        subject.job_id,
        subject.person_id,
        subject.private,
        actions,
        subject.language,
    )


def follows(parent_url: str) -> Sentence:
    """From which video this one was made; the address is Discord's own, of a message."""
    return sentence("Made from [this video]({url})", url=parent_url)


def working(
    subject: Subject,
    stage: Stage,
    *,
    progress: int,
    elapsed_s: float,
    rest_s: float | None,
    in_line: InLine | None = None,
    said: Explanation | None = None,
) -> Card:
    """The card of a running job: a bar, the time since the command, and the estimated rest where known.

    `in_line` takes the bar's place while the job waits its turn; `said` is one more line.
    """
    language = subject.language
    hint = placement_hint(subject.request.size)
    shown = bar(progress) if in_line is None else line_of(in_line).in_language(language)
    return _card(
        subject,
        Tone.WORKING,
        _HEADLINES[stage],
        lines=(
            *((said.in_language(language),) if said else ()),
            shown,
            _times(elapsed_s, rest_s).in_language(language),
        ),
        small_print=(hint,) if hint else (),
        actions=(Action.REFRESH, Action.CANCEL),
    )


def held(subject: Subject, line: Sentence | None, *, actions: tuple[Action, ...]) -> Card:
    """The card while moderators are asked."""
    lines = (line.in_language(subject.language),) if line is not None else ()
    headline = sentence("Waiting for the moderators…")
    return _card(subject, Tone.WORKING, headline, lines=lines, actions=actions)


def put_away(subject: Subject, headline: Sentence, line: Sentence | None) -> Card:
    """The card of a video that is seen no more; its prompt is not repeated either."""
    language = subject.language
    return Card(
        Tone.FAILED,
        headline.in_language(language),
        "…",
        options_line(subject.request, language),
        (line.in_language(language),) if line is not None else (),
        (),
        subject.job_id,
        subject.person_id,
        subject.private,
        (),
        language,
    )


def _times(elapsed_s: float, rest_s: float | None) -> Sentence:
    rest = USUAL_TIME if rest_s is None else sentence("about {rest} left", rest=durations.rest(rest_s))
    return sentence("{elapsed} elapsed · {rest}", elapsed=durations.clock(elapsed_s), rest=rest)


def line_of(in_line: InLine) -> Sentence:
    """`Number 3 of 7 in line · starts in about 2:00`."""
    place = sentence(
        "Number {position} of {waiting} in line", position=in_line.position, waiting=in_line.waiting
    )
    if not in_line.start_s:
        return place
    start = durations.rest(in_line.start_s)
    return sentence("{place} · starts in about {start}", place=place, start=start)


def delivered(subject: Subject, *, took_s: float | None, actions: tuple[Action, ...] = ()) -> Card:
    """The card above the finished video; `took_s` is how long it took, where that says anything."""
    made = MADE_BY_AI if took_s is None else sentence("Made by AI in {took}", took=durations.clock(took_s))
    return _card(subject, Tone.DONE, DELIVERED, small_print=(made,), actions=actions)


def ended(
    subject: Subject,
    explanation: Explanation,
    *,
    number: str,
    actions: tuple[Action, ...] = (),
    headline: Sentence = NO_VIDEO,
    tone: Tone = Tone.FAILED,
) -> Card:
    """The card of a job without a video in its reply; `number` is what the operator can look it up by."""
    told = (explanation.what, explanation.money.sentence, explanation.then)
    return _card(
        subject,
        tone,
        headline,
        lines=tuple(line.in_language(subject.language) for line in told),
        small_print=(sentence("Number: `{number}`", number=clip(number, 80).replace("`", "")),),
        actions=actions,
    )


def mention_of_late_video(person_id: int, language: Language) -> str:
    """What precedes a card that could not be put where the person is waiting for it."""
    told = sentence(
        "{person}, your video request has ended; its own message could not be changed any more.",
        person=f"<@{person_id}>",
    )
    return told.in_language(language)


def ping(person_id: int, language: Language) -> str:
    """The new message that tells somebody, who wants to be told, that their video is there."""
    return sentence("{person}, your video is ready.", person=f"<@{person_id}>").in_language(language)
