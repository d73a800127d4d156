"""Sentences of a card, the reply to a request: while its video is made, and at the end."""

from collections.abc import Mapping
from typing import Final

from bot.texts import durations, pictures
from bot.texts.commands import PRESET_SHORT_NAMES
from bot.texts.messages import Language, Message, counted, sentence
from bot.texts.quoting import clip
from bot.video import Seconds, Size, VideoRequest

BAR_CELLS: Final = 20
MADE_BY_AI: Final = sentence("Made by AI")
USUAL_TIME: Final = sentence("usually done in 1 to 5 minutes")
"""The vendor's own words (page *Create video generation*)."""
ALMOST_DONE: Final = sentence("almost done")
TAKES_LONGER: Final = sentence("taking longer than usual")
_SHORTEST_REST_S: Final = 2.5
"""Less than this no estimate is worth counting down."""
_NEAR_THE_END: Final = 90
_PATIENCE_AT_THE_END_S: Final = 60.0
_PATIENCE_S: Final = 5.0
"""So long a video that has passed its estimate is called almost done: the service tells progress in steps."""

HEADLINES: Final[Mapping[str, Message]] = {
    "queued": sentence("Got it…"),
    "pictures": sentence("Looking at your pictures…"),
    "in_line": sentence("Waiting in line…"),
    "paused": sentence("Waiting for the bot's operator…"),
    "retrying": sentence("The video service is busy; I will try again shortly…"),
    "refused_once": sentence("The video service refused it; I will try once more shortly…"),
    "service_away": sentence("Waiting for the video service…"),
    "submitting": sentence("Sending it to the video service…"),
    "waiting": sentence("Waiting for its turn at the video service…"),
    "generating": sentence("Making your video…"),
    "downloading": sentence("Your video is ready; getting it…"),
    "finishing": sentence("Your video is ready; preparing the file…"),
    "uploading": sentence("Your video is ready; uploading it…"),
}
"""Headlines of a running job, by the values of `bot.jobs.cards.Stage`."""
HELD: Final = sentence("Waiting for the moderators…")
ASK_AGAIN: Final = sentence("Still want it?")
NO_VIDEO: Final = sentence("No video this time")
CANCELLED: Final = sentence("Cancelled")
LAID_ASIDE: Final = sentence("Your video is ready")
DELIVERED: Final = sentence("Here is your video")


def ask_again_line(until: str) -> Message:
    """Line of the card that asks if a video is still wanted."""
    return sentence(
        "I was away for a while, so I have not started. This cost nothing. Without an answer, "
        "this request ends {until}.",
        until=until,
    )


def ask_again_uncertain_line(until: str) -> Message:
    """The same where the request may have been bought: by an earlier bot, whose data was lost since."""
    return sentence(
        "I was away, or was restored from a backup, and have no video for this. As far as I know "
        "this cost nothing. If you already have the video, press *Cancel*. Without an answer, "
        "this request ends {until}.",
        until=until,
    )


def options_line(request: VideoRequest, language: Language, *, fits_picture: bool = False) -> str:
    """Return the options of a request on one line; without the frame while that is to fit a picture."""
    preset = PRESET_SHORT_NAMES[request.preset].in_language(language)
    size = () if fits_picture else (request.size.value,)
    parts = [short_seconds(request.seconds).in_language(language), *size, request.resolution.value, preset]
    if request.reference_count:
        pictures = counted("{count} picture", "{count} pictures", request.reference_count)
        parts.append(pictures.in_language(language))
    return " · ".join(parts)


def short_seconds(seconds: Seconds) -> Message:
    """Length in a line of options."""
    return sentence("{seconds} s", seconds=seconds.value)


def placement_hint(size: Size) -> Message | None:
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


PROMPT_LEFT_OUT: Final = sentence("The prompt is left out, because AutoMod does not allow its words here.")
FLAGS_TAKEN_OUT: Final = sentence("I took a preset out of the prompt. Choose the preset in its option.")


def first_frame_used(name: str | Message) -> Message:
    """Of an animation only the first frame was used."""
    return sentence("{name} is an animation; I used its first frame.", name=pictures.named(name))


def brightness_reduced(name: str | Message) -> Message:
    """A picture in HDR was brought to ordinary brightness."""
    return sentence("{name} is an HDR picture; I reduced it to normal brightness.", name=pictures.named(name))


def laid_on_white(name: str | Message) -> Message:
    """The transparent parts of a picture became white."""
    return sentence("{name} is partly transparent; I made those parts white.", name=pictures.named(name))


def enlarged(name: str | Message) -> Message:
    """A very small picture was enlarged."""
    return sentence("{name} is very small; I enlarged it.", name=pictures.named(name))


def made_smaller(name: str | Message, original_bytes: int) -> Message:
    """A picture was made smaller than it came."""
    return sentence(
        "{name} was too large for the video service ({original_size}); I made it smaller.",
        name=pictures.named(name),
        original_size=durations.megabytes(original_bytes),
    )


def bar(progress: int) -> str:
    """A progress bar of `BAR_CELLS` cells with its percentage, for 0 to 100."""
    filled = progress * BAR_CELLS // 100
    return f"{'▰' * filled}{'▱' * (BAR_CELLS - filled)} {progress}%"


def follows(parent_url: str) -> Message:
    """Link to the message with the video that this one was made from."""
    return sentence("Made from [this video]({url})", url=parent_url)


def times(elapsed_s: float, rest: Message | None) -> Message:
    """Time since the command, and what is said about the rest, if anything is."""
    elapsed = durations.clock(elapsed_s)
    if rest is None:
        return sentence("{elapsed} elapsed", elapsed=elapsed)
    return sentence("{elapsed} elapsed · {rest}", elapsed=elapsed, rest=rest)


def rest_of(progress: int, rest_s: float) -> Message:
    """What is said about the rest of a video that is being made.

    Args:
        progress: Percent.
        rest_s: Seconds until the estimated end; below zero once that has passed.
    """
    if rest_s >= _SHORTEST_REST_S:
        return sentence("about {rest} left", rest=durations.rest(rest_s))
    patience_s = _PATIENCE_AT_THE_END_S if progress >= _NEAR_THE_END else _PATIENCE_S
    return ALMOST_DONE if rest_s > -patience_s else TAKES_LONGER


def place_in_line(position: int, waiting: int, start_s: float | None) -> Message:
    """`Number 3 of 7 in line · starts in about 2:00`; positions count from 1."""
    place = sentence("Number {position} of {waiting} in line", position=position, waiting=waiting)
    if not start_s:
        return place
    return sentence("{place} · starts in about {start}", place=place, start=durations.rest(start_s))


def about_place_in_line(position: int, waiting: int) -> Message:
    """`About number 12,300 of 40,000 in line`: of a job whose place is estimated, to the hundred."""
    return sentence(
        "About number {position} of {waiting} in line", position=round(position, -2), waiting=waiting
    )


def made_by_ai(took_s: float | None) -> Message:
    """Mark below a finished video, with the time that it took, if known."""
    return MADE_BY_AI if took_s is None else sentence("Made by AI in {took}", took=durations.clock(took_s))


def file_facts(duration_s: float | None, frame_px: tuple[int, int] | None, size_bytes: int) -> Message:
    """Line with the facts of a finished video's file, as far as known; the frame is width and height in pixels."""
    size = durations.megabytes(size_bytes)
    if duration_s is None or frame_px is None:
        return sentence("The file: {size}", size=size)
    seconds, frame = durations.seconds(duration_s), f"{frame_px[0]}x{frame_px[1]}"
    return sentence("The file: {seconds} s · {frame} · {size}", seconds=seconds, frame=frame, size=size)


def compressed(original_bytes: int, posted_bytes: int) -> Message:
    """Line below a video whose file was made smaller than it came."""
    return sentence(
        "Compressed from {original_size} to {size} to fit the file limit here",
        original_size=durations.megabytes(original_bytes),
        size=durations.megabytes(posted_bytes),
    )


def other_duration(asked: Seconds, got_s: float) -> Message:
    """Line of a finished video that is shorter than asked."""
    got = durations.seconds(got_s)
    return sentence(
        "Not quite what you chose: you asked for {asked} s and got {got} s.", asked=asked.value, got=got
    )


def other_frame(asked_px: tuple[int, int], got_px: tuple[int, int]) -> Message:
    """Line of a finished video with another frame than asked; both are width and height in pixels."""
    asked, got = (f"{width_px}x{height_px}" for width_px, height_px in (asked_px, got_px))
    return sentence("Not quite what you chose: you asked for {asked} and got {got}.", asked=asked, got=got)


def number(found_by: str) -> Message:
    """Number by which the operator can look a request up."""
    return sentence("Number: `{number}`", number=clip(found_by, 80).replace("`", ""))


def mention_of_late_video(person_id: int, language: Language) -> str:
    """Mention above a card that could not be shown in the reply to the command."""
    told = sentence(
        "{person}, your video request has ended; I could no longer change its own message.",
        person=f"<@{person_id}>",
    )
    return told.in_language(language)


def ping(person_id: int, language: Language) -> str:
    """New message that mentions a user, who chose to be mentioned, when the video is done."""
    return sentence("{person}, your video is ready.", person=f"<@{person_id}>").in_language(language)
