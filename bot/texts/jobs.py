"""What people are told about their jobs besides the card: answers to buttons, and the list of `/jobs`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.texts import durations
from bot.texts.quoting import clip, escape
from bot.video import VideoRequest

DESCRIPTION: Final = "Your videos under way, waiting, failed or not delivered yet"
PROMPT_SHOWN_CHARS: Final = 80

TITLE: Final = "Your videos"
NONE: Final = "Nothing is under way, and nothing waits for you. Start a video with `/video`."
NEWER: Final = "Newer"
OLDER: Final = "Older"

NOT_YOURS: Final = "This is somebody else's video. Only the person who asked for it can do that."
NOT_YOURS_TO_CANCEL: Final = "Only the person who asked for this video, or a moderator, can cancel it."
GONE: Final = "I no longer know this video, so there is nothing left to do with it."
CANCELLED: Final = "Cancelled. Nothing was charged."
STOPPED_WATCHING: Final = (
    "I stopped watching this video. It was charged; *Look again* on its card still finds it."
)
STILL_WATCHING: Final = "Good. The video will be posted when it is ready."
BEING_HANDED_OVER: Final = (
    "Your request is being handed to the video service this very moment, so it cannot be cancelled. "
    "Press *Cancel* again in a few seconds."
)
STOP_OR_KEEP: Final = (
    "The video service is already making this video, and it is charged either way. "
    "Do you want me to stop watching, or to let it finish?"
)
ALREADY_READY: Final = "This video is already finished and on its way; there is nothing left to cancel."
ALREADY_ENDED: Final = "This request has already ended; there is nothing left to cancel."
ALREADY_REPEATED: Final = "You already tried again; the newer request is in `/jobs`."
ALREADY_FETCHED: Final = "This video is already being fetched, or was delivered."
PICTURES_GONE: Final = (
    "The pictures of this request are no longer kept. Nothing was charged. "
    "Use `/video` and attach them again."
)
NOTHING_TO_FETCH: Final = "This video no longer waits here. Nothing was charged anew."
NOT_READ: Final = "I could not look up your videos just now. Type `/jobs` again in a minute."
NOT_STORED: Final = "I could not store that. Nothing was charged or changed; try again in a minute."


class Standing:
    """The words for how a job stands in the list."""

    WAITING: Final = "waiting in line"
    HELD: Final = "waiting for approval"
    STARTING: Final = "being handed over"
    MAKING: Final = "being made"
    READY: Final = "ready, on its way"
    DELIVERED: Final = "delivered"
    ASIDE: Final = "ready: fetch it"
    FAILED: Final = "failed"
    DENIED: Final = "not allowed"
    EXPIRED: Final = "not ready in time"
    UNKNOWN: Final = "outcome unknown"
    CANCELLED: Final = "cancelled"


@dataclass(frozen=True)
class Entry:
    """One line of the list. `detail` says more about the standing, such as a percentage."""

    request: VideoRequest
    standing: str
    detail: str
    created_at: datetime


def entry_line(entry: Entry) -> str:
    """`**being made** · 40% · 6 s · 720p · 5 minutes ago` with the prompt below."""
    prompt = escape(clip(entry.request.prompt, PROMPT_SHOWN_CHARS))
    parts = [f"**{entry.standing}**"]
    parts += [entry.detail] if entry.detail else []
    parts += [f"{entry.request.seconds} s", entry.request.resolution, moment(entry.created_at)]
    return f"{' · '.join(parts)}\n> {prompt}"


def progress(percent: int, rest_s: float | None) -> str:
    """How far a video is."""
    return f"{percent}%" if rest_s is None else f"{percent}%, about {durations.rest(rest_s)} left"


def position(number: int, waiting: int) -> str:
    """Where a request stands in the line."""
    return f"number {number} of {waiting}"


def until(when: datetime) -> str:
    """How long a video is kept."""
    return f"kept until {day(when)}"


def moment(when: datetime) -> str:
    """A moment as Discord shows it to everybody in their own time, such as "5 minutes ago"."""
    return f"<t:{int(when.timestamp())}:R>"


def day(when: datetime) -> str:
    """A date and time as Discord shows it to everybody in their own time."""
    return f"<t:{int(when.timestamp())}:f>"


def page(number: int, of: int) -> str:
    """Where in a long list one is, from 1."""
    return f"Page {number} of {of}"
