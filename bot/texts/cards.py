"""The card: what the reply to a request says while its video is made, and in the end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.texts import durations
from bot.texts.explanations import Explanation
from bot.texts.quoting import clip, quote_name, quote_prompt
from bot.video import Size, VideoRequest

BAR_CELLS: Final = 20
MADE_BY_AI: Final = "Made by AI"
USUAL_TIME: Final = "usually done in 1 to 5 minutes"
"""The vendor's own words (page *Create video generation*)."""

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


class Stage(StrEnum):
    """What a running job is doing, in the words of the card's headline."""

    QUEUED = "Got it"
    PICTURES = "Looking at your pictures"
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


def working(
    request: VideoRequest,
    stage: Stage,
    *,
    progress: int,
    elapsed_s: float,
    rest_s: float | None,
    notes: tuple[str, ...] = (),
) -> Card:
    """The card of a running job: a bar, the time since the command, and the estimated rest where known."""
    rest = USUAL_TIME if rest_s is None else f"about {durations.rest(rest_s)} left"
    times = f"{durations.clock(elapsed_s)} elapsed · {rest}"
    hint = placement_hint(request.size)
    return Card(
        Tone.WORKING,
        f"{stage}…",
        quote_prompt(request.prompt),
        options_line(request),
        (bar(progress), times),
        (*notes, *((hint,) if hint else ())),
    )


def delivered(request: VideoRequest, *, took_s: float, notes: tuple[str, ...] = ()) -> Card:
    """The card above the finished video."""
    return Card(
        Tone.DONE,
        "Here is your video",
        quote_prompt(request.prompt),
        options_line(request),
        (),
        (*notes, f"{MADE_BY_AI} in {durations.clock(took_s)}"),
    )


def failed(
    request: VideoRequest, explanation: Explanation, *, number: str | None = None, notes: tuple[str, ...] = ()
) -> Card:
    """The card of a job that ended without a video; `number` is what the operator can look it up by."""
    numbered = (f"Number: `{clip(number, 80).replace('`', '')}`",) if number else ()
    return Card(
        Tone.FAILED,
        "No video this time",
        quote_prompt(request.prompt),
        options_line(request),
        (explanation.what, explanation.money.value, explanation.then),
        (*notes, *numbered),
    )


def mention_of_late_video(person_id: int) -> str:
    """What precedes a card that could not be put where the person is waiting for it."""
    return f"<@{person_id}>, your video request has ended; its own message could not be changed any more."
