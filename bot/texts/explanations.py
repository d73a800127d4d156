"""Explanations of failures: the event, the money spent, and the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.texts.commands import option_name
from bot.texts.messages import Language, Message, in_a_row, named, sentence
from bot.texts.quoting import quote_vendor
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Seconds


class Money(StrEnum):
    """Charge to the operator's account."""

    NOT_SPENT = "not_spent"
    SPENT = "spent"
    PROBABLY_SPENT = "probably_spent"
    """Gateways of this kind bill tasks that they stop for their content, or complete without a video."""
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> Message:
        """The sentence for the user."""
        return _MONEY[self]


_MONEY: Final[Mapping[Money, Message]] = {
    Money.NOT_SPENT: sentence("This cost nothing."),
    Money.SPENT: sentence("The bot's operator has paid for this video."),
    Money.PROBABLY_SPENT: sentence("The operator has probably paid for it."),
    Money.UNKNOWN: sentence("The operator may have paid for it; I cannot tell."),
}


@dataclass(frozen=True)
class Explanation:
    """Answer to a user whose video did not come, in three sentences."""

    what: Message
    money: Money
    then: Message

    @property
    def in_a_row(self) -> Message:
        """The three sentences as one."""
        return in_a_row(self.what, self.money.sentence, self.then)

    def in_language(self, language: Language) -> str:
        """The three sentences in a row."""
        return self.in_a_row.in_language(language)

    @property
    def english(self) -> str:
        """Text in English, for the command line."""
        return self.in_a_row.english


def nothing_charged(what: Message, then: Message) -> Explanation:
    """Make an explanation of a refusal before anything was bought."""
    return Explanation(what, Money.NOT_SPENT, then)


PROMPT_FORGOTTEN = nothing_charged(
    sentence("I can no longer find that earlier prompt."),
    sentence("Type it, or choose another one."),
)
PROMPT_EMPTY = nothing_charged(
    sentence("The prompt is empty."),
    sentence("Say what should happen in the video."),
)
PROMPT_OF_FLAGS = nothing_charged(
    sentence("Without its preset, nothing is left of the prompt."),
    sentence("Say what should happen in the video, and choose the preset in its option."),
)
STOPPING = nothing_charged(
    sentence("The bot is restarting."),
    sentence("Try again in a minute."),
)
COMMAND_BROKE = nothing_charged(
    sentence("Something went wrong on my side."),
    sentence("Try again. If it happens again, tell the operator."),
)


RIGHT_NAMES: Final[Mapping[str, Message]] = {
    "view_channel": named("permission", "View Channel"),
    "send_messages": named("permission", "Send Messages"),
    "send_messages_in_threads": named("permission", "Send Messages in Threads"),
    "read_message_history": named("permission", "Read Message History"),
    "attach_files": named("permission", "Attach Files"),
}
"""Discord's permissions by the names in its own settings."""


def missing_rights(rights: Sequence[str]) -> Explanation:
    """The bot lacks permissions in this channel."""
    listed = sentence("*{name}*", name=RIGHT_NAMES[rights[0]])
    for right in rights[1:]:
        listed = sentence("{names}, *{name}*", names=listed, name=RIGHT_NAMES[right])
    return nothing_charged(
        sentence("I need {permissions} here to post the video.", permissions=listed),
        sentence("Ask a moderator to give me these permissions in this channel, or use another channel."),
    )


def prompt_too_long(length_chars: int) -> Explanation:
    """The prompt has more characters than the API takes."""
    return nothing_charged(
        sentence(
            "The prompt has {length:,} characters; the limit is {limit:,}.",
            length=length_chars,
            limit=PROMPT_MAX_CHARS,
        ),
        sentence("Shorten it by {surplus:,} characters.", surplus=length_chars - PROMPT_MAX_CHARS),
    )


def option_not_offered(option: str, offered: Sequence[str]) -> Explanation:
    """An option has a value that is not among its choices."""
    return nothing_charged(
        sentence("The option *{option}* has a value that cannot be chosen.", option=option_name(option)),
        sentence("You can choose {offered}.", offered=", ".join(offered)),
    )


def too_many_pictures() -> Explanation:
    """There are more reference images than the API accepts."""
    return nothing_charged(
        sentence("You can use {limit} pictures at most.", limit=REFERENCES_MAX),
        sentence("Use fewer."),
    )


# The video service.


SERVICE_KEY_REJECTED = nothing_charged(
    sentence("The video service does not accept this bot's key at present."),
    sentence("I have told the operator. Your request keeps its place and continues by itself."),
)
SERVICE_OUT_OF_MONEY = nothing_charged(
    sentence("The bot has run out of money at the video service."),
    sentence("I have told the operator. Your request keeps its place and continues by itself."),
)
SERVICE_MODEL_NOT_ALLOWED = nothing_charged(
    sentence("The video service does not allow this bot to make videos at present."),
    sentence("I have told the operator. Your request keeps its place and continues by itself."),
)
SERVICE_MISCONFIGURED = nothing_charged(
    sentence("The video service cannot be used with this bot's settings."),
    sentence("I have told the operator. Your request keeps its place and continues by itself."),
)
SERVICE_AWAY = nothing_charged(
    sentence("The video service is not working as it should at present."),
    sentence("Your request keeps its place and continues by itself."),
)
SERVICE_WITHOUT_CHANNEL = nothing_charged(
    sentence("The video service has no capacity for videos at present."),
    sentence("Your request keeps its place and continues by itself."),
)
TOO_DEAR = nothing_charged(
    sentence("The bot has too little money left at the video service for this video."),
    sentence("Ask for a shorter video or 480p. I have told the operator."),
)
SERVICE_BUSY = nothing_charged(
    sentence("The video service has too many requests and did not accept this one."),
    sentence("Try again in a few minutes."),
)
SERVICE_UNREACHABLE = nothing_charged(
    sentence("I could not reach the video service in time."),
    sentence("Try again in a few minutes."),
)
PURCHASE_UNKNOWN = Explanation(
    sentence("The video service did not give a clear answer to your request."),
    Money.UNKNOWN,
    sentence(
        "I do not try again by myself, so that nothing is paid for twice. If you want to, press *Try again*."
    ),
)
FOUND_NOT_BOUGHT = nothing_charged(
    sentence("The operator checked: nothing was bought for this request."),
    sentence("Try again any time."),
)
POLLS_REFUSED = Explanation(
    sentence("The video service does not tell me at the moment how your video is doing."),
    Money.SPENT,
    sentence("I have told the operator, and I keep asking."),
)
TASK_GONE = Explanation(
    sentence("The video service no longer has this video."),
    Money.SPENT,
    sentence("*Look again* is free. If it does not help, give the operator the number below."),
)
VIDEO_UNUSABLE = Explanation(
    sentence("The video service sent something that is not a video I can post."),
    Money.SPENT,
    sentence("*Look again* is free. If it does not help, give the operator the number below."),
)
VIDEO_UNREACHABLE = Explanation(
    sentence("The video was made, but I could not get it from the video service."),
    Money.SPENT,
    sentence("Press *Look again* later to get it; it is free."),
)
VIDEO_NOT_STORED = Explanation(
    sentence("The video was made, but I could not save it."),
    Money.SPENT,
    sentence("Tell the operator, then press *Look again*; it is free."),
)
BLOCKED_BY_SERVICE = Explanation(
    sentence("The video service's own filter stopped this video."),
    Money.PROBABLY_SPENT,
    sentence("Change the prompt or the pictures."),
)
EXPIRED = Explanation(
    sentence("The video was not ready in time, as far as I can tell."),
    Money.SPENT,
    sentence("It may still come: press *Look again* later, it is free."),
)
VIDEO_BROKEN = Explanation(
    sentence("The video was made, but it arrived incomplete."),
    Money.SPENT,
    sentence("Press *Look again* later to get it; it is free."),
)
UNCOLLECTED = Explanation(
    sentence("Nobody picked up this video in time, so I removed it."),
    Money.SPENT,
    sentence("*Look again* may still find it at the video service."),
)
INTERRUPTED = nothing_charged(
    sentence("I could not tell whether you got my answer, so I did not start your request."),
    sentence("Use the command again."),
)
CANCELLED_BEFORE_PURCHASE = nothing_charged(
    sentence("This request was cancelled before it reached the video service."),
    sentence("Use the command again any time."),
)
CANCELLED_IN_DOUBT = Explanation(
    sentence("This request was cancelled. I have no video for it."),
    Money.UNKNOWN,
    sentence("Use the command again any time."),
)
CANCELLED_AFTER_PURCHASE = Explanation(
    sentence("I stopped waiting for this video, as you asked."),
    Money.SPENT,
    sentence("If you want it after all, press *Look again*; it is free."),
)
DENIED = nothing_charged(
    sentence("The moderators did not allow this request."),
    sentence("Ask them why, or change your request."),
)
BROKE_BEFORE_PURCHASE = nothing_charged(
    sentence("Something went wrong on my side."),
    sentence("Try again. If it happens again, give the operator the number below."),
)


def laid_aside_broke(until: str) -> Explanation:
    """A fault of the bot stopped a bought job. It waits in `/jobs` until then."""
    return Explanation(
        sentence("Something went wrong on my side after the video was ordered."),
        Money.SPENT,
        sentence(
            "Get it with `/jobs` until {until}. If that does not help, give the operator the number below.",
            until=until,
        ),
    )


def video_absent(message: str) -> Explanation:
    """The task is called completed, and there is no video. `message` is the service's own."""
    what = (
        sentence(
            "The video service says that the video is done, but there is none: {message}",
            message=quote_vendor(message),
        )
        if message.strip()
        else sentence("The video service says that the video is done, but there is none.")
    )
    return Explanation(
        what,
        Money.PROBABLY_SPENT,
        sentence("*Look again* is free. If it does not help, give the operator the number below."),
    )


def service_asks_to_wait(*, bought: bool) -> Explanation:
    """The service asked for a pause that is long enough to be noticed."""
    return Explanation(
        sentence("The video service asked me to wait."),
        Money.SPENT if bought else Money.NOT_SPENT,
        sentence("I try again once a minute."),
    )


def laid_aside_too_large(until: str) -> Explanation:
    """The video is larger than Discord accepts here. It waits in `/jobs` until then."""
    return Explanation(
        sentence("The video is ready, but Discord takes no file this large here."),
        Money.SPENT,
        sentence(
            "Get it with `/jobs` until {until}, where larger files are allowed.",
            until=until,
        ),
    )


def laid_aside_refused(until: str) -> Explanation:
    """Discord refused the video by every route, or stayed away. It waits in `/jobs` until then."""
    return Explanation(
        sentence("The video is ready, but I could not post it."),
        Money.SPENT,
        sentence("Get it with `/jobs` until {until}.", until=until),
    )


def laid_aside_doubtful(until: str) -> Explanation:
    """A post that was begun may have arrived, and the bot cannot see the reply any more."""
    return Explanation(
        sentence("I tried to post the video, but I cannot tell whether it reached you."),
        Money.SPENT,
        sentence("If it did not, get it with `/jobs` until {until}.", until=until),
    )


def laid_aside_restored(until: str) -> Explanation:
    """The bot was restored from a backup, and cannot see whether its user got the video since."""
    return Explanation(
        sentence(
            "This video was made before the bot was restored from a backup. I can no longer see its message."
        ),
        Money.SPENT,
        sentence("If you still want it, get it with `/jobs` until {until}.", until=until),
    )


UNANSWERED = nothing_charged(
    sentence("I was away for a while, and then asked whether you still want this video. You did not answer."),
    sentence("If you still want it, press *Try again*."),
)
NOT_KEPT = nothing_charged(
    sentence("I could not save your request, so I did not start it."),
    sentence("Try again in a minute; the operator can see why in the log."),
)
PICTURES_NOT_KEPT = nothing_charged(
    sentence("The pictures of this request are no longer kept."),
    sentence("Use `/video` or *Animate* and choose them again."),
)


def _shorter_or_later(left_s: int, renewed: str) -> Message:
    shortest_s = min(int(seconds) for seconds in Seconds)
    if left_s < shortest_s:
        return sentence("Wait for more seconds {renewed}.", renewed=renewed)
    return sentence("Ask for a shorter video, or wait for more seconds {renewed}.", renewed=renewed)


def over_allowance(left_s: int, renewed: str) -> Explanation:
    """The user has too few seconds of video left today."""
    return nothing_charged(
        sentence("You have {left} seconds of video left for today.", left=left_s),
        _shorter_or_later(left_s, renewed),
    )


def over_budget(left_s: int, renewed: str) -> Explanation:
    """The whole bot has too few seconds of video left today."""
    return nothing_charged(
        sentence("This bot has {left} seconds of video left today, for everyone together.", left=left_s),
        _shorter_or_later(left_s, renewed),
    )
