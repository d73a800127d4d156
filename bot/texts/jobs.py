"""Sentences about jobs besides the card: answers to buttons, and the list of `/jobs`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.texts import durations
from bot.texts.cards import short_seconds
from bot.texts.messages import Language, Message, sentence
from bot.texts.quoting import quote_prompt
from bot.video import VideoRequest

PROMPT_SHOWN_CHARS: Final = 80

TITLE: Final = sentence("Your videos")
NONE: Final = sentence("Nothing is under way, and nothing waits for you. Start a video with `/video`.")
PROMPTS_LEFT_OUT: Final = sentence(
    "Prompts are left out, because AutoMod does not allow all of their words here."
)
NEWER: Final = sentence("Newer")
OLDER: Final = sentence("Older")

BEING_STORED: Final = sentence(
    "I am writing your request down, which takes longer than usual. Nothing was charged so far. If this does not "
    "change in a few minutes, ask again."
)
NOT_YOURS: Final = sentence("This is somebody else's video. Only the person who asked for it can do that.")
NOT_YOURS_TO_CANCEL: Final = sentence(
    "Only the person who asked for this video, or somebody with *Manage Messages* in this channel, can cancel it."
)
NOT_YOURS_TO_DELETE: Final = sentence(
    "Only the person who asked for this video, or somebody with *Manage Messages* in this channel, can delete it. "
    "*Report* is for everybody."
)
PUT_AWAY: Final = sentence("Moderators look at this video, or removed it. Nothing was charged.")
OLD_BUTTON: Final = sentence("This button is an old one, and nothing happened. Nothing was charged.")
NOT_DELETED: Final = sentence("Discord did not let me delete this message. Try again in a minute.")
REMOVED_INSTEAD: Final = sentence(
    "Discord did not let me delete this message, so I took the video out of it instead."
)
DELETED_LATER: Final = sentence(
    "Discord did not let me delete this message or change it, so the video is **still visible**. I go on trying, "
    "and `/spicy queue` shows it until it is done; you may be able to delete the message yourself."
)
GONE: Final = sentence("I no longer know this video, so there is nothing left to do with it.")
CANCELLED: Final = sentence("Cancelled. Nothing was charged.")
STOPPED_WATCHING: Final = sentence(
    "I stopped watching this video. It was charged; *Look again* on its card still finds it."
)
STILL_WATCHING: Final = sentence("Good. The video will be posted when it is ready.")
BEING_HANDED_OVER: Final = sentence(
    "Your request is being handed to the video service this very moment, so it cannot be cancelled. "
    "Press *Cancel* again in a few seconds."
)
STOP_OR_KEEP: Final = sentence(
    "The video service is already making this video, and it is charged either way. "
    "Do you want me to stop watching, or to let it finish?"
)
ALREADY_READY: Final = sentence(
    "This video is already finished and on its way; there is nothing left to cancel."
)
ALREADY_ENDED: Final = sentence("This request has already ended; there is nothing left to cancel.")
ALREADY_REPEATED: Final = sentence("You already tried again; the newer request is in `/jobs`.")
ALREADY_FETCHED: Final = sentence("This video is already being fetched, or was delivered.")
NOT_LOOKED_UP: Final = sentence(
    "Discord did not tell me what I have to know for that. Nothing was charged; try again in a minute."
)
STILL_IN_DIRECT_MESSAGES: Final = sentence("This video is still there: in our direct messages.")
LOOK_DENIED: Final = sentence(
    "The moderators did not allow this video to be posted, so only they can look for it."
)
LOOK_PUT_AWAY: Final = sentence(
    "This video was reported, and moderators look at it or removed it. Only they can look for it."
)
LOOK_BLOCKED: Final = sentence(
    "The moderators of the server where you asked for this video let you make none there, so only they can look "
    "for it."
)
LOOK_SUSPENDED: Final = sentence(
    "You are suspended in the server where you asked for this video, so only its moderators can look for it."
)
LOOK_LEFT: Final = sentence(
    "You are no longer a member of the server where you asked for this video, so only its moderators can look for "
    "it."
)
LOOK_ELSEWHERE: Final = sentence("A spicy video is shown in age-restricted channels only.")
LOOK_WAITS_IN_LIST: Final = sentence("This video is ready and waits in `/jobs`: fetch it there.")
LOOK_WAITS_FOR_MODERATORS: Final = sentence(
    "This video is ready, and moderators decide whether it is posted."
)
BEGUN: Final = sentence("Good, I begin with it now.")
NOT_ASKED: Final = sentence("This request no longer waits for your answer. The press charged nothing.")
NOTHING_TO_FETCH: Final = sentence("This video no longer waits here. Nothing was charged anew.")
NOT_READ: Final = sentence("I could not look up your videos just now. Type `/jobs` again in a minute.")
FILE_REFUSED: Final = sentence(
    "Discord did not take the file. See whether I have *Attach Files* here, and try again."
)
NOT_STORED: Final = sentence("I could not store that. Nothing was charged or changed; try again in a minute.")


STATES: Final[Mapping[str, Message]] = {
    "queued": sentence("waiting in line"),
    "held": sentence("waiting for approval"),
    "submitting": sentence("being handed over"),
    "generating": sentence("being made"),
    "ready": sentence("ready, on its way"),
    "delivering": sentence("ready, on its way"),
    "delivered": sentence("delivered"),
    "failed": sentence("failed"),
    "denied": sentence("not allowed"),
    "expired": sentence("not ready in time"),
    "unknown": sentence("outcome unknown"),
    "cancelled": sentence("cancelled"),
}
"""States of a job in the list, by the values of `bot.jobs.job.JobState`."""
UNDELIVERED: Final = sentence("ready: fetch it")
ASKS_AGAIN: Final = sentence("still wanted?")


_BY_ANOTHER_ROUTE: Final[Mapping[str, Callable[[Message], Message]]] = {
    "answer_in_channel": lambda why: sentence(
        "The answer came as a new message in the channel: {why}.", why=why
    ),
    "direct_message": lambda why: sentence("The answer came as a direct message: {why}.", why=why),
}
"""Sentences about answers that came elsewhere than in the reply, by the values of `bot.delivery.routes.Route`."""
_CLOSED: Final[Mapping[str, Message]] = {
    "token_expired": sentence("its own message could no longer be changed"),
    "gone": sentence("its own message was gone"),
    "not_permitted": sentence("Discord did not let me write there"),
    "refused": sentence("Discord did not take its content there"),
}
"""Reasons for that, by the values of `bot.delivery.fallbacks.FallbackReason`."""
_UNQUOTED: Final = sentence(
    "The answer came without its prompt, because AutoMod does not allow its words there."
)


def fallback_lines(route: str, reason: str | None, *, unquoted: bool) -> tuple[Message, ...]:
    """Lines that say why an answer did not come as it was meant to; none where its user sees no difference."""
    elsewhere = _BY_ANOTHER_ROUTE.get(route)
    moved = (elsewhere(_CLOSED[reason]),) if elsewhere is not None and reason is not None else ()
    return (*moved, _UNQUOTED) if unquoted else moved


def entry_line(
    request: VideoRequest,
    state: Message,
    detail: Message | None,
    created_at: datetime,
    language: Language,
    *,
    notes: Sequence[Message] = (),
    quotes: bool = True,
) -> str:
    """`**being made** · 40% · 6 s · 720p · 5 minutes ago` with the prompt below, and notes below that.

    `detail` adds to the state. Without `quotes` an ellipsis stands for the prompt.
    """
    parts = [f"**{state.in_language(language)}**"]
    parts += [detail.in_language(language)] if detail else []
    length = short_seconds(request.seconds).in_language(language)
    parts += [length, request.resolution, moment(created_at)]
    quoted = f"> {quote_prompt(request.prompt, PROMPT_SHOWN_CHARS) if quotes else '…'}"
    return "\n".join([" · ".join(parts), quoted, *(f"-# {note.in_language(language)}" for note in notes)])


def still_there(link: str) -> Message:
    """The message with a video, which need not be fetched again."""
    return sentence("This video is still there: {link}", link=link)


def progress(percent: int, rest_s: float | None) -> Message:
    """Progress of a video."""
    if rest_s is None:
        return sentence("{percent}%", percent=percent)
    return sentence("{percent}%, about {rest} left", percent=percent, rest=durations.rest(rest_s))


def position(number: int, waiting: int) -> Message:
    """Position of a request in the queue."""
    return sentence("number {number} of {waiting}", number=number, waiting=waiting)


def until(when: datetime) -> Message:
    """Moment until which a video is kept."""
    return sentence("kept until {day}", day=day(when))


def moment(when: datetime) -> str:
    """Format a moment so that Discord shows it relative to now, such as "5 minutes ago"."""
    return f"<t:{int(when.timestamp())}:R>"


def day(when: datetime) -> str:
    """Format a moment so that Discord shows date and time in each reader's own time zone."""
    return f"<t:{int(when.timestamp())}:f>"


def page(number: int, of: int) -> Message:
    """Number of a page of a long list, which counts from 1."""
    return sentence("Page {number} of {of}", number=number, of=of)
