"""What to say when something did not work: what happened, whether money was spent, what to do next."""

from dataclasses import dataclass
from enum import StrEnum

from bot.texts.durations import megabytes
from bot.texts.quoting import quote_name, quote_vendor
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Seconds


class Money(StrEnum):
    """Whether the operator's account was charged, as the person is told."""

    NOT_SPENT = "Nothing was charged."
    SPENT = "This video was charged."
    PROBABLY_SPENT = "It was probably charged."
    UNKNOWN = "It is not known whether it was charged."


@dataclass(frozen=True)
class Explanation:
    """One answer to a person whose video did not come, in three sentences."""

    what: str
    money: Money
    then: str

    def __str__(self) -> str:
        """The three sentences in a row."""
        return f"{self.what} {self.money.value} {self.then}"


def _refused(what: str, then: str) -> Explanation:
    return Explanation(what, Money.NOT_SPENT, then)


PROMPT_EMPTY = _refused("The prompt is empty.", "Describe what should happen in the video.")
SPICY_NEEDS_AGE_GATE = _refused(
    "The *spicy* preset only works in age-restricted channels.",
    "Use it in an age-restricted channel, or choose another preset here.",
)
SPICY_NOT_IN_DIRECT_MESSAGES = _refused(
    "The *spicy* preset does not work in direct messages.",
    "Use it in an age-restricted channel of a server, or choose another preset here.",
)
MISSING_ATTACH_FILES = _refused(
    "I need the *Attach Files* permission here, or I could not post the video.",
    "Ask a moderator to allow it for me in this channel, or use another channel.",
)
STOPPING = _refused("The bot is restarting.", "Try again in a minute.")
COMMAND_BROKE = _refused("Something went wrong on my side.", "Try again; if it stays, tell the operator.")


def prompt_too_long(length_chars: int) -> Explanation:
    """The prompt has more characters than the API takes."""
    return _refused(
        f"The prompt has {length_chars:,} characters; at most {PROMPT_MAX_CHARS:,} are possible.",
        f"Shorten it by {length_chars - PROMPT_MAX_CHARS:,}.",
    )


def option_not_offered(option: str) -> Explanation:
    """An option holds a value that is none of its choices."""
    return _refused(f"The option *{option}* has a value that is not on offer.", "Pick one from its list.")


def too_many_pictures() -> Explanation:
    """More reference images than the API takes."""
    return _refused(f"At most {REFERENCES_MAX} pictures are possible.", "Leave some out.")


# Reference images. `name` is the person's name for the file.


def picture_empty(name: str) -> Explanation:
    """A file of 0 bytes."""
    return _refused(f"{quote_name(name)} is an empty file.", "Send the picture again.")


def picture_too_large(name: str, limit_bytes: int) -> Explanation:
    """A file beyond what is even downloaded for conversion."""
    return _refused(
        f"{quote_name(name)} is larger than {megabytes(limit_bytes)}.",
        "Send a smaller version of the picture.",
    )


def picture_not_an_image(name: str) -> Explanation:
    """The content is no picture, whatever its name says."""
    return _refused(
        f"{quote_name(name)} is not a picture, whatever its name says.", "Send a PNG, JPEG or WebP picture."
    )


def picture_unsupported(name: str, detail: str) -> Explanation:
    """A picture in a format that is neither taken nor converted."""
    return _refused(
        f"{quote_name(name)} is a picture of a kind that I cannot use ({quote_vendor(detail)}).",
        "Send it as PNG, JPEG or WebP.",
    )


def picture_truncated(name: str) -> Explanation:
    """The file ends before the picture does."""
    return _refused(f"{quote_name(name)} is damaged or incomplete.", "Send the picture again.")


def picture_too_many_pixels(name: str, limit_pixels: int) -> Explanation:
    """More pixels than can be opened safely."""
    return _refused(
        f"{quote_name(name)} has more than {limit_pixels // 1_000_000} million pixels.",
        "Send a smaller version of the picture.",
    )


def picture_from_elsewhere(name: str) -> Explanation:
    """The attachment's address is not one of Discord's."""
    return _refused(
        f"{quote_name(name)} does not lie on Discord's servers, so I did not open it.",
        "Upload the picture to Discord.",
    )


def picture_gone(name: str) -> Explanation:
    """Discord no longer has the attachment."""
    return _refused(f"{quote_name(name)} is no longer on Discord's servers.", "Upload the picture again.")


def picture_unreachable(name: str) -> Explanation:
    """Discord's file servers did not answer."""
    return _refused(f"Discord did not hand out {quote_name(name)}.", "Try again in a minute.")


def picture_not_convertible(name: str) -> Explanation:
    """The conversion to a passing picture failed."""
    return _refused(
        f"{quote_name(name)} could not be converted to a picture that the video service takes.",
        "Send it as PNG, JPEG or WebP, smaller than 10 MB.",
    )


# The video service.


def request_rejected(message: str) -> Explanation:
    """HTTP 400: the service does not like the parameters."""
    return _refused(
        f"The video service refused the request: {quote_vendor(message)}", "Change it and try again."
    )


def reference_rejected(message: str) -> Explanation:
    """HTTP 400 `invalid_reference_image`."""
    return _refused(
        f"The video service refused a picture: {quote_vendor(message)}",
        f"At most {REFERENCES_MAX} pictures are possible: PNG, JPEG or WebP, each smaller than 10 MB.",
    )


SERVICE_KEY_REJECTED = _refused(
    "The video service does not accept this bot's key at present.",
    "The operator has been told. Your request keeps its place and goes on by itself.",
)
SERVICE_OUT_OF_MONEY = _refused(
    "The bot's account at the video service is out of money at present.",
    "The operator has been told. Your request keeps its place and goes on by itself.",
)
SERVICE_MODEL_NOT_ALLOWED = _refused(
    "The video service does not allow this bot to make videos at present.",
    "The operator has been told. Your request keeps its place and goes on by itself.",
)
SERVICE_MISCONFIGURED = _refused(
    "The video service cannot be used as this bot is set up at present.",
    "The operator has been told. Your request keeps its place and goes on by itself.",
)
SERVICE_BUSY = _refused(
    "The video service has too many requests and kept refusing this one.", "Try again in a few minutes."
)
SERVICE_UNREACHABLE = _refused("The video service cannot be reached.", "Try again in a few minutes.")
PURCHASE_UNKNOWN = Explanation(
    "The connection to the video service broke while your request was handed over.",
    Money.UNKNOWN,
    "I do not repeat it by myself, so that nothing is bought twice. Press *Try again* if you want to.",
)
BLOCKED_BY_SERVICE = Explanation(
    "The video service's own filter stopped this video.",
    Money.PROBABLY_SPENT,
    "Try another prompt or picture.",
)
EXPIRED = Explanation(
    "The video did not become ready in time.",
    Money.SPENT,
    "It may still come: press *Look again* later, which costs nothing.",
)
VIDEO_BROKEN = Explanation(
    "The video was made, but it kept arriving incomplete.",
    Money.SPENT,
    "Press *Look again* later to fetch it, which costs nothing.",
)
UNCOLLECTED = Explanation(
    "Nobody fetched this video in time, so I removed it.",
    Money.SPENT,
    "*Look again* may still find it at the video service.",
)
INTERRUPTED = _refused("The bot was stopped before your request began.", "Use the command again.")
CANCELLED_BEFORE_PURCHASE = _refused(
    "This request was cancelled before it was handed to the video service.", "Use the command again any time."
)
CANCELLED_AFTER_PURCHASE = Explanation(
    "I stopped watching this video, as asked.",
    Money.SPENT,
    "Press *Look again* if you want it after all, which costs nothing.",
)
DENIED = _refused("The moderators did not allow this request.", "Ask them why, or change it.")
BROKE_BEFORE_PURCHASE = _refused(
    "Something went wrong on my side.", "Try again; if it stays, tell the operator the number below."
)
BROKE_AFTER_PURCHASE = Explanation(
    "Something went wrong on my side after the video was ordered.",
    Money.PROBABLY_SPENT,
    "Press *Look again* to fetch it; if that does not help, tell the operator the number below.",
)


def laid_aside_too_large(until: str) -> Explanation:
    """The video is larger than Discord takes here; it waits in `/jobs` until then."""
    return Explanation(
        "The video is ready, but it is larger than Discord allows here.",
        Money.SPENT,
        f"It waits in `/jobs` until {until}: fetch it where larger files are allowed. In 480p it would fit.",
    )


def laid_aside_refused(until: str) -> Explanation:
    """Discord took the video nowhere; it waits in `/jobs` until then."""
    return Explanation(
        "The video is ready, but Discord did not let me post it.",
        Money.SPENT,
        f"It waits for you in `/jobs` until {until}.",
    )


def laid_aside_doubtful(until: str) -> Explanation:
    """The bot was stopped while it posted the video, and can no longer see the reply."""
    return Explanation(
        "I was interrupted while posting the video, and can no longer see whether it reached you.",
        Money.SPENT,
        f"If it did not, it waits for you in `/jobs` until {until}.",
    )


NOT_KEPT = _refused(
    "I could not store your request, so I did not begin it.",
    "Try again in a minute; the operator can see why in the log.",
)
NOT_AMONG_ALLOWED = _refused(
    "Only some roles and people may make videos with this bot.", "Ask the bot's operator or a moderator."
)


def _shorter_or_later(left_s: int, renewed: str) -> str:
    shortest_s = min(int(seconds) for seconds in Seconds)
    if left_s < shortest_s:
        return f"Wait until it is renewed, {renewed}."
    return f"Ask for a shorter one, or wait: it is renewed {renewed}."


def over_allowance(left_s: int, renewed: str) -> Explanation:
    """The person's seconds of video for today do not suffice."""
    return _refused(
        f"You have {left_s} seconds of video left for today.",
        _shorter_or_later(left_s, renewed),
    )


def over_budget(left_s: int, renewed: str) -> Explanation:
    """The whole bot's seconds of video for today do not suffice."""
    return _refused(
        f"This bot has {left_s} seconds of video left for today, for everybody together.",
        _shorter_or_later(left_s, renewed),
    )


def generation_failed(message: str) -> Explanation:
    """The task ended as `failed`; the vendor does not say whether such tasks are charged."""
    said = f": {quote_vendor(message)}" if message.strip() else "."
    return Explanation(
        f"The video service could not make this video{said}",
        Money.UNKNOWN,
        "Try again, perhaps with other words or pictures.",
    )
