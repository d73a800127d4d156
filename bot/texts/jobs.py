"""Sentences about jobs besides the card: answers to buttons, and the list of `/jobs`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.texts.cards import rest_of, short_seconds
from bot.texts.messages import Language, Message, sentence
from bot.texts.quoting import quote_prompt
from bot.video import VideoRequest

PROMPT_SHOWN_CHARS: Final = 80

TITLE: Final = sentence("Your videos")
NONE: Final = sentence("You have no videos in progress or ready to pick up. Make one with `/video`.")
PROMPTS_LEFT_OUT: Final = sentence(
    "Prompts are left out, because AutoMod does not allow some of their words here."
)
NEWER: Final = sentence("Newer")
OLDER: Final = sentence("Older")

BEING_STORED: Final = sentence(
    "Saving your request is taking longer than usual. It has cost nothing so far. If nothing "
    "changes in a few minutes, ask again."
)
NOT_YOURS: Final = sentence("This is someone else's video. Only the person who asked for it can do that.")
NOT_YOURS_TO_CANCEL: Final = sentence(
    "Only the person who asked for this video, or someone with *Manage Messages* in this "
    "channel, can cancel it."
)
NOT_YOURS_TO_DELETE: Final = sentence(
    "Only the person who asked for this video, or someone with *Manage Messages* in this "
    "channel, can delete it. Everyone can *Report* it."
)
PUT_AWAY: Final = sentence("Moderators are looking at this video, or have removed it.")
OLD_BUTTON: Final = sentence("This button is from an older version, so nothing happened.")
NOT_DELETED: Final = sentence("Discord did not let me delete this message. Try again in a minute.")
REMOVED_INSTEAD: Final = sentence(
    "Discord did not let me delete this message, so I took the video out of it."
)
DELETED_LATER: Final = sentence(
    "Discord did not let me delete or change this message, so the video is **still visible**. I "
    "keep trying, and `/spicy queue` lists it until it is done. You may be able to delete the "
    "message yourself."
)
GONE: Final = sentence("I no longer have this video, so there is nothing I can do with it.")
CANCELLED: Final = sentence("Cancelled. This cost nothing: videos are paid for by the bot's operator.")
CANCELLED_IN_DOUBT: Final = sentence("Cancelled. The bot's operator may have paid for it; I cannot tell.")
STOPPED_WATCHING: Final = sentence(
    "I stopped waiting for this video. The bot's operator has paid for it; *Look again* on its "
    "card can still find it."
)
STILL_WATCHING: Final = sentence("All right. I will post the video when it is ready.")
BEING_HANDED_OVER: Final = sentence(
    "Your request is just going to the video service, so it cannot be cancelled at this moment. "
    "Press *Cancel* again in a few seconds."
)
STOP_OR_KEEP: Final = sentence(
    "The video service is already making this video, and the bot's operator pays for it either "
    "way. Should I stop waiting, or let it finish?"
)
ALREADY_READY: Final = sentence(
    "This video is already finished and on its way, so there is nothing to cancel."
)
ALREADY_ENDED: Final = sentence("This request has already ended, so there is nothing to cancel.")
ALREADY_REPEATED: Final = sentence("You already tried again; the new request is in `/jobs`.")
ALREADY_FETCHED: Final = sentence("This video is already being delivered, or was delivered.")
NOT_LOOKED_UP: Final = sentence(
    "Discord did not tell me what I need to know for that. This cost nothing; try again in a minute."
)
STILL_IN_DIRECT_MESSAGES: Final = sentence("This video is still in our direct messages.")
LOOK_DENIED: Final = sentence(
    "The moderators did not allow this video to be posted, so only they can look for it."
)
LOOK_PUT_AWAY: Final = sentence(
    "This video was reported. Moderators are looking at it or have removed it, so only they can look for it."
)
LOOK_BLOCKED: Final = sentence(
    "The moderators of the server where you asked for this video do not let you make videos "
    "there, so only they can look for it."
)
LOOK_SUSPENDED: Final = sentence(
    "You are suspended in the server where you asked for this video, so only its moderators can look for it."
)
LOOK_LEFT: Final = sentence(
    "You have left the server where you asked for this video, so only its moderators can look for it."
)
LOOK_ELSEWHERE: Final = sentence("Spicy videos are shown in age-restricted channels only.")
LOOK_WAITS_IN_LIST: Final = sentence("This video is ready. Get it with `/jobs`.")
LOOK_WAITS_FOR_MODERATORS: Final = sentence("This video is ready, and moderators decide whether to post it.")
BEGUN: Final = sentence("All right, I am starting now.")
NOT_ASKED: Final = sentence("This request no longer waits for your answer. This cost nothing more.")
NOTHING_TO_FETCH: Final = sentence("This video is no longer here to pick up. This cost nothing more.")
NOT_READ: Final = sentence("I could not look up your videos just now. Type `/jobs` again in a minute.")
FILE_REFUSED: Final = sentence(
    "Discord did not accept the file. Check that I have *Attach Files* here, then try again."
)
NOT_SHOWN: Final = sentence(
    "I cannot show this: Discord did not accept it. Try again, or tell the bot's operator."
)
NOT_STORED: Final = sentence(
    "I could not save that. This cost nothing, and nothing was changed; try again in a minute."
)


STATES: Final[Mapping[str, Message]] = {
    "queued": sentence("waiting in line"),
    "held": sentence("waiting for approval"),
    "submitting": sentence("being sent"),
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
UNDELIVERED: Final = sentence("ready to pick up")
BEFORE_RESTORE: Final = sentence(
    "made before the bot was restored from a backup; fetch it if you still want it"
)
ASKS_AGAIN: Final = sentence("still wanted?")


_BY_ANOTHER_ROUTE: Final[Mapping[str, Callable[[Message], Message]]] = {
    "answer_in_channel": lambda why: sentence(
        "The result came as a new message in the channel: {why}.", why=why
    ),
    "direct_message": lambda why: sentence("The result came as a direct message: {why}.", why=why),
}
"""Sentences about answers that came elsewhere than in the reply, by the values of `bot.delivery.routes.Route`."""
_CLOSED: Final[Mapping[str, Message]] = {
    "token_expired": sentence("its own message could no longer be changed"),
    "gone": sentence("its own message was gone"),
    "not_permitted": sentence("Discord did not let me write there"),
    "refused": sentence("Discord did not accept its content there"),
}
"""Reasons for that, by the values of `bot.delivery.fallbacks.FallbackReason`."""
_UNQUOTED: Final = sentence(
    "The result came without its prompt, because AutoMod does not allow its words there."
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
    return sentence("{percent}%, {rest}", percent=percent, rest=rest_of(percent, rest_s))


def position(number: int, waiting: int) -> Message:
    """Position of a request in the queue."""
    return sentence("number {number} of {waiting}", number=number, waiting=waiting)


def about_position(number: int, waiting: int) -> Message:
    """Position of a request far back in the queue, which is estimated, to the hundred."""
    return sentence("about number {number} of {waiting}", number=round(number, -2), waiting=waiting)


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
